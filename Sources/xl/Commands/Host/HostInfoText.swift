import XenControl
import XenToolstack
import XenTypes

/// The lines of `xl info`.
enum HostInfoText {
    /// One "key : value" line; a table has no value of its own.
    struct Line: Equatable {
        let text: String

        init(_ key: String, _ value: String) { text = key.padded(to: 23) + ": " + value }
        /// Words after the colon, each with a space before it, as in `virt_caps`.
        init(_ key: String, words: [String]) { text = key.padded(to: 23) + ":" + words.map { " " + $0 }.joined() }
        init(table line: String) { text = line }

        /// What follows the line's first colon, when the line begins with `prefix` and a space follows the colon.
        func value(ifPrefixedBy prefix: String) -> String? {
            guard text.utf8.starts(with: prefix.utf8), let colon = text.firstIndex(of: ":") else { return nil }
            let rest = text[text.index(after: colon)...]
            return rest.first == " " ? String(rest.dropFirst()) : nil
        }
    }

    /// Of which format configurations are; it never changes.
    static let configurationFormat = 4

    static func text(_ info: HostInfo) -> String {
        lines(info).map(\.text.escapingControls).joined(separator: "\n")
    }

    /// The values alone of those lines that begin with `prefix`.
    static func values(_ info: HostInfo, prefix: String) -> [String] {
        lines(info).compactMap { $0.value(ifPrefixedBy: prefix)?.escapingControls }
    }

    static func lines(_ info: HostInfo) -> [Line] {
        var lines = kernel(info) + machine(info) + (info.topology.map(topology) ?? []) + xen(info)
        if let features = info.storeFeatures {
            lines.append(Line("xenstore_features", "0x" + hexadecimal(features, width: 8)))
        }
        return lines + [Line("xend_config_format", "\(configurationFormat)")]
    }

    private static func kernel(_ info: HostInfo) -> [Line] {
        [
            Line("host", info.kernel.host), Line("release", info.kernel.release),
            Line("version", info.kernel.version), Line("machine", info.kernel.machine),
        ]
    }

    private static func machine(_ info: HostInfo) -> [Line] {
        let physical = info.physical
        let pagesPerMiB = UInt64(max(1, (1 << 20) / max(1, info.version.pageSize)))
        let khz = physical.cpuKHz % 1000
        let fraction = String(repeating: "0", count: 3 - String(khz).utf8.count) + "\(khz)"
        return [
            Line("nr_cpus", "\(physical.onlineCPUs)"), Line("max_cpu_id", "\(physical.maximumCPUID)"),
            Line("nr_nodes", "\(physical.nodes)"), Line("cores_per_socket", "\(physical.coresPerSocket)"),
            Line("threads_per_core", "\(physical.threadsPerCore)"),
            Line("cpu_mhz", "\(physical.cpuKHz / 1000).\(fraction)"),
            Line("hw_caps", physical.hardwareCapabilities.map { hexadecimal($0, width: 8) }.joined(separator: ":")),
            Line("virt_caps", words: virtualisation(physical.capabilities)),
            Line("total_memory", "\(physical.totalPages / pagesPerMiB)"),
            Line("free_memory", "\((physical.freePages &- physical.outstandingPages) / pagesPerMiB)"),
            Line("sharing_freed_memory", "\(info.sharingFreedPages / pagesPerMiB)"),
            Line("sharing_used_memory", "\(info.sharingUsedFrames / pagesPerMiB)"),
            Line("outstanding_claims", "\(physical.outstandingPages / pagesPerMiB)"),
            Line("free_cpus", "\(info.freeCPUs)"),
        ]
    }

    /// What the host can do for guests, in upstream's words and order.
    static func virtualisation(_ capabilities: PhysicalInfo.Capabilities) -> [String] {
        let words: [(String, PhysicalInfo.Capabilities)] = [
            ("pv", .pv), ("hvm", .hvm), ("hvm_directio", [.hvm, .directIO]), ("pv_directio", [.pv, .directIO]),
            ("hap", .hap), ("shadow", .shadow), ("iommu_hap_pt_share", .iommuHAPPageTableShare),
            ("vmtrace", .vmtrace), ("vpmu", .vpmu), ("gnttab-v1", .grantTableV1), ("gnttab-v2", .grantTableV2),
        ]
        return words.filter { capabilities.isSuperset(of: $0.1) }.map(\.0)
    }

    private static func topology(_ topology: HostInfo.Topology) -> [Line] {
        var lines = [Line("cpu_topology", words: []), Line(table: "cpu:    core    socket     node")]
        for (number, cpu) in topology.cpus.enumerated() {
            guard let core = cpu.core else { continue }
            lines.append(
                Line(
                    table: number.rightAligned(to: 3) + ":    " + core.rightAligned(to: 4) + "     "
                        + known(cpu.socket).rightAligned(to: 4) + "     " + known(cpu.node).rightAligned(to: 4)))
        }
        lines += [Line("device topology", words: []), Line(table: "device           node")]
        let placed = topology.devices.compactMap { device in device.node.map { (device.address, $0) } }
        lines += placed.map { Line(table: "\($0)      \($1)") }
        if placed.isEmpty { lines.append(Line(table: "No device topology data available")) }
        lines += [Line("numa_info", words: []), Line(table: "node:    memsize    memfree    distances")]
        for (number, node) in topology.nodes.enumerated() {
            guard let size = node.size else { continue }
            let distances = node.distances.map { "\(known($0))" }.joined(separator: ",")
            lines.append(
                Line(
                    table: number.rightAligned(to: 4) + ":    " + (size >> 20).rightAligned(to: 6) + "     "
                        + ((node.free ?? 0) >> 20).rightAligned(to: 6) + "      " + distances))
        }
        return lines
    }

    /// Upstream prints a missing number as -1.
    private static func known(_ value: UInt32?) -> Int64 { value.map { Int64($0) } ?? -1 }

    private static func xen(_ info: HostInfo) -> [Line] {
        let version = info.version
        return [
            Line("xen_major", "\(version.major)"), Line("xen_minor", "\(version.minor)"),
            Line("xen_extra", version.extra),
            Line("xen_version", "\(version.major).\(version.minor)\(version.extra)"),
            Line("xen_caps", version.capabilities), Line("xen_scheduler", info.scheduler ?? "(null)"),
            Line("xen_pagesize", "\(version.pageSize)"),
            Line("platform_params", "virt_start=0x\(hexadecimal(version.virtualStart, width: 1))"),
            Line("xen_changeset", version.changeset), Line("xen_commandline", version.commandLine),
            Line("cc_compiler", version.compiler), Line("cc_compile_by", version.compileBy),
            Line("cc_compile_domain", version.compileDomain), Line("cc_compile_date", version.compileDate),
            Line("build_id", version.buildID),
        ]
    }
}
