import DomainModel
import XenTypes

/// Completes a configuration with libxl's defaults and checks that it can be created on a host.
///
/// Pure: reads nothing but its arguments. The rules are those of `libxl__domain_config_setdefault`.
package struct ConfigurationDefaults {
    package internal(set) var configuration: DomainConfiguration
    /// What a user should know but what does not stop the creation.
    package internal(set) var warnings: [String] = []
    let host: HostCapabilities

    /// Flask's initial identifiers of guests and of device models (`SECINITSID_DOMU`, `SECINITSID_DOMDM` in
    /// Flask's generated headers).
    private static let guestSID: UInt32 = 12
    static let deviceModelSID: UInt32 = 13

    /// - Throws: code `invalid` naming the setting when the host cannot have such a domain.
    package static func apply(
        to configuration: DomainConfiguration, on host: HostCapabilities
    ) throws(ToolstackError) -> ConfigurationDefaults {
        var work = ConfigurationDefaults(configuration: configuration, host: host)
        try work.checkType()
        try work.resolveLabels()
        try work.resolvePool()
        try work.completeCreateInfo()
        try work.choosePassthrough()
        try work.checkMemoryModes()
        work.completePagingMemory()
        try work.completeBuildInfo()
        try work.checkCombinations()
        return work
    }

    private init(configuration: DomainConfiguration, host: HostCapabilities) {
        self.configuration = configuration
        self.host = host
    }

    var build: BuildInfo {
        get { configuration.buildInfo }
        _modify { yield &configuration.buildInfo }
    }

    var isPV: Bool { configuration.createInfo.type == .pv }

    static func invalid(_ message: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(.invalid, message, remedy: remedy)
    }

    private mutating func checkType() throws(ToolstackError) {
        let type = configuration.createInfo.type
        guard type != .invalid else { throw Self.invalid("the configuration has no domain type") }
        build.type = type
    }

    private mutating func resolveLabels() throws(ToolstackError) {
        if let id = try securityID(configuration.createInfo.ssidLabel, "init_seclabel") {
            configuration.createInfo.ssidRef = id
        }
        if let id = try securityID(build.execSSIDLabel, "seclabel") { build.execSSIDRef = id }
        if let id = try securityID(build.deviceModelSSIDLabel, "device_model_stubdomain_seclabel") {
            build.deviceModelSSIDRef = id
        }
    }

    private mutating func securityID(_ label: String?, _ key: String) throws(ToolstackError) -> UInt32? {
        guard let label else { return nil }
        guard host.enforcesLabels else {
            warnings.append("\(key) has no effect: this hypervisor runs without XSM")
            return nil
        }
        guard let id = host.securityIDs[label] else {
            throw Self.invalid("\(key): the security policy has no label \"\(label)\"")
        }
        return id
    }

    private mutating func resolvePool() throws(ToolstackError) {
        if let name = configuration.createInfo.poolName {
            guard let id = host.pools[name] ?? UInt32(name) else {
                throw Self.invalid("there is no cpupool \"\(name)\"", remedy: "xl cpupool-list shows those that are")
            }
            configuration.createInfo.poolID = id
        }
        guard host.pools.values.contains(configuration.createInfo.poolID) else {
            throw Self.invalid(
                "there is no cpupool \(configuration.createInfo.poolID)", remedy: "xl cpupool-list shows those that are"
            )
        }
    }

    private mutating func completeCreateInfo() throws(ToolstackError) {
        if !isPV {
            guard host.hap || host.shadow else {
                throw Self.invalid(
                    "this hypervisor offers neither hardware-assisted nor shadow paging",
                    remedy: "use a PV guest, or switch the processor's virtualisation on in the firmware")
            }
            configuration.createInfo.hap = configuration.createInfo.hap ?? host.hap
            configuration.createInfo.oos = configuration.createInfo.oos ?? true
        }
        configuration.createInfo.runHotplugScripts = configuration.createInfo.runHotplugScripts ?? true
        configuration.createInfo.driverDomain = configuration.createInfo.driverDomain ?? false
        if configuration.createInfo.ssidRef == 0 { configuration.createInfo.ssidRef = Self.guestSID }
        configuration.createInfo.xendSuspendEventChannelCompat =
            configuration.createInfo.xendSuspendEventChannelCompat ?? false
    }

    private mutating func choosePassthrough() throws(ToolstackError) {
        let wanted = !configuration.pciDevices.isEmpty || !configuration.dtDevices.isEmpty
        var mode = configuration.createInfo.passthrough
        if mode == .default { mode = wanted ? .enabled : .disabled }
        guard mode == .disabled || host.hvmDirectIO else {
            throw Self.invalid(
                "devices cannot be passed through on this host", remedy: "it needs an IOMMU that is switched on")
        }
        guard mode != .disabled || !wanted else {
            throw Self.invalid("passthrough is disabled, but the configuration has devices to pass through")
        }
        guard mode == .disabled || configuration.createInfo.type != .pvh else {
            throw Self.invalid("devices cannot be passed through to PVH guests")
        }
        let obstacle: String? =
            if isPV {
                "is not valid for PV guests"
            } else if !host.iommuSharesPageTables {
                "is not possible on this host"
            } else if configuration.createInfo.hap != true {
                "is only possible for guests with hardware-assisted paging"
            } else {
                nil
            }
        if mode == .enabled { mode = obstacle == nil ? .sharePt : .syncPt }
        if mode == .sharePt, let obstacle { throw Self.invalid("passthrough=\"share_pt\" \(obstacle)") }
        configuration.createInfo.passthrough = mode
    }

    private var isPoD: Bool {
        // Before the defaults, an unset size is libxl's largest number.
        !isPV && (build.targetMemKB ?? .max) < (build.maxMemKB ?? .max)
    }

    private func checkMemoryModes() throws(ToolstackError) {
        guard !isPoD || configuration.createInfo.passthrough == .disabled else {
            throw Self.invalid(
                "passthrough needs all memory from the start, but memory is smaller than maxmem",
                remedy: "make memory and maxmem equal")
        }
        guard !isPoD || build.vnumaNodes.isEmpty else {
            throw Self.invalid(
                "vnuma needs all memory from the start, but memory is smaller than maxmem",
                remedy: "make memory and maxmem equal")
        }
        guard !isPV || build.vnumaNodes.isEmpty else { throw Self.invalid("PV guests cannot have vnuma") }
    }

    private mutating func completePagingMemory() {
        let maxMemory = build.maxMemKB ?? 32 << 10
        let info = configuration.createInfo
        if build.shadowMemKB == nil {
            build.shadowMemKB = MemorySizing.pagingPoolKB(
                maximumKB: maxMemory, vcpus: Int(build.maxVCPUs), type: info.type, hap: !isPV && info.hap == true)
        }
        if build.iommuMemKB == nil {
            build.iommuMemKB = info.passthrough == .syncPt ? MemorySizing.iommuTablesKB(maximumKB: maxMemory) : 0
        }
    }

    private func checkCombinations() throws(ToolstackError) {
        let altp2m = build.hvm?.altp2m == true || (!isPV && build.altp2m != .disabled)
        guard !(altp2m && build.nestedHVM == true) else {
            throw Self.invalid("nestedhvm and altp2m exclude each other")
        }
        guard !(altp2m && isPoD) else {
            throw Self.invalid(
                "altp2m needs all memory from the start, but memory is smaller than maxmem",
                remedy: "make memory and maxmem equal")
        }
        guard build.vpmu != true || host.vpmu else {
            throw Self.invalid(
                "vpmu is not possible on this host", remedy: "start the hypervisor with vpmu=on, or remove vpmu")
        }
    }
}
