import ArgumentParser
import DomainConfig
import XenToolstack
import XenTypes

struct MemMaxCommand: ActingCommand {
    static let configuration = named(
        "mem-max", "Set the maximum amount reservation for a domain",
        discussion: "What the domain has does not change; 'xl mem-set' changes that, up to this limit.")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var operands: MemoryOperands

    var subject: String? { operands.domain }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let (domain, kib) = try operands.read(context.toolstack)
        try context.toolstack.setMaximumMemory(kib: kib, of: domain)
        return .success
    }
}

struct MemSetCommand: ActingCommand {
    static let configuration = named("mem-set", "Set the current memory usage for a domain")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var operands: MemoryOperands

    var subject: String? { operands.domain }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let (domain, kib) = try operands.read(context.toolstack)
        try context.toolstack.setMemoryTarget(kib: kib, of: domain)
        return .success
    }
}

/// What `mem-max` and `mem-set` take.
struct MemoryOperands: ParsableArguments {
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "A number with b, k, m, g or t behind it; MiB without a letter.") var size: String

    func read(_ toolstack: Toolstack) throws -> (domain: DomainID, kib: UInt64) {
        let target = try toolstack.findDomain(domain)
        do throws(SpecError) { return (target, try MemorySize.kibibytes(size)) } catch {
            throw ToolstackError(.invalid, "invalid memory size: \(size)", domain: target, cause: "\(error)")
        }
    }
}
