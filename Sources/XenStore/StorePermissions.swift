import CXen
import XenTypes

/// Who may read and write a node: its owner, what everybody else may do, and exceptions by domain.
///
/// The text form is that of `xenstore-ls -p` and `xenstore-chmod`: `n0,r1,b2` is a node that belongs to
/// domain 0, which domain 1 may read and domain 2 read and write, and nobody else.
public struct StorePermissions: Hashable, Sendable, CustomStringConvertible {
    /// The bits of `XS_PERM_*` in `xenstore_lib.h`.
    public struct Access: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// No access.
        public static let none: Access = []
        /// To read.
        public static let read = Access(rawValue: UInt32(XS_PERM_READ))
        /// To write.
        public static let write = Access(rawValue: UInt32(XS_PERM_WRITE))
        /// To read and to write.
        public static let both: Access = [.read, .write]

        /// `n`, `r`, `w` or `b`.
        var letter: Character {
            switch (contains(.read), contains(.write)) {
            case (false, false): "n"
            case (true, false): "r"
            case (false, true): "w"
            case (true, true): "b"
            }
        }

        init?(letter: Character) {
            switch letter {
            case "n": self = .none
            case "r": self = .read
            case "w": self = .write
            case "b": self = .both
            default: return nil
            }
        }
    }

    /// What one domain may do.
    public struct Entry: Hashable, Sendable, CustomStringConvertible {
        /// The domain.
        public var domain: DomainID
        /// What it may do; for the owner's entry, which is the first, what all others may do.
        public var access: Access

        public init(_ domain: DomainID, _ access: Access) {
            self.domain = domain
            self.access = access
        }

        public var description: String { "\(access.letter)\(domain)" }
    }

    /// The domain that may do anything with the node, and that its quota counts.
    public var owner: DomainID
    /// What domains without an entry of their own may do.
    public var others: Access
    /// The owner first.
    public var entries: [Entry]

    public init(owner: DomainID, others: Access = .none, _ entries: [Entry] = []) {
        self.owner = owner
        self.others = others
        self.entries = entries
    }

    /// Only the owner.
    public static func owned(by owner: DomainID) -> StorePermissions { StorePermissions(owner: owner) }

    /// The owner, and `reader` may read.
    public static func owned(by owner: DomainID, readableBy reader: DomainID) -> StorePermissions {
        StorePermissions(owner: owner, [Entry(reader, .read)])
    }

    /// Parses the form `n0,r1,b2`; nil when a part is no letter of `nrwb` followed by a domain number.
    public init?(_ text: some StringProtocol) {
        var entries: [Entry] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let letter = part.first, let access = Access(letter: letter),
                part.dropFirst().utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let domain = UInt32(part.dropFirst())
            else { return nil }
            entries.append(Entry(DomainID(domain), access))
        }
        guard let first = entries.first else { return nil }
        self.init(owner: first.domain, others: first.access, Array(entries.dropFirst()))
    }

    public var description: String {
        ([Entry(owner, others)] + entries).map(\.description).joined(separator: ",")
    }
}
