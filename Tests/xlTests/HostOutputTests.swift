import CXen
import DomainConfig
import Testing
import XenTypes
import YajlJSON

@testable import XenControl
@testable import XenToolstack
@testable import xl

/// Expected texts are what upstream's xl 4.17.5 printed on a host with these values.
@Suite struct DomainListTextTests {
    private func domain(
        _ id: UInt16, _ name: String?, flags: UInt32, pages: UInt64 = 0, cpuTime: UInt64 = 0, vcpus: UInt32 = 1
    ) -> ListedDomain {
        var raw = xc_domaininfo_t()
        raw.domain = id
        raw.flags = flags
        raw.tot_pages = pages
        raw.cpu_time = cpuTime
        raw.nr_online_vcpus = vcpus
        raw.max_vcpu_id = vcpus - 1
        return ListedDomain(info: DomainInfo(raw), name: name)
    }

    private var control: ListedDomain {
        var control = domain(
            0, "Domain-0", flags: 1 << 5 | 0xFFFF_0000, pages: 262144, cpuTime: 1_412_200_000_000, vcpus: 2)
        control.poolName = "Pool-0"
        control.nodeAffinity = [0]
        return control
    }

    @Test func plain() {
        #expect(
            DomainListText.table([control]) == """
                Name                                        ID   Mem VCPUs\tState\tTime(s)
                Domain-0                                     0  1024     2     r-----    1412.2
                """)
    }

    @Test func everyColumn() {
        #expect(
            DomainListText.table([control], [.verbose, .securityLabel, .pool, .nodeAffinity], nodeCount: 1) == """
                Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label         Cpupool NODE Affinity
                Domain-0                                     0  1024     2     r-----    1412.2 00000000-0000-0000-0000-000000000000        -                -          Pool-0 all
                """)
    }

    @Test func singleColumns() {
        #expect(
            DomainListText.table([control], .pool) == """
                Name                                        ID   Mem VCPUs\tState\tTime(s)         Cpupool
                Domain-0                                     0  1024     2     r-----    1412.2          Pool-0
                """)
        #expect(
            DomainListText.table([control], .securityLabel) == """
                Name                                        ID   Mem VCPUs\tState\tTime(s)   Security Label
                Domain-0                                     0  1024     2     r-----    1412.2                -
                """)
        #expect(
            DomainListText.table([control], .nodeAffinity, nodeCount: 1).hasSuffix("1412.2 all"))
        #expect(DomainListText.table([control], .claims).hasSuffix("1412.2     0"))
    }

    @Test(
        arguments: [
            (0x10, nil, "-b----"), (0x4, 0, "---s--"), (0x4, 1, "---sr-"), (0x4, 2, "---ss-"), (0x4, 3, "---sc-"),
            (0x4, 4, "---sw-"), (0x4, 5, "---sS-"), (0x4, 6, "---s?-"), (0x4, 255, "---s?-"), (0x9, nil, "--p--d"),
            (0, nil, "------"),
        ] as [(UInt32, UInt32?, String)])
    func states(_ flags: UInt32, _ reason: UInt32?, _ letters: String) {
        let raw = flags | (reason ?? 0xFFFF) << 16
        #expect(DomainListText.stateLetters(domain(1, nil, flags: raw).info) == letters)
    }

    @Test func namesThatAreMissingOrHostile() {
        let lines = DomainListText.table([domain(3, nil, flags: 0), domain(4, "a\u{1b}[2J\n", flags: 0)])
            .split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("(null)                                       3     0     1     ------       0.0"))
        #expect(lines[2].hasPrefix("a\\x1b[2J\\x0a                                 4"))
    }

    @Test func followsItsSchema() throws {
        var dead = domain(7, "x", flags: 1 << 2 | 3 << 16)
        dead.type = .pvh
        var control = control
        control.type = .pv
        let text = try YajlEncoder().encode(DomainListJSON.document([control, dead]))
        #expect(try JSONSchema(named: "list").problems(in: text) == [])
        #expect(String(decoding: text, as: UTF8.self).contains(#""shutdown_reason": "crash""#))
    }

    @Test func machinesFollowTheirSchemas() throws {
        let list = try YajlEncoder().encode(DomainListJSON.machines([control]))
        #expect(try JSONSchema(named: "vm-list").problems(in: list) == [])
        let identity = try YajlEncoder().encode(DomainListJSON.identity(DomainID(1), name: nil))
        #expect(try JSONSchema(named: "domid").problems(in: identity) == [])
        #expect(
            VMListCommand.table([control]) == "UUID                                  ID    name\n"
                + "00000000-0000-0000-0000-000000000000  0    Domain-0                      ")
    }
}

