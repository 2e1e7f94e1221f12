/// What is noted at the source of a migration before the other side may let the domain run, until it is known to run
/// there or not to. It lies with the domain's files, and goes with them.
public struct Handover: Codable, Hashable, Sendable {
    /// The domain's own name.
    public var name: String
    /// Where it went, as the user called it.
    public var host: String
    /// The command that asks the other side, without the domain's UUID at its end; nil where there is none.
    public var inquiry: String?

    public init(name: String, host: String, inquiry: String?) {
        self.name = name
        self.host = host
        self.inquiry = inquiry
    }
}

/// What became of a domain that arrived by migration.
public enum ArrivalState: String, Codable, Hashable, Sendable {
    /// It has been allowed to run; whoever sent it must not let it go on.
    case started
    /// It has not run and never will: whoever sent it has it again.
    case returned
    case unknown
}

/// What `xl migrate-state` answers.
public struct ArrivalAnswer: Codable, Hashable, Sendable {
    public var state: ArrivalState

    public init(state: ArrivalState) { self.state = state }
}

/// What is noted at the target of a migration. While the domain is there, it lies with the domain's files; when the
/// domain was taken back because its sender was lost, it stays for the sender's question.
public struct Arrival: Codable, Hashable, Sendable {
    public enum Stage: String, Codable, Hashable, Sendable {
        /// All has arrived; it runs only with permission.
        case waiting
        case started
        case returned
    }

    public var stage: Stage

    public init(stage: Stage) { self.stage = stage }
}
