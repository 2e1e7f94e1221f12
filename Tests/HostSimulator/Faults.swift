import Glibc
import Synchronization

/// Where an operation meets the host, counted one by one, and what goes wrong there.
public final class Faults: Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case store, hypercall, process, file
    }

    public enum Effect: Hashable, Sendable {
        /// The request fails with this errno value and has done nothing.
        case fail(Int32)
        /// xenstored closes the connection; for every other kind of request, as `fail(EIO)`.
        case disconnect
        /// The operation's task is cancelled while the request is under way, which succeeds.
        case cancel
    }

    /// One request of an operation to the host.
    public struct Point: Hashable, Sendable, CustomStringConvertible {
        public var kind: Kind
        /// What is asked: "WRITE /local/domain/1/name", "xc_domain_create", "rename userdata…".
        public var name: String

        public var description: String { "\(kind.rawValue) \(name)" }
    }

    private struct State {
        var isActive = false
        var points: [Point] = []
        var counts: [Kind: Int] = [:]
        var armed: (kind: Kind, index: Int, effect: Effect)?
        var hit: Point?
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    public init() {}

    /// What the operation has asked of the host since `start`.
    public var points: [Point] { state.withLock(\.points) }
    /// Where the fault struck, if it did.
    public var hit: Point? { state.withLock(\.hit) }

    /// Counts from now on.
    ///
    /// - Parameter fault: which request of its kind, counted from 0, goes wrong, and how.
    public func start(_ fault: (kind: Kind, index: Int, effect: Effect)? = nil) {
        state.withLock { state in
            state = State()
            state.armed = fault
            state.isActive = true
        }
    }

    /// What `Effect.cancel` does; may come after the point was passed.
    public func onCancel(_ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.cancel = body
            return state.hit != nil && state.armed?.effect == .cancel
        }
        if isLate { body() }
    }

    /// Nothing is counted and nothing goes wrong any more.
    public func stop() { state.withLock { $0.isActive = false } }

    /// The operation passes a point.
    ///
    /// - Returns: what goes wrong there, other than a cancellation.
    func pass(_ kind: Kind, _ name: String) -> Effect? {
        let (effect, cancel): (Effect?, (@Sendable () -> Void)?) = state.withLock { state in
            guard state.isActive else { return (nil, nil) }
            let point = Point(kind: kind, name: name)
            state.points.append(point)
            let index = state.counts[kind, default: 0]
            state.counts[kind] = index + 1
            guard let armed = state.armed, armed.kind == kind, armed.index == index else { return (nil, nil) }
            state.hit = point
            return armed.effect == .cancel ? (nil, state.cancel) : (armed.effect, nil)
        }
        cancel?()
        return effect
    }

    /// As `pass`, for requests that can but fail: an errno value.
    func failure(_ kind: Kind, _ name: String) -> Int32? {
        switch pass(kind, name) {
        case .fail(let code): code
        case .disconnect: EIO
        case .cancel, nil: nil
        }
    }
}
