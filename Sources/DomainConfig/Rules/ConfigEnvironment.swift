import XenTypes

/// What a configuration's meaning depends on besides its text.
public struct ConfigEnvironment: Sendable {
    /// The host's `xl.conf`.
    public var global: GlobalConfig
    /// The host's processors, or nil where there is no hypervisor to ask.
    public var host: HostTopology?
    /// Where `firmware=` finds its images (`XENFIRMWAREDIR`).
    public var firmwareDirectory: String

    public init(
        global: GlobalConfig = GlobalConfig(), host: HostTopology? = nil,
        firmwareDirectory: String = "/usr/lib/xen/boot"
    ) {
        self.global = global
        self.host = host
        self.firmwareDirectory = firmwareDirectory
    }
}
