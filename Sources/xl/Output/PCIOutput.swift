import XenToolstack

/// One device of `pci-assignable-list --json` (`schemas/pci-assignable-list.schema.json`).
struct AssignablePCIJSON: FieldDocument {
    let address: String
    let name: String?
    let formerDriver: String?
    let vendorID: UInt16
    let deviceID: UInt16
    let classCode: UInt32

    init(_ device: AssignablePCIDevice) {
        let function = device.function
        address = function.address.description
        name = device.name
        formerDriver = device.formerDriver
        (vendorID, deviceID, classCode) = (function.vendor, function.device, function.classCode)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case address
        case name
        case formerDriver = "former_driver"
        case vendorID = "vendor_id"
        case deviceID = "device_id"
        case classCode = "class_code"
    }
}

/// One device of `pci-list --json` (`schemas/pci-list.schema.json`).
struct PassedPCIJSON: FieldDocument {
    let domid: UInt32
    let address: String
    let name: String?
    let virtualSlot: UInt32
    let virtualFunction: UInt32
    let permissive: Bool
    let msitranslate: Bool
    let powerManagement: Bool
    let rdmPolicy: String?

    init(_ device: PassedPCIDevice) {
        domid = device.domain.rawValue
        address = device.address.description
        name = device.name
        (virtualSlot, virtualFunction) = (device.virtualSlot, device.virtualFunction)
        let words = (device.options ?? "").split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        func value(_ key: String) -> String? {
            words.first { $0.first.map { $0 == key } ?? false }?.dropFirst().first.map { String($0) }
        }
        permissive = value("permissive") == "1"
        msitranslate = value("msitranslate") == "1"
        powerManagement = value("power_mgmt") == "1"
        rdmPolicy = value("rdm_policy")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case address
        case name
        case virtualSlot = "virtual_slot"
        case virtualFunction = "virtual_function"
        case permissive
        case msitranslate
        case powerManagement = "power_mgmt"
        case rdmPolicy = "rdm_policy"
    }
}

extension DeviceTable {
    static func pciDevices(_ devices: [PassedPCIDevice]) -> String {
        let rows = devices.map { device in
            "\(hexadecimal(device.virtualSlot, width: 2)).\(device.virtualFunction) \(device.address)"
        }
        return (["Vdev Device"] + rows).joined(separator: "\n")
    }
}
