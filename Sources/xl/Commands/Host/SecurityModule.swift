import ArgumentParser
import SystemPackage
import XenToolstack
import YajlJSON

extension ExitStatus {
    /// What upstream's commands for Flask and for shared resources exit with when a request fails: -1.
    static let minusOne = ExitStatus(255)
}

extension SecurityMode {
    fileprivate var text: String {
        switch self {
        case .enforcing: "Enforcing"
        case .permissive: "Permissive"
        case .disabled: "Flask XSM Disabled"
        }
    }

    /// Upstream's: the mode as a number.
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .enforcing: ExitStatus(1)
        case .permissive: .success
        case .disabled: .minusOne
        }
    }

    var document: JSONValue { .object([("mode", .string(rawValue))]) }
}

struct GetEnforceCommand: XLCommand {
    static let configuration = named(
        "getenforce", "Returns the current enforcing mode of the Flask Xen security module",
        discussion: "It exits with 1 if Flask enforces its policy, 0 if it does not, and 255 if there is no Flask.")

    @Flag(help: "Print it as a JSON document.") var json = false

    static func exitStatus(for error: any Error) -> ExitStatus { .minusOne }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let mode = try context.toolstack.securityMode()
        if mode == .disabled, let cause = context.toolstack.absence(of: .flask) {
            Output.warning("there is no Flask: \(cause)")
        }
        if json { try Output.print(json: mode.document) } else { Output.print(mode.text) }
        return mode.exitStatus
    }
}

struct SetEnforceCommand: XLCommand {
    static let configuration = named(
        "setenforce", "Sets the current enforcing mode of the Flask Xen security module",
        usage: "[--json] <1|0|Enforcing|Permissive>")

    @Flag(help: "Print the mode as a JSON document.") var json = false
    @Argument(
        help: "1 or Enforcing: what the policy forbids is refused; 0 or Permissive: it is but logged.",
        completion: .list(["Enforcing", "Permissive"]))
    var mode: String

    private static let modes = ["1": true, "enforcing": true, "0": false, "permissive": false]

    static func exitStatus(for error: any Error) -> ExitStatus { .minusOne }

    func validate() throws {
        guard Self.modes[mode.lowercased()] != nil else {
            throw ValidationError("\"\(mode.escapingControls)\" is no mode: there are 1, 0, Enforcing and Permissive")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let isEnforcing = Self.modes[mode.lowercased()] ?? true
        try context.toolstack.setSecurityMode(enforcing: isEnforcing)
        if json { try Output.print(json: (isEnforcing ? SecurityMode.enforcing : .permissive).document) }
        return .success
    }
}

struct LoadPolicyCommand: XLCommand {
    static let configuration = named(
        "loadpolicy", "Loads a new policy into the Flask Xen security module", usage: "[--json] <policy file>")

    @Flag(help: "Print what was loaded as a JSON document.") var json = false
    @Argument(help: "A compiled policy.", completion: .file()) var file: String

    static func exitStatus(for error: any Error) -> ExitStatus { .minusOne }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let size = try context.toolstack.loadSecurityPolicy(from: FilePath(file))
        if json {
            try Output.print(json: Self.document(file, size: size))
        } else {
            Output.print("Successfully loaded policy.")
        }
        return .success
    }

    static func document(_ file: String, size: Int) -> JSONValue {
        .object([("file", .string(file)), ("size_bytes", .count(size))])
    }
}
