import DomainModel

extension VFBDevice: NumberedDevice {}

/// Framebuffers, shown by QEMU over VNC or SDL.
public enum VFBClass: DeviceClass {
    public static let kind = DeviceKind.vfb
    public static let noun = "framebuffer"
    public static let devices: WritableKeyPath<DomainConfiguration, [VFBDevice]> & Sendable = \.vfbs

    public static func needsDeviceModel(_ device: VFBDevice) -> Bool { true }

    public static func complete(_ vfb: inout VFBDevice, _ context: DeviceContext) throws(ToolstackError) {
        let isShownByVNC = vfb.vnc.enable ?? true
        vfb.vnc.enable = isShownByVNC
        if isShownByVNC, vfb.vnc.listen == nil { vfb.vnc.listen = "127.0.0.1" }
        if vfb.vnc.findUnused == nil { vfb.vnc.findUnused = isShownByVNC }
        vfb.sdl.enable = vfb.sdl.enable ?? false
        vfb.sdl.opengl = vfb.sdl.opengl ?? false
    }

    public static func plan(
        _ vfb: VFBDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        var backend: [DevicePlan.Entry] = []
        func add(_ key: String, _ value: String?) {
            if let value { backend.append(.init(key, value)) }
        }
        add("vnc", vfb.vnc.enable == true ? "1" : "0")
        add("vnclisten", vfb.vnc.listen)
        add("vncpasswd", vfb.vnc.password)
        add("vncdisplay", "\(vfb.vnc.display)")
        add("vncunused", vfb.vnc.findUnused == true ? "1" : "0")
        add("sdl", vfb.sdl.enable == true ? "1" : "0")
        add("opengl", vfb.sdl.opengl == true ? "1" : "0")
        add("xauthority", vfb.sdl.xauthority)
        add("display", vfb.sdl.display)
        return DevicePlan(try address(of: vfb, context), backend: backend, handshake: .none)
    }
}
