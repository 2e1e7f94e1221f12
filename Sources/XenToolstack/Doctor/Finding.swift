import SystemPackage
import XenStore
import XenTypes

/// Something on a host that is not as it should be: what it is, what is known of it, and what mends it.
///
/// Its texts may hold what others wrote: escape them before they go to a terminal.
public struct Finding: Sendable, Hashable {
    /// Who may have it mended.
    public enum Consent: String, Sendable, Hashable {
        /// It is certain that nobody needs it: `--fix` suffices.
        case general = "certain"
        /// The administrator must have looked, and says so by naming the domain.
        case named
    }

    /// How much it matters.
    public enum Severity: String, Sendable, Hashable {
        /// The host is not healthy while it is there.
        case problem
        /// Worth knowing, and perhaps meant to be so.
        case note
    }

    /// The row of the table that it is from.
    public internal(set) var code = ""
    /// What it is about: `domain 7 ("web")`, `/dev/loop3`.
    public var subject: String
    /// The domain concerned, also one that is no more.
    public var domain: DomainID?
    /// What is wrong with it and how that shows, in whole sentences.
    public var explanation: String
    /// Since when, in seconds since 1970, where that can be known.
    public var since: Int?
    /// Who made it, has it or keeps it so, where that can be known.
    public var who: String?
    /// What mends it: command lines, or an advice.
    public var remedy: String
    /// Whose consent its repair needs.
    public var consent = Consent.general
    /// How much it matters.
    public var severity = Severity.problem
    /// Why it is not mended now although it could be.
    public var hindrance: String?
    /// What mends it from here; nil when only a human can.
    var repair: Repair?

    /// Whether the doctor can mend it at all.
    public var isMendable: Bool { repair != nil }

    init(
        _ subject: String, domain: DomainID? = nil, _ explanation: String, since: Int? = nil, who: String? = nil,
        remedy: String, repair: Repair? = nil, consent: Consent = .general, hindrance: String? = nil,
        severity: Severity = .problem
    ) {
        self.subject = subject
        self.domain = domain
        self.explanation = explanation
        self.since = since
        self.who = who
        self.remedy = remedy
        self.repair = repair
        self.consent = consent
        self.hindrance = hindrance
        self.severity = severity
    }

    /// What is the same about a finding when it is seen again: what it is and what would be done about it.
    struct Identity: Hashable, Sendable {
        var code: String
        var subject: String
        var repair: Repair?
    }

    var identity: Identity { Identity(code: code, subject: subject, repair: repair) }
}

/// A way to mend something, with all that tells it from something else of the same name.
enum Repair: Sendable, Hashable {
    case destroyDomain(DomainID, XenUUID)
    /// Devices, processes and nodes of a domain that is no more.
    case removeTraces(DomainID)
    /// A backend without a record, with its two ends.
    case removeBackend(DeviceAddress)
    case removeMachine(XenUUID)
    case removeStrayHome(String)
    case removePoolName(UInt32)
    case destroyPool(UInt32)
    case endProcess(SeenProcess.Identity)
    /// Files that belong to no domain of this number, and of this UUID where their names have one.
    case removeFiles([FilePath], domain: DomainID, uuid: XenUUID?)
    /// What a bootloader wrote for a domain that has been made since.
    case removeBootloaderFiles([FilePath], domain: DomainID)
    case removeSave(FilePath, modified: Int)
    /// A lock of a domain's, or what was to become a file of it.
    case removeUnfinished(FilePath, domain: DomainID, uuid: XenUUID)
    case recoverMigration(DomainID, XenUUID)
    case abandonArrival(XenUUID, name: String)
    case startMonitor(DomainID, XenUUID)
    case freeLoop(SeenLoop.Identity)
    case removeInterface(SeenInterface)
    case returnUSBDevice(String)
    case detachFromControl(DeviceAddress)
}

/// A row of the doctor's table: what is looked for, and how it is found.
public struct Ailment: Sendable {
    /// What scripts know it by; never changes.
    public let code: String
    /// What it is, as the manual says it.
    public let summary: String
    let find: @Sendable (HostSnapshot) -> [Finding]

    init(_ code: String, _ summary: String, _ find: @escaping @Sendable (HostSnapshot) -> [Finding]) {
        self.code = code
        self.summary = summary
        self.find = find
    }

    /// All that is looked for, in the order in which it is told.
    public static let all =
        DomainFindings.table + TransferFindings.table + DeviceFindings.table
        + ProcessFindings.table + StoreFindings.table + FileFindings.table + ResourceFindings.table
}

extension HostSnapshot {
    /// All that is wrong with the host.
    var findings: [Finding] {
        Ailment.all.flatMap { ailment in
            ailment.find(self).map { finding in
                var finding = finding
                finding.code = ailment.code
                return finding
            }
        }
    }
}
