import DomainConfig
import Synchronization
import XenToolstack
import XenTypes
import YajlJSON

/// What errors are called in documents, and what `xl explain` knows them by. Names never change.
enum FaultCode {
    /// Errors of the command line and of this program, which libxl has no number for.
    enum Own: String, CaseIterable, Sendable {
        case usage
        case unknownCommand = "unknown_command"
        case configurationInvalid = "configuration_invalid"
        case outputIncomplete = "output_incomplete"
    }

    /// libxl's name for the error, without the abbreviations.
    static func name(of code: ToolstackError.Code) -> String {
        switch code {
        case .nonspecific: "nonspecific"
        case .version: "version"
        case .fail: "fail"
        case .notSupported: "not_supported"
        case .noMemory: "no_memory"
        case .invalid: "invalid"
        case .guestTimedOut: "guest_timed_out"
        case .timedOut: "timed_out"
        case .noParavirt: "no_paravirt"
        case .notReady: "not_ready"
        case .bufferFull: "buffer_full"
        case .lockFail: "lock_fail"
        case .deviceExists: "device_exists"
        case .vnumaConfigurationInvalid: "vnuma_configuration_invalid"
        case .domainNotFound: "domain_not_found"
        case .aborted: "aborted"
        case .notFound: "not_found"
        case .domainDestroyed: "domain_destroyed"
        case .featureRemoved: "feature_removed"
        case .qmpProtocolError: "qmp_protocol_error"
        case .unknownQMPError: "qmp_unknown_error"
        case .qmpGenericError: "qmp_generic_error"
        case .qmpCommandNotFound: "qmp_command_not_found"
        case .qmpDeviceNotActive: "qmp_device_not_active"
        case .qmpDeviceNotFound: "qmp_device_not_found"
        case .qemuAPI: "qemu_api"
        }
    }

    /// Whether the same may succeed later without anybody's help.
    static func isRetryable(_ code: ToolstackError.Code) -> Bool {
        switch code {
        case .timedOut, .guestTimedOut, .notReady, .lockFail, .aborted, .noMemory, .bufferFull: true
        default: false
        }
    }

    /// Whether a domain's QEMU has said so.
    static func isOfDeviceModel(_ code: ToolstackError.Code) -> Bool {
        switch code {
        case .qmpProtocolError, .unknownQMPError, .qmpGenericError, .qmpCommandNotFound, .qmpDeviceNotActive,
            .qmpDeviceNotFound, .qemuAPI:
            true
        default: false
        }
    }
}

/// Something that went wrong, as programs are told of it.
struct Fault: Sendable {
    var code: String
    var message: String
    var domain: DomainID?
    var cause: String?
    var hint: String?
    var evidence: ToolstackError.Evidence?
    var isRetryable = false

    init(_ code: FaultCode.Own, _ message: String, hint: String? = nil) {
        self.code = code.rawValue
        self.message = message
        self.hint = hint
    }

    init(_ code: ToolstackError.Code, _ message: String) {
        self.code = FaultCode.name(of: code)
        self.message = message
        isRetryable = FaultCode.isRetryable(code)
    }

    init(_ error: any Error) {
        switch error {
        case let error as ToolstackError:
            self.init(error.code, error.message)
            (domain, cause, hint, evidence) = (error.domain, error.cause, error.remedy, error.evidence)
            if let reason = error.reason { code = reason.rawValue }
        case is CancellationError: self.init(.aborted, "it was interrupted")
        case let error as SpecError: self.init(.invalid, "\(error)")
        default:
            self.init(.fail, "\(error)")
            if let reason = ToolstackError.Reason(error) { code = reason.rawValue }
        }
    }

    /// A line of a configuration that cannot be used is the evidence against it.
    init(_ diagnostic: Diagnostic) {
        let place = diagnostic.location.map { "\($0.file):\($0.line): " } ?? ""
        self.init(.configurationInvalid, place + diagnostic.message, hint: diagnostic.suggestion ?? diagnostic.expected)
        cause = diagnostic.code.rawValue
        evidence = diagnostic.location.map { .init(source: $0.file, lines: [$0.sourceLine]) }
    }

    /// The members that every fault of a document has.
    var members: [(name: String, value: JSONValue)] {
        let evidence = evidence.map { evidence in
            JSONValue.object([
                ("source", .string(evidence.source)), ("lines", .array(evidence.lines.map { .string($0) })),
            ])
        }
        return [
            ("code", .string(code)), ("message", .string(message)), ("domid", .count(domain?.rawValue)),
            ("cause", .text(cause)), ("hint", .text(hint)), ("evidence", evidence ?? .null),
            ("retryable", .bool(isRetryable)),
        ]
    }
}

/// What goes wrong while a command runs with `--json`: one document tells of it at the end, `schemas/error.schema.json`.
final class FaultReport: Sendable {
    private struct State {
        var faults: [Fault] = []
        /// The last words that were said beside.
        var lastWords: String?
        var hasAnswered = false
    }

    private let state = Mutex(State())

    func add(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

    func note(words: String) { state.withLock { $0.lastWords = words } }

    /// The answer says itself what is not as it was wanted.
    func noteAnswer() { state.withLock { $0.hasAnswered = true } }

    /// - Returns: nil when nothing went wrong, or the answer tells of it.
    func document(status: ExitStatus) -> JSONValue? {
        let state = state.withLock { $0 }
        var faults = state.faults
        if faults.isEmpty {
            guard status != .success, !state.hasAnswered else { return nil }
            faults = [Fault(.fail, state.lastWords ?? "the command failed")]
        }
        let members =
            faults[0].members + [
                ("exit_code", .count(status.rawValue)),
                ("others", .array(faults.dropFirst().map { .object($0.members) })),
            ]
        return .object([("error", .object(members))])
    }
}

extension CommandContext {
    /// How much of the hypervisor's log is shown of a request that it refused.
    private static let hypervisorLines = 10

    /// The error with what the right log says, where whoever raised it has not looked into one.
    func substantiating(_ error: any Error) -> any Error {
        guard Output.report != nil, var failure = error as? ToolstackError, failure.evidence == nil else {
            return error
        }
        failure.evidence = evidence(of: failure)
        return failure
    }

    private func evidence(of failure: ToolstackError) -> ToolstackError.Evidence? {
        if failure.reason == .hypervisorRefused {
            let log = (try? toolstack.hypervisorLog()) ?? []
            let lines = log.split(separator: UInt8(ascii: "\n")).suffix(Self.hypervisorLines)
            guard !lines.isEmpty else { return nil }
            return .init(source: "xl dmesg", lines: lines.map { String(decoding: $0, as: UTF8.self) })
        }
        guard let domain = failure.domain, let name = try? toolstack.name(of: domain) else { return nil }
        if FaultCode.isOfDeviceModel(failure.code) {
            return LogFile("qemu-dm-\(name)", in: toolstack.paths.log).evidence
        }
        // Where xenconsoled keeps what guests say.
        guard failure.code == .guestTimedOut else { return nil }
        return LogFile("guest-\(name)", in: toolstack.paths.log.appending("console")).evidence
    }
}
