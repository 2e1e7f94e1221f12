import ArgumentParser
import XenTypes
import YajlJSON

/// What of a command's document is wanted: `--fields`, and `-o` for scripts.
struct FieldChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show these members of the JSON document alone, in this order; a.b is member b of a.", valueName: "a,b"))
    var fields: String?
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("As --fields, but without a heading and with tabs between: for scripts.", valueName: "a,b"))
    var bare: String?

    init() {}

    init(fields: String? = nil, bare: String?) { (self.fields, self.bare) = (fields, bare) }

    func validate() throws {
        guard fields == nil || bare == nil else { throw ValidationError("--fields and -o exclude each other") }
        let parts = names.flatMap { $0.split(separator: ".", omittingEmptySubsequences: false) }
        guard parts.allSatisfy({ !$0.isEmpty }) else { throw ValidationError("a name is missing between commas") }
    }

    var names: [String] {
        (fields ?? bare)?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }

    /// Prints a document, what is chosen of it, or text.
    ///
    /// - Parameters:
    ///   - fields: members that the document may have, beside those that it has.
    ///   - text: prints the usual answer.
    func show(
        asJSON isJSON: Bool, fields: [String] = [], _ document: () throws -> any Encodable, else text: () throws -> Void
    ) throws {
        guard isJSON || !names.isEmpty else { return try text() }
        guard !names.isEmpty else { return Output.print(bytes: try YajlEncoder().encode(document())) }
        let chosen = try Self.choose(names, from: Self.value(of: document()), known: fields)
        guard !isJSON else { return try Output.print(json: chosen) }
        let lines = Self.lines(of: chosen, names, hasHeading: bare == nil)
        if !lines.isEmpty { Output.print(lines.joined(separator: "\n")) }
    }

    /// Prints a list of documents, what is chosen of it, or text.
    func show<Subject>(
        _ subjects: [Subject], _ fields: [Field<Subject>], asJSON isJSON: Bool, else text: () throws -> Void
    ) throws {
        let names = fields.map(\.name)
        try show(asJSON: isJSON, fields: names, { FieldDocument.list(subjects, fields) }, else: text)
    }

    private static func value(of document: any Encodable) throws -> JSONValue {
        if let value = document as? JSONValue { return value }
        return try YajlDecoder().decode(JSONValue.self, from: YajlEncoder().encode(document))
    }

    /// - Throws: `ExitStatus.usage` for a name that the document cannot have, which is told.
    static func choose(
        _ names: [String], from document: JSONValue, known: [String] = []
    ) throws(ExitStatus) -> JSONValue {
        let rows = document.array ?? [document]
        for name in names {
            let path = path(name)
            let answers = rows.compactMap { has(path, $0) }
            guard answers.contains(false), !answers.contains(true), !known.contains(name) else { continue }
            var fields = known
            for row in rows { fields += fieldNames(of: row).filter { !fields.contains($0) } }
            let (text, list) = ("there is no field \"\(name)\"", fields.joined(separator: ", "))
            Output.error(
                Fault(.usage, text, hint: "there are \(list)"),
                words: "xl: error: \("\(text); there are \(list)".escapingControls)")
            throw .usage
        }
        let chosen = rows.map { row in JSONValue.object(names.map { ($0, member(path($0), of: row) ?? .null) }) }
        return document.array == nil ? chosen[0] : .array(chosen)
    }

    private static func path(_ name: String) -> ArraySlice<Substring> { name.split(separator: ".")[...] }

    /// Whether there is such a member; nil where that cannot be said, since what it would be of is not there.
    private static func has(_ path: ArraySlice<Substring>, _ value: JSONValue) -> Bool? {
        guard let name = path.first else { return true }
        switch value {
        case .object: return value[String(name)].map { has(path.dropFirst(), $0) } ?? false
        case .array(let list): return list.isEmpty ? nil : list.contains { has(path, $0) != false }
        case .null: return nil
        default: return false
        }
    }

    /// - Returns: nil when there is no such member; of a list, that of each element.
    private static func member(_ path: ArraySlice<Substring>, of value: JSONValue) -> JSONValue? {
        guard let name = path.first else { return value }
        switch value {
        case .object: return value[String(name)].flatMap { member(path.dropFirst(), of: $0) }
        case .array(let list):
            return .array(list.map { member(path, of: $0) ?? .null })
        default: return nil
        }
    }

    private static func fieldNames(of value: JSONValue) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.flatMap { member -> [String] in
            guard case .object(let inner) = member.value else { return [member.name] }
            return inner.map { "\(member.name).\($0.name)" }
        }
    }

    /// The rows of a table with as wide columns as are needed; bare ones have tabs between.
    static func lines(of document: JSONValue, _ names: [String], hasHeading: Bool) -> [String] {
        let rows = (document.array ?? [document]).map { row in names.map { text(row[$0] ?? .null) } }
        guard hasHeading else { return rows.map { $0.joined(separator: "\t") } }
        let table = [names] + rows
        let widths = names.indices.map { column in table.map { $0[column].utf8.count }.max() ?? 0 }
        return table.map { row in
            var line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// A value in a column: nothing that could end it or steer the terminal, and a dash for none.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: return "-"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value): return value.escapingControls
        case .array(let list): return list.isEmpty ? "-" : list.map(text).joined(separator: ",")
        case .object:
            let bytes = (try? YajlEncoder(layout: .compact).encode(value)) ?? []
            return String(decoding: bytes, as: UTF8.self).escapingControls
        }
    }
}
