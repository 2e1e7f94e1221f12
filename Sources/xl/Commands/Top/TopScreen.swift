import XenToolstack
import XenTypes

/// What the full-screen view of `xl top` shows, and what keys do to it.
struct TopScreen: Sendable {
    struct Size: Hashable, Sendable {
        var rows: Int
        var columns: Int
    }

    var options: TopOptions
    /// How long a sample stays.
    var delay: Duration
    private(set) var isOver = false
    private var first = 0
    /// What has been typed of a new delay; nil when none is asked for.
    private var typed: String?
    private var showsHelp = false
    private var table = TopTable()

    init(options: TopOptions, delay: Duration) {
        self.options = options
        self.delay = delay
    }

    /// What one key does.
    ///
    /// - Parameter keys: what a terminal has sent, of which the first key is taken.
    mutating func take(_ keys: inout ArraySlice<UInt8>) {
        guard let key = keys.first else { return }
        for (sequence, step) in Self.arrows where keys.starts(with: sequence) {
            keys.removeFirst(sequence.count)
            first = max(0, first + step)
            return
        }
        keys.removeFirst()
        if key == 0x1B, !keys.isEmpty {
            // A key that has no meaning here.
            keys = []
            return
        }
        guard typed == nil else { return type(key) }
        showsHelp = false
        switch UInt8(ascii: "A")...UInt8(ascii: "Z") ~= key ? key + 32 : key {
        case UInt8(ascii: "q"), 0x1B, 0x03: isOver = true
        case UInt8(ascii: "n"): options.showsNetworks.toggle()
        case UInt8(ascii: "b"): options.showsDisks.toggle()
        case UInt8(ascii: "v"): options.showsVCPUs.toggle()
        case UInt8(ascii: "r"): options.repeatsHeader.toggle()
        case UInt8(ascii: "f"): options.showsFullNames.toggle()
        case UInt8(ascii: "z"): options.putsControlDomainFirst.toggle()
        case UInt8(ascii: "s"):
            let all = TopColumn.allCases
            options.sorting = all[(options.sorting.rawValue + 1) % all.count]
        case UInt8(ascii: "d"): typed = ""
        case UInt8(ascii: "h"), UInt8(ascii: "?"): showsHelp = true
        default: break
        }
    }

    private static let arrows: [([UInt8], Int)] = [
        ("\u{1B}[A", -1), ("\u{1B}OA", -1), ("\u{1B}[B", 1), ("\u{1B}OB", 1), ("\u{1B}[5~", -10),
        ("\u{1B}[6~", 10),
    ].map { (Array($0.utf8), $1) }

    private mutating func type(_ key: UInt8) {
        switch key {
        case 0x0A, 0x0D:
            if let seconds = typed.flatMap({ Double($0) }), (0.1...86_400).contains(seconds) {
                delay = .seconds(seconds)
            }
            typed = nil
        case 0x1B, 0x03: typed = nil
        case 0x08, 0x7F: _ = typed?.popLast()
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
            if (typed ?? "").count < 8 { typed?.unicodeScalars.append(Unicode.Scalar(key)) }
        default: break
        }
    }

    /// The rows of the screen; the last is the line of keys.
    ///
    /// - Parameters:
    ///   - clock: the time of day.
    ///   - isColoured: whether the terminal may be told to show text in other ways than plain.
    mutating func rows(
        _ frame: TopFrame, _ size: Size, clock: String, version: String, isColoured: Bool
    ) -> [String] {
        guard size.rows > 1, size.columns > 0 else { return [] }
        let style = TopStyle(isColoured: isColoured, width: size.columns)
        var rows = Self.summary(frame, clock: clock, version: version).map { style.plain($0) }
        if showsHelp {
            rows += Self.help.map { style.plain($0) }
        } else {
            first = min(first, max(0, frame.sample.domains.count - 1))
            let lines = table.lines(
                frame, options, from: first, columns: Self.columns(within: size.columns))
            rows += lines.map { style.line($0) }
        }
        rows = Array(rows.prefix(size.rows - 1))
        rows += Array(repeating: "", count: size.rows - 1 - rows.count)
        return rows + [typed.map { style.plain("  Delay (seconds): \($0)") } ?? style.keys(keys)]
    }

