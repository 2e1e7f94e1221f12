/// A text that describes many domains, in which `{n}` stands for the number of each.
///
/// `{n}` is decimal, `{n:04}` has leading zeros up to four places, and `{n:02x}` is hexadecimal, as the parts of a MAC
/// address are. Other words in braces stay as they are.
public enum NumberedText {
    /// Most places that a number may be filled up to.
    static let maximumWidth = 20

    /// The text of the domain with a number.
    public static func fill(_ text: [UInt8], with number: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "{")) {
            result += rest[..<start]
            rest = rest[start...]
            let placeholder = rest.prefix(maximumWidth).firstIndex(of: UInt8(ascii: "}"))
                .map { rest[rest.index(after: start)..<$0] }
            if let placeholder, let format = Format(placeholder) {
                result += Array(format.text(of: number).utf8)
                rest = rest[(placeholder.endIndex + 1)...]
            } else {
                result.append(UInt8(ascii: "{"))
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    /// The text with a number in the places for it.
    public static func fill(_ text: String, with number: Int) -> String {
        String(decoding: fill(Array(text.utf8), with: number), as: UTF8.self)
    }

    /// What stands between the braces.
    private struct Format {
        var width = 0
        var radix = 10

        init?(_ text: ArraySlice<UInt8>) {
            guard text.first == UInt8(ascii: "n") else { return nil }
            var rest = text.dropFirst()
            guard !rest.isEmpty else { return }
            guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
            if rest.last == UInt8(ascii: "x") {
                radix = 16
                rest = rest.dropLast()
            }
            guard !rest.isEmpty else {
                guard radix == 16 else { return nil }
                return
            }
            guard rest.first == UInt8(ascii: "0"), let width = Int(String(decoding: rest, as: UTF8.self)),
                (1...maximumWidth).contains(width)
            else { return nil }
            self.width = width
        }

        func text(of number: Int) -> String {
            let digits = String(number, radix: radix)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
    }
}
