import XenTypes

/// Text in lines of a width that people like to read.
enum TextLayout {
    private static let width = 96

    /// The words in lines, each with blanks before it.
    static func wrapped(_ text: String, indent: Int) -> [String] {
        var lines: [String] = []
        for word in text.escapingControls.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(repeating: " ", count: indent) + word)
            }
        }
        return lines
    }
}

extension String {
    /// The text filled up with spaces on its right to `width` bytes, as printf's `%-Ns` does.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }

    /// The text filled up with spaces on its left to `width` bytes, as printf's `%Ns` does.
    func rightAligned(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count)) + self
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
