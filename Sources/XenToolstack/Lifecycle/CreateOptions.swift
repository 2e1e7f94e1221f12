import DomainConfig
import SystemPackage
import XenTypes

/// How a domain is to be created, apart from what it is.
public struct CreateOptions: Sendable {
    /// Which number the domain gets (`domid_policy` of xl.conf).
    public enum Numbering: Sendable, Hashable {
        /// The hypervisor's next one.
        case next
        /// A random one.
        case random

        /// What libxl writes for it into the stored configuration (`INVALID_DOMID`, `RANDOM_DOMID`).
        var stored: DomainID {
            switch self {
            case .next: .invalid
            case .random: DomainID(UInt32.max - 1)
            }
        }
    }

    /// Which number the domain gets.
    public var numbering: Numbering = .next
    /// Whether dom0 gives up memory when too little is free.
    public var balloonsControlDomain = false
    /// The lock under which creations with ballooning take turns.
    public var lockFile: FilePath?
    /// The memory and processors of a domain that was saved or is arriving; without it, the domain boots.
    public var image: SavedImage?
    /// Called when the domain's console can be connected to: while its bootloader runs, and again before the domain
    /// first runs. Must return soon.
    public var consoleAvailable: (@Sendable (DomainID) -> Void)?

    public init() {}

    /// What `xl.conf` says about creating domains.
    public init(_ global: GlobalConfig, on toolstack: Toolstack) {
        numbering = global.domainIDPolicy == .random ? .random : .next
        lockFile = FilePath(global.lockFile)
        balloonsControlDomain = toolstack.balloonsControlDomain(under: global)
    }
}
