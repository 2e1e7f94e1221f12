import DomainModel
import XenTypes

/// A CPU pool as `xl cpupool-create` is given it.
public struct CPUPoolConfig: Sendable, Equatable {
    /// The pool's name.
    public var name: String
    /// nil is the scheduler of the hypervisor.
    public var scheduler: Scheduler?
    /// NUMA nodes whose free processors the pool gets.
    public var nodes: [Int]?
    /// The processors, where no nodes are given; nil is none.
    public var cpus: Bitmap?

    public init(name: String) { self.name = name }

    /// The keys of a pool's configuration.
    public static let keys: [ConfigKey] = [
        ConfigKey("name", .text("NAME"), "The pool's name", default: "the file's name"),
        ConfigKey("sched", .choice(Scheduler.choices), "The pool's scheduler", default: "that of the hypervisor"),
        ConfigKey("nodes", .list("NODE"), "NUMA nodes whose free processors the pool gets"),
        ConfigKey("cpus", .textOrList("CPU-LIST"), "Processors of the pool, where nodes is not given", default: "none"),
    ]

    private static let keysByName = Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0) })

    /// Reads a pool's configuration.
    ///
    /// - Parameters:
    ///   - document: the file and the words of the command line.
    ///   - fileName: the file's name without folders, which is the pool's if the text gives none.
    ///   - host: the processors; without it, nodes in CPU lists cannot be resolved.
    /// - Returns: the pool, or nil if there is an error among the diagnostics.
    public static func parse(
        _ document: ConfigDocument, fileName: String?, host: HostTopology?
    ) -> (pool: CPUPoolConfig?, diagnostics: [Diagnostic]) {
        var sink = DiagnosticSink(sources: document.sources, diagnostics: document.diagnostics)
        let settings = SettingTable(document, sink: &sink)
        var draft = DomainDraft(settings: settings, environment: ConfigEnvironment(host: host), sink: sink)
        func setting(_ name: String) -> (ConfigValue, ConfigKey)? {
            guard let value = settings[name]?.value, let key = keysByName[name] else { return nil }
            return (value, key)
        }
        var pool = CPUPoolConfig(name: fileName ?? "")
        if let (value, key) = setting("name"), let name = draft.text(value, key) { pool.name = name }
        if pool.name.isEmpty {
            draft.sink.error(.missingKey, "the pool has no name", expected: "name=\"…\"", key: "name")
        }
        if let (value, key) = setting("sched") { pool.scheduler = draft.choice(value, key, of: Scheduler.self) }
        if let (value, key) = setting("nodes") {
            pool.nodes = draft.smallNumbers(draft.texts(value, key, needsList: true, needsTexts: true) ?? [], key)
        }
        if let (value, key) = setting("cpus") {
            if case .text(let text) = value {
                pool.cpus = draft.cpuList(text, key)
            } else {
                pool.cpus = Bitmap(
                    draft.smallNumbers(draft.texts(value, key, needsList: true, needsTexts: true) ?? [], key))
            }
        }
        draft.reportUnknownKeys(in: keys) { name in keys.contains { $0.name == name } }
        draft.reportReplacedKeys()
        return (draft.sink.hasErrors ? nil : pool, draft.sink.sorted())
    }
}

extension DomainDraft {
    /// Numbers of processors or nodes.
    fileprivate mutating func smallNumbers(_ texts: [ConfigText], _ key: ConfigKey) -> [Int] {
        texts.compactMap { text in
            var scanner = NumberScanner(text.bytes[...])
            if let number = scanner.number(base: 10), scanner.isAtEnd, number < 65536 { return Int(number) }
            sink.error(
                .notANumber, "\(key.name): \"\(text.string)\" is no number", at: text.range,
                expected: "a number from 0 to 65535", key: key.name)
            return nil
        }
    }
}
