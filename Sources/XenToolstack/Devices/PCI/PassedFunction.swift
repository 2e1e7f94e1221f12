import DomainModel
import XenControl
import XenTypes

/// One function of a PCI device that a domain gets, with where it gets it.
struct PassedFunction: Sendable {
    var address: PCIDeviceAddress
    /// Slot in the upper bits, function in the lower three; 0 for any slot.
    var virtualDevfn: UInt32
    /// What the configuration says of the device.
    var device: PCIDevice

    /// The functions that a specification means, in the order in which they are given: function 0 last, for that is the
    /// one with which a guest finds the device.
    ///
    /// A function that is given alone becomes function 0 of its slot: without one, a guest does not look for others.
    ///
    /// - Parameter present: all functions of the device that the host has.
    /// - Throws: `invalid` for all functions without a slot, for there is no place for them beside each other.
    static func all(
        of device: PCIDevice, at address: PCIDeviceAddress, present: [PCIDeviceAddress]
    ) throws(ToolstackError) -> [PassedFunction] {
        let slot = device.virtualDevfn & ~7
        guard device.functionMask == PCIDevice.allFunctions else {
            return [PassedFunction(address: address, virtualDevfn: slot, device: device)]
        }
        guard slot != 0 else {
            throw ToolstackError(
                .invalid, "cannot give all functions of \(address) to a guest",
                cause: "they need a slot of their own there", remedy: "write the slot after the address: @SLOT")
        }
        return present.sorted { $0.devfn > $1.devfn }.map {
            PassedFunction(address: $0, virtualDevfn: slot | UInt32($0.function), device: device)
        }
    }

    /// The nodes by which the backend knows it.
    ///
    /// - Parameter number: among the domain's functions.
    func nodes(number: Int) -> [DevicePlan.Entry] {
        func flag(_ value: Bool) -> String { value ? "1" : "0" }
        var entries = [
            DevicePlan.Entry("key-\(number)", address.description),
            DevicePlan.Entry("dev-\(number)", address.description),
        ]
        if virtualDevfn != 0 {
            entries.append(DevicePlan.Entry("vdevfn-\(number)", String(virtualDevfn, radix: 16)))
        }
        if let name = device.name { entries.append(DevicePlan.Entry("name-\(number)", name)) }
        let policy = device.rdmPolicy == .relaxed ? "relaxed" : "strict"
        let options = [
            "msitranslate=\(flag(device.msitranslate))", "power_mgmt=\(flag(device.powerMgmt))",
            "permissive=\(flag(device.permissive))", "rdm_policy=\(policy)",
        ]
        return entries + [
            DevicePlan.Entry("opts-\(number)", options.joined(separator: ",")),
            DevicePlan.Entry("state-\(number)", XenbusState.initialising.text),
        ]
    }
}

extension PCIDevice {
    /// `LIBXL_PCI_FUNC_ALL`: the mask of a device with all of its functions.
    static let allFunctions = UInt32.max
}
