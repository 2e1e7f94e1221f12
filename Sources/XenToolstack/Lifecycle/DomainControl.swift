import DomainModel
import Synchronization
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// The type of a domain, from what its toolstack noted, or else from what the hypervisor says.
    public func type(of domain: DomainID) throws(ToolstackError) -> DomainType {
        let info = try info(of: domain)
        do { return try type(of: info) } catch {
            throw ToolstackError(.fail, "cannot find the type of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Holds a domain: none of its virtual CPUs runs until each pause has been taken back.
    ///
    /// - Throws: `domainNotFound` when there is none.
    public func pause(_ domain: DomainID) throws(ToolstackError) {
        _ = try info(of: domain)
        do { try hypervisor.pauseDomain(domain) } catch {
            throw ToolstackError(.fail, "cannot pause domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Takes back one pause; QEMU, which may have been stopped as well, goes on first.
    ///
    /// - Parameter isNew: whether the domain has just been created, so that its QEMU runs.
    public func unpause(_ domain: DomainID, isNew: Bool = false) async throws(ToolstackError) {
        if !isNew, try type(of: domain) == .hvm { try await resumeDeviceModel(of: domain) }
        do { try hypervisor.unpauseDomain(domain) } catch {
            throw ToolstackError(.fail, "cannot unpause domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// What a guest can be asked to do, in the words of its control/shutdown node.
    public enum ControlRequest: String, Sendable {
        /// To shut down.
        case poweroff
        /// To reboot.
        case reboot
    }

    /// Asks a guest to shut itself down or reboot, and waits until it has taken the request.
    ///
    /// - Throws: `noParavirt` when an HVM guest has no driver that could answer; `timedOut` when it does not
    ///   answer; the request then stays where it is, and the guest may act on it later.
    public func request(_ request: ControlRequest, of domain: DomainID) async throws(ToolstackError) {
        guard try answersControlRequests(domain) else {
            throw ToolstackError(
                .noParavirt, "cannot ask domain \(domain) for \(request)", domain: domain,
                cause: "it has no driver that would answer",
                remedy: "use -F to press its power or reset button instead")
        }
        let node = DomainPaths(domain).guest / "control/shutdown"
        do { try store.write(node, request.rawValue) } catch {
            throw ToolstackError(.fail, "cannot ask domain \(domain) for \(request)", domain: domain, underlying: error)
        }
        try await wait(
            for: "domain \(domain) to acknowledge the \(request) request", domain: domain,
            watching: [node, .releaseDomain], within: timeouts.shutdownAcknowledgement
        ) { [store, hypervisor] in
            let value = try store.read(node) ?? ""
            if value.isEmpty { return .reached(()) }
            let info = try hypervisor.info(of: domain)
            if info == nil || info?.flags.contains(.shutdown) == true { return .reached(()) }
            return .pending("control/shutdown is still \"\(value)\"")
        }
    }

    private func answersControlRequests(_ domain: DomainID) throws(ToolstackError) -> Bool {
        guard try type(of: domain) == .hvm else { return true }
        do { return try hypervisor.hvmParameter(.callbackIRQ, of: domain) != 0 } catch {
            throw ToolstackError(
                .fail, "cannot look for the drivers of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// How a domain came to an end.
    public enum DomainEnd: Sendable, Hashable {
        /// It has shut down but is still there.
        case shutDown(ShutdownReason)
        /// It is gone.
        case destroyed
    }

    /// The domains that end when all of a host's are to: all but the control domain, the store's own, which must outlive
    /// all others, and those that are ending.
    public func domainsToStop() throws(HypervisorError) -> [DomainID] {
        try hypervisor.domains()
            .filter { $0.domain != .control && !$0.flags.contains(.xenstore) && !$0.flags.contains(.dying) }
            .map(\.domain)
    }

    /// Waits for a domain's end.
    ///
    /// - Parameter acceptingShutdown: return already when it has shut down, not only when it is gone.
    public func waitForEnd(of domain: DomainID, acceptingShutdown: Bool) async throws(ToolstackError) -> DomainEnd {
        try await wait(
            for: "domain \(domain) to end", domain: domain, watching: [.releaseDomain], within: nil
        ) { [hypervisor] in
            guard let info = try hypervisor.info(of: domain), !info.flags.contains(.dying) else {
                return .reached(.destroyed)
            }
            if acceptingShutdown, let reason = info.shutdownReason { return .reached(.shutDown(reason)) }
            return .pending("it runs")
        }
    }

    /// Waits until a domain has shut down for good, or is gone. One that is suspended goes on when it is resumed, and is
    /// destroyed when it was saved or migrated.
    ///
    /// - Parameters:
    ///   - armed: called once the watch is set.
    ///   - suspended: called when the domain is first seen suspended.
    public func waitForShutdown(
        of domain: DomainID, armed: (@Sendable () -> Void)? = nil, suspended: @escaping @Sendable () -> Void = {}
    ) async throws(ToolstackError) -> DomainEnd {
        let (first, hasSuspended) = (Once(armed), Once(suspended))
        return try await wait(
            for: "the end of domain \(domain)", domain: domain, watching: [.releaseDomain], within: nil
        ) { [hypervisor] in
            first.run()
            guard let info = try hypervisor.info(of: domain), !info.flags.contains(.dying) else {
                return .reached(.destroyed)
            }
            guard let reason = info.shutdownReason else { return .pending("it runs") }
            guard reason != .suspend else {
                hasSuspended.run()
                return .pending("it is suspended")
            }
            return .reached(.shutDown(reason))
        }
    }

    /// Gives a domain another name.
    ///
    /// - Parameter expected: the name that it must have until then.
    /// - Throws: `invalid` when another domain has the name, also when it takes it at the same instant.
    public func rename(_ domain: DomainID, to name: String, from expected: String? = nil) throws(ToolstackError) {
        let info = try info(of: domain)
        try store.transaction(mapError: { ToolstackError(.fail, "cannot rename domain \(domain)", underlying: $0) }) {
            transaction throws(ToolstackError) in
            try checkName(name, for: domain, in: transaction)
            do {
                let paths = DomainPaths(domain)
                let values = try transaction.read([paths.guest / "name", paths.guest / "image/device-model-domid"])
                if let expected, values[0] ?? "" != expected {
                    throw ToolstackError(
                        .invalid, "cannot rename domain \(domain)", domain: domain,
                        cause: "it is not named \"\(expected)\" any more")
                }
                var changes: [StoreChange] = [
                    .write(paths.guest / "name", name), .write(DomainPaths.vm(info.uuid) / "name", name),
                ]
                if let stubdomain = values[1].flatMap({ UInt32($0) }), stubdomain != 0 {
                    changes.append(.write(DomainPaths(DomainID(stubdomain)).guest / "name", "\(name)-dm"))
                }
                try transaction.perform(changes)
            } catch {
                throw ToolstackError(.fail, "cannot rename domain \(domain)", domain: domain, underlying: error)
            }
        }
    }

    /// - Throws: `invalid` when a domain other than this one has the name.
    func checkName(_ name: String, for domain: DomainID, in store: some StoreAccess) throws(ToolstackError) {
        guard !name.isEmpty else { return }
        let others: [DomainID]
        do { others = try store.domains(named: name).filter { $0 != domain } } catch {
            throw ToolstackError(.fail, "cannot look for other domains named \"\(name)\"", underlying: error)
        }
        for other in others where (try? hypervisor.info(of: other)) != nil {
            throw ToolstackError(
                .invalid, "cannot name domain \(domain) \"\(name)\"", domain: domain,
                cause: "domain \(other) has this name already",
                remedy: "choose another name, or destroy that domain")
        }
    }
}

/// Something that is done the first time only.
private final class Once: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: (@Sendable () -> Void)?) { self.body = Mutex(body) }

    func run() {
        body.withLock { body in
            defer { body = nil }
            return body
        }?()
    }
}
