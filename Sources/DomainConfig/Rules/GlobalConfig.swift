import DomainModel
import XenTypes

/// The host's settings for `xl`: the file `xl.conf`.
public struct GlobalConfig: Sendable, Equatable {
    /// Whether dom0 gives up memory for guests.
    public enum Autoballoon: String, Sendable {
        /// Whenever there is too little for one.
        case on
        /// Never.
        case off
        /// On unless the hypervisor's command line gives dom0 a fixed size.
        case auto
    }

    /// How `xl list -l` and others show configurations.
    public enum OutputFormat: String, Sendable {
        /// As JSON.
        case json
        /// S-expressions.
        case sxp
    }

    /// Which number a new domain gets.
    public enum DomainIDPolicy: String, Sendable {
        /// The hypervisor chooses.
        case xen
        /// A random one.
        case random
    }

    /// What happens to a domain whose QEMU ends although the domain does not.
    public enum DeviceModelLoss: String, Sendable {
        /// Nothing but a line in the monitor's log.
        case leave
        /// The domain is paused, so that it can be looked at.
        case preserve
        /// The domain is destroyed.
        case destroy
    }

    /// How disks and cards are connected to the host.
    public enum Hotplug: String, Sendable {
        /// Without the scripts of Xen's own that a package delivered just as they are.
        case native
        /// By scripts, always.
        case scripts
    }

    /// Whether dom0 gives up memory for guests.
    public var autoballoon = Autoballoon.auto
    /// Connect disks and cards in the toolstack, and not in a daemon of the backend.
    public var runHotplugScripts = true
    /// The lock under which creations take turns while dom0 gives up memory.
    public var lockFile = "/var/lock/xl"
    /// Script that connects cards; nil for `vif-bridge`.
    public var vifScript: String?
    /// Bridge that cards join; nil for `xenbr0`.
    public var vifBridge: String?
    /// The backend's interface to the network, for routed cards.
    public var vifGatewayDevice: String?
    /// Domain that serves cards; nil for the control domain.
    public var vifBackend: String?
    /// How `xl list -l` and others show configurations.
    public var outputFormat = OutputFormat.json
    /// First name of the control domain's disks when a guest's disk is attached to it; nil for `xvda`.
    public var blockDeviceStart: String?
    /// Claim a guest's memory before it is filled.
    public var claimMode = true
    /// Script that holds back a Remus guest's packets; nil for the stock one.
    public var remusNetbufScript: String?
    /// Script that compares a COLO guest's packets; nil for the stock one.
    public var coloProxyScript: String?
    /// nil leaves libxl's default, here and in the next two.
    public var maxGrantFrames: UInt32?
    /// Most frames for the grants that a guest maps, of 4 KiB; nil for the hypervisor's default.
    public var maxMaptrackFrames: UInt32?
    /// Highest grant table version of a guest, 1 or 2; nil for the highest there is.
    public var maxGrantVersion: Int32?
    /// CPU lists that bound the affinity of all guests, of HVM and PVH guests, and of PV guests; nil is all CPUs.
    public var vmCPUMask: String?
    /// Processors that HVM guests may use, as a CPU list; nil for all.
    public var hvmCPUMask: String?
    /// Processors that PV guests may use, as a CPU list; nil for all.
    public var pvCPUMask: String?
    /// Which number a new domain gets.
    public var domainIDPolicy = DomainIDPolicy.xen
    /// Run bootloaders with few rights; nil is yes for pygrub where the host has a user for it.
    public var bootloaderRestrict: Bool?
    /// How disks and cards are connected.
    public var hotplug = Hotplug.native
    /// How long waits for others may take.
    public var timeouts = Timeouts()
    /// What becomes of a domain whose QEMU has ended.
    public var onDeviceModelExit = DeviceModelLoss.leave
    /// Whether what upstream's xl ignores or bends in a new guest's configuration is an error.
    public var isStrict = false

    public init() {}

    /// A network card with what is said of all of them.
    public var networkCard: NICDevice {
        var card = NICDevice()
        card.script = vifScript
        card.bridge = vifBridge
        card.gatewayDevice = vifGatewayDevice
        card.backendDomainName = vifBackend
        return card
    }

    /// Reads `xl.conf`. What cannot be read is reported and keeps its default.
    public static func parse(_ document: ConfigDocument) -> (global: GlobalConfig, diagnostics: [Diagnostic]) {
        var sink = DiagnosticSink(sources: document.sources, diagnostics: document.diagnostics)
        let settings = SettingTable(document, sink: &sink)
        var draft = DomainDraft(settings: settings, environment: ConfigEnvironment(), sink: sink)
        for key in keys {
            guard let entry = settings[key.name] else { continue }
            draft.warnOfTreatment(key, at: entry.nameRange)
            key.store?(entry.value, key, &draft)
        }
        draft.reportUnknownKeys(in: keys) { name in keys.contains { $0.name == name } }
        return (draft.environment.global, draft.sink.sorted())
    }

    /// The sets of CPUs that each bound the hard affinity of guests of a type.
    public func cpuMasks(for guest: DomainType, host: HostTopology?) -> [Bitmap] {
        let texts = [vmCPUMask, guest == .pv ? pvCPUMask : hvmCPUMask].compactMap { $0 }
        return texts.compactMap { try? CPUList.parse(bytes: $0.unescapedBytes, host: host).value }
    }

    /// Whether dom0's memory is to be balloonable.
    ///
    /// - Parameter hypervisorCommandLine: what the hypervisor was started with, or nil when it is not known.
    public func isAutoballoonOn(hypervisorCommandLine: String?) -> Bool {
        switch autoballoon {
        case .on: true
        case .off: false
        case .auto: !(hypervisorCommandLine.map(Self.fixesControlDomainMemory) ?? false)
        }
    }

    /// Whether a command line has a `dom0_mem=` with at least one size.
    private static func fixesControlDomainMemory(_ commandLine: String) -> Bool {
        commandLine.split(separator: " ").contains { word in
            guard word.hasPrefix("dom0_mem=") else { return false }
            var items = word.dropFirst("dom0_mem=".count).split(separator: ",", omittingEmptySubsequences: false)
            if items.count > 1, items.last?.isEmpty == true { items.removeLast() }
            return items.allSatisfy(isSizeItem)
        }
    }

    /// `[min:|max:]` and a size, or a share such as `10%` or `1G+25%`.
    private static func isSizeItem(_ item: Substring) -> Bool {
        var item = item
        if item.hasPrefix("min:") || item.hasPrefix("max:") { item = item.dropFirst(4) }
        guard item.hasSuffix("%") else { return isSize(item) }
        let parts = item.dropLast().split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let share = parts.last, (1...2).contains(share.count), share.utf8.allSatisfy(SpecText.isDigit) else {
            return false
        }
        return parts.count == 1 || isSize(parts[0])
    }

    private static func isSize(_ text: Substring) -> Bool {
        var text = text
        if text.hasPrefix("-") { text = text.dropFirst() }
        if let unit = text.last, "bBkKmMgGtT".contains(unit) { text = text.dropLast() }
        return !text.isEmpty && text.utf8.allSatisfy(SpecText.isDigit)
    }
}
