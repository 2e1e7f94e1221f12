extension String {
    /// The text with control characters, bytes that are no UTF-8, and characters that change the direction or place
    /// of others written as `\xNN` or `\u{N…}`, so that a name that a guest chose cannot steer the terminal or
    /// forge a line of output.
    public var escapingControls: String { escapingControls(but: []) }

    /// As `escapingControls`, but for some characters, which stay.
    public func escapingControls(but kept: [Unicode.Scalar]) -> String {
        func isKept(_ scalar: Unicode.Scalar) -> Bool { scalar.isPrintable || kept.contains(scalar) }
        guard !unicodeScalars.allSatisfy(isKept) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if isKept(scalar) {
                result.unicodeScalars.append(scalar)
            } else if let byte = scalar.escapedByte ?? UInt8(exactly: scalar.value) {
                result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        guard escapedByte == nil else { return false }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: false
        default: true
        }
    }

    /// The byte that this stands for, where it is one of `String(escapingBytes:)`.
    fileprivate var escapedByte: UInt8? {
        (0x10FF80...0x10FFFF).contains(value) ? UInt8(value & 0xFF) : nil
    }
}
