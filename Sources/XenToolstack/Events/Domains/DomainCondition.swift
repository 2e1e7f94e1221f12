import XenControl
import XenTypes

/// What can be waited for of a domain.
public enum DomainCondition: Hashable, Sendable, CaseIterable {
    /// It may run.
    case running
    /// The toolstack holds it.
    case paused
    /// The guest has stopped, other than to be suspended, or is gone.
    case shutDown
    /// The host has nothing of it any more, memory included.
    case gone
    /// The backends of all its disks and network cards are connected.
    case connected
    /// An agent in it has published an address.
    case address

    enum Verdict: Hashable, Sendable {
        case reached
        /// Not yet; the text says what is there instead.
        ///
        /// `isTold` is false when only the hypervisor can say whether that has changed.
        case pending(String, isTold: Bool = true)
        /// It cannot come about any more.
        case impossible(String)
    }

    /// - Parameter view: nil for a domain that is not there.
    func verdict(of view: DomainView?) -> Verdict {
        guard let view else { return self == .gone || self == .shutDown ? .reached : .impossible("it is gone") }
        switch self {
        case .running: return Self.verdict(of: view.state, wanted: .running)
        case .paused: return Self.verdict(of: view.state, wanted: .paused)
        case .shutDown:
            switch view.state {
            case .shutDown(.suspend): return .pending("it is suspended")
            case .shutDown, .dying: return .reached
            case .running, .paused: return .pending(Self.words(for: view.state))
            }
        case .gone: return .pending(Self.words(for: view.state), isTold: view.state != .dying)
        case .connected: return Self.ended(view) ?? Self.connection(of: view)
        case .address:
            return Self.ended(view)
                ?? (view.addresses.isEmpty ? .pending("no agent in it has published an address") : .reached)
        }
    }

    private static func verdict(of state: DomainView.State, wanted: DomainView.State) -> Verdict {
        if state == wanted { return .reached }
        switch state {
        case .running, .paused, .shutDown(.suspend): return .pending(words(for: state), isTold: false)
        case .shutDown, .dying: return .impossible(words(for: state))
        }
    }

    private static func ended(_ view: DomainView) -> Verdict? {
        switch view.state {
        case .running, .paused, .shutDown(.suspend): nil
        case .shutDown, .dying: .impossible(words(for: view.state))
        }
    }

    private static func connection(of view: DomainView) -> Verdict {
        let devices = view.devices.filter { [.vbd, .vif].contains($0.address.kind) }
        // While it is made, its devices may be still to come.
        guard !devices.isEmpty else {
            return view.hasRun
                ? .reached : .pending("it has no disk and no network card, and has not run", isTold: false)
        }
        let missing = devices.filter { $0.state != .connected }.map {
            "\($0.address) is \($0.state?.name ?? "without state")"
        }
        return missing.isEmpty ? .reached : .pending(missing.joined(separator: ", "))
    }

    private static func words(for state: DomainView.State) -> String {
        switch state {
        case .running: "it runs"
        case .paused: "it is paused"
        case .shutDown(.suspend): "it is suspended"
        case .shutDown(let reason): "it has shut down with reason \(reason.rawValue)"
        case .dying: "it is being destroyed"
        }
    }
}

extension Toolstack {
    /// Waits until each of these domains meets a condition.
    ///
    /// It follows watches of xenstore; for what nothing tells of, the hypervisor is asked ten times a second.
    ///
    /// - Parameter limit: nil to wait for ever.
    /// - Returns: what was seen of the domains in the end, in their order; nil for one that is gone.
    /// - Throws: `timedOut` with what was seen last; `domainDestroyed` when a domain cannot meet it any more; `aborted`
    ///   when the task is cancelled.
    @discardableResult
    public func wait(
        for condition: DomainCondition, of domains: [DomainID], within limit: Duration? = nil
    ) async throws(ToolstackError) -> [DomainView?] {
        let wanted = Set(domains)
        return try await wait(within: limit, where: { wanted.contains($0.domain) }) {
            views, seen throws(ToolstackError) in
            var isTold = true
            var texts: [String] = []
            for domain in domains {
                switch condition.verdict(of: views[domain]) {
                case .reached: break
                case .pending(let text, let tells):
                    texts.append("domain \(domain): \(text)")
                    isTold = isTold && tells
                case .impossible(let text):
                    throw ToolstackError(
                        .domainDestroyed, "cannot wait any longer for domain \(domain)", domain: domain, cause: text)
                }
            }
            seen.text = texts.joined(separator: "; ")
            return texts.isEmpty ? .reached(domains.map { views[$0] }) : .pending(isTold: isTold)
        }
    }

    /// Waits until the host has just so many guests: domains but the control domain, xenstore's own and device models.
    ///
    /// - Parameter limit: nil to wait for ever.
    public func waitForGuests(_ count: Int, within limit: Duration? = nil) async throws(ToolstackError) {
        try await wait(within: limit, where: { _ in false }) { views, seen throws(ToolstackError) in
            let guests = views.values.filter(\.isGuest)
            seen.text = "\(guests.count) guests"
            // Nothing tells when one that is dying goes.
            return guests.count == count ? .reached(()) : .pending(isTold: !guests.contains { $0.state == .dying })
        }
    }

    private enum Look<Value: Sendable>: Sendable {
        case reached(Value)
        case pending(isTold: Bool)
    }

    private func wait<Value: Sendable>(
        within limit: Duration?, where isFollowed: @escaping DomainFollower.Filter,
        _ look: @escaping @Sendable ([DomainID: DomainView], LastSeen) throws(ToolstackError) -> Look<Value>
    ) async throws(ToolstackError) -> Value {
        let seen = LastSeen()
        do {
            let value: Value? = try await withDeadline(limit) {
                let follower = DomainFollower(self, isFollowed)
                var interval: Duration?
                while let views = try await follower.next(askingEvery: interval) {
                    switch try look(views, seen) {
                    case .reached(let value): return value
                    case .pending(let isTold): interval = isTold ? nil : DomainFollower.hurried
                    }
                }
                throw CancellationError()
            }
            if let value { return value }
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.aborted, "stopped waiting", cause: "interrupted")
        }
        throw ToolstackError(
            .timedOut, "waited in vain for \(limit ?? .zero)", cause: seen.text.map { "last seen: \($0)" })
    }
}
