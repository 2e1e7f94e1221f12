import DomainModel
import XenTypes

/// A value as a configuration file would have it.
public enum WrittenValue: Hashable, Sendable {
    /// A quoted text.
    case text(String)
    /// A number.
    case number(Int64)
    /// A list of texts.
    case list([String])
    /// A list of lists of texts.
    case lists([[String]])

    static func flag(_ value: Bool) -> WrittenValue { .number(value ? 1 : 0) }

    /// KiB as whole MiB: configurations have no smaller unit.
    static func mebibytes(_ kibibytes: UInt64) -> WrittenValue { .number(Int64(clamping: kibibytes >> 10)) }

    /// The name of a value; nil for the one that holds when nothing is said.
    static func choice(_ value: some DefaultedEnumeration) -> WrittenValue? {
        value == .defaultValue ? nil : .text(value.name)
    }

    static func list(nonEmpty texts: [String]) -> WrittenValue? { texts.isEmpty ? nil : .list(texts) }

    /// The value in the configuration language.
    public var source: String {
        switch self {
        case .text(let text): Self.quoted(text)
        // The language has no sign, but numbers may stand in quotes.
        case .number(let number): number < 0 ? Self.quoted(String(number)) : String(number)
        case .list(let texts): Self.bracketed(texts.map(Self.quoted))
        case .lists(let lists): Self.bracketed(lists.map { "[ " + $0.map(Self.quoted).joined(separator: ", ") + " ]" })
        }
    }

    private static func bracketed(_ elements: [String]) -> String {
        elements.count < 2
            ? "[ " + elements.joined() + " ]" : "[\n" + elements.map { "    \($0),\n" }.joined() + "]"
    }

    /// The text in quotes, with escapes for what may not stand between them.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{01}"..<" ", "\u{7F}": result += "\\x" + String(scalar.value + 256, radix: 16).dropFirst()
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
