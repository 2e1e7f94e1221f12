import Glibc
import XenToolstack
import XenTypes

/// A sample with the one before it, from which shares and rates come.
struct TopFrame: Sendable {
    var sample: HostSample
    var previous: HostSample

    func share(of domain: DomainSample) -> Double {
        sample.processorShare(of: domain, since: previous)
    }
}

/// What is shown of domains, and in which order.
struct TopOptions: Hashable, Sendable {
    var showsVCPUs = false
    var showsNetworks = false
    var showsDisks = false
    var repeatsHeader = false
    var showsFullNames = false
    var putsControlDomainFirst = false
    var sorting = TopColumn.name
}

/// The columns of xentop, in its order.
enum TopColumn: Int, CaseIterable, Sendable {
    case name, state, seconds, share, memory, memoryShare, limit, limitShare, vcpus, networks, sent,
        received, disks
    case outOfRequests, reads, writes, sectorsRead, sectorsWritten, label

    var header: String {
        switch self {
        case .name: "NAME"
        case .state: "STATE"
        case .seconds: "CPU(sec)"
        case .share: "CPU(%)"
        case .memory: "MEM(k)"
        case .memoryShare: "MEM(%)"
        case .limit: "MAXMEM(k)"
        case .limitShare: "MAXMEM(%)"
        case .vcpus: "VCPUS"
        case .networks: "NETS"
        case .sent: "NETTX(k)"
        case .received: "NETRX(k)"
        case .disks: "VBDS"
        case .outOfRequests: "VBD_OO"
        case .reads: "VBD_RD"
        case .writes: "VBD_WR"
        case .sectorsRead: "VBD_RSECT"
        case .sectorsWritten: "VBD_WSECT"
        case .label: "SSID"
        }
    }

    var width: Int {
        switch self {
        case .name, .seconds, .memory, .limit, .sectorsRead, .sectorsWritten: 10
        case .state, .share, .memoryShare: 6
        case .limitShare: 9
        case .vcpus: 5
        case .networks, .disks, .label: 4
        case .sent, .received, .outOfRequests, .reads, .writes: 8
        }
    }

    /// Whether the column grows with its numbers, by what xentop takes for their length.
    var grows: Bool {
        switch self {
        case .sent, .received, .reads, .writes, .sectorsRead, .sectorsWritten: true
        default: false
        }
    }

    func text(_ domain: DomainSample, _ frame: TopFrame) -> String {
        switch self {
        case .name: domain.name.escapingControls
        case .state: Self.letters(domain)
        case .share: fixedPoint(frame.share(of: domain), decimals: 1)
        case .memoryShare: fixedPoint(frame.sample.memoryShare(pages: domain.info.pages), decimals: 1)
        case .limit: domain.pageLimit.map { "\($0 * 4)" } ?? "no limit"
        case .limitShare:
            domain.pageLimit.map { fixedPoint(frame.sample.memoryShare(pages: $0), decimals: 1) } ?? "n/a"
        default: number(domain).map { "\($0)" } ?? "-"
        }
    }

    /// The value of a column that shows a whole number; nil where nobody counts.
    func number(_ domain: DomainSample) -> UInt64? {
        switch self {
        case .seconds: domain.info.cpuTime / 1_000_000_000
        case .memory: domain.info.pages * 4
        case .vcpus: domain.vcpuCount
        case .networks: UInt64(domain.networks.count)
        case .sent: domain.network.sentBytes / 1024
        case .received: domain.network.receivedBytes / 1024
        case .disks: UInt64(domain.disks.count)
        case .outOfRequests: domain.disk?.outOfRequests
        case .reads: domain.disk?.reads
        case .writes: domain.disk?.writes
        case .sectorsRead: domain.disk?.sectorsRead
        case .sectorsWritten: domain.disk?.sectorsWritten
        case .label: UInt64(domain.info.ssidref)
        case .name, .state, .share, .memoryShare, .limit, .limitShare: nil
        }
    }

    /// Dying, shut down, blocked, crashed, paused, running.
    static func letters(_ domain: DomainSample) -> String {
        let flags = domain.info.flags
        let isCrashed = domain.info.shutdownReason == .crash
        return [
            (flags.contains(.dying), "d"), (flags.contains(.shutdown) && !isCrashed, "s"),
            (flags.contains(.blocked), "b"), (isCrashed, "c"), (flags.contains(.paused), "p"),
            (flags.contains(.running), "r"),
        ].map { $0 ? $1 : "-" }.joined()
    }

    /// By what the column sorts, the smallest first; xentop puts the greatest numbers first.
    func key(_ domain: DomainSample, _ frame: TopFrame) -> Double {
        switch self {
        case .name: 0
        // The first letter counts, in the order of the letters.
        case .state: Double(Self.letters(domain).prefix { $0 == "-" }.count)
        case .seconds: -Double(domain.info.cpuTime)
        case .share: -frame.share(of: domain)
        case .memory, .memoryShare: -Double(domain.info.pages)
        case .limit, .limitShare: -Double(domain.pageLimit ?? UInt64.max)
        case .label: Double(domain.info.ssidref)
        case .sent: -Double(domain.network.sentBytes)
        case .received: -Double(domain.network.receivedBytes)
        default: -Double(number(domain) ?? 0)
        }
    }
}

/// The table of xentop, which programs parse: its columns, widths and number formats.
struct TopTable: Sendable {
    /// A name that was once shown in full keeps its room.
    private var nameWidth = TopColumn.name.width

    /// One line of a table, and what it is.
    struct Line: Hashable, Sendable {
        enum Kind: Hashable, Sendable { case header, domain, detail }

