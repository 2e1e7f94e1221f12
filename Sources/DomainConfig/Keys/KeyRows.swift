import DomainModel

/// A place in a structure that can be written from any thread.
typealias Place<Root, Value> = WritableKeyPath<Root, Value> & Sendable

/// Constructors for rows whose value goes to one place.
extension ConfigKey {
    static func text(
        _ name: String, _ place: Place<DomainConfiguration, String?>, _ placeholder: String = "STRING",
        _ summary: String, default defaultText: String? = nil, for guests: GuestTypes = .all, since: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .text(placeholder), summary, default: defaultText, for: guests, since: since,
            write: { $0[keyPath: place].map(WrittenValue.text) }
        ) {
            if let text = $2.text($0, $1) { $2.configuration[keyPath: place] = text }
        }
    }

    static func flag(
        _ name: String, _ place: Place<DomainConfiguration, Bool?>, _ summary: String,
        default defaultText: String? = nil, for guests: GuestTypes = .all, since: String? = nil,
        _ treatment: KeyTreatment = .supported
    ) -> ConfigKey {
        ConfigKey(
            name, .boolean, summary, default: defaultText, for: guests, since: since, treatment,
            write: { $0[keyPath: place].map(WrittenValue.flag) }
        ) {
            if let value = $2.boolean($0, $1) { $2.configuration[keyPath: place] = value }
        }
    }

    static func integer<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ place: Place<DomainConfiguration, Value>, _ range: ClosedRange<Int64>, unit: String? = nil,
        _ summary: String, default defaultText: String? = nil, for guests: GuestTypes = .all, since: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .integer(range, unit: unit), summary, default: defaultText, for: guests, since: since,
            write: { $0[keyPath: place] == 0 ? nil : .number(Int64(clamping: $0[keyPath: place])) }
        ) {
            if let value = $2.integer($0, $1) { $2.configuration[keyPath: place] = Value(truncatingIfNeeded: value) }
        }
    }

    static func integer<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ place: Place<DomainConfiguration, Value?>, _ range: ClosedRange<Int64>, unit: String? = nil,
        _ summary: String, default defaultText: String? = nil, for guests: GuestTypes = .all, since: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .integer(range, unit: unit), summary, default: defaultText, for: guests, since: since,
            write: { $0[keyPath: place].map { .number(Int64(clamping: $0)) } }
        ) {
            if let value = $2.integer($0, $1) { $2.configuration[keyPath: place] = Value(truncatingIfNeeded: value) }
        }
    }

    /// MiB in the configuration, KiB in the domain.
    static func mebibytes(
        _ name: String, _ place: Place<DomainConfiguration, UInt64?>, _ summary: String,
        default defaultText: String? = nil, for guests: GuestTypes = .all
    ) -> ConfigKey {
        ConfigKey(
            name, .mebibytes, summary, default: defaultText, for: guests,
            write: { $0[keyPath: place].map(WrittenValue.mebibytes) }
        ) {
            if let value = $2.kibibytes($0, $1) { $2.configuration[keyPath: place] = value }
        }
    }

    static func choice<Value: DefaultedEnumeration>(
        _ name: String, _ place: Place<DomainConfiguration, Value>, _ summary: String,
        default defaultText: String? = nil, for guests: GuestTypes = .all, since: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .choice(Value.choices), summary, default: defaultText, for: guests, since: since,
            write: { .choice($0[keyPath: place]) }
        ) {
            if let value = $2.choice($0, $1, of: Value.self) { $2.configuration[keyPath: place] = value }
        }
    }

    static func texts(
        _ name: String, _ place: Place<DomainConfiguration, [String]>, _ placeholder: String, _ summary: String,
        for guests: GuestTypes = .all
    ) -> ConfigKey {
        ConfigKey(
            name, .list(placeholder), summary, for: guests, write: { .list(nonEmpty: $0[keyPath: place]) }
        ) {
            if let texts = $2.texts($0, $1, needsList: true) { $2.configuration[keyPath: place] = texts.map(\.string) }
        }
    }
}

/// Constructors for rows of HVM guests, which other guests do not read.
extension ConfigKey {
    static func hvmText(
        _ name: String, _ place: Place<HVMBuildInfo, String?>, _ placeholder: String = "STRING", _ summary: String,
        default defaultText: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .text(placeholder), summary, default: defaultText, for: .hvm, readFor: .hvm,
            write: { $0.buildInfo.hvm?[keyPath: place].map(WrittenValue.text) }
        ) {
            if let text = $2.text($0, $1) { $2.configuration.buildInfo.hvm?[keyPath: place] = text }
        }
    }

    static func hvmFlag(
        _ name: String, _ place: Place<HVMBuildInfo, Bool?>, _ summary: String, default defaultText: String? = nil,
        since: String? = nil, _ treatment: KeyTreatment = .supported
    ) -> ConfigKey {
        ConfigKey(
            name, .boolean, summary, default: defaultText, for: .hvm, readFor: .hvm, since: since, treatment,
            write: { $0.buildInfo.hvm?[keyPath: place].map(WrittenValue.flag) }
        ) {
            if let value = $2.boolean($0, $1) { $2.configuration.buildInfo.hvm?[keyPath: place] = value }
        }
    }

    static func hvmInteger(
        _ name: String, _ place: Place<HVMBuildInfo, Int32>, _ range: ClosedRange<Int64>, unit: String? = nil,
        _ summary: String, default defaultText: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .integer(range, unit: unit), summary, default: defaultText, for: .hvm, readFor: .hvm,
            write: { $0.buildInfo.hvm.flatMap { $0[keyPath: place] == 0 ? nil : .number(Int64($0[keyPath: place])) } }
        ) {
            if let value = $2.integer($0, $1) {
                $2.configuration.buildInfo.hvm?[keyPath: place] = Int32(truncatingIfNeeded: value)
            }
        }
    }

    static func hvmChoice<Value: DefaultedEnumeration>(
        _ name: String, _ place: Place<HVMBuildInfo, Value>, _ summary: String, default defaultText: String? = nil
    ) -> ConfigKey {
        ConfigKey(
            name, .choice(Value.choices), summary, default: defaultText, for: .hvm, readFor: .hvm,
            write: { $0.buildInfo.hvm.flatMap { .choice($0[keyPath: place]) } }
        ) {
            if let value = $2.choice($0, $1, of: Value.self) { $2.configuration.buildInfo.hvm?[keyPath: place] = value }
        }
    }
}

extension KeyForm {
    /// Amounts of memory: as much as 52 bits of physical address can hold.
    static let mebibytes = KeyForm.integer(0...1 << 32, unit: "MiB")
    /// libxl keeps these numbers in a C `int`.
    static let cInt: ClosedRange<Int64> = Int64(Int32.min)...Int64(Int32.max)
}

extension LibxlEnumeration {
    /// The names that a configuration should use: all but the one for "not known".
    static var choices: [String] { names.map(\.value).filter { $0 != "unknown" && $0 != "invalid" } }
}
