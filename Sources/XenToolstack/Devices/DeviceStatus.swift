import XenStore
import XenTypes

/// What a domain's device looks like now.
///
/// The guest writes the frontend, so its numbers can be anything.
public struct DeviceStatus: Sendable {
    /// The device.
    public let address: DeviceAddress
    /// What the toolstack wrote for the backend, by key.
    public let record: [String: String]
    /// What the guest wrote for its side, by key.
    public let frontend: [String: String]

    public init(address: DeviceAddress, record: [String: String], frontend: [String: String]) {
        self.address = address
        self.record = record
        self.frontend = frontend
    }

    /// A number of the frontend as upstream's toolstack reads it: nil when there is no such node.
    public func number(_ key: String) -> Int32? { frontend[key].map { GuestNumber.value(of: $0) } }

    /// The state of the frontend; nil when it has none, or one that no protocol knows.
    public var state: XenbusState? { frontend["state"].flatMap { XenbusState(text: $0) } }

}

/// A numbered directory of a frontend: a display's connector, a sound card's PCM or one of its streams.
public struct DevicePart: Sendable {
    /// Its nodes by key; the guest may have written any of them.
    public let values: [String: String]

    public init(values: [String: String]) { self.values = values }

    /// A number as upstream's toolstack reads it: nil when there is no such node.
    public func number(_ key: String) -> Int32? { values[key].map { GuestNumber.value(of: $0) } }
}

enum GuestNumber {
    /// C's `strtoul` in base 10, cut to an `int`: digits up to the first other byte, 0 without any.
    static func value(of text: String) -> Int32 {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
        var rest = text.utf8.drop { blanks.contains($0) }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var value: UInt64 = 0
        for digit in rest.prefix(while: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return -1 }
            value = sum
        }
        return Int32(truncatingIfNeeded: isNegative ? 0 &- value : value)
    }
}

extension DeviceEngine {
    /// The domain's devices of some kinds, as they are now.
    ///
    /// - Parameters:
    ///   - recordKeys: which nodes of the record to read.
    ///   - frontendKeys: which nodes of the frontend to read besides its state.
    public func statuses(
        of domain: DomainID, kinds: [DeviceKind], recordKeys: [String], frontendKeys: [String]
    ) throws(ToolstackError) -> [DeviceStatus] {
        var result: [DeviceStatus] = []
        for device in try devices(of: domain, kinds: kinds) {
            do throws(StoreError) {
                result.append(
                    DeviceStatus(
                        address: device, record: try values(recordKeys, below: device.record),
                        frontend: try values(["state"] + frontendKeys, below: device.frontend)))
            } catch {
                throw ToolstackError(
                    .fail, "cannot read \(device) of domain \(domain)", domain: domain, underlying: error)
            }
        }
        return result
    }

    /// The directories 0, 1, … of a device's frontend, up to the first number that is missing.
    ///
    /// A guest can make more of them than its configuration had, so only the first 64 count.
    ///
    /// - Parameters:
    ///   - path: the directory that they are in, relative to the frontend.
    ///   - keys: which nodes of each to read.
    public func parts(
        of device: DeviceAddress, below path: String? = nil, keys: [String]
    ) throws(ToolstackError) -> [DevicePart] {
        let directory = path.map { device.frontend / $0 } ?? device.frontend
        do throws(StoreError) {
            var parts: [DevicePart] = []
            while parts.count < 64, try store.exists(directory / "\(parts.count)") {
                parts.append(DevicePart(values: try values(keys, below: directory / "\(parts.count)")))
            }
            return parts
        } catch {
            throw ToolstackError(
                .fail, "cannot read \(device) of domain \(device.domain)", domain: device.domain, underlying: error)
        }
    }

    private func values(_ keys: [String], below path: StorePath) throws(StoreError) -> [String: String] {
        let found = zip(keys, try store.read(keys.map { path / $0 }))
        return Dictionary(found.compactMap { key, value in value.map { (key, $0) } }) { $1 }
    }
}
