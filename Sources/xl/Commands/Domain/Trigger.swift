import ArgumentParser
import DomainModel
import XenToolstack

struct TriggerCommand: DomainActingCommand {
    static let configuration = named(
        "trigger", "Send a trigger to a domain", usage: "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(
        help: "nmi, reset, init, power (the power button), sleep (the sleep button) or s3resume (wake it up).",
        completion: .list(["nmi", "reset", "init", "power", "sleep", "s3resume"]))
    var trigger: String
    @Argument(help: "The vCPU that gets an nmi or init; 0 if not given.") var vcpu: UInt32 = 0

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard let known = Trigger(name: trigger), known != .unknown else {
            Output.error(
                "Invalid trigger \"\(trigger)\"; there are nmi, reset, init, power, sleep, s3resume")
            return .failure
        }
        try await toolstack.send(known, to: target, vcpu: vcpu)
        return .success
    }
}

struct ButtonPressCommand: DomainActingCommand {
    static let configuration = named(
        "button-press", "Indicate an ACPI button press to the domain", usage: "<Domain> <power|sleep>",
        discussion: "An old name of 'xl trigger <Domain> power' and 'xl trigger <Domain> sleep'.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "power or sleep.", completion: .list(["power", "sleep"])) var button: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        Output.warning("\"button-press\" is deprecated. Please use \"trigger\"")
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let buttons: [String: Trigger] = ["power": .power, "sleep": .sleep]
        guard let trigger = buttons[button] else {
            Output.error("\(button) is an invalid button identifier")
            return .failure
        }
        try await toolstack.send(trigger, to: target)
        return .success
    }
}

struct SysRqCommand: DomainActingCommand {
    static let configuration = named(
        "sysrq", "Send a sysrq to a domain", usage: "<Domain> <letter>",
        discussion: "The letters are those of the guest's kernel: 'h' lists them on the guest's console.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "One character.") var letter: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard letter.utf8.count == 1, let character = letter.first, character.isASCII else {
            Output.error("Invalid sysrq \"\(letter)\": it must be one character")
            return .failure
        }
        try toolstack.sendSysRq(character, to: target)
        return .success
    }
}