@Suite struct BitmapTextTests {
    @Test(
        arguments: [
            ([0], 1, "all"), ([0, 1], 2, "all"), ([], 2, "none"), ([0, 1], 4, "0-1"), ([1], 2, "1"),
            ([0, 2, 3, 5], 6, "0,2-3,5"), ([2, 3], 4, "2-3"), ([5], 4, "none"), ([], 0, "none"),
        ] as [(Bitmap, Int, String)])
    func ranges(_ map: Bitmap, _ count: Int, _ text: String) { #expect(map.rangeText(count: count) == text) }
}

@Suite struct VCPUListTests {
    private var domains: [ListedVCPUs] {
        let affinity = VCPUAffinity(hard: [0, 1], soft: [0])
        return [
            ListedVCPUs(
                domain: DomainID(0), name: "Domain-0",
                vcpus: [
                    .init(
                        info: VCPUInfo(
                            vcpu: 0, isOnline: true, isBlocked: false, isRunning: true, cpuTime: 708_800_000_000, cpu: 1
                        ), affinity: affinity),
                    .init(
                        info: VCPUInfo(
                            vcpu: 1, isOnline: false, isBlocked: true, isRunning: false, cpuTime: 0, cpu: 0),
                        affinity: affinity),
                ])
        ]
    }

    @Test func table() {
        #expect(
            VCPUList.table(domains, cpuCount: 2) == """
                Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)
                Domain-0                             0     0    1   r--     708.8  all / 0
                Domain-0                             0     1    -   --p       0.0  all / 0
                """)
    }

    @Test func followsItsSchema() throws {
        let text = try YajlEncoder().encode(VCPUList.document(domains, cpuCount: 2))
        #expect(try JSONSchema(named: "vcpu-list").problems(in: text) == [])
    }
}

@Suite struct UptimeTests {
    @Test(arguments: [
        (UInt64(2485), " 0:41:25", " 0:41"), (36_000, "10:00:00", "10:00"), (90_061, "1 day,  1:01:01", "1 day,  1:01"),
        (864_000, "10 days,  0:00:00", "10 days,  0:00"),
    ])
    func durations(_ seconds: UInt64, _ long: String, _ short: String) {
        #expect(UptimeText.duration(seconds, isShort: false) == long)
        #expect(UptimeText.duration(seconds, isShort: true) == short)
    }

    @Test func lines() throws {
        let uptimes = [DomainUptime(domain: .control, name: "Domain-0", seconds: 2485)]
        #expect(
            UptimeText.table(uptimes)
                == "Name                                ID Uptime\nDomain-0                             0  0:41:25")
        #expect(UptimeText.lines(uptimes, clock: "07:05:08") == [" 07:05:08 up  0:41, Domain-0 (0)"])
        let text = try YajlEncoder().encode(UptimeText.document(uptimes))
        #expect(try JSONSchema(named: "uptime").problems(in: text) == [])
    }
}

