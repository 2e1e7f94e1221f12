import ArgumentParser
import DomainModel
import XenToolstack

struct SchedRTDSCommand: XLCommand {
    static let configuration = named(
        "sched-rtds", "Get/set rtds scheduler parameters",
        usage: "[-d <Domain> [-v <VCPU>|all [-p <us> -b <us> -e 0|1]]...] [-v all] [-c <CPU Pool>]",
        discussion: """
            Without options, all pools that rtds schedules are shown with what vCPUs of their domains begin with.
            -p, -b and -e are given as often as -v, and those of each kind in the order of the -v that they belong to:
              xl sched-rtds -d guest -v 0 -p 10000 -b 4000 -e 0 -v 1 -p 20000 -b 5000 -e 1
            period and extratime of a configuration do the same for all of a domain's vCPUs.
            """)

    @Option(
        name: [.long, .customShort("d", allowingJoined: true)], parsing: .unconditional,
        help: "The domain to show or change.")
    var domain: String?
    @Option(
        name: [.customShort("v", allowingJoined: true), .customLong("vcpuid")], parsing: .unconditionalSingleValue,
        help: "A vCPU to show or change, or all; may be given several times.")
    var vcpus: [String] = []
    @Option(
        name: [.long, .customShort("p", allowingJoined: true)], parsing: .unconditionalSingleValue,
        help: "Its period, in microseconds, 10 and more.")
    var period: [Int32] = []
    @Option(
        name: [.long, .customShort("b", allowingJoined: true)], parsing: .unconditionalSingleValue,
        help: "How long it runs in each period, in microseconds, from 10 to the period.")
    var budget: [Int32] = []
    @Option(
        name: [.long, .customShort("e", allowingJoined: true)], parsing: .unconditionalSingleValue,
        help: "1 if it may run longer while nobody else wants to, else 0.")
    var extratime: [String] = []
    @Option(
        name: [.customShort("c", allowingJoined: true), .customLong("cpupool")], parsing: .unconditional,
        help: "Only this CPU pool.")
    var pool: String?
    @Flag(help: "Print them as a JSON document, after a change what holds then.") var json = false

    private var isChange: Bool { !period.isEmpty || !budget.isEmpty || !extratime.isEmpty }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let choice = try choice()
        let toolstack = context.toolstack
        guard let domain else {
            return try SchedulerOutput.list(.rtds, only: pool, vcpus: choice, asJSON: json, in: toolstack)
        }
        let target = try toolstack.findDomain(domain)
        if isChange {
            let shares = zip(period, zip(budget, extratime)).map { period, rest in
                var parameters = SchedulerParameters()
                (parameters.sched, parameters.period, parameters.budget) = (.rtds, period, rest.0)
                parameters.extratime = rest.1 == "1" ? 1 : 0
                return parameters
            }
            if case .some(let numbers) = choice {
                try toolstack.setShares(zip(numbers, shares).map { ($0, $1) }, of: target)
            } else {
                try toolstack.setShare(shares[0], of: target)
            }
            if !json { return .success }
        }
        let shown = [try toolstack.schedulerPool(of: target, .rtds, vcpus: choice)]
        if json {
            try Output.print(json: SchedulerOutput.document(shown, .rtds))
        } else {
            Output.print(SchedulerOutput.text(shown, .rtds, isOneDomain: true))
        }
        return .success
    }

    /// Whose shares are meant, once the options are known to go together.
    private func choice() throws(ToolstackError) -> VCPUChoice {
        let isAll = vcpus.contains("all")
        let numbers = vcpus.filter { $0 != "all" }
        guard extratime.allSatisfy({ $0 == "0" || $0 == "1" }) else {
            throw ToolstackError(.invalid, "Invalid extratime.", remedy: "it is 1 or 0")
        }
        if pool != nil, domain != nil || isChange || !vcpus.isEmpty {
            throw ToolstackError(.invalid, "Specifying a cpupool is not allowed with other options.")
        }
        if domain == nil, isChange || !numbers.isEmpty {
            throw ToolstackError(.invalid, "Missing parameters.", remedy: "give a domain with -d")
        }
        if isChange, vcpus.isEmpty {
            throw ToolstackError(.invalid, "Must specify VCPU.", remedy: "-v all stands for every one")
        }
        let known = numbers.compactMap { UInt32($0) }
        guard numbers.isEmpty || !isAll, known.count == numbers.count else {
            throw ToolstackError(.invalid, "Incorrect VCPU IDs.", remedy: "give numbers, or all alone")
        }
        let wanted = isAll ? 1 : known.count
        if isChange, [period.count, budget.count, extratime.count] != [wanted, wanted, wanted] {
            throw ToolstackError(
                .invalid, "Incorrect number of period, budget and extratime",
                remedy: "each -v takes one of -p, -b and -e")
        }
        return isAll ? .all : known.isEmpty ? .first : .some(known)
    }
}
