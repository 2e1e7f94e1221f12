import XenTypes

/// What several findings ask of a snapshot.
extension HostSnapshot {
    /// The domains that were there at the beginning and at the end, as they were at the end.
    var steadyDomains: [SeenDomain] {
        let earlier = Dictionary(earlierDomains.map { ($0.domain, $0.uuid) }) { first, _ in first }
        return domains.filter { earlier[$0.domain] == $0.uuid }
    }

    /// Steady domains that are not about to go, without the control domain and without one that runs a xenstored.
    var guests: [SeenDomain] {
        steadyDomains.filter { $0.domain != .control && $0.flags.isDisjoint(with: [.dying, .xenstore]) }
    }

    /// Whether there is, or was a moment ago, a domain of this number.
    func exists(_ domain: DomainID) -> Bool {
        domain == .control || [domains, earlierDomains].contains { $0.contains { $0.domain == domain } }
    }

    func exists(_ uuid: XenUUID, as domain: DomainID? = nil) -> Bool {
        [domains, earlierDomains].contains {
            $0.contains { $0.uuid == uuid && (domain == nil || $0.domain == domain) }
        }
    }

    func home(_ domain: DomainID) -> StoreSight.Home? { store?.homes[domain] }

    /// How a domain is called in texts.
    func title(_ domain: DomainID) -> String {
        home(domain)?.name.map { "domain \(domain) (\"\($0)\")" } ?? "domain \(domain)"
    }

    /// What a process is for. A monitor whose domain has ended is at work: it may be making the next one.
    func role(_ process: SeenProcess) -> ProcessRole {
        let role = process.role(lib: lib)
        guard case .monitor(let domain) = role else { return role }
        let watched = domains.first { $0.domain == domain }
        guard let watched, !watched.flags.contains(.dying) else { return .worker }
        return watched.flags.contains(.shutdown) && watched.shutdownReason != .suspend ? .worker : role
    }

    /// The processes that may be changing a domain at this moment.
    var workers: [SeenProcess] { processes.filter { role($0) == .worker } }

    /// Why nothing is done about what somebody may be at work on; nil when nobody is at work.
    var workHindrance: String? { Self.hindrance(workers) }

    /// Why nothing is done about what only another kind of toolstack can be at work on.
    ///
    /// libxl's removes what a domain has before it ends the domain: none of its works needs what is left of one that is
    /// no more. Others do it in another order.
    var foreignHindrance: String? {
        Self.hindrance(workers.filter { !$0.name.hasPrefix("xl") && !$0.name.hasPrefix("libvirt") })
    }

    private static func hindrance(_ workers: [SeenProcess]) -> String? {
        guard let worker = workers.first else { return nil }
        return "\(worker.title) may be at work on it"
    }

    /// Whether a process may be doing one of these: an `xl`, or another toolstack, of which nobody knows.
    func isDoing(_ commands: [String]) -> Bool { !strangers.isEmpty || isXLDoing(commands) }

    func isXLDoing(_ commands: [String]) -> Bool { workers.contains { $0.isXL(doing: commands) } }

    /// The processes that may change domains and are no `xl`.
    var strangers: [SeenProcess] { workers.filter { !$0.name.hasPrefix("xl") } }

    /// A process that says that it watches a domain, one that is not stopped before others.
    func monitor(of domain: DomainID) -> SeenProcess? {
        let monitors = processes.filter { $0.watched == domain && $0.role(lib: lib) == .monitor(domain) }
        return monitors.first { !$0.isStopped } ?? monitors.first
    }

    /// Whether somebody watches a domain, or may do so.
    func isWatched(_ domain: DomainID) -> Bool {
        if let monitor = monitor(of: domain) { return !monitor.isStopped }
        // `xl create -F` does not tell what it watches; that cannot be older than itself.
        let start = home(domain)?.startTime ?? .max
        return workers.contains { !$0.name.hasPrefix("xl") || $0.time <= start }
    }

    func hasConfiguration(_ domain: SeenDomain) -> Bool {
        let path = lib.appending("userdata-d.\(domain.domain).\(domain.uuid).libxl-json")
        return files.contains { $0.path == path }
    }

    /// Whether a domain's creation was cut off: it has never run, and nothing is known that it could be started from.
    func isHalfMade(_ domain: SeenDomain) -> Bool {
        domain.flags.contains(.paused) && domain.cpuTime == 0 && !hasConfiguration(domain)
            && home(domain.domain)?.target == nil
    }
}

extension String {
    /// The text as one word of a shell's command line.
    var quotedForShell: String {
        let isPlain = utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "="):
                true
            default: false
            }
        }
        return isPlain && !isEmpty
            ? self : "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
