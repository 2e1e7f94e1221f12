extension String {
    /// The text with control characters, bytes that are no UTF-8, and characters that change the direction or place
    /// of others written as `\xNN` or `\u{N…}`, so that a name that a guest chose cannot steer the terminal or
    /// forge a line of output.
    var escapingControls: String {
        guard unicodeScalars.contains(where: { !$0.isPrintable }) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isPrintable {
                result.unicodeScalars.append(scalar)
            } else if let byte = scalar.escapedByte ?? UInt8(exactly: scalar.value) {
                result += "\\x" + hexadecimal(byte, width: 2)
            } else {
                result += "\\u{\(hexadecimal(scalar.value, width: 1))}"
            }
        }
        return result
    }

    /// The text filled up with spaces on its right to `width` bytes, as printf's `%-Ns` does.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }

    /// The text filled up with spaces on its left to `width` bytes, as printf's `%Ns` does.
    func rightAligned(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count)) + self
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

/// The number in hexadecimal digits, with zeros before it until it has `width` of them.
func hexadecimal(_ value: some BinaryInteger, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// A number with a fixed count of decimals, as C's `%.*f`, from its value in units of the last one.
///
///     decimal(1234, places: 1) == "123.4"
func decimal(_ value: UInt64, places: Int) -> String {
    let digits = String(value)
    guard places > 0 else { return digits }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
    return "\(padded.dropLast(places)).\(padded.suffix(places))"
}
