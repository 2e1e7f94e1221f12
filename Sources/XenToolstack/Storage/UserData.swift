import Glibc
import SystemPackage
import XenTypes

/// The files that libxl keeps for one domain: `userdata-KIND.DOMID.UUID.NAME` in `/var/lib/xen`.
package struct UserData: Sendable {
    package enum Name: String, Sendable {
        /// The stored configuration: JSON, ended by a NUL.
        case configuration = "libxl-json"
        /// The text that `xl config-update` left for the next restart.
        case update = "xl"
        /// At the source of a migration: to whom the domain was given.
        case handover = "swift-xl-handover"
    }

    package enum Lock: String, Sendable {
        /// Around each use of the files; the innermost lock.
        case files = "domain-userdata-lock"
        /// Around changes of the domain's devices.
        case devices = "libxl-device-changes-lock"
        /// Around the use of QEMU's monitor socket.
        case monitorSocket = "qmp-socket-lock"
        /// Around the run of the domain's bootloader.
        case bootloader = "swift-xl-bootloader-lock"
        /// Shared by the scripts that run for the domain's devices, whose ends come after that of a killed `xl`.
        case scripts = "swift-xl-scripts-lock"
    }

    /// Larger files are no configuration of anybody's.
    package static let limit = 64 << 20

    package let domain: DomainID
    package let uuid: XenUUID
    private let directory: FilePath

    package init(of domain: DomainID, uuid: XenUUID, paths: HostPaths) {
        self.domain = domain
        self.uuid = uuid
        directory = paths.lib
    }

    /// - Parameter kind: `d` for data, `n` for data not yet in place, `l` for locks.
    private func path(_ kind: Character, _ name: String) -> FilePath {
        directory.appending("userdata-\(kind).\(domain).\(uuid).\(name)")
    }

    package func path(of name: Name) -> FilePath { path("d", name.rawValue) }

    package func path(of lock: Lock) -> FilePath { path("l", lock.rawValue) }

    /// - Returns: nil when the file does not exist.
    package func read(_ name: Name, limit: Int = Self.limit) throws(ToolstackError) -> [UInt8]? {
        try Files.read(path(of: name), limit: limit)
    }

    /// Whether the file exists.
    func has(_ name: Name) throws(ToolstackError) -> Bool {
        let path = path(of: name)
        if access(path.string, F_OK) == 0 { return true }
        guard errno != ENOENT else { return false }
        throw ToolstackError(.fail, "cannot look for \(path)", domain: domain, cause: "\(Errno(rawValue: errno))")
    }

    package func write(_ name: Name, _ bytes: [UInt8]) throws(ToolstackError) {
        try Files.replace(
            path(of: name), with: bytes, temporary: path("n", name.rawValue), permissions: .ownerReadWrite)
    }

    package func remove(_ name: Name) throws(ToolstackError) { try Files.remove(path(of: name)) }

    /// Removes what another domain left that had both number and UUID, as after the host's loss of power.
    func removeNotes() throws(ToolstackError) {
        for note in [Name.update, .handover] { try remove(note) }
    }

    /// Removes all of the domain's files but the locks that are held, which go when they are released.
    package func removeAll() throws(ToolstackError) {
        var matches = glob_t()
        defer { globfree(&matches) }
        let pattern = directory.appending("userdata-?.\(domain).\(uuid).*").string
        let status = glob(pattern, GLOB_ERR | GLOB_NOSORT, nil, &matches)
        if status == GLOB_NOMATCH { return }
        guard status == 0 else {
            throw ToolstackError(.fail, "cannot list \(pattern)", domain: domain, cause: "\(Errno(rawValue: errno))")
        }
        for index in 0..<Int(matches.gl_pathc) {
            guard let entry = matches.gl_pathv[index] else { continue }
            let path = FilePath(String(cString: entry))
            if path.lastComponent?.string.hasPrefix("userdata-l.") == true {
                try FileLock.acquireIfFree(path)?.release()
            } else {
                try Files.remove(path)
            }
        }
    }
}

extension FilePermissions {
    static let ownerReadWrite: FilePermissions = [.ownerRead, .ownerWrite]
}
