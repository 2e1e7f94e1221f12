import XenControl
import XenToolstack
import XenTypes
import YajlJSON

/// The documents of `list --json`, `vm-list --json`, `sharing --json`, `claims --json`, `domid --json` and
/// `domname --json`; they are described in `schemas`.
enum DomainListJSON {
    static func document(_ domains: [ListedDomain]) -> JSONValue { .array(domains.map(entry)) }

    private static func entry(_ domain: ListedDomain) -> JSONValue {
        let info = domain.info
        let identity: [(name: String, value: JSONValue)] = [
            ("domid", .count(info.domain.rawValue)),
            ("name", .text(domain.name)),
            ("uuid", .string(info.uuid.description)),
            ("type", .text(domain.type?.name)),
            ("run_state", .string(runState(info.flags))),
            ("state_reason", .text(stateReason(domain))),
            ("started_at_s", .count(domain.startTime)),
        ]
        return .object(
            identity + state(info) + [
                ("memory_kib", .kib(pages: info.pages)),
                ("outstanding_memory_kib", .kib(pages: info.outstandingPages)),
                ("max_memory_kib", .kib(pages: info.maximumPages)),
                ("shared_memory_kib", .kib(pages: info.sharedPages)),
                ("paged_memory_kib", .kib(pages: info.pagedPages)),
                ("vcpus_online", .count(info.onlineVCPUs)),
                ("vcpus_max", .count(info.maximumVCPUID.map { UInt64($0) + 1 } ?? 0)),
                ("cpu_time_ns", .count(info.cpuTime)),
                ("cpupool_id", .count(info.cpupool)),
                ("cpupool", .text(domain.poolName)),
                ("node_affinity", .members(domain.nodeAffinity)),
                ("ssidref", .count(info.ssidref)),
                ("security_label", .text(domain.securityLabel)),
                ("device_model", deviceModel(domain.deviceModel ?? DeviceModelStatus(state: .none))),
                ("addresses", .array((domain.addresses ?? []).map(EventOutput.address))),
            ])
    }

    /// All that the letters in a table's column for the state say.
    static func state(_ info: DomainInfo) -> [(name: String, value: JSONValue)] {
        [
            ("running", .bool(info.flags.contains(.running))),
            ("blocked", .bool(info.flags.contains(.blocked))),
            ("paused", .bool(info.flags.contains(.paused))),
            ("shutdown", .bool(info.flags.contains(.shutdown))),
            ("dying", .bool(info.flags.contains(.dying))),
            ("shutdown_reason", .text(info.shutdownReason?.name)),
            ("shutdown_code", .count(info.shutdownReason?.rawValue)),
        ]
    }

    private static func deviceModel(_ status: DeviceModelStatus) -> JSONValue {
        .object([
            ("state", .string(status.state.rawValue)), ("pid", .count(status.process.map { UInt64(clamping: $0) })),
            ("domid", .count(status.domain?.rawValue)),
            ("command_line", status.commandLine.map { .array($0.map { .text($0) }) } ?? .null),
        ])
    }

    /// One word for the state: the most final one that holds.
    static func runState(_ flags: DomainInfo.Flags) -> String {
        if flags.contains(.dying) { return "dying" }
        if flags.contains(.shutdown) { return "shutdown" }
        if flags.contains(.paused) { return "paused" }
        if flags.contains(.running) { return "running" }
        return flags.contains(.blocked) ? "blocked" : "idle"
    }

    /// Why the domain is in that state, where it is not one in which it works.
    private static func stateReason(_ domain: ListedDomain) -> String? {
        let info = domain.info
        switch runState(info.flags) {
        case "dying": return "destroyed"
        case "shutdown": return info.shutdownReason?.name
        case "paused":
            if domain.name?.hasSuffix(Toolstack.MigrationSuffix.arriving) == true { return "arriving" }
            if info.flags.contains(.debugged) { return "debugger" }
            return info.cpuTime == 0 ? "never_run" : "asked_for"
        default: return nil
        }
    }

    static func machines(_ domains: [ListedDomain]) -> JSONValue {
        .array(
            domains.map {
                .object([
                    ("uuid", .string($0.info.uuid.description)), ("domid", .count($0.info.domain.rawValue)),
                    ("name", .text($0.name)),
                ])
            })
    }

    static func sharing(_ domains: [ListedDomain]) -> JSONValue {
        .array(
            domains.map {
                .object([
                    ("domid", .count($0.info.domain.rawValue)), ("name", .text($0.name)),
                    ("memory_kib", .kib(pages: $0.info.pages)),
                    ("outstanding_memory_kib", .kib(pages: $0.info.outstandingPages)),
                    ("shared_memory_kib", .kib(pages: $0.info.sharedPages)),
                ])
            })
    }

    static func claims(_ domains: [ListedDomain]) -> JSONValue {
        .array(
            domains.map {
                .object(
                    [
                        ("domid", .count($0.info.domain.rawValue)), ("name", .text($0.name)),
                        ("run_state", .string(runState($0.info.flags))),
                    ] + state($0.info) + [
                        ("memory_kib", .kib(pages: $0.info.pages)),
                        ("outstanding_memory_kib", .kib(pages: $0.info.outstandingPages)),
                        ("vcpus_online", .count($0.info.onlineVCPUs)), ("cpu_time_ns", .count($0.info.cpuTime)),
                    ])
            })
    }

    static func identity(_ domain: DomainID, name: String?) -> JSONValue {
        .object([("domid", .count(domain.rawValue)), ("name", .text(name))])
    }
}
