import DomainModel

extension PVCallsDevice: NumberedDevice {}

/// POSIX calls on sockets, forwarded to another domain.
public enum PVCallsClass: DeviceClass {
    public static let kind = DeviceKind.pvcalls
    public static let noun = "pvcalls interface"
    public static let devices: WritableKeyPath<DomainConfiguration, [PVCallsDevice]> & Sendable = \.pvcallsInterfaces

    /// Upstream does not store the number that it chooses.
    public static func remember(_ completed: PVCallsDevice, in stored: inout PVCallsDevice) {}

    public static func plan(
        _ device: PVCallsDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        DevicePlan(try address(of: device, context), handshake: .none)
    }
}
