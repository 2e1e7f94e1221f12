import DomainConfig
import DomainModel
import XenControl
import XenTypes

/// The facts of a host that decide whether a domain can come to it.
struct TargetFacts: Sendable {
    var xen: [UInt32] = []
    var host = ""
    var time: Int64 = 0
    /// KiB that a new domain can get, and what the control domain could give up besides.
    var freeKB: UInt64 = 0
    /// The most that its hypervisor can show a domain of this type.
    var cpu: [CPULeaf] = []
    /// Domains by name, and by UUID.
    var names: [String: DomainID] = [:]
    var uuids: [XenUUID: DomainID] = [:]
    var pools: Set<String> = []
    /// How many processors it has, with those that are offline.
    var cpus = Int.max
    /// What the checks of a creation say, in full sentences.
    var preflight: [String] = []
    /// Whether there is such a network interface.
    var hasInterface: @Sendable (String) -> Bool = { _ in true }
    var inspect: @Sendable (String) -> HostFile = { _ in .regular([.read]) }
    /// Where scripts are that are not named by a whole path.
    var scripts = "/etc/xen/scripts"
}

/// Compares a domain's needs with a host: computed from values.
struct TargetCheck: Sendable {
    let request: MigrationRequest
    /// With every default applied.
    let configuration: DomainConfiguration
    let facts: TargetFacts

    /// Clocks that differ by less do no harm.
    private static let clockTolerance: Int64 = 5

    private var isSameHost: Bool { request.host == facts.host && !facts.host.isEmpty }

    func findings() -> MigrationFindings {
        [version, vendor, processor, memory, place, affinity, identity, disks, networks, passthrough, files, clock]
            .map { $0() }.reduce(MigrationFindings(), +)
    }

    private func problem(_ subject: String, _ text: String) -> MigrationFindings {
        var findings = MigrationFindings()
        findings.problems = [.init(subject, text)]
        return findings
    }

    private func warning(_ subject: String, _ text: String) -> MigrationFindings {
        var findings = MigrationFindings()
        findings.warnings = [.init(subject, text)]
        return findings
    }

    private func version() -> MigrationFindings {
        var findings = MigrationFindings()
        if request.streamVersion != LibxlStream.version {
            findings = problem(
                "stream", "it would be sent in version \(request.streamVersion), and this reads \(LibxlStream.version)")
        }
        guard facts.xen.lexicographicallyPrecedes(request.xen) else { return findings }
        let (old, new) = (Self.text(facts.xen), Self.text(request.xen))
        return findings + problem("Xen", "the domain comes from Xen \(new), and this is the older \(old)")
    }

    private static func text(_ version: [UInt32]) -> String { version.map { "\($0)" }.joined(separator: ".") }

    /// CPUID's leaf 0 names the processor's maker in three registers.
    private func vendor() -> MigrationFindings {
        func vendor(_ leaves: [CPULeaf]) -> String? {
            guard let leaf = leaves.first(where: { $0.leaf == 0 }), leaf.registers.count == 4 else { return nil }
            let words = [leaf.registers[1], leaf.registers[3], leaf.registers[2]]
            let bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
            return String(decoding: bytes, as: UTF8.self).escapingControls
        }
        guard let theirs = vendor(request.cpu), let ours = vendor(facts.cpu), theirs != ours else {
            return MigrationFindings()
        }
        let text = "the domain sees one of \"\(theirs)\", and this host's is of \"\(ours)\""
        let release = XenRelease(
            UInt16(clamping: facts.xen.first ?? 0), UInt16(clamping: facts.xen.dropFirst().first ?? 0))
        return release.refusesOtherCPUVendors ? problem("processor", text) : warning("processor", text)
    }

    private func processor() -> MigrationFindings {
        func leaves(_ list: [CPULeaf]) -> [CPUIDSpec.FeatureLeaf: [UInt32]] {
            Dictionary(
                list.map { (CPUIDSpec.FeatureLeaf(leaf: $0.leaf, subleaf: $0.subleaf), $0.registers) },
                uniquingKeysWith: { first, _ in first })
        }
        let missing = CPUIDSpec.features(leaves(request.cpu), missingIn: leaves(facts.cpu))
        guard !missing.isEmpty else { return MigrationFindings() }
        return problem("processor", "it lacks what the domain sees: \(missing.joined(separator: ", "))")
    }

    private func memory() -> MigrationFindings {
        let need = MemorySizing.neededKB(configuration.buildInfo, type: configuration.createInfo.type)
        guard need > facts.freeKB else { return MigrationFindings() }
        return problem("memory", "the domain needs \(need / 1024) MiB, and \(facts.freeKB / 1024) MiB are free")
    }

