import XenStore
import XenTypes

/// What attaching one device will do, as a value: the nodes of both ends and what happens after they are written.
public struct DevicePlan: Sendable, Hashable {
    /// A node below one of the device's directories.
    public struct Entry: Sendable, Hashable {
        /// The node's name below its directory.
        public let key: String
        /// What is written.
        public let value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// What the toolstack does when the nodes are written.
    public enum Handshake: Sendable, Hashable {
        /// Nothing: the device connects by itself, now or when its backend comes.
        case none
        /// Wait for the backend to be ready, then run the script if there is one.
        case backend
        /// Have the guest's QEMU make the device.
        case emulation(QEMUDevice)
    }

    /// The device.
    public let address: DeviceAddress
    /// The backend's nodes, which the guest may read; copied into the record.
    public var backend: [Entry]
    /// The frontend's nodes, which belong to the guest.
    public var frontend: [Entry]
    /// Nodes of the frontend that belong to the backend and that the guest may only read.
    public var readOnlyFrontend: [Entry]
    /// Nodes of the record alone, which neither end sees.
    public var notes: [Entry] = []
    /// Whether QEMU emulates the device, so that neither end has nodes, and the record says all.
    public private(set) var isEmulated = false
    /// What its ends do before it can be used.
    public var handshake: Handshake

    /// - Parameters:
    ///   - leading: backend entries that stand before those that every device has.
    ///   - backend: backend entries after those.
    public init(
        _ address: DeviceAddress, leading: [Entry] = [], backend: [Entry] = [], frontend: [Entry] = [],
        readOnlyFrontend: [Entry] = [], handshake: Handshake = .backend
    ) {
        self.address = address
        self.backend =
            leading + [
                Entry("frontend-id", "\(address.domain)"), Entry("online", "1"),
                Entry("state", XenbusState.initialising.text),
            ] + backend
        self.frontend =
            [Entry("backend-id", "\(address.backendDomain)"), Entry("state", XenbusState.initialising.text)] + frontend
        self.readOnlyFrontend = readOnlyFrontend
        self.handshake = handshake
    }

    /// A device that QEMU emulates.
    ///
    /// - Parameter device: what QEMU is to make of it; nil when it has it already.
    init(emulated address: DeviceAddress, record: [Entry], _ device: QEMUDevice?) {
        self.address = address
        (backend, frontend, readOnlyFrontend) = ([], [], [])
        notes = record
        isEmulated = true
        handshake = device.map { .emulation($0) } ?? .none
    }

    /// The trees that are removed before the nodes are written: what an earlier device of this number left.
    public var replaced: [StorePath] {
        isEmulated ? [address.record] : [address.record, address.frontend, address.backend]
    }

    /// Every node with its permissions, in the order of writing; nodes without permissions inherit them.
    public var nodes: [StoreNode] {
        if isEmulated { return notes.map { StoreNode(address.record / $0.key, $0.value) } }
        let guestOwned = StorePermissions.owned(by: address.domain, readableBy: address.backendDomain)
        let backendOwned = StorePermissions.owned(by: address.backendDomain, readableBy: address.domain)
        let frontend = address.frontend
        let record = address.record
        // The first console's directory holds more than the device, which the guest must not change.
        let isFixed = address.kind == .vuart || (address.kind == .console && address.id == 0)
        var nodes = [
            StoreNode(record / "frontend", frontend.description),
            StoreNode(record / "backend", address.backend.description),
            StoreNode(frontend, nil, isFixed ? backendOwned : guestOwned),
            StoreNode(frontend / "backend", address.backend.description),
        ]
        nodes += self.frontend.map { StoreNode(frontend / $0.key, $0.value, guestOwned) }
        nodes += readOnlyFrontend.map { StoreNode(frontend / $0.key, $0.value, backendOwned) }
        nodes.append(StoreNode(address.backend, nil, backendOwned))
        nodes.append(StoreNode(address.backend / "frontend", frontend.description))
        nodes += backend.map { StoreNode(address.backend / $0.key, $0.value) }
        nodes += (backend + notes).map { StoreNode(record / $0.key, $0.value) }
        return nodes
    }

    /// What the plan changes in the store, in that order.
    var changes: [StoreChange] { replaced.map { .remove($0) } + nodes.flatMap(\.changes) }

    /// The value of a backend node of the plan.
    public func backendValue(_ key: String) -> String? { backend.last { $0.key == key }?.value }
}

/// The states of both ends (`enum xenbus_state` in `xen/io/xenbus.h`).
public enum XenbusState: UInt32, Sendable, Hashable {
    /// The end is gone.
    case unknown = 0
    /// It has not begun.
    case initialising = 1
    /// It has said what it has, and waits for the other end.
    case initWait = 2
    /// It has said where its memory is, and waits for the other end.
    case initialised = 3
    /// It works.
    case connected = 4
    /// It is being taken away.
    case closing = 5
    /// It has let go.
    case closed = 6
    /// It is being changed (PCI).
    case reconfiguring = 7
    /// It has been changed (PCI).
    case reconfigured = 8

    /// - Parameter text: a node's value; guests write it, so anything may be in it.
    public init?(text: String) {
        guard let number = UInt32(text) else { return nil }
        self.init(rawValue: number)
    }

    /// As nodes hold it.
    public var text: String { String(rawValue) }

    /// The header's name in lower case with underscores.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .initialising: "initialising"
        case .initWait: "init_wait"
        case .initialised: "initialised"
        case .connected: "connected"
        case .closing: "closing"
        case .closed: "closed"
        case .reconfiguring: "reconfiguring"
        case .reconfigured: "reconfigured"
        }
    }
}
