import DomainModel
import Glibc
import XenTypes

/// Whom a restricted bootloader runs as (`bootloader_restrict`, `bootloader_user`, and in Xen 4.17 the
/// environment's `LIBXL_BOOTLOADER_RESTRICT` and `LIBXL_BOOTLOADER_USER`).
enum BootloaderUser {
    /// The variables of this process that `restriction` looks at.
    static func environment() -> [String: String] {
        var result: [String: String] = [:]
        for name in ["LIBXL_BOOTLOADER_RESTRICT", "LIBXL_BOOTLOADER_USER", "LIBXL_BOOTLOADER_TIMEOUT"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }

    /// - Parameter canBeConfined: whether the bootloader is known to work with few rights. It then has no more unless
    ///   told otherwise, where the host has a user for that.
    /// - Returns: nil when the bootloader runs without restriction.
    static func restriction(
        _ info: BuildInfo, domain: DomainID, environment: [String: String], limit: Duration, canBeConfined: Bool,
        directory: UserDirectory = .system
    ) throws(ToolstackError) -> BootloaderPlan.Restriction? {
        let user = info.bootloaderUser ?? environment["LIBXL_BOOTLOADER_USER"]
        let isAskedFor = user != nil || environment["LIBXL_BOOTLOADER_RESTRICT"] != nil
        let hasUser = [DeviceModelUser.rangeBase, DeviceModelUser.shared].contains { directory.entry($0) != nil }
        guard info.bootloaderRestrict ?? (isAskedFor || (canBeConfined && hasUser)) else { return nil }
        let id = try userID(user, domain: domain, directory: directory)
        guard id != 0 else {
            throw ToolstackError(.invalid, "the restricted bootloader would run as root", domain: domain)
        }
        let seconds = environment["LIBXL_BOOTLOADER_TIMEOUT"].flatMap { Int64($0) }
        return BootloaderPlan.Restriction(
            userID: id, limit: seconds == 0 ? nil : seconds.map { .seconds($0) } ?? limit)
    }

    private static func userID(
        _ user: String?, domain: DomainID, directory: UserDirectory
    ) throws(ToolstackError) -> UInt32 {
        if let user {
            guard let id = directory.entry(user)?.id else {
                throw ToolstackError(
                    .invalid, "there is no user \"\(user)\" to run the bootloader", domain: domain,
                    remedy: "create it, or change bootloader_user")
            }
            return id
        }
        if let base = directory.entry(DeviceModelUser.rangeBase)?.id {
            let id = base &+ domain.rawValue
            guard let name = directory.name(id) else { return id }
            throw ToolstackError(
                .invalid,
                "the bootloader's user number \(id) (\(DeviceModelUser.rangeBase) + \(domain)) belongs to user \(name)",
                domain: domain, remedy: "move \(DeviceModelUser.rangeBase) to a free range")
        }
        guard let id = directory.entry(DeviceModelUser.shared)?.id else {
            throw ToolstackError(
                .invalid, "there is no user to run the restricted bootloader", domain: domain,
                remedy:
                    "create the user \(DeviceModelUser.rangeBase) or \(DeviceModelUser.shared), or set bootloader_user")
        }
        return id
    }
}
