import XenTypes
import YajlJSON

/// The processors of a machine that QEMU emulates.
enum DeviceModelVCPUs {
    /// Larger numbers are no vCPU's (`HVM_MAX_VCPUS` in `xen/hvm/hvm_info_table.h` is 128).
    private static let limit: Int64 = 4096

    /// Those that are plugged in.
    ///
    /// - Parameter answer: to `query-cpus-fast`.
    static func present(_ answer: JSONValue) throws(QMPError) -> Bitmap {
        guard let cpus = answer.array else { throw .malformed("query-cpus-fast gives no list") }
        var present = Bitmap()
        for cpu in cpus {
            guard let index = cpu["cpu-index"]?.integer, (0..<limit).contains(index) else {
                throw .malformed("query-cpus-fast lists a CPU without a number")
            }
            present.insert(Int(index))
        }
        return present
    }

    /// Where processors can be plugged in, in the order of their numbers: by socket, core and thread.
    ///
    /// - Returns: the arguments of `device_add` for each.
    ///
    /// - Parameter answer: to `query-hotpluggable-cpus`.
    static func slots(_ answer: JSONValue) throws(QMPError) -> [[(name: String, value: JSONValue)]] {
        guard let entries = answer.array else { throw .malformed("query-hotpluggable-cpus gives no list") }
        var slots: [(place: [Int64], arguments: [(name: String, value: JSONValue)])] = []
        for entry in entries {
            guard let driver = entry["type"]?.string, case .object(let properties)? = entry["props"] else {
                throw .malformed("query-hotpluggable-cpus lists a CPU without a type or place")
            }
            let place = ["socket-id", "die-id", "core-id", "thread-id"].map { name in
                properties.first { $0.name == name }?.value.integer ?? 0
            }
            var arguments = properties
            arguments.insert(("driver", .string(driver)), at: 0)
            slots.append((place, arguments))
        }
        slots.sort { $0.place.lexicographicallyPrecedes($1.place) }
        return slots.map { $0.arguments }
    }
}

extension Toolstack {
    /// Plugs vCPUs into an HVM guest that it lacks.
    func plugVCPUs(_ wanted: Bitmap, of domain: DomainID) async throws(ToolstackError) {
        try await withDeviceModel(of: domain, to: "plug vCPUs into domain \(domain)") { session in
            let limit = timeouts.deviceModelCommand
            let missing = try wanted.subtracting(
                DeviceModelVCPUs.present(await session.execute("query-cpus-fast", within: limit)))
            guard !missing.isEmpty else { return }
            let slots = try DeviceModelVCPUs.slots(await session.execute("query-hotpluggable-cpus", within: limit))
            for vcpu in missing {
                guard slots.indices.contains(vcpu) else {
                    throw QMPError.unexpected("\(slots.count) places for CPUs, none for vCPU \(vcpu)")
                }
                var arguments = slots[vcpu]
                arguments.insert(("id", .string("cpu-\(vcpu)")), at: 0)
                try await session.execute("device_add", arguments, within: limit)
            }
        }
    }

    /// The vCPUs that an HVM guest's machine has.
    func pluggedVCPUs(of domain: DomainID) async throws(ToolstackError) -> Bitmap {
        try await withDeviceModel(of: domain, to: "list the vCPUs of domain \(domain)") { session in
            try DeviceModelVCPUs.present(
                await session.execute("query-cpus-fast", within: timeouts.deviceModelCommand))
        }
    }
}
