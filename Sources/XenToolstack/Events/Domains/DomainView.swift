import XenControl
import XenStore
import XenTypes

/// What can be seen of a domain from the control domain at one moment.
public struct DomainView: Hashable, Sendable {
    /// What a domain is doing.
    public enum State: Hashable, Sendable {
        /// It may run, whether or not a processor has work for it.
        case running
        /// The toolstack holds it; so is a domain that is still being made.
        case paused
        /// The guest has stopped; a suspended one goes on when it is resumed.
        case shutDown(ShutdownReason)
        /// It is being destroyed, or is kept by those who still use its memory.
        case dying

        init(_ info: DomainInfo) {
            if info.flags.contains(.dying) {
                self = .dying
            } else if let reason = info.shutdownReason {
                self = .shutDown(reason)
            } else {
                self = info.flags.contains(.paused) ? .paused : .running
            }
        }
    }

    /// The domain's number.
    public var domain: DomainID
    /// The domain's UUID.
    public var uuid: XenUUID
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal. Nil while it has none.
    public var name: String?
    /// What it is doing.
    public var state: State
    /// Whether any of its virtual CPUs has ever run.
    public var hasRun: Bool
    /// Whether it is a guest, and not the control domain, xenstore's own or another guest's device model.
    public var isGuest: Bool
    /// By kind and number; without consoles, whose backends have no states.
    public var devices: [DeviceView] = []
    /// What an agent in the guest has published.
    public var addresses: [GuestAddress] = []

    public init(
        domain: DomainID, uuid: XenUUID = .zero, name: String?, state: State, hasRun: Bool = true, isGuest: Bool = true
    ) {
        self.domain = domain
        self.uuid = uuid
        self.name = name
        self.state = state
        self.hasRun = hasRun
        self.isGuest = isGuest
    }

    init(_ info: DomainInfo) {
        self.init(
            domain: info.domain, uuid: info.uuid, name: nil, state: State(info), hasRun: info.cpuTime > 0,
            isGuest: info.domain != .control && !info.flags.contains(.xenstore))
    }

    /// Whether it is known under a name, or is at work without one: the first instants of a creation are no news.
    var isPresented: Bool { name != nil || hasRun || state != .paused }

    /// Takes over what the hypervisor says now.
    mutating func update(from info: DomainInfo) {
        let fresh = DomainView(info)
        (uuid, state, hasRun) = (fresh.uuid, fresh.state, fresh.hasRun)
    }
}

/// A device of a domain, and how far its backend is.
public struct DeviceView: Hashable, Sendable {
    /// The device.
    public var address: DeviceAddress
    /// Nil for a backend that has no state, or one that no protocol knows.
    public var state: XenbusState?

    public init(address: DeviceAddress, state: XenbusState?) {
        self.address = address
        self.state = state
    }
}

/// An address that a guest says it has. The guest may say what it likes, but only as an IP address.
public struct GuestAddress: Hashable, Sendable {
    /// The number of the network card.
    public var card: UInt32
    /// In the notation that the C library gives it.
    public var text: String

    /// - Parameter text: what the guest has written.
    /// - Returns: nil for what is no IPv4 or IPv6 address.
    public init?(card: UInt32, _ text: String) {
        guard let address = SystemCalls.internetAddress(text) else { return nil }
        self.card = card
        self.text = address
    }
}
