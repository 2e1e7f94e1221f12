import XenToolstack
import XenTypes
import YajlJSON

/// A line of `xl top --json`: `schemas/top.schema.json`.
enum TopJSON {
    static func document(_ frame: TopFrame, _ options: TopOptions) -> JSONValue {
        let physical = frame.sample.physical
        return .object([
            ("time_ns", .count(frame.sample.time)),
            (
                "interval_ms",
                .count(Int64((frame.sample.instant - frame.previous.instant) / .milliseconds(1)))
            ),
            ("cpus", .count(physical.onlineCPUs)),
            ("cpu_mhz", .count(physical.cpuKHz / 1000)),
            ("memory_kib", .kib(pages: physical.totalPages)),
            ("free_memory_kib", .kib(pages: physical.freePages)),
            ("domains", .array(TopTable.sorted(frame, options).map { domain($0, frame) })),
        ])
    }

    private static func domain(_ domain: DomainSample, _ frame: TopFrame) -> JSONValue {
        let info = domain.info
        let identity: [(name: String, value: JSONValue)] = [
            ("domid", .count(info.domain.rawValue)),
            ("name", .text(domain.name)),
            ("uuid", .string(info.uuid.description)),
            ("run_state", .string(DomainListJSON.runState(info.flags))),
        ]
        return .object(
            identity + DomainListJSON.state(info) + [
                ("cpu_time_ns", .count(info.cpuTime)),
                ("cpu_percent", .number(rounded(frame.share(of: domain)))),
                ("memory_kib", .kib(pages: info.pages)),
                ("memory_percent", .number(rounded(frame.sample.memoryShare(pages: info.pages)))),
                ("max_memory_kib", domain.pageLimit.map { .kib(pages: $0) } ?? .null),
                ("vcpus_max", .count(domain.vcpuCount)),
                (
                    "vcpus",
                    .array(
                        domain.vcpus.map { vcpu in
                            .object([
                                ("vcpu", .count(vcpu.vcpu)), ("online", .bool(vcpu.isOnline)),
                                ("cpu_time_ns", .count(vcpu.cpuTime)),
                            ])
                        })
                ),
                ("networks", .array(domain.networks.map(network))),
                ("disks", .array(domain.disks.map(disk))),
                ("ssidref", .count(info.ssidref)),
            ])
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func network(_ network: NetworkSample) -> JSONValue {
        let counters = network.counters
        return .object([
            ("id", .count(network.card)), ("interface", .text(network.interface)),
            ("rx_bytes", .count(counters.receivedBytes)),
            ("rx_packets", .count(counters.receivedPackets)),
            ("rx_errors", .count(counters.receiveErrors)), ("rx_drops", .count(counters.receiveDrops)),
            ("tx_bytes", .count(counters.sentBytes)), ("tx_packets", .count(counters.sentPackets)),
            ("tx_errors", .count(counters.sendErrors)), ("tx_drops", .count(counters.sendDrops)),
        ])
    }

    private static func disk(_ disk: DiskSample) -> JSONValue {
        .object([
            ("device", .count(disk.device)), ("backend", .string(disk.backend.rawValue)),
            ("out_of_requests", .count(disk.counters?.outOfRequests)),
            ("reads", .count(disk.counters?.reads)),
            ("writes", .count(disk.counters?.writes)),
            ("read_sectors", .count(disk.counters?.sectorsRead)),
            ("written_sectors", .count(disk.counters?.sectorsWritten)),
        ])
    }
}
