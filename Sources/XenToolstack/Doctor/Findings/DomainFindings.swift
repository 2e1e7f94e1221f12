import XenTypes

/// What can be wrong with domains.
enum DomainFindings {
    static let table = [
        Ailment(
            "domain-half-made", "a domain whose creation was cut off: paused, never run, without configuration",
            halfMade),
        Ailment(
            "domain-unwatched", "a domain without a monitor: nobody will restart or remove it when it ends", unwatched),
        Ailment(
            "domain-without-configuration", "a domain that runs and of which no configuration is stored",
            withoutConfiguration),
        Ailment("domain-without-nodes", "a domain of which xenstore knows nothing", withoutNodes),
        Ailment("domain-zombie", "a domain that was destroyed, and that the hypervisor cannot free", zombies),
        Ailment(
            "stub-domain-without-guest", "a domain for the device model of a guest that is no more", orphanedStubs),
    ]

    /// Seconds in which every toolstack has made a domain.
    private static let longestCreation = 600

    static func halfMade(_ host: HostSnapshot) -> [Finding] {
        // A creation that goes on is none; of one by another toolstack nobody knows but how long it takes.
        guard host.store != nil, !host.isXLDoing(["create", "restore", "migrate-receive"]) else { return [] }
        let isOld: (SeenDomain) -> Bool = { domain in
            host.home(domain.domain)?.startTime.map { host.time - $0 > longestCreation } ?? false
        }
        return host.guests.filter { host.isHalfMade($0) && (host.strangers.isEmpty || isOld($0)) }.map { domain in
            Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                It is paused, has never run, and no configuration is stored for it. Whoever made it did not come to the \
                end.
                """,
                since: host.home(domain.domain)?.startTime, remedy: "xl destroy \(domain.domain)",
                repair: .destroyDomain(domain.domain, domain.uuid), hindrance: host.workHindrance)
        }
    }

    static func unwatched(_ host: HostSnapshot) -> [Finding] {
        guard host.store != nil else { return [] }
        return host.guests.filter { domain in
            host.hasConfiguration(domain) && domain.shutdownReason != .suspend
                && !host.needNoMonitor.contains(domain.domain) && host.home(domain.domain) != nil
                && host.home(domain.domain)?.target == nil
                && !TransferFindings.isMoving(domain, host) && !host.isWatched(domain.domain)
        }.map { domain in
            if let monitor = host.monitor(of: domain.domain) { return standing(monitor, domain, host) }
            let end = domain.shutdownReason.map { "It has ended (\($0.words)), and nobody has acted on that." }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                end
                    ?? """
                    Nobody watches it: its monitor has ended, or it was started without one. When it ends, nobody \
                    restarts or removes it.
                    """,
                remedy: "xl doctor --fix \(domain.domain)", repair: .startMonitor(domain.domain, domain.uuid),
                consent: .named)
        }
    }

    private static func standing(_ monitor: SeenProcess, _ domain: SeenDomain, _ host: HostSnapshot) -> Finding {
        Finding(
            host.title(domain.domain), domain: domain.domain,
            "Its monitor has been stopped: when the domain ends, nobody restarts or removes it.", who: monitor.title,
            remedy: "kill -CONT \(monitor.id)")
    }

    static func withoutNodes(_ host: HostSnapshot) -> [Finding] {
        guard host.store != nil, host.workers.isEmpty else { return [] }
        return host.guests.filter { host.home($0.domain) == nil && !host.isHalfMade($0) }.map { domain in
            // As a destruction leaves it that was killed after it had removed the nodes; the hypervisor itself gives the
            // domains that it makes at the host's start no UUID.
            let isHalfDestroyed = domain.flags.contains(.paused) && domain.uuid != .zero
            let cause =
                isHalfDestroyed
                ? "It is paused: a command that destroyed it was cut off."
                : "Somebody has removed the nodes, or it was made without a toolstack, as at the host's start."
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                xenstore has no /local/domain/\(domain.domain): it has no name and no devices that work. \(cause)
                """,
                remedy: "xl destroy \(domain.domain)" + (isHalfDestroyed ? "" : ", unless it was made so"),
                repair: isHalfDestroyed ? .destroyDomain(domain.domain, domain.uuid) : nil,
                hindrance: isHalfDestroyed ? host.workHindrance : nil)
        }
    }

    static func withoutConfiguration(_ host: HostSnapshot) -> [Finding] {
        guard host.store != nil else { return [] }
        return host.guests.filter { domain in
            !host.hasConfiguration(domain) && !host.isHalfMade(domain) && host.home(domain.domain) != nil
                && host.home(domain.domain)?.target == nil && host.workers.isEmpty
        }.map { domain in
            Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                It has run, but no configuration is stored for it: it cannot be restarted, saved or migrated. The file \
                was removed, or another toolstack made the domain.
                """,
                remedy: "shut it down from within or with 'xl destroy \(domain.domain)', and create it anew")
        }
    }

    static func zombies(_ host: HostSnapshot) -> [Finding] {
        let earlier = Dictionary(host.earlierDomains.map { ($0.domain, $0) }) { first, _ in first }
        return host.steadyDomains.filter { domain in
            // One that is being freed has fewer pages at the end.
            guard let before = earlier[domain.domain] else { return false }
            return domain.flags.contains(.dying) && before.flags.contains(.dying) && before.pages == domain.pages
                && !host.isXLDoing(["destroy", "create", "save", "migrate", "reboot", "shutdown"])
        }.map { domain in
            let holders = holders(of: domain.domain, host)
            let isLeft =
                host.store?.homes[domain.domain] != nil || host.store?.records[domain.domain] != nil
                || host.processes.contains { host.role($0) == .deviceModel(domain.domain) }
                || host.store?.backends.contains { $0.domain == domain.domain } == true
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                """
                It was destroyed, but \(domain.pages) of its pages are still there: somebody holds them, and the domain \
                goes when they let go.
                """,
                who: holders.isEmpty ? nil : holders.joined(separator: "; "),
                remedy: isLeft
                    ? "xl destroy \(domain.domain)"
                    : "end what holds its pages, such as the backends in dom0 or in a driver domain",
                repair: isLeft ? .destroyDomain(domain.domain, domain.uuid) : nil,
                hindrance: isLeft ? host.workHindrance : nil)
        }
    }

    /// Who may have pages of a domain mapped.
    private static func holders(of domain: DomainID, _ host: HostSnapshot) -> [String] {
        let models = host.processes.filter { host.role($0) == .deviceModel(domain) }.map(\.title)
        let backends = (host.store?.backends ?? []).filter { $0.domain == domain }.map {
            "the backend \($0.kind.rawValue) \($0.id) in \(host.title($0.owner))"
        }
        let stubs = (host.store?.homes ?? [:]).filter { $0.value.target == domain }.map { host.title($0.key) }
        let known = models + backends + stubs.sorted()
        guard known.isEmpty else { return known }
        let daemons = host.processes.filter {
            $0.isStopped && [.storeDaemon, .consoleDaemon].contains(host.role($0))
        }
        let others = host.processes.filter { process in
            switch host.role(process) {
            case .other: process.mapsGrants || process.opensHypervisor
            case .worker: true
            default: false
            }
        }
        return daemons.map { "\($0.title), which has been stopped" } + others.map { "perhaps \($0.title)" }
    }

    static func orphanedStubs(_ host: HostSnapshot) -> [Finding] {
        host.guests.compactMap { domain in
            guard let target = host.home(domain.domain)?.target, !host.exists(target) else { return nil }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                "It runs the device model of domain \(target), which is no more.",
                since: host.home(domain.domain)?.startTime, remedy: "xl destroy \(domain.domain)",
                repair: .destroyDomain(domain.domain, domain.uuid), hindrance: host.workHindrance)
        }
    }
}
