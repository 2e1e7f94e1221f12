import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// A process beside a command, `xl` itself started again, that takes back what the command has begun if that is killed.
///
/// It holds the other end of a pipe: the pipe's end without a word from the command means that the command is no more.
final class Keeper: Sendable {
    enum Duty: Sendable, Hashable {
        /// A domain that arrives: its UUID, and its name until it may run.
        case arrival(XenUUID, name: String)
        /// A guest that is throttled: its UUID, and the cap that it had.
        case throttle(XenUUID, cap: UInt16)
    }

    /// The environment variable that makes `xl` a keeper.
    private static let variable = "XL_KEEPER"
    /// Where its end of the pipe is.
    private static let descriptor = FileDescriptor(rawValue: 3)
    private static let allIsWell: UInt8 = 1

    private let pipe: Pipe

    init(_ duty: Duty) throws {
        pipe = try Pipe()
        defer { pipe.closeReadEnd() }
        var plan = ChildProcess.Plan(StayingProcess.program)
        plan.arguments = CommandLine.arguments
        plan.environment = [Self.variable: duty.text]
        plan.output = .null
        plan.error = .null
        plan.passedDescriptors = [pipe.readEnd]
        plan.group = .session
        _ = try ChildProcess.start(plan)
    }

    /// The command has ended in order, or what it had begun is complete.
    func release() {
        _ = try? pipe.writeEnd.writeAll([Self.allIsWell])
        pipe.closeWriteEnd()
    }

    /// Does a keeper's work if this process was started to be one.
    static func runIfWanted() async -> ExitStatus? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        guard let duty = Duty(text) else { return .failure }
        chdir("/")
        var byte: [UInt8] = [0]
        let count = try? byte.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        guard count == 0 || byte[0] != allIsWell else { return .success }
        await duty.fulfil(CommandContext(options: GlobalOptions()).toolstack)
        return .success
    }
}

extension Keeper.Duty {
    /// As it is handed over in the environment.
    var text: String {
        switch self {
        case .arrival(let uuid, let name): "arrival \(uuid) \(name)"
        case .throttle(let uuid, let cap): "throttle \(uuid) \(cap)"
        }
    }

    init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let uuid = XenUUID(words[1]) else { return nil }
        switch words[0] {
        case "arrival": self = .arrival(uuid, name: String(words[2]))
        case "throttle":
            guard let cap = UInt16(words[2]) else { return nil }
            self = .throttle(uuid, cap: cap)
        default: return nil
        }
    }

    fileprivate func fulfil(_ toolstack: Toolstack) async {
        switch self {
        case .arrival(let uuid, let name): await toolstack.abandonArrival(of: uuid, name: name)
        case .throttle(let uuid, let cap):
            guard let domain = try? toolstack.findDomain("\(uuid)") else { return }
            (try? GuestThrottle(toolstack, domain))?.restore(cap: cap)
        }
    }
}