    private func place() -> MigrationFindings {
        var findings = MigrationFindings()
        for text in facts.preflight { findings.problems.append(.init("configuration", text)) }
        guard let pool = configuration.createInfo.poolName, !pool.isEmpty, !facts.pools.contains(pool) else {
            return findings
        }
        return findings + problem("cpupool", "there is none of the name \"\(pool)\"")
    }

    /// Processors are named by number, and so are the NUMA nodes that were made of them: another host's may lie elsewhere.
    private func affinity() -> MigrationFindings {
        let info = configuration.buildInfo
        let masks = (info.vcpuHardAffinity + info.vcpuSoftAffinity).filter { !$0.isEmpty }
        let isShort = masks.contains { mask in
            let last = mask.max ?? 0
            // One that had all of the old host's has all of this one's.
            return last >= facts.cpus && !(0..<facts.cpus).allSatisfy(mask.contains)
        }
        guard isShort else { return MigrationFindings() }
        return warning("CPUs", "this host has only CPUs 0-\(facts.cpus - 1) of those that the vCPUs are bound to")
    }

    private func identity() -> MigrationFindings {
        guard !isSameHost else { return MigrationFindings() }
        var findings = MigrationFindings()
        let name = configuration.createInfo.name ?? ""
        for taken in [name, name + Toolstack.MigrationSuffix.arriving] {
            guard let other = facts.names[taken] else { continue }
            findings = findings + problem("name", "domain \(other) has the name \"\(taken)\"")
        }
        if let uuid = XenUUID(request.uuid), let other = facts.uuids[uuid] {
            findings = findings + problem("UUID", "domain \(other) has \(uuid)")
        }
        return findings
    }

    private func disks() -> MigrationFindings {
        var findings = MigrationFindings()
        for disk in configuration.disks {
            guard disk.backendDomainName == nil, disk.backendDomainID == .control else { continue }
            let subject = "disk \(disk.virtualDevice ?? "")"
            if let script = disk.script, !script.isEmpty {
                findings = findings + self.script(script, subject)
                // Only the script knows what the target is.
                findings.unchecked.append(.init(subject, "its target \"\(disk.physicalPath ?? "")\" is its script's"))
                continue
            }
            guard let path = disk.physicalPath, !path.isEmpty else { continue }
            switch facts.inspect(path) {
            case .regular, .block: break
            case .missing(let reason): findings = findings + problem(subject, "\(path): \(reason)")
            case .directory, .other:
                findings = findings + problem(subject, "\(path) is neither a file nor a block device")
            }
        }
        return findings
    }

    private func script(_ name: String, _ subject: String) -> MigrationFindings {
        let path = name.hasPrefix("/") ? name : facts.scripts + "/" + name
        switch facts.inspect(path) {
        case .regular(let access) where access.contains(.execute): return MigrationFindings()
        case .regular: return problem(subject, "the script \(path) cannot be executed")
        case .missing(let reason): return problem(subject, "the script \(path): \(reason)")
        default: return problem(subject, "the script \(path) is no file")
        }
    }

    private func networks() -> MigrationFindings {
        var findings = MigrationFindings()
        for (index, nic) in configuration.nics.enumerated() {
            guard nic.backendDomainName == nil, nic.backendDomainID == .control else { continue }
            let subject = "vif \(nic.deviceID ?? Int32(index))"
            if let bridge = nic.bridge, !bridge.isEmpty, !facts.hasInterface(bridge) {
                findings = findings + problem(subject, "there is no bridge \"\(bridge)\"")
            }
            if let script = nic.script, !script.isEmpty { findings = findings + self.script(script, subject) }
        }
        return findings
    }

    private func passthrough() -> MigrationFindings {
        var subjects: [String] = []
        if !configuration.pciDevices.isEmpty { subjects.append("PCI devices") }
        if !configuration.dtDevices.isEmpty { subjects.append("devices of the device tree") }
        if !configuration.usbDevices.isEmpty { subjects.append("USB devices") }
        return subjects.map { problem($0, "the domain has some of this host's own, which cannot move") }
            .reduce(MigrationFindings(), +)
    }

    /// What only a restart needs.
    private func files() -> MigrationFindings {
        var findings = MigrationFindings()
        let info = configuration.buildInfo
        for (subject, path) in [("kernel", info.kernel), ("ramdisk", info.ramdisk)] {
            guard let path, !path.isEmpty, case .missing(let reason) = facts.inspect(path) else { continue }
            findings = findings + warning(subject, "\(path): \(reason): the domain will not start anew here")
        }
        return findings
    }

    private func clock() -> MigrationFindings {
        let difference = facts.time.subtractingReportingOverflow(request.time).partialValue.magnitude
        guard difference > Self.clockTolerance.magnitude else { return MigrationFindings() }
        return warning("clock", "it differs by \(difference) s: the domain's time will jump")
    }
}
