import XenControl
import XenToolstack
import YajlJSON

/// The document of `xl info --json`; `schemas/info.schema.json` describes it.
enum HostInfoJSON {
    static func document(_ info: HostInfo) -> JSONValue {
        var entries = kernel(info) + machine(info) + (info.topology.map(topology) ?? []) + xen(info)
        if let features = info.storeFeatures {
            entries.append(("xenstore_features", .array(StoreFeature.names(features))))
        }
        return .object(entries)
    }

    private static func kernel(_ info: HostInfo) -> [(name: String, value: JSONValue)] {
        [
            ("host", .string(info.kernel.host)), ("release", .string(info.kernel.release)),
            ("version", .string(info.kernel.version)), ("machine", .string(info.kernel.machine)),
        ]
    }

    private static func machine(_ info: HostInfo) -> [(name: String, value: JSONValue)] {
        let physical = info.physical
        let free = physical.freePages - min(physical.outstandingPages, physical.freePages)
        return [
            ("nr_cpus", .count(physical.onlineCPUs)), ("max_cpu_id", .count(physical.maximumCPUID)),
            ("nr_nodes", .count(physical.nodes)), ("cores_per_socket", .count(physical.coresPerSocket)),
            ("threads_per_core", .count(physical.threadsPerCore)), ("cpu_khz", .count(physical.cpuKHz)),
            ("hw_caps", .array(physical.hardwareCapabilities.map { .string(hexadecimal($0, width: 8)) })),
            ("virt_caps", .array(HostInfoText.virtualisation(physical.capabilities).map { .string($0) })),
            ("total_memory_kib", .kib(pages: physical.totalPages)), ("free_memory_kib", .kib(pages: free)),
            ("sharing_freed_memory_kib", .kib(pages: info.sharingFreedPages)),
            ("sharing_used_memory_kib", .kib(pages: info.sharingUsedFrames)),
            ("outstanding_claims_kib", .kib(pages: physical.outstandingPages)),
            ("free_cpus", .count(info.freeCPUs)),
        ]
    }

    private static func topology(_ topology: HostInfo.Topology) -> [(name: String, value: JSONValue)] {
        let cpus = topology.cpus.enumerated().map { number, cpu in
            JSONValue.object([
                ("cpu", .count(number)), ("core", .count(cpu.core)), ("socket", .count(cpu.socket)),
                ("node", .count(cpu.node)),
            ])
        }
        let devices = topology.devices.map { device in
            JSONValue.object([("device", .string(device.address.description)), ("node", .count(device.node))])
        }
        let nodes = topology.nodes.enumerated().filter { $1.size != nil }.map { number, node in
            JSONValue.object([
                ("node", .count(number)), ("memory_kib", .count(node.size.map { $0 >> 10 })),
                ("free_memory_kib", .count(node.free.map { $0 >> 10 })),
                ("distances", .array(node.distances.map { .count($0) })),
            ])
        }
        return [("cpu_topology", .array(cpus)), ("device_topology", .array(devices)), ("numa_nodes", .array(nodes))]
    }

    private static func xen(_ info: HostInfo) -> [(name: String, value: JSONValue)] {
        let version = info.version
        return [
            ("xen_major", .count(version.major)), ("xen_minor", .count(version.minor)),
            ("xen_extra", .string(version.extra)),
            ("xen_version", .string("\(version.major).\(version.minor)\(version.extra)")),
            ("xen_caps", .array(version.capabilities.split(separator: " ").map { .string(String($0)) })),
            ("xen_scheduler", .text(info.scheduler)), ("xen_pagesize_bytes", .count(version.pageSize)),
            ("xen_virt_start", .string("0x\(hexadecimal(version.virtualStart, width: 1))")),
            ("xen_changeset", .string(version.changeset)), ("xen_commandline", .string(version.commandLine)),
            ("cc_compiler", .string(version.compiler)), ("cc_compile_by", .string(version.compileBy)),
            ("cc_compile_domain", .string(version.compileDomain)), ("cc_compile_date", .string(version.compileDate)),
            ("build_id", .string(version.buildID)), ("xend_config_format", .count(HostInfoText.configurationFormat)),
        ]
    }
}

/// The features of a xenstored (`XENSTORE_SERVER_FEATURE_*` in `xen/io/xs_wire.h`).
private enum StoreFeature: UInt32, CaseIterable {
    case reconnection = 1
    case error = 2
    case watchDepth = 4
    case anyDomain = 8

    private var name: String {
        switch self {
        case .reconnection: "reconnection"
        case .error: "error"
        case .watchDepth: "watch_depth"
        case .anyDomain: "any_domain"
        }
    }

    static func names(_ features: UInt32) -> [JSONValue] {
        allCases.filter { features & $0.rawValue != 0 }.map { .string($0.name) }
    }
}
