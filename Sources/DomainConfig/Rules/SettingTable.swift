/// What a document sets each key to, after all its `=` and `+=`.
struct SettingTable: Sendable {
    struct Entry: Sendable {
        let name: String
        /// Where the last assignment names the key.
        var nameRange: SourceRange
        var value: ConfigValue
        /// Whether the last assignment was a `+=`, which numbers do not have.
        var isAppended: Bool
        /// Where earlier assignments that no longer count name the key.
        var replaced: [SourceRange] = []
    }

    /// In the order of the keys' first assignments.
    private(set) var entries: [Entry] = []
    private var index: [String: Int] = [:]

    /// - Parameter sink: takes what cannot be added.
    init(_ document: ConfigDocument, sink: inout DiagnosticSink) {
        for setting in document.settings { add(setting, &sink) }
    }

    subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

    private mutating func add(_ setting: ConfigSetting, _ sink: inout DiagnosticSink) {
        guard let position = index[setting.name] else {
            index[setting.name] = entries.count
            entries.append(
                Entry(
                    name: setting.name, nameRange: setting.nameRange, value: setting.value,
                    isAppended: setting.operation == .append))
            return
        }
        let earlier = entries[position].nameRange
        entries[position].nameRange = setting.nameRange
        entries[position].isAppended = setting.operation == .append
        guard setting.operation == .append else {
            entries[position].replaced.append(earlier)
            entries[position].value = setting.value
            return
        }
        if append(setting.value, at: position) { return }
        sink.error(
            .invalidAppend, "\(setting.name): += cannot add a list to a single value, nor the reverse",
            at: setting.value.range, key: setting.name)
    }

    /// Adds to a value in its place: it must not be copied, or many += would take quadratic time.
    private mutating func append(_ more: ConfigValue, at position: Int) -> Bool {
        if case .text(let addition) = more, case .text(var text) = entries[position].value {
            entries[position].value = more
            text.append(addition)
            entries[position].value = .text(text)
            return true
        }
        if case .list(let addition) = more, case .list(var list) = entries[position].value {
            entries[position].value = more
            list.elements.append(contentsOf: addition.elements)
            list.range = addition.range
            entries[position].value = .list(list)
            return true
        }
        return false
    }
}
