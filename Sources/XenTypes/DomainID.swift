/// A domain's number as the hypervisor knows it (`domid_t` in `xen/xen.h`).
///
/// Ordinary domains have numbers from 0 to 0x7FEF; the values above name special
/// parties (`DOMID_SELF`, `DOMID_IO`, …) and never a domain that can be listed.
public struct DomainID: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    /// The number.
    public let rawValue: UInt32

    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The control domain.
    public static let control = DomainID(0)
    /// First reserved number (`DOMID_FIRST_RESERVED` in `xen/xen.h`): real domains are below it.
    public static let firstReserved = DomainID(0x7FF0)
    /// Who owns what belongs to no domain, such as PCI devices that are kept for guests (`DOMID_IO` in `xen/xen.h`).
    public static let io = DomainID(0x7FF1)
    /// Where any number will do (`DOMID_ANY` in `xen/xen.h` of Xen 4.22; earlier releases take every reserved one so).
    public static let any = DomainID(0x7FF5)
    /// What libxl writes where no domain is meant (`INVALID_DOMID` in `libxl.h`).
    public static let invalid = DomainID(UInt32.max)

    /// Whether this number can belong to a domain.
    public var isReal: Bool { self < .firstReserved }

    public var description: String { String(rawValue) }

    public static func < (a: DomainID, b: DomainID) -> Bool { a.rawValue < b.rawValue }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(UInt32.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