@Suite struct HostInfoTests {
    private var info: HostInfo {
        var raw = xc_physinfo_t()
        raw.nr_cpus = 2
        raw.max_cpu_id = 1
        raw.nr_nodes = 1
        raw.cores_per_socket = 2
        raw.threads_per_core = 1
        raw.cpu_khz = 2_596_097
        raw.total_pages = 1_572_732
        raw.free_pages = 1_294_381
        raw.capabilities = 795
        raw.hw_cap = (395_047_933, 2_147_491_841, 537_921_536, 7, 0, 0, 0, 0)
        return HostInfo(
            kernel: .init(host: "oracle", release: "6.1.0-50-amd64", version: "#1 SMP", machine: "x86_64"),
            physical: PhysicalInfo(raw), sharingFreedPages: 0, sharingUsedFrames: 0, freeCPUs: 0,
            version: XenVersion(
                major: 4, minor: 17, extra: ".5", compiler: "gcc", compileBy: "pkg", compileDomain: "debian",
                compileDate: "Sat", capabilities: "xen-3.0-x86_64 hvm-3.0-x86_32 ", changeset: "",
                commandLine: "com1=115200,8n1", virtualStart: 0xFFFF_8000_0000_0000, pageSize: 4096, buildID: "39a6"),
            scheduler: "credit2",
            topology: HostInfo.Topology(
                cpus: [CPUTopology(core: 0, socket: 0, node: 0), CPUTopology(core: 1, socket: 0, node: 0)],
                devices: [], nodes: [NUMANode(size: 7_516_192_768, free: 5_301_784_576, distances: [10])]))
    }

