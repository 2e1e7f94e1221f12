import DomainModel
import XenTypes

/// Makes domains out of configurations.
public enum DomainConfigParser {
    /// What a configuration means, as upstream's `xl create --dryrun` prints it: before any default of the toolstack.
    ///
    /// - Parameters:
    ///   - document: the configuration file, with the words of the command line.
    ///   - environment: the host's settings.
    /// - Returns: the domain, or nil if there is an error among the diagnostics; those of the document are included.
    public static func parse(
        _ document: ConfigDocument, environment: ConfigEnvironment
    ) -> (configuration: DomainConfiguration?, diagnostics: [Diagnostic]) {
        var sink = DiagnosticSink(sources: document.sources, diagnostics: document.diagnostics)
        let settings = SettingTable(document, sink: &sink)
        var draft = DomainDraft(settings: settings, environment: environment, sink: sink)
        draft.isComplete = !document.hasErrors
        draft.readGuestType()
        draft.readTable()
        draft.readIdentity()
        draft.readGlobalDefaults()
        draft.readCPUs()
        draft.readBoot()
        draft.readDevices()
        draft.readDisplay()
        draft.reportSettingsWithoutEffect()
        draft.reportUnknownKeys(in: ConfigKey.all) { ConfigKey.byName[$0] != nil }
        draft.reportReplacedKeys()
        if environment.isStrict { draft.sink.beStrict() }
        let diagnostics = draft.sink.sorted()
        return (draft.sink.hasErrors ? nil : draft.configuration, diagnostics)
    }

    /// Reads a file, or nothing but words, and makes a domain of it.
    ///
    /// - Parameters:
    ///   - path: the file, or nil.
    ///   - words: `key=value` words that count as lines after the file's.
    public static func parse(
        path: String?, words: [String] = [], environment: ConfigEnvironment
    ) -> (configuration: DomainConfiguration?, diagnostics: [Diagnostic]) {
        do throws(ConfigFileError) {
            let source = try path.map { path throws(ConfigFileError) in try ConfigSource(path: path) }
            return parse(ConfigDocument(file: source, words: words), environment: environment)
        } catch {
            return (nil, [error.diagnostic])
        }
    }
}

extension DomainDraft {
    /// The guest's type comes first: it decides which other keys are read.
    mutating func readGuestType() {
        var type: DomainType?
        if let (value, key) = setting("type"), let text = atom(value, key) {
            let types = ["hvm": DomainType.hvm, "pv": .pv, "pvh": .pvh]
            type = beginning(of: ["hvm", "pv", "pvh"], text, key).flatMap { types[$0] }
            if type == nil { reportType(text, key) }
        }
        if let (value, key) = setting("builder"), let text = atom(value, key) {
            let types = ["hvm": DomainType.hvm, "generic": .pv]
            let builder = beginning(of: ["hvm", "generic"], text, key).flatMap { types[$0] }
            if builder == nil { reportType(text, key) }
            if let type, let builder, type != builder {
                sink.error(
                    .conflict, "builder contradicts type=\"\(type.name)\"", at: text.range,
                    expected: "builder= to be left out", key: key.name)
            }
            type = type ?? builder
        }
        configuration.createInfo.type = type ?? .pv
        configuration.buildInfo.type = type ?? .pv
    }

    /// The word that a text is, or the first that begins so: upstream's xl compares no further.
    mutating func beginning(of words: [String], _ text: ConfigText, _ key: ConfigKey) -> String? {
        if let exact = words.first(where: { $0 == text.string }) { return exact }
        guard let word = words.first(where: { $0.utf8.starts(with: text.bytes) }) else { return nil }
        sink.tolerated(
            .bent, .invalidValue, "\(key.name): \"\(text.string)\" counts as \"\(word)\"", at: text.range,
            expected: key.form.expectation, suggestion: word, key: key.name)
        return word
    }

    private mutating func reportType(_ text: ConfigText, _ key: ConfigKey) {
        isTypeKnown = false
        reportChoice(text, key)
    }

