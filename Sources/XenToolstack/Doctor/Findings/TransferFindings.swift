import XenControl
import XenTypes

/// What can be left of saves and migrations.
enum TransferFindings {
    static let table = [
        Ailment(
            "migration-undecided", "a domain that was given to another host, of which is unknown whether it runs there",
            undecided),
        Ailment(
            "migration-gone", "a domain that is called --migratedaway although no migration goes on", movedAway),
        Ailment(
            "migration-incoming", "a domain that is called --incoming although no migration goes on", incoming),
        Ailment(
            "domain-suspended", "a domain that stands still for a save, a migration or remus that goes on no more",
            suspended),
        Ailment(
            "network-buffer", "a queue that holds back what a guest sends, of a remus that goes on no more", buffers),
    ]

    private static let sending = ["save", "migrate", "evacuate", "remus", "migrate-recover", "reboot", "shutdown"]
    private static let receiving = ["migrate-receive", "restore", "migrate-state", "create"]
    private static let leaving = Toolstack.MigrationSuffix.leaving
    private static let arriving = Toolstack.MigrationSuffix.arriving

    /// Whether a domain's name says that it is on its way, or a note does.
    static func isMoving(_ domain: SeenDomain, _ host: HostSnapshot) -> Bool {
        let name = host.home(domain.domain)?.name ?? ""
        if case .handedOver = host.notes[domain.domain] { return true }
        return name.hasSuffix(leaving) || name.hasSuffix(arriving)
    }

    static func undecided(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(sending) else { return [] }
        return host.guests.compactMap { domain in
            guard case .handedOver(let place) = host.notes[domain.domain] else { return nil }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                It was given to \(place ?? "another host"), and its migration ended before it was known whether it runs \
                there. The copy here stays suspended until that is found out.
                """,
                since: note(of: domain, host), remedy: "xl migrate-recover \(domain.domain)",
                repair: domain.shutdownReason == .suspend ? .recoverMigration(domain.domain, domain.uuid) : nil,
                hindrance: host.workHindrance)
        }
    }

    private static func note(of domain: SeenDomain, _ host: HostSnapshot) -> Int? {
        let name = "userdata-d.\(domain.domain).\(domain.uuid).\(UserData.Name.handover.rawValue)"
        return host.files.first { $0.name == name }?.modified
    }

    static func movedAway(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(sending) else { return [] }
        return host.guests.compactMap { domain in
            guard host.notes[domain.domain] == nil, host.home(domain.domain)?.name?.hasSuffix(leaving) == true else {
                return nil
            }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                Its migration was cut off when the other host had been allowed to let it run, and there is no note of \
                where it went.
                """,
                remedy: """
                    look where it was to go; if it runs there, 'xl migrate-recover --there \(domain.domain)' ends this \
                    copy; if it does not and will not, 'xl migrate-recover --here \(domain.domain)' lets it go on
                    """)
        }
    }

    static func incoming(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(receiving) else { return [] }
        return host.guests.compactMap { domain in
            guard let name = host.home(domain.domain)?.name, name.hasSuffix(arriving), !host.isHalfMade(domain) else {
                return nil
            }
            let isWaiting = host.notes[domain.domain] == .waiting
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                isWaiting
                    ? "It arrived here and was never allowed to run; its receiver is no more."
                    : """
                    It arrived here, its receiver is no more, and nothing says whether it was allowed to run: it may be \
                    the only copy.
                    """,
                since: host.home(domain.domain)?.startTime,
                remedy: isWaiting
                    ? "xl destroy \(domain.domain)"
                    : """
                    look where it came from; if it runs there, 'xl destroy \(domain.domain)'; if not, \
                    'xl rename \(domain.domain) \(String(name.dropLast(arriving.count)).quotedForShell)' and \
                    'xl unpause \(domain.domain)'
                    """,
                repair: isWaiting ? .abandonArrival(domain.uuid, name: name) : nil, hindrance: host.workHindrance)
        }
    }

    static func suspended(_ host: HostSnapshot) -> [Finding] {
        guard host.store != nil, !host.isDoing(sending) else { return [] }
        return host.guests.compactMap { domain in
            guard domain.shutdownReason == .suspend, !isMoving(domain, host),
                host.store?.buffers.contains(where: { $0.domain == domain.domain }) == false
            else { return nil }
            // Whoever saves it holds this lock.
            let lock = "suspend-evtchn-\(domain.domain).lock"
            guard !host.locks.contains(where: { $0.path.lastComponent?.string == lock }) else { return nil }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                It was suspended for a save, a migration or remus, and the process that did it is no more. After a save \
                or a migration it can go on here; after remus the other host may run it.
                """,
                remedy: "xl doctor --fix \(domain.domain), unless it was protected by remus",
                repair: .recoverMigration(domain.domain, domain.uuid), consent: .named,
                hindrance: host.workHindrance)
        }
    }

    static func buffers(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store, !host.isDoing(["remus", "destroy", "migrate-recover"]) else { return [] }
        let plugs = host.interfaces.filter { $0.discipline == "plug" }
        // Those of a domain that is no more go with its nodes.
        let living = store.buffers.filter { host.exists($0.domain) }.map { buffer in
            let isPlugged = plugs.contains { $0.name == buffer.interface }
            let words = isPlugged ? "It holds back what the guest sends, for ever" : "It is reserved for the guest"
            return Finding(
                "\(buffer.interface) of \(host.title(buffer.domain))", domain: buffer.domain,
                "\(words): the remus that let packets go is no more. The other host may run the guest now.",
                remedy: """
                    look at the other host; if the guest runs there, 'xl migrate-recover --there \(buffer.domain)' ends \
                    this copy; if it does not and will not, 'xl migrate-recover --here \(buffer.domain)' lets this one \
                    go on, and its packets go
                    """)
        }
        let unnamed = plugs.filter { plug in !store.buffers.contains { $0.interface == plug.name } }.map { plug in
            Finding(
                plug.name,
                "It holds back all packets that reach it, and no domain's nodes name it: it may be of a remus.",
                remedy: "tc qdisc del dev \(plug.name.quotedForShell) root")
        }
        return living + unnamed
    }
}

extension ShutdownReason {
    /// The reason in messages.
    var words: String {
        switch self {
        case .poweroff: "powered off"
        case .reboot: "wants to be rebooted"
        case .suspend: "suspended"
        case .crash: "crashed"
        case .watchdog: "its watchdog bit"
        case .softReset: "wants a soft reset"
        default: "code \(rawValue)"
        }
    }
}