        var kind: Kind
        var text: String
        /// Where the column that is sorted by stands in it.
        var sorted: Range<Int>?
    }

    static func sorted(_ frame: TopFrame, _ options: TopOptions) -> [DomainSample] {
        frame.sample.domains.map { ($0, options.sorting.key($0, frame)) }.sorted { a, b in
            if options.putsControlDomainFirst,
                (a.0.info.domain == .control) != (b.0.info.domain == .control)
            {
                return a.0.info.domain == .control
            }
            if options.sorting == .name {
                let order = strcasecmp(a.0.name, b.0.name)
                if order != 0 { return order < 0 }
            } else if a.1 != b.1 {
                return a.1 < b.1
            }
            return a.0.info.domain < b.0.info.domain
        }.map(\.0)
    }

    /// - Parameters:
    ///   - first: how many domains to leave out.
    ///   - columns: of those that are shown.
    mutating func lines(
        _ frame: TopFrame, _ options: TopOptions, from first: Int = 0,
        columns: [TopColumn] = TopColumn.allCases
    ) -> [Line] {
        let domains = Self.sorted(frame, options).dropFirst(first)
        let widths = widths(of: columns, for: domains, options)
        let header = Self.line(.header, columns, widths, options) { $0.header }
        var lines: [Line] = []
        for (index, domain) in domains.enumerated() {
            if index == 0 || options.repeatsHeader { lines.append(header) }
            lines.append(
                Self.line(.domain, columns, widths, options) { column in
                    let text = column.text(domain, frame)
                    return column == .name && !options.showsFullNames
                        ? Self.cut(text, to: column.width) : text
                })
            lines += details(domain, options)
        }
        return lines
    }

    private mutating func widths(
        of columns: [TopColumn], for domains: ArraySlice<DomainSample>, _ options: TopOptions
    ) -> [Int] {
        if options.showsFullNames {
            nameWidth =
                domains.map { $0.name.escapingControls.utf8.count }.max().map { max($0, nameWidth) }
                ?? nameWidth
        }
        return columns.map { column in
            if column == .name { return options.showsFullNames ? nameWidth : column.width }
            guard column.grows else { return column.width }
            // xentop looks at the length of the next number.
            return domains.reduce(column.width) { max($0, "\((column.number($1) ?? 0) &+ 1)".utf8.count) }
        }
    }

    private static func line(
        _ kind: Line.Kind, _ columns: [TopColumn], _ widths: [Int], _ options: TopOptions,
        _ value: (TopColumn) -> String
    ) -> Line {
        var line = Line(kind: kind, text: "")
        for (column, width) in zip(columns, widths) {
            if !line.text.isEmpty { line.text += " " }
            let start = line.text.count
            line.text += value(column).rightAligned(to: width)
            if column == options.sorting { line.sorted = start..<line.text.count }
        }
        return line
    }

    private static func cut(_ text: String, to width: Int) -> String {
        String(decoding: text.utf8.prefix(width), as: UTF8.self)
    }

    private func details(_ domain: DomainSample, _ options: TopOptions) -> [Line] {
        var texts: [String] = []
        if options.showsVCPUs { texts += Self.vcpuLines(domain) }
        if options.showsNetworks {
            texts += domain.networks.enumerated().map { Self.networkLine($0, $1.counters) }
        }
        if options.showsDisks { texts += domain.disks.map(Self.diskLine) }
        return texts.map { Line(kind: .detail, text: $0) }
    }

    private static func vcpuLines(_ domain: DomainSample) -> [String] {
        var lines = ["VCPUs(sec): "]
        for (index, vcpu) in domain.vcpus.enumerated() where vcpu.isOnline {
            if index != 0, index % 5 == 0 { lines.append("        ") }
            lines[lines.count - 1] +=
                " \(index.rightAligned(to: 2)): \((vcpu.cpuTime / 1_000_000_000).rightAligned(to: 10))s"
        }
        return lines
    }

    private static func networkLine(_ index: Int, _ counters: NetworkCounters) -> String {
        func part(_ values: [(UInt64, String)]) -> String {
            values.map { "\($0.rightAligned(to: 8))\($1)" }.joined(separator: " ")
        }
        let received = part([
            (counters.receivedBytes, "bytes"), (counters.receivedPackets, "pkts"),
            (counters.receiveErrors, "err"),
            (counters.receiveDrops, "drop"),
        ])
        let sent = part([
            (counters.sentBytes, "bytes"), (counters.sentPackets, "pkts"), (counters.sendErrors, "err"),
            (counters.sendDrops, "drop"),
        ])
        return "Net\(index) RX: \(received)  TX: \(sent)"
    }

    private static func diskLine(_ disk: DiskSample) -> String {
        let names: [DiskSample.Backend: String] = [.blkback: "BlkBack", .blktap: "BlkTap"]
        let device = disk.device ?? 0
        let (major, minor) = (device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00)
        let numbers =
            "[\(hexadecimal(major, width: 1).rightAligned(to: 2)):"
            + "\(hexadecimal(minor, width: 1).rightAligned(to: 2))] "
        let values = [
            ("OO", disk.counters?.outOfRequests, 8), ("RD", disk.counters?.reads, 8),
            ("WR", disk.counters?.writes, 8),
            ("RSECT", disk.counters?.sectorsRead, 10), ("WSECT", disk.counters?.sectorsWritten, 10),
        ].map { "\($0): \(($1.map { "\($0)" } ?? "-").rightAligned(to: $2))" }
        return "VBD \(names[disk.backend] ?? "Unidentified") \(device.rightAligned(to: 4)) \(numbers) "
            + values.joined(separator: "   ")
    }
}
