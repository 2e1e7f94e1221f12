import DomainModel

/// A domain that is being made from a document: what has been read, and what there was to say about it.
struct DomainDraft {
    var configuration = DomainConfiguration()
    let settings: SettingTable
    var environment: ConfigEnvironment
    var sink: DiagnosticSink
    /// Whether all of the text was understood: a key may be missing only because its line was not.
    var isComplete = true
    /// Whether the guest's type was understood; if not, PV is assumed and not held against other keys.
    var isTypeKnown = true

    var guest: GuestTypes { GuestTypes(configuration.createInfo.type) }

    /// The value of a key and its row, if the document sets it.
    func setting(_ name: String) -> (value: ConfigValue, key: ConfigKey)? {
        guard let value = settings[name]?.value, let key = ConfigKey.byName[name] else { return nil }
        return (value, key)
    }

    // MARK: Values of a key that a rule reads

    mutating func text(_ name: String) -> String? { setting(name).flatMap { text($0.value, $0.key) } }

    mutating func integer(_ name: String) -> Int64? { setting(name).flatMap { integer($0.value, $0.key) } }

    mutating func boolean(_ name: String) -> Bool? { setting(name).flatMap { boolean($0.value, $0.key) } }

    mutating func texts(_ name: String) -> [ConfigText]? { setting(name).flatMap { texts($0.value, $0.key) } }

    // MARK: Values of a row

    mutating func text(_ value: ConfigValue, _ key: ConfigKey) -> String? { atom(value, key)?.string }

    /// A string or number, as written.
    mutating func atom(_ value: ConfigValue, _ key: ConfigKey) -> ConfigText? {
        guard case .text(let text) = value else {
            reportType(
                "\(key.name) is a list", value, key, key.form.expectation,
                isRefused: Self.refusedFaults.contains(key.name))
            return nil
        }
        return text
    }

    /// Keys that upstream's xl does not pass over when their value cannot be read.
    private static let refusedFaults: Set = ["name", "max_grant_frames", "max_maptrack_frames", "max_grant_version"]

    mutating func integer(_ value: ConfigValue, _ key: ConfigKey) -> Int64? {
        guard let text = atom(value, key) else { return nil }
        guard let number = number(text, key) else { return nil }
        guard let range = key.form.range else { return number }
        guard range.contains(number) else {
            reportRange(text, key)
            return nil
        }
        return number
    }

    mutating func kibibytes(_ value: ConfigValue, _ key: ConfigKey) -> UInt64? {
        integer(value, key).map { UInt64(clamping: $0) << 10 }
    }

    mutating func boolean(_ value: ConfigValue, _ key: ConfigKey) -> Bool? {
        guard let text = atom(value, key), let number = number(text, key) else { return nil }
        if number != 0, number != 1 {
            sink.warning(
                .outOfRange, "\(key.name): \(number) counts as 1", at: text.range, expected: "0 or 1", key: key.name)
        }
        return number != 0
    }

    mutating func choice<Value: LibxlEnumeration>(
        _ value: ConfigValue, _ key: ConfigKey, of type: Value.Type
    ) -> Value? {
        guard let text = atom(value, key) else { return nil }
        guard let choice = Value(name: text.string) else {
            reportChoice(text, key)
            return nil
        }
        return choice
    }

    /// A word, or the number that stands for it.
    mutating func choiceOrInteger<Value: LibxlEnumeration>(
        _ text: ConfigText, _ key: ConfigKey, of type: Value.Type, isDeprecated: Bool
    ) -> Value? {
        guard let number = try? CNumber(text.bytes[...], base: 0), number.end == text.bytes.count else {
            if let value = Value(name: text.string) { return value }
            reportChoice(text, key)
            return nil
        }
        guard settings[key.name]?.isAppended != true, let value = number.value(as: Int32.self).flatMap(Value.init),
            key.form.range?.contains(Int64(value.rawValue)) == true
        else {
            reportRange(text, key)
            return nil
        }
        if isDeprecated {
            sink.warning(
                .deprecated, "\(key.name): a number is the old form", at: text.range,
                expected: "\"\(value.name)\"", key: key.name)
        }
        return value
    }

    /// The elements of a list of texts, up to the first that is none: there, upstream's xl ends most lists.
    ///
    /// - Parameters:
    ///   - needsList: whether upstream's xl refuses a single value; else it passes over it.
    ///   - needsTexts: whether it refuses, or dies of, an element that is no text.
    mutating func texts(
        _ value: ConfigValue, _ key: ConfigKey, needsList: Bool = false, needsTexts: Bool = false
    ) -> [ConfigText]? {
        guard case .list(let list) = value else {
            reportType("\(key.name) is a single value", value, key, key.form.expectation, isRefused: needsList)
            return nil
        }
        return elements(list, key, needsTexts: needsTexts)
    }

