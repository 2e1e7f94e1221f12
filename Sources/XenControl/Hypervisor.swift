import CXen
import CXenShim
import Glibc
import Logging
import Synchronization
import XenTypes

/// The hypervisor's control interface: one libxenctrl handle, opened by the first request.
///
/// Requests may come from any thread. Each blocks its thread for as long as the hypervisor needs, which is
/// long for building, saving and destroying domains.
package final class Hypervisor: Sendable {
    /// A libxc handle; libxc locks what its calls share.
    private struct Raw: @unchecked Sendable {
        let pointer: OpaquePointer
        let release: XenRelease
    }

    private let handle = Mutex<Result<Raw, HypervisorError>?>(nil)
    private let toolLogger: ToolLogger

    /// - Parameters:
    ///   - logger: gets libxc's lines. The errors among them come as debug lines, for what they say is in the
    ///     error that is thrown.
    ///   - progress: hears how far long work, such as saving, has come.
    package init(
        logger: Logger = Logger(label: "xc"), progress: (@Sendable (ToolProgress) -> Void)? = nil
    ) {
        toolLogger = ToolLogger(logger: logger, progress: progress)
    }

    deinit {
        handle.withLock { handle in
            if case .success(let raw) = handle { xc_interface_close(raw.pointer) }
        }
    }

    /// Opens the interface if that has not been done; the error says why there is no hypervisor to talk to, or that it
    /// is of a release that this program does not know.
    package func open() throws(HypervisorError) { _ = try opened() }

    /// The `xc_interface`, for the other files of this module.
    func raw() throws(HypervisorError) -> OpaquePointer { try opened().pointer }

    /// The hypervisor's release.
    func release() throws(HypervisorError) -> XenRelease { try opened().release }

    private func opened() throws(HypervisorError) -> Raw {
        try handle.withLock { handle throws(HypervisorError) in
            if let handle { return try handle.get() }
            let result = openHandle()
            handle = result
            return try result.get()
        }
    }

    private func openHandle() -> Result<Raw, HypervisorError> {
        cxs_clear_first_error()
        guard let pointer = xc_interface_open(toolLogger.pointer, toolLogger.pointer, 0) else {
            let code = errno
            return .failure(
                code == ELIBACC
                    ? .missingLibrary(running: XenRelease.running())
                    : HypervisorError(HypervisorError.openOperation, code: code))
        }
        let found = XenRelease(number: UInt32(bitPattern: xc_version(pointer, XENVER_version, nil)))
        guard XenRelease.supported.contains(found) else {
            xc_interface_close(pointer)
            return .failure(.unknownRelease(found))
        }
        return .success(Raw(pointer: pointer, release: found))
    }

    /// Performs a call of libxc that fails with a negative number, and errno set where that is -1.
    @discardableResult
    func call<Value: SignedInteger & FixedWidthInteger>(
        _ operation: String, _ domain: DomainID? = nil, _ body: (OpaquePointer) -> Value
    ) throws(HypervisorError) -> Value {
        let raw = try raw()
        cxs_clear_first_error()
        let value = body(raw)
        guard value < 0 else { return value }
        throw Self.lastError(operation, domain, code: value < -1 ? Int32(truncatingIfNeeded: 0 - value) : errno)
    }

    /// The error of a call that has just failed on this thread.
    static func lastError(_ operation: String, _ domain: DomainID?, code: Int32) -> HypervisorError {
        let detail = String(cString: cxs_first_error())
        return HypervisorError(
            operation, domain, code: code, detail: detail.isEmpty ? nil : HypervisorError.message(in: detail))
    }
}
