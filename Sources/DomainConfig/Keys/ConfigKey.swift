import DomainModel

/// Kinds of guests that a key is for.
public struct GuestTypes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// PV guests.
    public static let pv = GuestTypes(rawValue: 1)
    /// PVH guests.
    public static let pvh = GuestTypes(rawValue: 2)
    /// HVM guests.
    public static let hvm = GuestTypes(rawValue: 4)
    /// All guests.
    public static let all: GuestTypes = [.pv, .pvh, .hvm]

    /// Guests of one type; none for ``DomainType/invalid``.
    public init(_ type: DomainType) {
        switch type {
        case .pv: self = .pv
        case .pvh: self = .pvh
        case .hvm: self = .hvm
        case .invalid: self = []
        }
    }

    /// The types' names in the order PV, PVH, HVM.
    public var names: [String] {
        [(GuestTypes.pv, "pv"), (.pvh, "pvh"), (.hvm, "hvm")].filter { contains($0.0) }.map(\.1)
    }
}

/// What can stand at the right of a key's `=`.
public enum KeyForm: Hashable, Sendable {
    /// Any text; the word says what is meant: `PATH`, `NAME`, ….
    case text(String)
    /// A whole number in decimal, octal (`0…`) or hexadecimal (`0x…`).
    case integer(ClosedRange<Int64>, unit: String?)
    /// A number of which only 0 means no.
    case boolean
    /// One of these words.
    case choice([String])
    /// One of these words, or a number from this range.
    case choiceOrInteger([String], ClosedRange<Int64>)
    /// One of these words or a path.
    case choiceOrText([String], String)
    /// 0 or 1, or a list of these words.
    case booleanOrList([String])
    /// A list of texts; the word says of what.
    case list(String)
    /// A text or a list of texts.
    case textOrList(String)
    /// A list of lists of texts.
    case lists(String)
}

/// What becomes of a key that should not be used.
public enum KeyTreatment: Hashable, Sendable {
    /// As its summary says.
    case supported
    /// Works, with a warning that says what to write instead.
    case deprecated(String)
    /// Changes nothing, with a warning that says why.
    case ignored(String)
}

/// A key of `xl.cfg`: a row of the table that the parser, the manual and the shell's completion are made from.
public struct ConfigKey: Sendable {
    /// Puts a setting's value into the domain; nil for keys that a rule reads together with others.
    typealias Store = @Sendable (ConfigValue, ConfigKey, inout DomainDraft) -> Void
    /// The value that gives the domain what it has, or nil where the key can be left out; nil for keys that
    /// another key's value stands in for.
    typealias Write = @Sendable (DomainConfiguration) -> WrittenValue?

    /// The key.
    public let name: String
    /// What its value looks like.
    public let form: KeyForm
    /// The guests on which the key has an effect.
    public let guests: GuestTypes
    /// What it does, in one line.
    public let summary: String
    /// What holds when the key is absent, where there is something to say.
    public let defaultText: String?
    /// The release of Xen whose `xl` first knew the key, when later than 4.17.
    public let since: String?
    /// Whether it counts.
    public private(set) var treatment: KeyTreatment
    /// The guests for which the key is read at all: as upstream does, more than those that use it.
    let readFor: GuestTypes
    let store: Store?
    let write: Write?
    /// For keys with lists of devices.
    var devices: DeviceList?

    init(
        _ name: String, _ form: KeyForm, _ summary: String, default defaultText: String? = nil,
        for guests: GuestTypes = .all, readFor: GuestTypes = .all, since: String? = nil,
        _ treatment: KeyTreatment = .supported, write: Write?, store: Store? = nil
    ) {
        self.name = name
        self.form = form
        self.summary = summary
        self.defaultText = defaultText
        self.guests = guests
        self.readFor = readFor
        self.since = since
        self.treatment = treatment
        self.store = store
        self.write = write
    }

    init(
        _ name: String, _ form: KeyForm, _ summary: String, default defaultText: String? = nil,
        for guests: GuestTypes = .all, readFor: GuestTypes = .all, since: String? = nil,
        _ treatment: KeyTreatment = .supported, store: Store? = nil
    ) {
        self.init(
            name, form, summary, default: defaultText, for: guests, readFor: readFor, since: since, treatment,
            write: nil, store: store)
    }

    /// The same key with another fate.
    func treated(_ treatment: KeyTreatment) -> ConfigKey {
        var key = self
        key.treatment = treatment
        return key
    }

    /// All keys, by subject.
    public static let all: [ConfigKey] =
        generalKeys + cpuKeys + memoryKeys + bootKeys + hvmKeys + displayKeys + deviceModelKeys + deviceKeys + armKeys

    /// The keys by name.
    public static let byName: [String: ConfigKey] = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
