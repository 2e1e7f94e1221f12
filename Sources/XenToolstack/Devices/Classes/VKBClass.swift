import DomainModel

extension VKBDevice: NumberedDevice {}

/// Keyboards and pointers, from QEMU or a backend in Linux (the nodes are those of `xen/io/kbdif.h`).
public enum VKBClass: DeviceClass {
    public static let kind = DeviceKind.vkbd
    public static let noun = "keyboard"
    public static let devices: WritableKeyPath<DomainConfiguration, [VKBDevice]> & Sendable = \.vkbs

    public static func needsDeviceModel(_ device: VKBDevice) -> Bool {
        device.backendType != .linux && device.backendDomainID == .control
    }

    public static func complete(_ vkb: inout VKBDevice, _ context: DeviceContext) throws(ToolstackError) {
        if vkb.backendType == .unknown { vkb.backendType = .qemu }
    }

    public static func plan(
        _ vkb: VKBDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        var backend: [DevicePlan.Entry] = []
        func add(_ key: String, _ value: UInt32) {
            if value != 0 { backend.append(.init(key, "\(value)")) }
        }
        if let id = vkb.uniqueID { backend.append(.init("unique-id", id)) }
        add("feature-disable-keyboard", vkb.featureDisableKeyboard ? 1 : 0)
        add("feature-disable-pointer", vkb.featureDisablePointer ? 1 : 0)
        add("feature-abs-pointer", vkb.featureAbsPointer ? 1 : 0)
        add("feature-raw-pointer", vkb.featureRawPointer ? 1 : 0)
        if vkb.featureMultiTouch {
            backend += [
                .init("feature-multi-touch", "1"), .init("multi-touch-width", "\(vkb.multiTouchWidth)"),
                .init("multi-touch-height", "\(vkb.multiTouchHeight)"),
                .init("multi-touch-num-contacts", "\(vkb.multiTouchNumContacts)"),
            ]
        }
        add("width", vkb.width)
        add("height", vkb.height)
        let address = try address(of: vkb, context, backendKind: vkb.backendType == .linux ? .vinput : .vkbd)
        return DevicePlan(address, backend: backend, handshake: .none)
    }
}
