import XenStore
import XenTypes

/// One device of one domain: where its two ends and the toolstack's record of it are in xenstore.
public struct DeviceAddress: Sendable, Hashable, CustomStringConvertible {
    /// The domain that uses the device.
    public let domain: DomainID
    /// The kind of the frontend, which is also that of the record.
    public let kind: DeviceKind
    /// The number that both ends know the device by.
    public let id: UInt32
    /// The domain that provides the device.
    public let backendDomain: DomainID
    /// The kind of the backend, which is another one for some.
    public let backendKind: DeviceKind

    public init(
        domain: DomainID, kind: DeviceKind, id: UInt32, backendDomain: DomainID = .control,
        backendKind: DeviceKind? = nil
    ) {
        self.domain = domain
        self.kind = kind
        self.id = id
        self.backendDomain = backendDomain
        self.backendKind = backendKind ?? kind
    }

    /// The device of a record, `/libxl/DOMID/device/KIND/ID`.
    ///
    /// - Parameter backendPath: what the record's `backend` says. Only dom0 can write there; what a guest
    ///   wrote into its frontend must never be used for this.
    /// - Returns: nil when the path is none of `/local/domain/N/backend/KIND/DOMID/ID` for this very device.
    public init?(domain: DomainID, kind: DeviceKind, id: UInt32, backendPath: String) {
        guard let found = DeviceAddress(backend: StorePath(backendPath)), found.domain == domain, found.id == id else {
            return nil
        }
        self.init(
            domain: domain, kind: kind, id: id, backendDomain: found.backendDomain, backendKind: found.backendKind)
    }

    /// The device whose backend has its nodes there.
    ///
    /// - Returns: nil when the path is none of `/local/domain/N/backend/KIND/DOMID/ID`.
    public init?(backend path: StorePath) {
        let parts = path.description.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[0].isEmpty, parts[1] == "local", parts[2] == "domain", parts[4] == "backend",
            let owner = UInt32(parts[3]), DomainID(owner).isReal, let kind = DeviceKind(rawValue: String(parts[5])),
            let domain = UInt32(parts[6]), DomainID(domain).isReal, let id = UInt32(parts[7])
        else { return nil }
        self.init(
            domain: DomainID(domain), kind: kind.frontend, id: id, backendDomain: DomainID(owner), backendKind: kind)
    }

    /// Whether this domain provides the device.
    var isServedHere: Bool { backendDomain == .control }

    private var paths: DomainPaths { DomainPaths(domain) }

    /// The nodes of the end that the guest writes.
    public var frontend: StorePath {
        switch kind {
        case .console where id == 0: paths.guest / kind.rawValue
        case .vuart: paths.guest / kind.rawValue / id
        default: paths.guest / "device" / kind.rawValue / id
        }
    }

    /// The nodes of the end that the device's provider writes.
    public var backend: StorePath { DomainPaths(backendDomain).guest / relativeBackend }

    /// The backend relative to its domain's home, as hotplug scripts get it.
    public var relativeBackend: String { "backend/\(backendKind.rawValue)/\(domain)/\(id)" }

    /// The toolstack's record.
    public var record: StorePath { paths.libxl / "device" / kind.rawValue / id }

    /// Where the kernel of the backend's domain puts the words of a failure (`xenbus_dev_error` in Linux).
    var backendError: StorePath { backendFailure / "error" }

    /// What that has made for it. The guest can bring it about: a frontend that says that it is connected, and is not.
    var backendFailure: StorePath { DomainPaths(backendDomain).guest / "error" / relativeBackend }

    public var description: String { "\(kind.rawValue) \(id)" }
}
