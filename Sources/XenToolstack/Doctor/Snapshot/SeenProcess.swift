import SystemPackage
import XenTypes

/// A process of the control domain.
struct SeenProcess: Sendable, Hashable {
    /// What stands for one process only: its number may be another's later.
    struct Identity: Sendable, Hashable {
        var id: Int32
        /// Clock ticks from the host's start to the process's.
        var start: UInt64
    }

    var identity: Identity
    /// When it started, in seconds since 1970.
    var time = 0
    var parent: Int32 = 1
    /// The number of the user that it runs as.
    var user: UInt32 = 0
    /// The letter of `/proc/PID/stat`.
    var state: Character = "S"
    /// The program's name, without its directory.
    var name = ""
    var arguments: [String] = []
    /// Whether it has the hypervisor's device open, without which nothing can be done to a domain.
    var opensHypervisor = false
    /// Whether it may have pages of domains mapped that these have granted.
    var mapsGrants = false
    /// The domain that it says it watches.
    var watched: DomainID?
    /// The device that it connects or disconnects, if it is a hotplug script.
    var script: String?
    /// Of the files that it has open, those that matter here.
    var opened: Set<String> = []

    var id: Int32 { identity.id }

    /// Whether a signal or a debugger has stopped it.
    var isStopped: Bool { state == "T" || state == "t" }

    /// As it is shown: program and arguments, cut off where they are long.
    var title: String {
        let line = arguments.isEmpty ? name : ([name] + arguments.dropFirst()).joined(separator: " ")
        let shown = line.count > 80 ? line.prefix(79) + "…" : line[...]
        return "\(shown) (process \(id))"
    }
}

/// What a process is for.
enum ProcessRole: Sendable, Hashable {
    case storeDaemon
    case consoleDaemon
    case deviceModel(DomainID)
    case monitor(DomainID)
    case bootloader(DomainID)
    case script
    /// It may be changing any domain at this moment.
    case worker
    /// It has nothing to do with domains, or only looks at them.
    case other
}

extension SeenProcess {
    /// Programs that use the hypervisor and change no domain, and the subcommands of `xl` that are like them.
    private static let observers: Set<String> = [
        "xentop", "xenwatchdogd", "xenpmd", "xentrace", "xenbaked", "xenmon", "xenstat", "xenconsole",
    ]
    private static let observing: Set<String> = [
        "list", "vm-list", "vcpu-list", "info", "top", "dmesg", "uptime", "console", "vncviewer", "domid", "domname",
        "block-list", "network-list", "cpupool-list", "help", "devd",
    ]

    /// What the process is for, given where bootloaders write.
    func role(lib: FilePath) -> ProcessRole {
        // Names and arguments are any user's choice, an open hypervisor is not.
        if user == 0, name.hasSuffix("xenstored") { return .storeDaemon }
        if user == 0, name == "xenconsoled" { return .consoleDaemon }
        if opensHypervisor, let domain = emulated { return .deviceModel(domain) }
        if let domain = loading(lib: lib) { return .bootloader(domain) }
        if script != nil { return .script }
        if let watched { return .monitor(watched) }
        guard opensHypervisor, !Self.observers.contains(name) else { return .other }
        if name.hasPrefix("xl"), let command, Self.observing.contains(command) { return .other }
        return .worker
    }

    /// The subcommand of `xl`, as it was typed.
    var command: String? {
        var words = arguments.dropFirst()
        while let word = words.first, word.hasPrefix("-") { words.removeFirst() }
        return words.first
    }

    /// Whether it is an `xl` that does one of these; an abbreviation counts as all that it can mean.
    func isXL(doing commands: [String]) -> Bool {
        guard name.hasPrefix("xl"), let command else { return false }
        return commands.contains { $0.hasPrefix(command) }
    }

    /// The domain of a QEMU.
    private var emulated: DomainID? {
        guard let place = arguments.firstIndex(of: "-xen-domid"), place + 1 < arguments.count else { return nil }
        return UInt32(arguments[place + 1]).map { DomainID($0) }
    }

    /// The domain whose kernel a bootloader looks for.
    private func loading(lib: FilePath) -> DomainID? {
        // Asked of every process, by many findings: the path is put together for a few only.
        for word in arguments where word.hasPrefix("--output=") && word.hasSuffix(".out") {
            let beginning = "--output=\(lib.appending("bootloader."))"
            guard word.hasPrefix(beginning) else { continue }
            return UInt32(word.dropFirst(beginning.count).dropLast(4)).map { DomainID($0) }
        }
        return nil
    }

    /// The domain that upstream's monitor of this number said last that it watches.
    ///
    /// - Parameter log: the end of what it writes, in upstream's words: "Waiting for domain NAME (domid N) to die [pid P]".
    static func watched(by id: Int32, in log: String) -> DomainID? {
        let ending = ") to die [pid \(id)]"
        let lines = log.split(separator: "\n").filter { $0.hasSuffix(ending) && $0.contains("Waiting for domain ") }
        guard let text = lines.last?.dropLast(ending.count), let start = text.range(ofLast: "(domid ") else {
            return nil
        }
        return UInt32(text[start...]).map { DomainID($0) }
    }

    /// What `/proc/PID/stat` says: number, state, parent and start. The name in it may hold any character.
    static func parse(stat text: String) -> SeenProcess? {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close,
            let id = Int32(text[..<open].filter { $0 != " " })
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        // proc(5): state is the third field, the parent the fourth, the start time the 22nd.
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let start = UInt64(fields[19])
        else { return nil }
        return SeenProcess(
            identity: Identity(id: id, start: start), parent: parent, state: state,
            name: String(text[text.index(after: open)..<close]))
    }
}

extension Substring {
    /// Where the text after the last occurrence of `words` begins.
    fileprivate func range(ofLast words: String) -> Index? {
        var end = endIndex
        while end > startIndex {
            if self[..<end].hasSuffix(words) { return end }
            formIndex(before: &end)
        }
        return nil
    }
}
