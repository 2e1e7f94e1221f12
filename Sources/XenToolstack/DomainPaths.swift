import XenStore
import XenTypes

/// The three trees that belong to one domain in XenStore (`docs/misc/xenstore-paths.pandoc`).
public struct DomainPaths: Sendable, Hashable {
    /// The domain.
    public let domain: DomainID
    /// `/local/domain/DOMID`, seen by the guest.
    public let guest: StorePath
    /// `/libxl/DOMID`, the toolstack's own.
    public let libxl: StorePath

    public init(_ domain: DomainID) {
        self.domain = domain
        guest = "/local/domain/\(domain)"
        libxl = "/libxl/\(domain)"
    }

    /// `/vm/UUID`, which outlives a reboot's change of domain number.
    public static func vm(_ uuid: XenUUID) -> StorePath { "/vm/\(uuid)" }
}
