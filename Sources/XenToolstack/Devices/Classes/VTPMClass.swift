import DomainModel
import XenTypes

extension VTPMDevice: NumberedDevice {}

/// Trusted platform modules, served by another domain.
public enum VTPMClass: DeviceClass {
    public static let kind = DeviceKind.vtpm
    public static let noun = "vtpm"
    public static let devices: WritableKeyPath<DomainConfiguration, [VTPMDevice]> & Sendable = \.vtpms
    public static let followsStubDomain = true
    public static let isReconciled = true

    public static func remember(_ completed: VTPMDevice, in stored: inout VTPMDevice) {
        stored.deviceID = completed.deviceID
        stored.uuid = completed.uuid
    }

    public static func complete(_ vtpm: inout VTPMDevice, _ context: DeviceContext) throws(ToolstackError) {
        if vtpm.uuid == nil { vtpm.uuid = .random() }
    }

    public static func plan(
        _ vtpm: VTPMDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        let address = try address(of: vtpm, context)
        return DevicePlan(
            address,
            backend: [
                .init("handle", "\(address.id)"), .init("uuid", "\(vtpm.uuid ?? .zero)"), .init("resume", "False"),
            ], frontend: [.init("handle", "\(address.id)")])
    }
}
