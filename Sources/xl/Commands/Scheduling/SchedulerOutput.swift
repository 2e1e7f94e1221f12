import DomainModel
import XenToolstack
import XenTypes
import YajlJSON

/// The tables and documents of `sched-credit`, `sched-credit2` and `sched-rtds`; the latter are described in `schemas`.
enum SchedulerOutput {
    /// Prints the pools that a scheduler runs. Where there are none, nothing, and a warning says why.
    static func list(
        _ scheduler: Scheduler, only name: String?, vcpus: VCPUChoice = .first, asJSON isJSON: Bool,
        in toolstack: Toolstack
    ) throws -> ExitStatus {
        let only = try name.map { try toolstack.findCPUPool($0) }
        let pools = try toolstack.schedulerPools(scheduler, only: only, vcpus: vcpus)
        if pools.isEmpty {
            let subject = only.map { "CPU pool \($0.name ?? "\($0.id)") is not" } ?? "no CPU pool is"
            let cause = toolstack.absence(of: scheduler).map { ": \($0)" } ?? ""
            Output.warning("\(subject) scheduled by \(scheduler.name)\(cause)")
        }
        if isJSON {
            try Output.print(json: document(pools, scheduler))
        } else if !pools.isEmpty {
            Output.print(text(pools, scheduler, vcpus: vcpus))
        }
        return .success
    }

    /// - Parameter isOneDomain: leaves out the lines about pools.
    static func text(
        _ pools: [SchedulerPool], _ scheduler: Scheduler, vcpus: VCPUChoice = .first, isOneDomain: Bool = false
    ) -> String {
        pools.flatMap { pool in
            (isOneDomain ? [] : [settings(of: pool, scheduler)])
                + (pool.domains.map { table($0, scheduler, vcpus: vcpus) } ?? [])
        }.joined(separator: "\n")
    }

    private static func settings(of pool: SchedulerPool, _ scheduler: Scheduler) -> String {
        let text =
            switch pool.settings {
            case .credit(let settings):
                "tslice=\(settings.timesliceMilliseconds)ms ratelimit=\(settings.rateLimitMicroseconds)us "
                    + "migration-delay=\(settings.migrationDelayMicroseconds)us"
            case .credit2(let limit): "ratelimit=\(limit)us"
            case nil: scheduler == .rtds ? "sched=RTDS" : "[sched params unavailable]"
            }
        return "Cpupool \(pool.name.shownName): \(text)"
    }

    private static func table(
        _ domains: [SchedulerPool.Domain], _ scheduler: Scheduler, vcpus: VCPUChoice
    ) -> [String] {
        let showsVCPUs = vcpus != .first || domains.contains { if case .vcpus = $0.share { true } else { false } }
        let columns =
            switch scheduler {
            case .rtds:
                (showsVCPUs ? "VCPU ".rightAligned(to: 5) : "") + rtds("Period", "Budget", "Extratime")
            default: credit("Weight", "Cap")
            }
        return [row("Name", "ID", columns)]
            + domains.flatMap { domain in
                rows(of: domain.share).map { row(domain.name.shownName, "\(domain.domain)", $0) }
            }
    }

    private static func rows(of share: SchedulerPool.Share) -> [String] {
        switch share {
        case .credit(let share): [credit("\(share.weight)", "\(share.cap)")]
        case .rtds(let share): [rtds("\(share.period)", "\(share.budget)", yes(share.extraTime))]
        case .vcpus(let vcpus):
            vcpus.map { vcpu in
                let share = vcpu.parameters
                return vcpu.vcpu.rightAligned(to: 4) + " "
                    + rtds("\(share.period)", "\(share.budget)", yes(share.extraTime))
            }
        }
    }

    private static func row(_ name: String, _ number: String, _ columns: String) -> String {
        name.padded(to: 33) + " " + number.rightAligned(to: 4) + " " + columns
    }

    private static func credit(_ weight: String, _ cap: String) -> String {
        weight.rightAligned(to: 6) + " " + cap.rightAligned(to: 4)
    }

    private static func rtds(_ period: String, _ budget: String, _ extraTime: String) -> String {
        period.rightAligned(to: 9) + " " + budget.rightAligned(to: 9) + " " + extraTime.rightAligned(to: 10)
    }

    private static func yes(_ value: Bool) -> String { value ? "yes" : "no" }

    static func document(_ pools: [SchedulerPool], _ scheduler: Scheduler) -> JSONValue {
        .array(
            pools.map { pool in
                .object(
                    [("pool_id", .count(pool.id)), ("pool", .text(pool.name))] + settingsMembers(pool, scheduler)
                        + [("domains", pool.domains.map { .array($0.map(member)) } ?? .null)])
            })
    }

    private static func settingsMembers(
        _ pool: SchedulerPool, _ scheduler: Scheduler
    ) -> [(name: String, value: JSONValue)] {
        switch (scheduler, pool.settings) {
        case (.credit, .credit(let settings)):
            [
                ("tslice_ms", .count(settings.timesliceMilliseconds)),
                ("ratelimit_us", .count(settings.rateLimitMicroseconds)),
                ("migration_delay_us", .count(settings.migrationDelayMicroseconds)),
            ]
        case (.credit, _): [("tslice_ms", .null), ("ratelimit_us", .null), ("migration_delay_us", .null)]
        case (.credit2, .credit2(let limit)): [("ratelimit_us", .count(limit))]
        case (.credit2, _): [("ratelimit_us", .null)]
        default: []
        }
    }

    private static func member(_ domain: SchedulerPool.Domain) -> JSONValue {
        let identity: [(name: String, value: JSONValue)] = [
            ("domid", .count(domain.domain.rawValue)), ("name", .text(domain.name)),
        ]
        switch domain.share {
        case .credit(let share):
            return .object(identity + [("weight", .count(share.weight)), ("cap_percent", .count(share.cap))])
        case .rtds(let share):
            return .object(
                identity + [
                    ("period_us", .count(share.period)), ("budget_us", .count(share.budget)),
                    ("extratime", .bool(share.extraTime)), ("vcpus", .null),
                ])
        case .vcpus(let vcpus):
            let members = vcpus.map { vcpu in
                JSONValue.object([
                    ("vcpu", .count(vcpu.vcpu)), ("period_us", .count(vcpu.parameters.period)),
                    ("budget_us", .count(vcpu.parameters.budget)), ("extratime", .bool(vcpu.parameters.extraTime)),
                ])
            }
            return .object(
                identity + [
                    ("period_us", .null), ("budget_us", .null), ("extratime", .null), ("vcpus", .array(members)),
                ])
        }
    }
}
