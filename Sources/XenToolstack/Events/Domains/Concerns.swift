import Synchronization
import XenStore
import XenTypes

/// What must be looked at again because of what watches told.
///
/// However much a guest writes, this holds no more than the numbers of the domains there are.
struct Concerns: Hashable, Sendable {
    /// Which domains there are, and their states.
    var domains = false
    /// All that can be seen of any domain.
    var everything = false
    var names: Set<DomainID> = []
    var devices: Set<DomainID> = []
    var addresses: Set<DomainID> = []

    static let all = Concerns(domains: true, everything: true)

    var isEmpty: Bool { self == Concerns() }

    mutating func formUnion(_ other: Concerns) {
        domains = domains || other.domains
        everything = everything || other.everything
        names.formUnion(other.names)
        devices.formUnion(other.devices)
        addresses.formUnion(other.addresses)
    }

    /// What the change of a node means.
    ///
    /// - Parameter path: of the event of a watch that `DomainFollower` sets: the watched path itself when so much has
    ///   changed that it is not told one by one.
    init(changed path: StorePath) {
        guard path != .introduceDomain, path != .releaseDomain else {
            domains = true
            return
        }
        let parts = path.components
        if parts.first == "libxl" {
            noteRecord(parts.dropFirst())
        } else if parts.count > 3, parts[0] == "local", parts[1] == "domain" {
            noteNode(of: parts[2], parts[3...])
        }
    }

    init(domains: Bool = false, everything: Bool = false) {
        self.domains = domains
        self.everything = everything
    }

    /// - Parameter parts: below `/libxl`.
    private mutating func noteRecord(_ parts: ArraySlice<Substring>) {
        guard let first = parts.first else {
            self = .all
            return
        }
        guard let domain = UInt32(first).map({ DomainID($0) }), domain.isReal else { return }
        let rest = parts.dropFirst()
        // The directory itself comes first of all at a creation, and goes last when all is gone.
        if rest.isEmpty { domains = true }
        if rest.isEmpty || rest.first == "device" { devices.insert(domain) }
    }

    private mutating func noteNode(of owner: Substring, _ parts: ArraySlice<Substring>) {
        guard let domain = UInt32(owner).map({ DomainID($0) }), domain.isReal, let first = parts.first else { return }
        switch first {
        case "name": names.insert(domain)
        case "attr": addresses.insert(domain)
        case "backend":
            // backend/KIND/DOMID/ID/state, or what is above it.
            let rest = Array(parts.dropFirst())
            guard rest.count < 2 || UInt32(rest[1]) != nil else { return }
            guard rest.count > 1, let number = UInt32(rest[1]) else {
                everything = true
                return
            }
            if rest.count < 4 || (rest.count == 4 && rest[3] == "state") { devices.insert(DomainID(number)) }
        default: break
        }
    }
}

/// Concerns that are gathered until someone takes them.
final class ConcernBox: Sendable {
    private struct State {
        var concerns = Concerns()
        var error: StoreError?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add(_ concerns: Concerns) {
        guard !concerns.isEmpty else { return }
        wake { $0.concerns.formUnion(concerns) }
    }

    /// A watch has come to its end.
    func fail(_ error: StoreError) { wake { $0.error = $0.error ?? error } }

    /// What has been gathered.
    ///
    /// - Throws: why a watch has ended.
    func take() throws(StoreError) -> Concerns {
        let (concerns, error) = state.withLock { state in
            defer { (state.concerns, state.error) = (Concerns(), nil) }
            return (state.concerns, state.error)
        }
        if let error { throw error }
        return concerns
    }

    /// Suspends until there is something to take, or the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if Task.isCancelled || !state.concerns.isEmpty || state.error != nil { return true }
                    state.waiter = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            wake { _ in }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
