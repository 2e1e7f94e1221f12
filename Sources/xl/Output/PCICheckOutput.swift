import XenToolstack

/// One device of `pci-check --json` (`schemas/pci-check.schema.json`).
struct PCICheckJSON: Encodable {
    struct Finding: Encodable {
        let severity: String
        let code: String
        let text: String
        let remedy: String?
    }

    let address: String
    let fit: Bool
    let vendorID: UInt16
    let deviceID: UInt16
    let classCode: UInt32
    let driver: String?
    let findings: [Finding]

    init(_ check: PCICheck) {
        let function = check.function
        address = function.address.description
        fit = check.isFit
        (vendorID, deviceID, classCode) = (function.vendor, function.device, function.classCode)
        driver = function.driver?.lastComponent?.string
        findings = check.findings.map {
            Finding(severity: $0.severity.rawValue, code: $0.code, text: $0.text, remedy: $0.remedy)
        }
    }

    enum CodingKeys: String, CodingKey {
        case address
        case fit
        case vendorID = "vendor_id"
        case deviceID = "device_id"
        case classCode = "class_code"
        case driver
        case findings
    }

    static func text(_ check: PCICheck) -> String {
        let function = check.function
        let ids = "\(hexadecimal(function.vendor, width: 4)):\(hexadecimal(function.device, width: 4))"
        let kind = hexadecimal(function.classCode, width: 6)
        let verdict = check.isFit ? "can be given to a guest" : "cannot be given to a guest as things are"
        let lines = check.findings.flatMap { finding in
            ["  \(finding.severity.rawValue): \(finding.text)"] + (finding.remedy.map { ["    Remedy: \($0)"] } ?? [])
        }
        return (["\(function.address) (\(ids), class \(kind)) \(verdict)"] + lines).joined(separator: "\n")
    }
}
