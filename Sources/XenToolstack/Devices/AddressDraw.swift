import DomainModel
import Synchronization
import XenStore
import XenTypes

/// Draws hardware addresses by lot that no interface has which the same backend's domain serves: a bridge with two
/// equal ones loses packets of both.
final class AddressDraw: Sendable {
    private let random: @Sendable () -> MACAddress?
    private let read: @Sendable (DomainID) -> Set<MACAddress>
    /// What is taken, by the backend's domain.
    private let taken = Mutex<[DomainID: Set<MACAddress>]>([:])

    /// - Parameters:
    ///   - random: gives an address by lot.
    ///   - read: the addresses that a domain serves; called when the first one is drawn there.
    init(
        random: @escaping @Sendable () -> MACAddress? = MACAddress.randomXen,
        taken read: @escaping @Sendable (DomainID) -> Set<MACAddress>
    ) {
        self.random = random
        self.read = read
    }

    convenience init(_ toolstack: Toolstack) {
        self.init { Set(toolstack.hardwareAddresses(servedBy: $0).keys) }
    }

    /// An address that nobody has, nor gets from this draw again; nil when luck gives none.
    func draw(servedBy backend: DomainID) -> MACAddress? {
        taken.withLock { taken in
            var known = taken[backend] ?? read(backend)
            let address = (0..<100).lazy.compactMap { _ in self.random() }.first { !known.contains($0) }
            if let address { known.insert(address) }
            taken[backend] = known
            return address
        }
    }
}

extension MACAddress {
    /// A random address of Xen's OUI, from the half of the range that libxl uses.
    static func randomXen() -> MACAddress? {
        let random = XenUUID.random().bytes
        return MACAddress(bytes: [0x00, 0x16, 0x3E, random[0] & 0x7F, random[1], random[2]])
    }
}

extension Toolstack {
    /// The hardware addresses of all guests' interfaces that a domain serves, and whose they are.
    func hardwareAddresses(servedBy backend: DomainID) -> [MACAddress: DomainID] {
        let root = DomainPaths(backend).guest / "backend/vif"
        var found: [MACAddress: DomainID] = [:]
        for guest in (try? store.list(root)) ?? [] {
            guard let number = UInt32(guest) else { continue }
            for device in (try? store.list(root / guest)) ?? [] {
                guard let text = try? store.read(root / guest / device / "mac"), let address = MACAddress(text)
                else { continue }
                found[address] = DomainID(number)
            }
        }
        return found
    }
}