    /// The columns that fit, the least needed left out first.
    static func columns(within width: Int) -> [TopColumn] {
        let byNeed: [TopColumn] = [
            .name, .state, .share, .memory, .seconds, .sent, .received, .reads, .writes, .vcpus,
            .memoryShare, .limit,
            .networks, .disks, .limitShare, .sectorsRead, .sectorsWritten, .outOfRequests, .label,
        ]
        var (chosen, used): (Set<TopColumn>, Int) = ([], -1)
        for column in byNeed {
            if used + 1 + column.width > width, !chosen.isEmpty { break }
            chosen.insert(column)
            used += 1 + column.width
        }
        return TopColumn.allCases.filter { chosen.contains($0) }
    }

    private static func summary(_ frame: TopFrame, clock: String, version: String) -> [String] {
        let domains = frame.sample.domains
        var counts = [Int](repeating: 0, count: 6)
        // In the order of xentop's questions: the first that holds counts.
        let letters: [Character] = ["r", "b", "p", "s", "c", "d"]
        for domain in domains {
            let states = TopColumn.letters(domain)
            if let index = letters.firstIndex(where: { states.contains($0) }) { counts[index] += 1 }
        }
        let physical = frame.sample.physical
        let used = physical.totalPages &- physical.freePages
        return [
            "xl top - \(clock)   Xen \(version)",
            "\(domains.count) domains: \(counts[0]) running, \(counts[1]) blocked, \(counts[2]) paused, "
                + "\(counts[4]) crashed, \(counts[5]) dying, \(counts[3]) shutdown",
            "Mem: \(physical.totalPages &* 4)k total, \(used &* 4)k used, \(physical.freePages &* 4)k free    "
                + "CPUs: \(physical.onlineCPUs) @ \(physical.cpuKHz / 1000)MHz",
        ]
    }

    private static let help = [
        "", "  d  delay between samples      n  networks          b  disks          v  virtual CPUs",
        "  s  next column to sort by     r  repeat headers    f  full names     z  domain 0 first",
        "  up, down, page up, page down  scroll              q  quit", "", "  Any key returns.",
    ]

    private var keys: [TopStyle.Key] {
        [
            .init(text: "Delay", letter: "D"),
            .init(text: "Networks", letter: "N", isOn: options.showsNetworks),
            .init(text: "vBds", letter: "B", isOn: options.showsDisks),
            .init(text: "VCPUs", letter: "V", isOn: options.showsVCPUs),
            .init(text: "Repeat header", letter: "R", isOn: options.repeatsHeader),
            .init(text: "Sort order", letter: "S"), .init(text: "Help", letter: "H"),
            .init(text: "Quit", letter: "Q"),
        ]
    }
}

/// Puts lines into a terminal's words (ECMA-48), cut to its width.
struct TopStyle {
    struct Key {
        var text: String
        var letter: Character
        var isOn = false
    }

    let isColoured: Bool
    let width: Int

    func plain(_ text: String) -> String { String(text.escapingControls.prefix(width)) }

    func line(_ line: TopTable.Line) -> String {
        let text = plain(line.text)
        guard isColoured else { return text }
        let end = text.count
        let bold = line.sorted.map { min($0.lowerBound, end)..<min($0.upperBound, end) } ?? end..<end
        let (before, sorted, after) = (
            text.prefix(bold.lowerBound), text.dropFirst(bold.lowerBound).prefix(bold.count),
            text.dropFirst(bold.upperBound)
        )
        let base = line.kind == .header ? "\u{1B}[7m" : ""
        let strong = sorted.isEmpty ? "" : "\u{1B}[1m\(sorted)\u{1B}[22m"
        return base + before + strong + after + (base.isEmpty ? "" : "\u{1B}[0m")
    }

    func keys(_ keys: [Key]) -> String {
        var text = " "
        var used = 1
        for key in keys where used + 2 + key.text.count <= width {
            used += 2 + key.text.count
            text += " "
            for letter in key.text {
                let marks = isColoured ? (letter == key.letter ? "7" : key.isOn ? "43;30" : nil) : nil
                text += marks.map { "\u{1B}[\($0)m\(letter)\u{1B}[0m" } ?? "\(letter)"
            }
            text += " "
        }
        return text
    }
}
