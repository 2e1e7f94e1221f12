import DomainModel

extension VDisplDevice: NumberedDevice {}

/// Displays with several connectors (the nodes are those of `xen/io/displif.h`).
public enum VDisplClass: DeviceClass {
    public static let kind = DeviceKind.vdispl
    public static let noun = "display"
    public static let devices: WritableKeyPath<DomainConfiguration, [VDisplDevice]> & Sendable = \.vdispls
    public static let followsStubDomain = true
    public static let isReconciled = true

    public static func plan(
        _ display: VDisplDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        var nodes: [DevicePlan.Entry] = [.init("be-alloc", display.backendAllocates ? "1" : "0")]
        for (number, connector) in display.connectors.enumerated() {
            nodes.append(.init("\(number)/resolution", "\(connector.width)x\(connector.height)"))
            if let id = connector.uniqueID { nodes.append(.init("\(number)/unique-id", id)) }
        }
        return DevicePlan(try address(of: display, context), readOnlyFrontend: nodes)
    }
}
