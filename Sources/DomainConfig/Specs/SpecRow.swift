import DomainModel

/// One parameter of a specification: how it is named, read into a device and written back.
struct SpecRow<Device: Sendable>: Sendable {
    typealias Reader = @Sendable (inout Device, SpecValue) throws(SpecError) -> Void

    let parameter: SpecParameter
    let read: Reader
    /// The value as it is written; nil when the device has nothing to say. For a flag, any text.
    let write: @Sendable (Device) -> String?
    /// Said to whoever uses the parameter.
    var notice: Notice?

    struct Notice: Hashable, Sendable {
        var kind: SpecError.Kind
        var message: String
    }

    init(
        _ parameter: SpecParameter, read: @escaping Reader,
        write: @escaping @Sendable (Device) -> String? = { _ in nil }, notice: Notice? = nil
    ) {
        self.parameter = parameter
        self.read = read
        self.write = write
        self.notice = notice
    }

    typealias Path<Value> = WritableKeyPath<Device, Value> & Sendable

    /// A parameter that is kept as it is written.
    static func text(
        _ name: String, _ path: Path<String?>, _ placeholder: String, _ summary: String, since: String? = nil
    ) -> SpecRow {
        SpecRow(
            SpecParameter(name, .text(placeholder), summary, since: since),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in device[keyPath: path] = value.string
            },
            write: { $0[keyPath: path] })
    }

    /// A whole number, written unless it equals the type's default.
    static func number<Integer: FixedWidthInteger & Sendable>(
        _ name: String, _ path: Path<Integer>, base: Int, in range: ClosedRange<Integer>, needsDigits: Bool = false,
        _ summary: String, since: String? = nil
    ) -> SpecRow {
        SpecRow(
            SpecParameter(
                name, .number(Int64(clamping: range.lowerBound)...Int64(clamping: range.upperBound)),
                summary, since: since),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: base, in: range, needsDigits: needsDigits) { device[keyPath: path] = $0 }
            },
            write: { $0[keyPath: path] == 0 ? nil : String($0[keyPath: path]) })
    }

    /// A number of a device, unset by default.
    static func number(
        _ name: String, _ path: Path<Int32?>, base: Int, needsDigits: Bool = false, _ summary: String
    ) -> SpecRow {
        SpecRow(
            SpecParameter(name, .number(0...Int64(Int32.max)), summary),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: base, in: 0...Int32.max, needsDigits: needsDigits) {
                    device[keyPath: path] = $0
                }
            },
            write: { $0[keyPath: path].map { String($0) } })
    }

    /// A number of which only zero means no.
    static func boolean(_ name: String, _ path: Path<Bool>, _ summary: String, since: String? = nil) -> SpecRow {
        SpecRow(
            SpecParameter(name, .boolean, summary, since: since),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: 0, in: Int64.min...Int64.max) { device[keyPath: path] = $0 != 0 }
            },
            write: { $0[keyPath: path] ? "1" : nil })
    }

    /// A number of which only zero means no, with a default that is neither.
    static func boolean(
        _ name: String, _ path: Path<Bool?>, base: Int, _ summary: String, since: String? = nil
    ) -> SpecRow {
        SpecRow(
            SpecParameter(name, .boolean, summary, since: since),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: base, in: Int64.min...Int64.max) { device[keyPath: path] = $0 != 0 }
            },
            write: { $0[keyPath: path].map { $0 ? "1" : "0" } })
    }

    /// The word alone, which sets a switch to `setting`.
    static func flag(
        _ name: String, _ path: Path<Bool?>, _ setting: Bool, _ summary: String
    ) -> SpecRow {
        SpecRow(
            SpecParameter(name, .flag, summary),
            read: { (device: inout Device, _: SpecValue) throws(SpecError) in device[keyPath: path] = setting },
            write: { $0[keyPath: path] == setting ? name : nil })
    }

    /// One of the names of an enumeration of libxl, in either case of letters.
    static func choice<Choice: DefaultedEnumeration & Sendable>(
        _ name: String, _ path: Path<Choice>, _ summary: String, since: String? = nil
    ) -> SpecRow {
        let words = Choice.names.map { (word: $0.value, value: $0.key) }
        return SpecRow(
            SpecParameter(name, .choice(words.map(\.word).filter { $0 != "unknown" }), summary, since: since),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                device[keyPath: path] = try value.choice(words, ignoringCase: true)
            },
            write: { device in
                let value = device[keyPath: path]
                return value == Choice.defaultValue ? nil : words.first { $0.value == value }?.word
            })
    }

    /// The row with a notice for those who use its parameter.
    func notice(_ kind: SpecError.Kind, _ message: String) -> SpecRow {
        var row = self
        row.notice = Notice(kind: kind, message: message)
        return row
    }
}
