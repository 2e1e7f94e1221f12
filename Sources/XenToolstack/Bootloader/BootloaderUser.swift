import DomainModel
import Glibc
import XenTypes

/// Whom a restricted bootloader runs as (`bootloader_restrict`, `bootloader_user`, and in Xen 4.17 the
/// environment's `LIBXL_BOOTLOADER_RESTRICT` and `LIBXL_BOOTLOADER_USER`).
enum BootloaderUser {
    /// The users that Xen's documentation has administrators make for device models.
    private static let rangeBase = "xen-qemuuser-range-base"
    private static let shared = "xen-qemuuser-shared"

    /// What a user database answers: the number of a name, and the name of a number.
    struct Directory: Sendable {
        var id: @Sendable (String) -> UInt32?
        var name: @Sendable (UInt32) -> String?

        /// The host's own.
        static let system = Directory(
            id: { name in entry { getpwnam_r(name, $0, $1, $2, $3) }?.id },
            name: { id in entry { getpwuid_r(id, $0, $1, $2, $3) }?.name })

        private static func entry(
            _ look: (
                UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
                UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
            ) -> CInt
        ) -> (id: UInt32, name: String)? {
            var record = passwd()
            var found: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: 65536)
            return buffer.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress, look(&record, base, buffer.count, &found) == 0,
                    found != nil, let name = record.pw_name
                else { return nil }
                return (record.pw_uid, String(cString: name))
            }
        }
    }

    /// The variables of this process that `restriction` looks at.
    static func environment() -> [String: String] {
        var result: [String: String] = [:]
        for name in ["LIBXL_BOOTLOADER_RESTRICT", "LIBXL_BOOTLOADER_USER", "LIBXL_BOOTLOADER_TIMEOUT"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }

    /// - Returns: nil when the bootloader runs without restriction.
    static func restriction(
        _ info: BuildInfo, domain: DomainID, environment: [String: String], limit: Duration,
        directory: Directory = .system
    ) throws(ToolstackError) -> BootloaderPlan.Restriction? {
        let user = info.bootloaderUser ?? environment["LIBXL_BOOTLOADER_USER"]
        let isWanted = info.bootloaderRestrict ?? (user != nil || environment["LIBXL_BOOTLOADER_RESTRICT"] != nil)
        guard isWanted else { return nil }
        let id = try userID(user, domain: domain, directory: directory)
        guard id != 0 else {
            throw ToolstackError(.invalid, "the restricted bootloader would run as root", domain: domain)
        }
        let seconds = environment["LIBXL_BOOTLOADER_TIMEOUT"].flatMap { Int64($0) }
        return BootloaderPlan.Restriction(
            userID: id, limit: seconds == 0 ? nil : seconds.map { .seconds($0) } ?? limit)
    }

    private static func userID(
        _ user: String?, domain: DomainID, directory: Directory
    ) throws(ToolstackError) -> UInt32 {
        if let user {
            guard let id = directory.id(user) else {
                throw ToolstackError(
                    .invalid, "there is no user \"\(user)\" to run the bootloader", domain: domain,
                    remedy: "create it, or change bootloader_user")
            }
            return id
        }
        if let base = directory.id(rangeBase) {
            let id = base &+ domain.rawValue
            guard let name = directory.name(id) else { return id }
            throw ToolstackError(
                .invalid, "the bootloader's user number \(id) (\(rangeBase) + \(domain)) belongs to user \(name)",
                domain: domain, remedy: "move \(rangeBase) to a free range")
        }
        guard let id = directory.id(shared) else {
            throw ToolstackError(
                .invalid, "there is no user to run the restricted bootloader", domain: domain,
                remedy: "create the user \(rangeBase) or \(shared), or set bootloader_user")
        }
        return id
    }
}
