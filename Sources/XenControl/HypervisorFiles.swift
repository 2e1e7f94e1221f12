import CXen
import Glibc
import XenTypes

/// The hypervisor's own tree of files (hypfs): how it was built, and what of its command line can still be changed.
///
/// Each request opens it anew: it is asked seldom.
extension Hypervisor {
    /// A parameter of the hypervisor that can be changed while it runs.
    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var isWritable: Bool
    }

    /// The lines of the configuration with which the hypervisor was built, "CONFIG_HVM=y"; nil where it keeps none.
    package func buildConfiguration() throws(HypervisorError) -> String? {
        do throws(HypervisorError) {
            return try withFiles("read the hypervisor's build configuration") { files in
                guard let text = xenhypfs_read(files, "/buildinfo/config") else { return nil }
                defer { free(text) }
                return String(cString: text)
            }
        } catch {
            guard error.isWithoutFiles else { throw error }
            return nil
        }
    }

    /// - Throws: with the code ENOSYS where the hypervisor was built without its tree of files.
    package func parameters() throws(HypervisorError) -> [Parameter] {
        try withFiles("list the hypervisor's parameters") { files in
            var count: UInt32 = 0
            guard let entries = xenhypfs_readdir(files, "/params", &count) else { return nil }
            defer { free(entries) }
            return UnsafeBufferPointer(start: entries, count: Int(count)).map {
                Parameter(
                    name: String(cString: $0.name), isWritable: $0.flags & UInt32(XENHYPFS_FLAG_WRITABLE) != 0)
            }
        }
    }

    /// - Parameter value: as on the hypervisor's command line.
    package func setParameter(_ name: String, to value: String) throws(HypervisorError) {
        _ = try withFiles("set the hypervisor's parameter \(name)") { files in
            xenhypfs_write(files, "/params/\(name)", value) < 0 ? nil : true
        }
    }

    /// - Parameter body: returns nil where it fails, with errno set.
    private func withFiles<Value>(
        _ operation: String, _ body: (OpaquePointer) -> Value?
    ) throws(HypervisorError) -> Value {
        // Before libxenhypfs, which cannot tell a host without Xen from one without this tree.
        try open()
        guard let files = xenhypfs_open(nil, 0) else { throw HypervisorError(operation, code: errno) }
        errno = 0
        let value = body(files)
        let code = errno
        _ = xenhypfs_close(files)
        guard let value else { throw HypervisorError(operation, code: code) }
        return value
    }
}

extension HypervisorError {
    /// Whether the hypervisor has no tree of files, or not this one in it.
    fileprivate var isWithoutFiles: Bool { code == ENOSYS || code == EOPNOTSUPP || code == ENOENT }
}
