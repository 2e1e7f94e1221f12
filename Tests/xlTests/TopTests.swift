import CXen
import Testing
import XenTypes
import YajlJSON

@testable import XenControl
@testable import XenToolstack
@testable import xl

/// Expected tables are in the form of xentop 4.17.5.
@Suite struct TopTests {
    private func domain(
        _ id: UInt16, _ name: String, flags: UInt32 = 1 << 4, pages: UInt64 = 4096,
        limit: UInt64 = 5120,
        seconds: UInt64 = 10
    ) -> DomainSample {
        var raw = xc_domaininfo_t()
        raw.domain = id
        raw.flags = flags | 0xFF << 16
        raw.tot_pages = pages
        raw.max_pages = limit
        raw.cpu_time = seconds * 1_000_000_000
        raw.max_vcpu_id = 1
        return DomainSample(info: DomainInfo(raw), name: name)
    }

    private var guest: DomainSample {
        var guest = domain(5, "a-long-name-of-a-guest", seconds: 12)
        var network = NetworkCounters()
        (network.receivedBytes, network.sentBytes, network.sentPackets) = (2048, 123_456_789 * 1024, 9)
        var disk = DiskCounters()
        (disk.outOfRequests, disk.reads, disk.writes) = (1, 2, 3)
        (disk.sectorsRead, disk.sectorsWritten) = (40, 50)
        guest.networks = [NetworkSample(interface: "vif5.0", card: 0, counters: network)]
        guest.disks = [
            DiskSample(backend: .blkback, device: 51712, counters: disk),
            DiskSample(backend: .blkback, device: 51728, counters: nil),
        ]
        guest.vcpus = (0..<6).map {
            VCPUInfo(
                vcpu: $0, isOnline: true, isBlocked: false, isRunning: false, cpuTime: 2_000_000_000, cpu: 0
            )
        }
        return guest
    }

    private func frame(_ domains: [DomainSample]) -> TopFrame {
        var physical = xc_physinfo_t()
        (physical.total_pages, physical.free_pages, physical.nr_cpus, physical.cpu_khz) = (
            65536, 16384, 4, 2_600_000
        )
        let start = ContinuousClock.now
        let old = domains.map { domain in
            var raw = xc_domaininfo_t()
            raw.domain = UInt16(domain.info.domain.rawValue)
            raw.cpu_time = domain.info.cpuTime - 500_000_000
            return DomainSample(info: DomainInfo(raw), name: domain.name)
        }
        return TopFrame(
            sample: HostSample(
                instant: start + .seconds(2), time: 7, physical: PhysicalInfo(physical), domains: domains),
            previous: HostSample(instant: start, time: 5, physical: PhysicalInfo(physical), domains: old))
    }

    private var control: DomainSample {
        domain(0, "Domain-0", flags: 1 << 5, limit: UInt64(UInt32.max), seconds: 99)
    }

    private func text(_ frame: TopFrame, _ options: TopOptions = TopOptions()) -> String {
        var table = TopTable()
        return table.lines(frame, options).map(\.text).joined(separator: "\n")
    }

