import DomainModel
import XenTypes

/// Whom a device model runs as once it has opened what it needs (`docs/features/qemu-deprivilege.pandoc` in Xen).
struct DeviceModelUser: Sendable, Hashable {
    /// As QEMU's `-runas` takes it: a name, or `UID:GID`.
    let argument: String
    /// The number, if every process of it belongs to this device model and ends with it.
    let exclusiveID: UInt32?

    /// Its number plus a domain's is that domain's user.
    static let rangeBase = "xen-qemuuser-range-base"
    /// The user of all device models, where there is no range.
    static let shared = "xen-qemuuser-shared"
    /// Who ends other users' processes.
    static let reaper = "xen-qemuuser-reaper"

    private init(argument: String, exclusiveID: UInt32?) {
        self.argument = argument
        self.exclusiveID = exclusiveID
    }

    /// - Returns: nil for a device model that stays root.
    /// - Throws: `invalid` where there is no such user, or it is root.
    static func choose(
        _ info: BuildInfo, domain: DomainID, directory: UserDirectory
    ) throws(ToolstackError) -> DeviceModelUser? {
        let choice: (user: DeviceModelUser, id: UInt32)
        if let name = info.deviceModelUser {
            guard let entry = directory.entry(name) else {
                throw refusal("there is no user \"\(name)\"", domain, "create it, or change device_model_user")
            }
            choice = (DeviceModelUser(argument: name, exclusiveID: entry.id), entry.id)
        } else if info.dmRestrict == true {
            choice = try restricted(domain, directory)
        } else {
            return nil
        }
        guard choice.id != 0 else { throw refusal("it would run as root", domain, "name another user") }
        return choice.user
    }

    private static func restricted(
        _ domain: DomainID, _ directory: UserDirectory
    ) throws(ToolstackError) -> (user: DeviceModelUser, id: UInt32) {
        if let base = directory.entry(rangeBase) {
            let (id, overflow) = base.id.addingReportingOverflow(domain.rawValue)
            // The largest number stands for "no user".
            guard !overflow, id != .max else {
                throw refusal("\(rangeBase) + \(domain) is no user number", domain, "give \(rangeBase) a lower one")
            }
            if let name = directory.name(id) {
                throw refusal(
                    "the user number \(id) (\(rangeBase) + \(domain)) belongs to \(name)", domain,
                    "move \(rangeBase) to a free range")
            }
            return (DeviceModelUser(argument: "\(id):\(base.group)", exclusiveID: id), id)
        }
        guard let entry = directory.entry(shared) else {
            throw refusal(
                "there is no user for it", domain,
                "create \(rangeBase) or \(shared), set device_model_user, or remove dm_restrict")
        }
        return (DeviceModelUser(argument: shared, exclusiveID: nil), entry.id)
    }

    /// What to tell a user about the choice.
    func warning(_ info: BuildInfo) -> String? {
        guard exclusiveID == nil else { return nil }
        return "the device model shares its user \(Self.shared) with those of other domains: there is no user "
            + Self.rangeBase
    }

    private static func refusal(_ cause: String, _ domain: DomainID, _ remedy: String) -> ToolstackError {
        ToolstackError(
            .invalid, "cannot restrict the device model", domain: domain.isReal ? domain : nil, cause: cause,
            remedy: remedy)
    }
}