    /// As `texts(_:_:needsList:needsTexts:)`.
    mutating func elements(_ list: ConfigList, _ key: ConfigKey, needsTexts: Bool = false) -> [ConfigText] {
        var texts: [ConfigText] = []
        for element in list.elements {
            guard case .text(let text) = element else {
                let lost = needsTexts ? "" : ", and ends what counts"
                reportType(
                    "\(key.name): an element is a list\(lost)", element, key, "a text in quotes",
                    isRefused: needsTexts)
                if needsTexts { continue }
                break
            }
            texts.append(text)
        }
        return texts
    }

    private mutating func reportType(
        _ message: String, _ value: ConfigValue, _ key: ConfigKey, _ expected: String, isRefused: Bool
    ) {
        sink.report(
            isRefused ? .error : .warning, .wrongType, message, at: value.range, expected: expected, suggestion: nil,
            key: key.name, upstream: isRefused ? nil : .ignored)
    }

    // MARK: Faults

    mutating func reportChoice(_ text: ConfigText, _ key: ConfigKey) {
        sink.error(
            .invalidValue, "\(key.name): unknown value \"\(text.string)\"", at: text.range,
            expected: key.form.expectation, suggestion: Suggestion.nearest(to: text.string, among: key.form.choices),
            key: key.name)
    }

    mutating func reportRange(_ text: ConfigText, _ key: ConfigKey) {
        sink.error(
            .outOfRange, "\(key.name): \(text.string) is out of range", at: text.range,
            expected: key.form.expectation, key: key.name)
    }

    private mutating func number(_ text: ConfigText, _ key: ConfigKey) -> Int64? {
        guard settings[key.name]?.isAppended != true else {
            reportNoNumber(.invalidAppend, "+= on a number", text, key)
            return nil
        }
        do throws(CNumber.Fault) {
            let number = try CNumber(text.bytes[...], base: 0)
            if number.end == text.bytes.count {
                if let value = number.value(as: Int64.self) { return value }
                reportNoNumber(.outOfRange, "\(text.string) is out of range", text, key)
                return nil
            }
        } catch {
            if case .overflow = error {
                reportNoNumber(.outOfRange, "\(text.string) is out of range", text, key)
                return nil
            }
        }
        reportNoNumber(.notANumber, "\"\(text.string)\" is not a number", text, key)
        return nil
    }

    /// What is no number of C's, nor within 64 bits, counts for upstream's xl as if the key were not there.
    private mutating func reportNoNumber(
        _ code: DiagnosticCode, _ message: String, _ text: ConfigText, _ key: ConfigKey
    ) {
        let isRefused = Self.refusedFaults.contains(key.name)
        sink.report(
            isRefused ? .error : .warning, code, "\(key.name): \(message)", at: text.range,
            expected: code == .invalidAppend ? "=" : key.form.expectation, suggestion: nil, key: key.name,
            upstream: isRefused ? nil : .ignored)
    }
}

extension KeyForm {
    /// The numbers that are accepted, where numbers are.
    var range: ClosedRange<Int64>? {
        switch self {
        case .integer(let range, _), .choiceOrInteger(_, let range): range
        default: nil
        }
    }

    /// The words that are accepted or at least known.
    public var choices: [String] {
        switch self {
        case .choice(let words), .choiceOrInteger(let words, _), .choiceOrText(let words, _), .booleanOrList(let words):
            words
        default: []
        }
    }

    /// The form's name for programs.
    public var typeName: String {
        switch self {
        case .text: "string"
        case .integer: "integer"
        case .boolean: "boolean"
        case .choice: "choice"
        case .choiceOrInteger: "choice-or-integer"
        case .choiceOrText: "choice-or-string"
        case .booleanOrList: "boolean-or-list"
        case .list: "list"
        case .textOrList: "string-or-list"
        case .lists: "list-of-lists"
        }
    }

    /// What is accepted, in words.
    public var expectation: String {
        func list(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ", ") }
        func span(_ range: ClosedRange<Int64>, _ unit: String?) -> String {
            "a number from \(range.lowerBound) to \(range.upperBound)" + (unit.map { " (\($0))" } ?? "")
        }
        return switch self {
        case .text(let placeholder): placeholder == "STRING" ? "a text" : placeholder
        case .integer(let range, let unit): span(range, unit)
        case .boolean: "0 or 1"
        case .choice(let words): words.count == 1 ? list(words) : "one of \(list(words))"
        case .choiceOrInteger(let words, _): "one of \(list(words))"
        case .choiceOrText(let words, let placeholder): "one of \(list(words)) or \(placeholder)"
        case .booleanOrList(let words): "0, 1 or a list of \(list(words))"
        case .list(let placeholder): "a list: [ '\(placeholder)', … ]"
        case .textOrList(let placeholder): "\(placeholder), or a list of them: [ '\(placeholder)', … ]"
        case .lists(let placeholder): "a list of lists: [ [ '\(placeholder)', … ], … ]"
        }
    }
}
