import XenControl
import XenTypes
import YajlJSON

extension PCIPassthrough {
    /// The name by which QEMU has a function.
    static func qemuID(_ address: PCIDeviceAddress) -> String {
        "pci-pt-" + address.text("_", ".").dropFirst("0000_".count)
    }

    /// What is asked of QEMU for a function: numbers in a device's place are text to it.
    static func arguments(for function: PassedFunction) -> [(name: String, value: JSONValue)] {
        var arguments: [(name: String, value: JSONValue)] = [
            ("driver", .string("xen-pci-passthrough")), ("id", .string(qemuID(function.address))),
            ("hostaddr", .string(function.address.description)),
        ]
        if function.virtualDevfn != 0 {
            let place = [function.virtualDevfn >> 3, function.virtualDevfn & 7].map { String($0, radix: 16) }
            arguments.append(("addr", .string(place.joined(separator: "."))))
        }
        if function.device.permissive { arguments.append(("permissive", .bool(true))) }
        return arguments
    }

    /// Gives a function to a domain's QEMU.
    ///
    /// - Returns: where the guest has it.
    func plug(
        _ function: PassedFunction, into domain: DomainID, undo: inout UndoStack
    ) async throws(ToolstackError) -> UInt32 {
        let (address, limit) = (function.address, toolstack.timeouts.deviceModelCommand)
        let what = "give \(address) to the QEMU of domain \(domain)"
        undo.push("\(address) in the QEMU of domain \(domain)") { [self] in
            guard toolstack.isDeviceModelRunning(for: domain) else { return }
            try await unplug(address, from: domain)
        }
        return try await toolstack.withDeviceModel(of: domain, to: what) { session in
            _ = try await session.execute("device_add", Self.arguments(for: function), within: limit)
            let answer = try await session.execute("query-pci", within: limit)
            guard let place = try PCIBus.place(of: Self.qemuID(address), in: answer) else {
                throw QMPError.malformed("query-pci does not show \(Self.qemuID(address))")
            }
            return place
        }
    }

    /// Takes a function from a domain's QEMU, which asks the guest for it.
    ///
    /// - Throws: `timedOut` when the guest keeps it.
    func unplug(_ address: PCIDeviceAddress, from domain: DomainID) async throws(ToolstackError) {
        try await toolstack.unplugPCI(Self.qemuID(address), "\(address)", from: domain)
    }
}
