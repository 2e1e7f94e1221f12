import XenTypes
import YajlJSON

/// A device that QEMU emulates, which it can be told of on its command line and while it runs.
public struct QEMUDevice: Sendable, Hashable {
    /// What a property is set to.
    public enum Value: Sendable, Hashable {
        /// A text.
        case text(String)
        /// From QEMU 9.2 on, a number must not come as text.
        case number(Int64)
    }

    /// One thing that is set.
    public struct Property: Sendable, Hashable {
        /// The property.
        public let name: String
        /// What it is set to.
        public let value: Value
    }

    /// Which of QEMU's devices it is.
    public let driver: String
    /// The name by which QEMU knows this one.
    public let id: String
    /// What is set, in the order in which QEMU is told.
    public let properties: [Property]

    init(_ driver: String, id: String, _ properties: KeyValuePairs<String, Value> = [:]) {
        self.driver = driver
        self.id = id
        self.properties = properties.map { Property(name: $0.key, value: $0.value) }
    }

    /// What follows `-device`.
    var option: String {
        ([driver.asOptionValue, "id=\(id.asOptionValue)"]
            + properties.map { property in
                switch property.value {
                case .text(let text): "\(property.name)=\(text.asOptionValue)"
                case .number(let number): "\(property.name)=\(number)"
                }
            }).joined(separator: ",")
    }

    /// What `device_add` is given.
    var arguments: [(name: String, value: JSONValue)] {
        [("driver", .string(driver)), ("id", .string(id))]
            + properties.map { property in
                switch property.value {
                case .text(let text): (property.name, .string(text))
                case .number(let number): (property.name, .integer(number))
                }
            }
    }
}

extension Toolstack {
    /// Gives a running domain a device that its QEMU emulates.
    ///
    /// - Parameter what: in words that follow "cannot".
    func add(_ device: QEMUDevice, to domain: DomainID, _ what: String) async throws(ToolstackError) {
        try await withDeviceModel(of: domain, to: what) { [timeouts] session in
            _ = try await session.execute("device_add", device.arguments, within: timeouts.deviceModelCommand)
        }
    }

    /// Has a domain's QEMU take a device away that goes without the guest's help. One that it does not have is gone.
    func removeFromDeviceModel(_ id: String, of domain: DomainID, _ what: String) async throws(ToolstackError) {
        do throws(ToolstackError) {
            try await withDeviceModel(of: domain, to: what) { [timeouts] session in
                _ = try await session.execute(
                    "device_del", [("id", .string(id))], within: timeouts.deviceModelCommand)
            }
        } catch {
            guard error.code != .qmpDeviceNotFound else { return }
            throw error
        }
    }

    /// Has a domain's QEMU take a PCI device away, for which it asks the guest. One that it does not have is gone.
    ///
    /// - Parameter name: for messages.
    /// - Throws: `timedOut` when the guest keeps it.
    func unplugPCI(_ id: String, _ name: String, from domain: DomainID) async throws(ToolstackError) {
        let limit = timeouts.deviceModelCommand
        try await withDeviceModel(of: domain, to: "take \(name) from domain \(domain)") { session in
            func isThere() async throws(QMPError) -> Bool {
                try PCIBus.place(of: id, in: try await session.execute("query-pci", within: limit)) != nil
            }
            guard try await isThere() else { return }
            _ = try await session.execute("device_del", [("id", .string(id))], within: limit)
            let end = ContinuousClock.now + limit
            while try await isThere() {
                let rest = end - ContinuousClock.now
                guard rest > .zero else { throw QMPError.silent("the guest to let go of \(name)", limit) }
                // It tells of every device; only the list tells which.
                try await session.event(.deviceDeleted, within: rest)
            }
        }
    }
}

/// What QEMU says of a guest's PCI buses.
enum PCIBus {
    /// Where a device is by the answer to `query-pci`, slot in the upper bits, function in the lower three; nil when it
    /// is not there.
    ///
    /// - Throws: `malformed` for a place that no bus has.
    static func place(of id: String, in answer: JSONValue) throws(QMPError) -> UInt32? {
        for device in (answer.array ?? []).flatMap({ $0["devices"]?.array ?? [] }) where device["qdev_id"]?.string == id
        {
            guard let slot = device["slot"]?.integer, let function = device["function"]?.integer,
                (0..<32).contains(slot), (0..<8).contains(function)
            else { throw .malformed("\(id) has no place on a bus") }
            return UInt32(slot) << 3 | UInt32(function)
        }
        return nil
    }
}
