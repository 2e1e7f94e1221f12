import DomainModel
import XenToolstack
import XenTypes
import YajlJSON

/// Texts of the commands for CPU pools.
enum CPUPoolText {
    static func table(_ pools: [CPUPool], listsCPUs: Bool) -> String {
        let head = "Name".padded(to: 19) + (listsCPUs ? "CPU list" : "CPUs   Sched     Active   Domain count")
        let rows = pools.map { pool in
            pool.name.shownName.padded(to: 19) + (listsCPUs ? numbers(pool.cpus) : columns(pool))
        }
        return ([head] + rows).joined(separator: "\n")
    }

    private static func numbers(_ cpus: Bitmap) -> String { cpus.map { "\($0)" }.joined(separator: ",") }

    private static func columns(_ pool: CPUPool) -> String {
        let scheduler = (pool.scheduler?.name ?? "(null)").rightAligned(to: 9)
        let domains = "\(pool.domains)".rightAligned(to: 4)
        return "\("\(pool.cpus.count)".rightAligned(to: 3)) \(scheduler)       y       \(domains)"
    }

    /// What `cpupool-create` says before it begins.
    static func plan(_ plan: CPUPoolPlan, source: String) -> String {
        """
        Using config file "\(source.escapingControls)"
        cpupool name:   \(plan.name.escapingControls)
        scheduler:      \(plan.scheduler.name)
        number of cpus: \(plan.cpus.count)
        """
    }

    /// Says which processors stayed where they were.
    static func report(_ problems: [CPUMoveProblem], _ what: String) -> ExitStatus {
        for problem in problems { Output.error("cpu \(problem.cpu) \(what): \(problem.cause)", code: .fail) }
        return problems.isEmpty ? .success : .failure
    }
}

/// The documents of `xl cpupool-list --json` and `cpupool-create --json`; they are described in `schemas`.
enum CPUPoolJSON {
    static func document(_ pools: [CPUPool]) -> JSONValue {
        .array(
            pools.map { pool in
                .object([
                    ("id", .count(pool.id)), ("name", .text(pool.name)), ("scheduler", .text(pool.scheduler?.name)),
                    ("cpus", .members(pool.cpus)), ("domains", .count(pool.domains)),
                ])
            })
    }

    /// - Parameter id: nil for a pool that is not made.
    static func plan(_ plan: CPUPoolPlan, id: UInt32?) -> JSONValue {
        .object([
            ("id", .count(id)), ("name", .string(plan.name)), ("scheduler", .string(plan.scheduler.name)),
            ("cpus", .members(plan.cpus)),
        ])
    }
}
