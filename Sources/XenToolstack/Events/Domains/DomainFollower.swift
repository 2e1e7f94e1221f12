import XenControl
import XenStore
import XenTypes

/// Follows the domains of a host: sets watches, and reads again what they tell of.
///
/// One task uses it.
final class DomainFollower {
    /// Whether a domain's devices and addresses are followed, too.
    typealias Filter = @Sendable (DomainView) -> Bool

    /// How often the hypervisor is asked for what nothing tells of.
    static let unhurried = Duration.milliseconds(500)
    /// The same while somebody waits for just that.
    static let hurried = Duration.milliseconds(100)

    private let toolstack: Toolstack
    private let isFollowed: Filter
    private var views: [DomainID: DomainView] = [:]
    /// Nil before the first look, and when the connection was lost.
    private var watches: WatchSet?
    private var isFirst = true

    init(_ toolstack: Toolstack, _ isFollowed: @escaping Filter) {
        self.toolstack = toolstack
        self.isFollowed = isFollowed
    }

    /// Suspends until something has changed; the first call returns at once.
    ///
    /// - Parameter interval: how often to ask the hypervisor for the domains' states; nil for when watches tell alone.
    /// - Returns: all domains; nil when the task was cancelled.
    func next(
        askingEvery interval: Duration?, isolation: isolated (any Actor)? = #isolation
    ) async throws(ToolstackError) -> [DomainID: DomainView]? {
        while !Task.isCancelled {
            do {
                let before = views
                try look(try await concerns(interval))
                guard isFirst || views != before else { continue }
                isFirst = false
                return views
            } catch {
                watches = nil
                guard (error as? StoreError)?.isLapse == true,
                    await toolstack.store.awaitRecovery(within: toolstack.timeouts.storeRecovery)
                else { throw ToolstackError(.fail, "cannot follow the domains of this host", underlying: error) }
            }
        }
        return nil
    }

    private func concerns(
        _ interval: Duration?, isolation: isolated (any Actor)? = #isolation
    ) async throws(StoreError) -> Concerns {
        guard let watches else {
            let fresh = WatchSet(toolstack.store)
            for path: StorePath in [
                .introduceDomain, .releaseDomain, "/libxl", DomainPaths(.control).guest / "backend",
            ] {
                try fresh.add(path)
            }
            self.watches = fresh
            return .all
        }
        let box = watches.box
        // Cancelled or out of time, it asks the hypervisor.
        let told: Bool? = try? await withDeadline(interval) {
            await box.wait()
            return true
        }
        var concerns = try box.take()
        if told == nil { concerns.domains = true }
        return concerns
    }

    private func look(_ concerns: Concerns) throws {
        var concerns = concerns
        if concerns.domains { try lookAtDomains(&concerns) }
        if concerns.everything {
            let all = Set(views.keys)
            (concerns.names, concerns.devices, concerns.addresses) = (all, all, all)
        }
        try lookAtNames(of: concerns.names.filter { views[$0] != nil }.sorted(), &concerns)
        let devices = concerns.devices.filter { views[$0].map(isFollowed) ?? false }.sorted()
        for (domain, list) in zip(devices, try StoreSurvey(toolstack.store).devices(of: devices)) {
            views[domain]?.devices = list
            for owner in Set(list.map(\.address.backendDomain)) {
                try watches?.add(DomainPaths(owner).guest / "backend")
            }
        }
        let addresses = concerns.addresses.filter { views[$0].map(isFollowed) ?? false }.sorted()
        for domain in addresses { try watches?.add(DomainPaths(domain).guest / "attr", of: domain) }
        for (domain, list) in zip(addresses, try StoreSurvey(toolstack.store).addresses(of: addresses)) {
            views[domain]?.addresses = list
        }
    }

    private func lookAtDomains(_ concerns: inout Concerns) throws {
        let infos = try toolstack.hypervisor.domains()
        let present = Set(infos.map(\.domain))
        for domain in views.keys where !present.contains(domain) {
            views[domain] = nil
            watches?.forget(domain)
        }
        for info in infos {
            guard views[info.domain] == nil else {
                views[info.domain]?.update(from: info)
                continue
            }
            views[info.domain] = DomainView(info)
            try watches?.add(DomainPaths(info.domain).guest / "name", of: info.domain)
            concerns.names.insert(info.domain)
        }
    }

    /// Reads names, and looks more closely at domains that are followed since they have theirs.
    private func lookAtNames(of domains: [DomainID], _ concerns: inout Concerns) throws(StoreError) {
        let homes = domains.map { DomainPaths($0).guest }
        let values = try toolstack.store.read(homes.flatMap { [$0 / "name", $0 / "target"] })
        for (index, domain) in domains.enumerated() {
            guard var view = views[domain] else { continue }
            view.name = values[2 * index] ?? view.name
            if values[2 * index + 1] != nil { view.isGuest = false }
            views[domain] = view
            guard isFollowed(view) else { continue }
            concerns.devices.insert(domain)
            concerns.addresses.insert(domain)
        }
    }
}

/// Watches of one connection, all of which fill one box.
private final class WatchSet {
    let box = ConcernBox()
    private let store: StoreConnection
    private var watches: [StorePath: StoreWatch] = [:]
    private var owned: [DomainID: [StorePath]] = [:]

    init(_ store: StoreConnection) { self.store = store }

    deinit { for watch in watches.values { watch.cancel() } }

    /// Sets a watch, if there is none on this path.
    ///
    /// - Parameter domain: with whose end it is removed.
    func add(_ path: StorePath, of domain: DomainID? = nil) throws(StoreError) {
        guard watches[path] == nil else { return }
        let watch = try store.watch(path)
        watches[path] = watch
        if let domain { owned[domain, default: []].append(path) }
        Task(executorPreference: EventLoop.shared.preference) { [box] in
            do throws(StoreError) {
                var iterator = watch.makeAsyncIterator()
                while let event = try await iterator.next() { box.add(Concerns(changed: event.path)) }
            } catch {
                box.fail(error)
            }
        }
    }

    func forget(_ domain: DomainID) {
        for path in owned.removeValue(forKey: domain) ?? [] { watches.removeValue(forKey: path)?.cancel() }
    }
}
