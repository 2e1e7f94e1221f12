import ArgumentParser
import XenToolstack

struct DebugKeysCommand: ActingCommand {
    static let configuration = named(
        "debug-keys", "Send debug keys to Xen",
        discussion: "The hypervisor answers in its log: 'xl debug-keys h; xl dmesg' lists the keys.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Keys, one after the other.") var keys: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        do { try context.toolstack.hypervisor.sendDebugKeys(keys) } catch {
            throw ToolstackError(.fail, "cannot send debug keys", underlying: error)
        }
        return .success
    }
}