    @Test func text() {
        #expect(
            HostInfoText.text(info) == """
                host                   : oracle
                release                : 6.1.0-50-amd64
                version                : #1 SMP
                machine                : x86_64
                nr_cpus                : 2
                max_cpu_id             : 1
                nr_nodes               : 1
                cores_per_socket       : 2
                threads_per_core       : 1
                cpu_mhz                : 2596.097
                hw_caps                : 178bf3fd:80002001:20100800:00000007:00000000:00000000:00000000:00000000
                virt_caps              : pv hvm hap shadow gnttab-v1 gnttab-v2
                total_memory           : 6143
                free_memory            : 5056
                sharing_freed_memory   : 0
                sharing_used_memory    : 0
                outstanding_claims     : 0
                free_cpus              : 0
                cpu_topology           :
                cpu:    core    socket     node
                  0:       0        0        0
                  1:       1        0        0
                device topology        :
                device           node
                No device topology data available
                numa_info              :
                node:    memsize    memfree    distances
                   0:      7168       5056      10
                xen_major              : 4
                xen_minor              : 17
                xen_extra              : .5
                xen_version            : 4.17.5
                xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32\u{20}
                xen_scheduler          : credit2
                xen_pagesize           : 4096
                platform_params        : virt_start=0xffff800000000000
                xen_changeset          :\u{20}
                xen_commandline        : com1=115200,8n1
                cc_compiler            : gcc
                cc_compile_by          : pkg
                cc_compile_domain      : debian
                cc_compile_date        : Sat
                build_id               : 39a6
                xend_config_format     : 4
                """)
    }

    /// Every value of the text is in the document.
    @Test func theTextShowsNothingThatTheDocumentLacks() throws {
        var info = info
        info.topology = nil
        let document = try YajlDecoder().decode(
            JSONValue.self, from: YajlEncoder().encode(HostInfoJSON.document(info)))
        func words(_ key: String) -> [String] { (document[key]?.array ?? []).compactMap(\.string) }
        func mebibytes(_ key: String) -> String { document[key]?.integer.map { "\($0 / 1024)" } ?? "none" }
        let others: [String: String?] = [
            "cpu_mhz": document["cpu_khz"]?.integer.map { decimal(UInt64($0), places: 3) },
            "hw_caps": words("hw_caps").joined(separator: ":"), "virt_caps": words("virt_caps").joined(separator: " "),
            "total_memory": mebibytes("total_memory_kib"), "free_memory": mebibytes("free_memory_kib"),
            "sharing_freed_memory": mebibytes("sharing_freed_memory_kib"),
            "sharing_used_memory": mebibytes("sharing_used_memory_kib"),
            "outstanding_claims": mebibytes("outstanding_claims_kib"),
            "xen_caps": words("xen_caps").map { $0 + " " }.joined(),
            "xen_pagesize": document["xen_pagesize_bytes"]?.integer.map { "\($0)" },
            "platform_params": document["xen_virt_start"]?.string.map { "virt_start=\($0)" },
        ]
        for line in HostInfoText.text(info).split(separator: "\n") {
            let key = String(line.prefix { $0 != " " && $0 != ":" })
            let plain = document[key]?.string ?? document[key]?.integer.map { "\($0)" }
            #expect(line == "\(key.padded(to: 23)): \((others[key] ?? plain) ?? "nothing")")
        }
    }

    @Test func devicesAndUnknownPlaces() {
        var info = info
        info.topology = HostInfo.Topology(
            cpus: [CPUTopology(core: nil, socket: nil, node: nil), CPUTopology(core: 3, socket: nil, node: 1)],
            devices: [(PCIDeviceAddress(segment: 0, bus: 0x1A, devfn: 0x1F << 3 | 2), 1)],
            nodes: [
                NUMANode(size: nil, free: nil, distances: []),
                NUMANode(size: 1 << 30, free: nil, distances: [nil, 20]),
            ])
        let text = HostInfoText.text(info)
        #expect(text.contains("node\n  1:       3       -1        1\ndevice"))
        #expect(text.contains("0000:1a:1f.2      1\nnuma_info"))
        #expect(text.contains("distances\n   1:      1024          0      -1,20\nxen_major"))
    }

    @Test func filter() {
        #expect(HostInfoText.values(info, prefix: "xen_m") == ["4", "17"])
        #expect(HostInfoText.values(info, prefix: "virt_caps") == ["pv hvm hap shadow gnttab-v1 gnttab-v2"])
        #expect(HostInfoText.values(info, prefix: "xen_changeset") == [""])
        #expect(HostInfoText.values(info, prefix: "nosuch") == [])
    }

    @Test func followsItsSchema() throws {
        var info = info
        #expect(try JSONSchema(named: "info").problems(in: YajlEncoder().encode(HostInfoJSON.document(info))) == [])
        info.topology = nil
        #expect(try JSONSchema(named: "info").problems(in: YajlEncoder().encode(HostInfoJSON.document(info))) == [])
    }

    @Test func messagesFollowTheirSchema() throws {
        let text = try YajlEncoder().encode(DMesgCommand.document(Array("(XEN) a\n(XEN) \u{1b}b\n".utf8)))
        #expect(try JSONSchema(named: "dmesg").problems(in: text) == [])
        #expect(DMesgCommand.document(Array("a\n\nb".utf8))["lines"]?.array?.count == 3)
    }

    @Test func theValidatorFindsMistakes() throws {
        let schema = try JSONSchema(named: "uptime")
        #expect(try schema.problems(in: Array(#"[{"domid": -1, "name": 3, "uptime_s": "5", "x": 1}]"#.utf8)).count == 4)
        #expect(try schema.problems(in: Array(#"[{"domid": true, "name": null}]"#.utf8)).count == 2)
    }
}

@Suite struct DomainDetailsTests {
    @Test func showsWhyAConfigurationIsMissing() throws {
        let domain = DetailedDomain(domain: DomainID(3), uuid: .zero, configuration: .failure(.init(text: "none")))
        let text = try GlobalConfig.OutputFormat.json.text(of: [domain])
        #expect(
            String(decoding: text, as: UTF8.self) == """
                [
                    {
                        "domid": 3,
                        "config": null,
                        "error": "none"
                    }
                ]


                """)
        #expect(try GlobalConfig.OutputFormat.sxp.text(of: [domain]) == [])
    }
}
