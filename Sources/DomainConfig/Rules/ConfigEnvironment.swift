import XenTypes

/// What a configuration's meaning depends on besides its text.
public struct ConfigEnvironment: Sendable {
    /// The host's `xl.conf`.
    public var global: GlobalConfig
    /// The host's processors, or nil where there is no hypervisor to ask.
    public var host: HostTopology?
    /// Where `firmware=` finds its images (`XENFIRMWAREDIR`).
    public var firmwareDirectory: String
    /// Whether the masks of `xl.conf` for guests' processors do not count (`xl create -i`).
    public var ignoresGlobalAffinity = false
    /// Whether what upstream's xl ignores or bends is an error (`xl create --strict`, `strict=1` in xl.conf).
    public var isStrict = false

    public init(
        global: GlobalConfig = GlobalConfig(), host: HostTopology? = nil,
        firmwareDirectory: String = "/usr/lib/xen/boot"
    ) {
        self.global = global
        self.host = host
        self.firmwareDirectory = firmwareDirectory
    }
}

/// A host's processors, as far as CPU lists need them.
public struct HostTopology: Sendable, Equatable {
    /// One more than the highest processor number.
    public var cpuCount: Int
    /// Processors that run.
    public var onlineCPUs: Int
    /// The processors of each NUMA node.
    public var nodes: [Bitmap]

    public init(cpuCount: Int, onlineCPUs: Int, nodes: [Bitmap]) {
        self.cpuCount = cpuCount
        self.onlineCPUs = onlineCPUs
        self.nodes = nodes
    }

    /// Size of a set of processors: libxl's bitmaps are whole bytes, which `all` fills.
    var bitmapSize: Int { (cpuCount + 7) / 8 * 8 }
}
