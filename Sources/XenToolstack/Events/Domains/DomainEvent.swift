import Glibc
import XenControl
import XenTypes

/// Something that has happened to a domain.
public struct DomainEvent: Hashable, Sendable {
    /// What has happened.
    public enum Change: Hashable, Sendable {
        /// It is there: paused until `running` follows.
        case created
        /// It has another name than before.
        case renamed(from: String?)
        /// It may run.
        case running
        /// The toolstack holds it.
        case paused
        /// The guest has stopped, or is suspended.
        case shutDown(ShutdownReason)
        /// It is gone, or does not come back: its memory may still be in use.
        case destroyed
        /// A device is new, or its backend has another state.
        case device(DeviceView)
        /// A device is gone.
        case deviceRemoved(DeviceAddress)
        /// All that the guest says it has now.
        case addresses([GuestAddress])
    }

    /// The domain's number.
    public var domain: DomainID
    /// The domain's UUID.
    public var uuid: XenUUID
    /// The name after the change; the last one of a domain that is destroyed. Escape it before it goes to a terminal.
    public var name: String?
    /// What has happened.
    public var change: Change
    /// When it was seen, in nanoseconds since 1970.
    public var time: UInt64
    /// Whether it was so when the stream began.
    public var isInitial: Bool

    /// What led from one view of the host to another, in the order of the domains' numbers.
    ///
    /// - Parameter isInitial: whether `new` is the first look; every domain is then told with its state.
    public static func changes(
        from old: [DomainID: DomainView], to new: [DomainID: DomainView], at time: UInt64, isInitial: Bool = false
    ) -> [DomainEvent] {
        Set(old.keys).union(new.keys).sorted().flatMap { domain -> [DomainEvent] in
            let before = old[domain].flatMap { $0.isPresented ? $0 : nil }
            let after = new[domain].flatMap { $0.isPresented ? $0 : nil }
            guard let shown = after ?? before else { return [] }
            return changes(from: before, to: after, isInitial: isInitial).map {
                DomainEvent(
                    domain: domain, uuid: shown.uuid, name: shown.name ?? before?.name, change: $0, time: time,
                    isInitial: isInitial)
            }
        }
    }

    private static func changes(from old: DomainView?, to new: DomainView?, isInitial: Bool) -> [Change] {
        guard let new else {
            guard let old else { return [] }
            return old.state == .dying ? [] : [.destroyed]
        }
        var changes: [Change] = []
        if let old {
            if let name = new.name, name != old.name { changes.append(.renamed(from: old.name)) }
        } else {
            changes.append(.created)
        }
        if new.state != old?.state, new.state != .dying, old != nil || isInitial || new.state != .paused {
            changes.append(change(to: new.state))
        }
        changes += deviceChanges(from: old?.devices ?? [], to: new.devices)
        if new.addresses != old?.addresses ?? [] { changes.append(.addresses(new.addresses)) }
        if new.state == .dying, old?.state != .dying { changes.append(.destroyed) }
        return changes
    }

    private static func change(to state: DomainView.State) -> Change {
        switch state {
        case .running: .running
        case .paused: .paused
        case .shutDown(let reason): .shutDown(reason)
        case .dying: .destroyed
        }
    }

    private static func deviceChanges(from old: [DeviceView], to new: [DeviceView]) -> [Change] {
        let before = Dictionary(old.map { ($0.address, $0) }) { $1 }
        let after = Set(new.map(\.address))
        return new.filter { before[$0.address] != $0 }.map { .device($0) }
            + old.filter { !after.contains($0.address) }.map { .deviceRemoved($0.address) }
    }
}

/// What happens to the domains of a host from now on, as an asynchronous sequence.
///
/// It follows watches of xenstore: a domain comes or goes, shuts down or is destroyed (`@introduceDomain`,
/// `@releaseDomain`, the toolstack's own nodes), a backend's state changes, a guest publishes an address. Nothing tells
/// of a pause and its end, nor that a suspended domain goes on: for these alone the hypervisor is asked, every half a
/// second. What changes more often than it is looked at is told as it is in the end.
///
/// The sequence ends when the task is cancelled, and throws when xenstored or the hypervisor cannot be asked any more;
/// a xenstored that comes back within a minute is followed again, and nothing is told twice.
public struct DomainEvents: AsyncSequence, Sendable {
    public typealias Element = DomainEvent
    public typealias Failure = ToolstackError

    let toolstack: Toolstack
    let includesPresent: Bool
    let isFollowed: DomainFollower.Filter

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            follower: DomainFollower(toolstack, isFollowed), includesPresent: includesPresent, isFollowed: isFollowed)
    }

    /// One who follows.
    public struct Iterator: AsyncIteratorProtocol {
        let follower: DomainFollower
        let includesPresent: Bool
        let isFollowed: DomainFollower.Filter
        private var last: [DomainID: DomainView]?
        private var pending: ArraySlice<DomainEvent> = []

        init(follower: DomainFollower, includesPresent: Bool, isFollowed: @escaping DomainFollower.Filter) {
            self.follower = follower
            self.includesPresent = includesPresent
            self.isFollowed = isFollowed
        }

        public mutating func next() async throws(ToolstackError) -> DomainEvent? { try await next(isolation: nil) }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ToolstackError) -> DomainEvent? {
            while pending.isEmpty {
                guard let views = try await follower.next(askingEvery: DomainFollower.unhurried) else { return nil }
                let time = SystemCalls.nanosecondsSince1970
                if last != nil || includesPresent {
                    pending =
                        DomainEvent.changes(from: last ?? [:], to: views, at: time, isInitial: last == nil)
                        .filter { [isFollowed, last] event in
                            (views[event.domain] ?? last?[event.domain]).map(isFollowed) ?? false
                        }[...]
                }
                last = views
            }
            return pending.popFirst()
        }
    }
}

extension Toolstack {
    /// What happens to the domains of this host from now on.
    ///
    /// - Parameters:
    ///   - includesPresent: first tells of what is there, by events with `isInitial`.
    ///   - isFollowed: which domains are told of, by what is seen of one: also of those that come later.
    public func events(
        includingPresent includesPresent: Bool = false,
        where isFollowed: @escaping @Sendable (DomainView) -> Bool = { _ in true }
    ) -> DomainEvents {
        DomainEvents(toolstack: self, includesPresent: includesPresent, isFollowed: isFollowed)
    }
}