    @Test func theTableIsXentops() {
        #expect(
            text(frame([control, guest])) == """
                      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS  NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID
                a-long-nam --b---         12   25.0      16384    6.2      20480       7.8     2    1 123456789        2    2        1        2        3         40         50    0
                  Domain-0 -----r         99   25.0      16384    6.2   no limit       n/a     2    0         0        0    0        0        0        0          0          0    0
                """)
    }

    /// Every value of the table is in the document.
    @Test func theTableShowsNothingThatTheDocumentLacks() throws {
        let frame = frame([control, guest])
        let document = try YajlDecoder().decode(
            JSONValue.self, from: YajlEncoder().encode(TopJSON.document(frame, TopOptions())))
        let domains = try #require(document["domains"]?.array)
        let host = Double(document["memory_kib"]?.integer ?? 1)
        for (line, domain) in zip(text(frame).split(separator: "\n").dropFirst(), domains) {
            func number(_ key: String) -> Int64? { domain[key]?.integer }
            func sum(_ list: String, _ key: String) -> Int64 {
                (domain[list]?.array ?? []).compactMap { $0[key]?.integer }.reduce(0, +)
            }
            func flag(_ key: String, _ letter: String) -> String { domain[key]?.bool == true ? letter : "-" }
            func tenths(_ value: Double) -> String { fixedPoint(value, decimals: 1) }
            let isCrashed = domain["shutdown_reason"]?.string == "crash"
            let state =
                flag("dying", "d") + (isCrashed ? "-" : flag("shutdown", "s")) + flag("blocked", "b")
                + (isCrashed ? "c" : "-") + flag("paused", "p") + flag("running", "r")
            let share: Double? = if case .number(let value)? = domain["cpu_percent"] { value } else { nil }
            let limit = number("max_memory_kib")
            let expected = [
                String((domain["name"]?.string ?? "").prefix(10)), state,
                "\((number("cpu_time_ns") ?? 0) / 1_000_000_000)", tenths(share ?? -1),
                "\(number("memory_kib") ?? -1)", tenths(Double(number("memory_kib") ?? 0) / host * 100),
                limit.map { "\($0)" } ?? "no limit", limit.map { tenths(Double($0) / host * 100) } ?? "n/a",
                "\(number("vcpus_max") ?? -1)", "\(domain["networks"]?.array?.count ?? -1)",
                "\(sum("networks", "tx_bytes") / 1024)", "\(sum("networks", "rx_bytes") / 1024)",
                "\(domain["disks"]?.array?.count ?? -1)", "\(sum("disks", "out_of_requests"))",
                "\(sum("disks", "reads"))", "\(sum("disks", "writes"))", "\(sum("disks", "read_sectors"))",
                "\(sum("disks", "written_sectors"))", "\(number("ssidref") ?? -1)",
            ]
            #expect(line.split(separator: " ").joined(separator: " ") == expected.joined(separator: " "))
        }
    }

    @Test func fullNamesMakeRoom() {
        var options = TopOptions()
        options.showsFullNames = true
        let lines = text(frame([control, guest]), options).split(separator: "\n")
        #expect(lines[1].hasPrefix("a-long-name-of-a-guest --b---"))
        #expect(lines[2].hasPrefix("              Domain-0 -----r"))
    }

    @Test func detailsAreXentops() {
        var options = TopOptions()
        (options.showsVCPUs, options.showsNetworks, options.showsDisks) = (true, true, true)
        let lines = text(frame([guest]), options).split(separator: "\n").dropFirst(2)
        #expect(
            lines.joined(separator: "\n") == """
                VCPUs(sec):   0:          2s  1:          2s  2:          2s  3:          2s  4:          2s
                          5:          2s
                Net0 RX:     2048bytes        0pkts        0err        0drop  TX: 126419751936bytes        9pkts        0err        0drop
                VBD BlkBack 51712 [ca: 0]  OO:        1   RD:        2   WR:        3   RSECT:         40   WSECT:         50
                VBD BlkBack 51728 [ca:10]  OO:        -   RD:        -   WR:        -   RSECT:          -   WSECT:          -
                """)
    }

    @Test func disksThatNobodyCountsForShowADash() {
        var guest = domain(5, "web")
        guest.disks = [DiskSample(backend: .blkback, device: 51712, counters: nil)]
        #expect(
            text(frame([guest])).hasSuffix("0    1        -        -        -          -          -    0")
        )
    }

    @Test(arguments: [
        (TopColumn.name, [3, 0, 2]), (.seconds, [0, 3, 2]), (.memory, [2, 0, 3]), (.limit, [0, 2, 3]),
        (.state, [2, 3, 0]),
    ])
    func domainsAreSorted(_ column: TopColumn, _ order: [UInt32]) {
        let domains = [
            control, domain(2, "Zoo", flags: 1 << 0, pages: 9000, seconds: 1),
            domain(3, "alpha", seconds: 2),
        ]
        var options = TopOptions()
        options.sorting = column
        #expect(TopTable.sorted(frame(domains), options).map(\.info.domain.rawValue) == order)
        options.putsControlDomainFirst = true
        #expect(TopTable.sorted(frame(domains), options).first?.info.domain == .control)
    }

    @Test func eachSampleFollowsItsSchema() throws {
        let schema = try JSONSchema(named: "top")
        let document = TopJSON.document(frame([control, guest]), TopOptions())
        let bytes = try YajlEncoder(layout: .compact).encode(document)
        #expect(try schema.problems(in: bytes) == [])
        #expect(!bytes.contains(UInt8(ascii: "\n")))
    }

    private func screen() -> TopScreen { TopScreen(options: TopOptions(), delay: .seconds(3)) }

    private func type(_ text: String, on screen: inout TopScreen) {
        var keys = Array(text.utf8)[...]
        while !keys.isEmpty { screen.take(&keys) }
    }

    @Test func keysChangeTheView() {
        var screen = screen()
        type("nBvrfz", on: &screen)
        #expect(screen.options.showsNetworks && screen.options.showsDisks && screen.options.showsVCPUs)
        #expect(
            screen.options.repeatsHeader && screen.options.showsFullNames
                && screen.options.putsControlDomainFirst)
        type("n\u{1B}[Cs", on: &screen)
        #expect(!screen.options.showsNetworks)
        type("s", on: &screen)
        #expect(screen.options.sorting == .state)
        type("d12x.\u{7F}.5\n", on: &screen)
        #expect(screen.delay == .seconds(12.5))
        type("d0\n", on: &screen)
        #expect(screen.delay == .seconds(12.5), "a delay that makes no sense is not taken")
        #expect(!screen.isOver)
        type("dq\u{1B}", on: &screen)
        #expect(!screen.isOver, "the question is answered first")
        type("q", on: &screen)
        #expect(screen.isOver)
    }

    private func rows(
        _ screen: inout TopScreen, _ rows: Int, _ columns: Int, isColoured: Bool = false
    ) -> [String] {
        screen.rows(
            frame([control, guest]), .init(rows: rows, columns: columns), clock: "12:00:00",
            version: "4.17.5",
            isColoured: isColoured)
    }

    @Test(arguments: [(24, 200), (24, 80), (10, 40), (2, 1), (3, 12)])
    func theScreenIsFilledAndNoMore(_ height: Int, _ width: Int) {
        var screen = screen()
        type("nbv", on: &screen)
        let rows = rows(&screen, height, width)
        #expect(rows.count == height)
        #expect(rows.allSatisfy { $0.count <= max(width, 1) })
        #expect(
            screen.rows(frame([]), .init(rows: 0, columns: 0), clock: "", version: "", isColoured: true)
                == [])
    }

    @Test func narrowScreensShowWhatIsNeededMost() {
        #expect(TopScreen.columns(within: 200) == TopColumn.allCases)
        #expect(TopScreen.columns(within: 40) == [.name, .state, .share, .memory])
        #expect(TopScreen.columns(within: 1) == [.name])
    }

    @Test func theViewSaysWhatXentopSays() {
        var screen = screen()
        let rows = rows(&screen, 24, 200)
        #expect(rows[0] == "xl top - 12:00:00   Xen 4.17.5")
        #expect(rows[1] == "2 domains: 1 running, 1 blocked, 0 paused, 0 crashed, 0 dying, 0 shutdown")
        #expect(rows[2] == "Mem: 262144k total, 196608k used, 65536k free    CPUs: 4 @ 2600MHz")
        #expect(rows[4].hasPrefix("a-long-nam --b---"))
        type("\u{1B}[B", on: &screen)
        #expect(self.rows(&screen, 24, 200)[4].hasPrefix("  Domain-0"))
        type("\u{1B}[6~", on: &screen)
        #expect(self.rows(&screen, 24, 200)[4].hasPrefix("  Domain-0"), "one domain stays")
    }

    @Test func namesCannotSteerTheTerminal() {
        var screen = screen()
        type("f", on: &screen)
        for isColoured in [false, true] {
            let rows = screen.rows(
                frame([domain(5, "a\u{1B}]0;x\u{7}\nb")]), .init(rows: 24, columns: 200), clock: "",
                version: "",
                isColoured: isColoured)
            #expect(
                rows.allSatisfy { !$0.contains("\u{7}") && !$0.contains("\n") && !$0.contains("\u{1B}]") })
        }
    }

    @Test func coloursAreForTheSortedColumnAndTheHeader() {
        var screen = screen()
        let rows = rows(&screen, 24, 200, isColoured: true)
        #expect(rows[3].hasPrefix("\u{1B}[7m\u{1B}[1m      NAME\u{1B}[22m"))
        #expect(rows[4].hasPrefix("\u{1B}[1ma-long-nam\u{1B}[22m --b---"))
        #expect(self.rows(&screen, 24, 200).allSatisfy { !$0.contains("\u{1B}") })
    }

    @Test(arguments: [
        ["-d", "-1"], ["-d", "x"], ["-i", "x"], ["-i", "-1"], ["web"], ["--nosuch"],
    ])
    func wrongUseIsTold(_ words: [String]) async {
        #expect(await Main.run(["top"] + words) == .usage)
    }
}