    /// The rows of the table whose value goes to one place.
    mutating func readTable() {
        configuration.onReboot = .restart
        configuration.onSoftReset = .softReset
        for entry in settings.entries {
            guard let key = ConfigKey.byName[entry.name] else { continue }
            warnOfTreatment(key, at: entry.nameRange)
            if isTypeKnown, key.guests.isDisjoint(with: guest), key.name != "timer_mode" {
                sink.warning(
                    .unusedKey, "\(key.name) has no effect on \(configuration.createInfo.type.name) guests",
                    at: entry.nameRange, expected: "a guest of type \(key.guests.names.joined(separator: " or "))",
                    key: key.name)
            }
            guard !key.readFor.isDisjoint(with: guest) else { continue }
            key.store?(entry.value, key, &self)
        }
    }

    mutating func readIdentity() {
        if let (value, key) = setting("name"), let text = atom(value, key) {
            configuration.createInfo.name = text.string
            if text.bytes.isEmpty {
                sink.error(.invalidValue, "name is empty", at: text.range, expected: "the domain's name", key: key.name)
            }
        } else if settings["name"] == nil, isComplete {
            sink.error(.missingKey, "the configuration has no name", expected: "name=\"…\"", key: "name")
        }
        if let (value, key) = setting("uuid"), let text = atom(value, key) {
            configuration.createInfo.uuid =
                text.bytes.count == XenUUID.zero.description.utf8.count ? XenUUID(text.string) : nil
            if configuration.createInfo.uuid == nil {
                sink.error(
                    .invalidValue, "uuid: \"\(text.string)\" is no UUID", at: text.range,
                    expected: "32 hexadecimal digits as in \(XenUUID.zero)", key: key.name)
            }
        } else {
            configuration.createInfo.uuid = XenUUID.random()
        }
        // With both labels the domain is built under the first and runs under the second.
        configuration.createInfo.ssidLabel = text("init_seclabel")
        if let label = text("seclabel") {
            if configuration.createInfo.ssidLabel == nil {
                configuration.createInfo.ssidLabel = label
            } else {
                configuration.buildInfo.execSSIDLabel = label
            }
        }
    }

    mutating func readGlobalDefaults() {
        let global = environment.global
        configuration.createInfo.runHotplugScripts = global.runHotplugScripts
        configuration.buildInfo.blockDeviceStart = global.blockDeviceStart
        configuration.buildInfo.claimMode = global.claimMode
        if settings["max_grant_frames"] == nil { configuration.buildInfo.maxGrantFrames = global.maxGrantFrames }
        if settings["max_maptrack_frames"] == nil {
            configuration.buildInfo.maxMaptrackFrames = global.maxMaptrackFrames
        }
        if settings["max_grant_version"] == nil { configuration.buildInfo.maxGrantVersion = global.maxGrantVersion }
        if settings["bootloader_restrict"] == nil {
            configuration.buildInfo.bootloaderRestrict = global.bootloaderRestrict
        }
    }

    mutating func warnOfTreatment(_ key: ConfigKey, at range: SourceRange) {
        switch key.treatment {
        case .supported: break
        case .deprecated(let advice):
            sink.warning(.deprecated, "\(key.name) is deprecated: \(advice)", at: range, key: key.name)
        case .ignored(let reason): sink.warning(.ignored, "\(key.name) is ignored: \(reason)", at: range, key: key.name)
        }
    }

    mutating func reportUnknownKeys(in table: [ConfigKey], isKnown: (String) -> Bool) {
        for entry in settings.entries where !isKnown(entry.name) && !sink.isFull {
            sink.tolerated(
                .ignored, .unknownKey, "unknown key \"\(entry.name)\"", at: entry.nameRange,
                suggestion: Suggestion.nearest(to: entry.name, among: table.lazy.map(\.name)), key: entry.name)
        }
    }

    /// Settings that a later one of the same source replaces; words of the command line are meant to replace.
    mutating func reportReplacedKeys() {
        for entry in settings.entries {
            for range in entry.replaced where range.source == entry.nameRange.source {
                sink.warning(
                    .duplicateKey, "this \(entry.name) does not count: it is set again later", at: range,
                    key: entry.name)
            }
        }
    }
}
