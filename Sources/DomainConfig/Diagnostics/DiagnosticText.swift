import XenTypes

extension Diagnostic {
    /// The diagnostic as people read it: `file:line:column: error: …`, the source line and a caret under the place.
    ///
    /// Control characters from the source are shown as `\xHH`. No newline at the end.
    public var text: String {
        var lines: [String] = []
        let reading = severity == .warning && upstream == .ignored ? "ignored by xl: " : ""
        var head = "\(severity.rawValue): \(reading)\(message.escapingControls)"
        if let expected { head += ", expected \(expected.escapingControls)" }
        if let suggestion { head += "; did you mean \"\(suggestion.escapingControls)\"?" }
        guard let location else { return head }
        lines.append("\(location.file.escapingControls):\(location.line):\(location.column): \(head)")
        if !location.sourceLine.isEmpty { lines.append(contentsOf: excerpt(location)) }
        return lines.joined(separator: "\n")
    }

    private func excerpt(_ location: Location) -> [String] {
        var shown = location.sourceColumn > 1 ? "…" : ""
        var marks = location.sourceColumn > 1 ? " " : ""
        var column = location.sourceColumn
        for scalar in location.sourceLine.unicodeScalars {
            let piece = scalar == "\t" ? " " : String(scalar).escapingControls
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
}
