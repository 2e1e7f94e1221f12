extension Diagnostic {
    /// The diagnostic as people read it: `file:line:column: error: …`, the source line and a caret under the place.
    ///
    /// Control characters from the source are shown as `\xHH`. No newline at the end.
    public var text: String {
        var lines: [String] = []
        var head = "\(severity.rawValue): \(Self.printable(message))"
        if let expected { head += ", expected \(Self.printable(expected))" }
        if let suggestion { head += "; did you mean \"\(Self.printable(suggestion))\"?" }
        guard let location else { return head }
        lines.append("\(Self.printable(location.file)):\(location.line):\(location.column): \(head)")
        if !location.sourceLine.isEmpty { lines.append(contentsOf: excerpt(location)) }
        return lines.joined(separator: "\n")
    }

    private func excerpt(_ location: Location) -> [String] {
        var shown = location.sourceColumn > 1 ? "…" : ""
        var marks = location.sourceColumn > 1 ? " " : ""
        var column = location.sourceColumn
        for scalar in location.sourceLine.unicodeScalars {
            let piece = scalar == "\t" ? " " : Self.printable(scalar)
            let isMarked = column == location.column || (location.column..<location.endColumn).contains(column)
            let mark = isMarked ? (column == location.column ? "^" : "~") : " "
            shown += piece
            marks += mark + String(repeating: isMarked ? "~" : " ", count: max(piece.unicodeScalars.count - 1, 0))
            column += 1
        }
        if location.column >= column { marks += String(repeating: " ", count: location.column - column) + "^" }
        while marks.last == " " { marks.removeLast() }
        return ["    " + shown, "    " + marks]
    }

    /// The text with control characters made visible.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += printable($1) }
    }

    private static func printable(_ scalar: Unicode.Scalar) -> String {
        // A byte that is no UTF-8, as String(escapingBytes:) keeps it.
        if (0x10FF80...0x10FFFF).contains(scalar.value) { return "\\x" + String(scalar.value & 0xFF, radix: 16) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            scalar.value < 256
                ? "\\x" + String(scalar.value + 256, radix: 16).dropFirst()
                : "\\u{" + String(scalar.value, radix: 16) + "}"
        default: String(scalar)
        }
    }
}
