import XenToolstack

/// One device of `pci-assignable-list --json` (`schemas/pci-assignable-list.schema.json`).
struct AssignablePCIJSON: Encodable {
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

    enum CodingKeys: String, CodingKey {
        case address
        case name
        case formerDriver = "former_driver"
        case vendorID = "vendor_id"
        case deviceID = "device_id"
        case classCode = "class_code"
    }
}
