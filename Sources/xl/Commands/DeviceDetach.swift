import XenToolstack

extension CommandContext {
    /// Takes the device of a domain that `isWanted` picks off it, by force when the guest does not let go of it.
    ///
    /// - Parameter missing: what is said when there is none.
    func detach<Class: DeviceClass>(
        _ deviceClass: Class.Type, from domain: String, missing: String, _ isWanted: (DeviceStatus) -> Bool
    ) async throws -> ExitStatus {
        let target = try toolstack.findDomain(domain)
        let engine = DeviceEngine(toolstack)
        let devices = try engine.statuses(
            of: target, kinds: [Class.kind], recordKeys: ["uuid", "mac"], frontendKeys: [])
        guard let device = devices.first(where: isWanted) else {
            throw ToolstackError(
                .notFound, missing, domain: target, remedy: "xl \(Class.command)-list \(domain) shows those that it has"
            )
        }
        try await TerminationSignals.cancelling {
            try await engine.detach(Class.self, device.address, force: .whenTimeIsUp)
        }
        return .success
    }

    /// Takes the device of that number off a domain.
    func detach<Class: DeviceClass>(
        _ deviceClass: Class.Type, number: String, from domain: String
    ) async throws -> ExitStatus {
        try await detach(deviceClass, from: domain, missing: "Device \(number) not connected") {
            UInt32(number) == $0.address.id
        }
    }
}

extension DeviceClass {
    /// The word that the commands for the class begin with.
    fileprivate static var command: String {
        switch kind {
        case .vif: "network"
        case .vkbd: "vkb"
        default: kind.rawValue
        }
    }
}
