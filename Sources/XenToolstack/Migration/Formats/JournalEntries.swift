import XenTypes

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
    /// It has run; whoever sent it must not let it go on.
    case started
    /// It has not run and never will: whoever sent it has it again.
    case returned
    /// It is about to run, or to be destroyed: ask again.
    case undecided
    /// Nothing is known of it.
    case unknown
}

/// Where a domain is that was given away: what the sender acts on.
public enum Whereabouts: Hashable, Sendable {
    /// It has not run on the other side, and will not: the copy here can go on.
    case here
    /// It runs, or has run, on the other side: the copy here must not.
    case there
}

/// What `xl migrate-state` answers.
public struct ArrivalAnswer: Codable, Hashable, Sendable {
    /// How far the guest's arrival is.
    public var state: ArrivalState

    public init(state: ArrivalState) { self.state = state }

    private enum CodingKeys: String, CodingKey { case state }

    /// A word of a later version's decides nothing here.
    public init(from decoder: any Decoder) throws {
        let word = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .state)
        state = ArrivalState(rawValue: word) ?? .undecided
    }
}

/// What is noted at the target of a migration, in a file that outlives the domain: whoever sent it may ask late, and
/// again.
struct Arrival: Codable, Hashable, Sendable {
    enum Stage: String, Codable, Hashable, Sendable {
        /// All has arrived; it runs only with permission.
        case waiting
        /// Permission has come: it is about to run, and nobody but who starts it can say whether it does.
        case starting
        /// It runs, or has run.
        case started
        /// It has not run and never will. Noted before its copy is destroyed.
        case returned

        /// Nothing can change it any more.
        var isFinal: Bool { self == .started || self == .returned }
    }

    /// The copy's number; nil once the host has started anew, when it is another's.
    var domid: UInt32?
    /// The start of the host in which that number is this copy's (`boot_id` of Linux).
    var boot: String
    var stage: Stage

    var domain: DomainID? { domid.map { DomainID($0) } }

    init(_ domain: DomainID, boot: String, stage: Stage = .waiting) {
        domid = domain.rawValue
        self.boot = boot
        self.stage = stage
    }
}
