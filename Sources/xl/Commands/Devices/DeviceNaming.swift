import ArgumentParser
import XenToolstack

/// How a word names one of a domain's devices.
struct DeviceNaming: Sendable {
    /// What the word may be, for `--help`.
    let help: ArgumentHelp
    /// What is said of a word that names none.
    let missing: @Sendable (String) -> String
    /// What the list is said to show then.
    var listed = "those that it has"
    /// The nodes of the record that a device is known by.
    var recordKeys: [String] = []
    /// Whether a device is the one that a word names.
    let matches: @Sendable (_ word: String) -> (DeviceStatus) -> Bool

    static let number = DeviceNaming(help: "Number of the device.", missing: { "Device \($0) not connected" }) { word in
        let number = UInt32(word)
        return { $0.address.id == number }
    }

    /// By its number, or by an identity that its record has in the node `key`.
    static func number<Identity: Equatable & Sendable>(
        or key: String, help: ArgumentHelp, _ read: @escaping @Sendable (String) -> Identity?
    ) -> DeviceNaming {
        DeviceNaming(help: help, missing: { "Unknown device \($0)" }, recordKeys: [key]) { word in
            guard let identity = read(word) else { return number.matches(word) }
            return { $0.record[key].flatMap(read) == identity }
        }
    }
}
