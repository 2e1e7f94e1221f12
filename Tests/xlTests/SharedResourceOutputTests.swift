import Testing
import XenControl
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

/// The texts are what upstream's xl 4.17 prints by its formats: no test host has such a processor.
@Suite struct SharedResourceOutputTests {
    private let level3 = CacheDivision(maximumClass: 15, maskLength: 20, separatesCodeAndData: false)
    private let level2 = CacheDivision(maximumClass: 3, maskLength: 8, separatesCodeAndData: false)
    private let split = CacheDivision(maximumClass: 7, maskLength: 20, separatesCodeAndData: true)
    private let bandwidth = BandwidthDivision(maximumClass: 7, maximumThrottle: 90, isLinear: true)

    private func socket(
        _ division: DividedSocket.Division, size: UInt32? = nil, _ values: [UInt64?]? = nil
    ) -> DividedSocket {
        DividedSocket(
            socket: 1, division: division, cacheSize: size,
            domains: values.map { [.init(domain: DomainID(7), name: "web", values: $0)] })
    }

    @Test func hardware() {
        var hardware = PSRHardware()
        hardware.monitoring = ResourceMonitoring(monitors: 55, resources: [.cacheOccupancy, .localMemoryTraffic])
        hardware.level3 = [socket(.cache(level3), size: 35840)]
        hardware.level2 = [socket(.cache(level2))]
        hardware.bandwidth = [socket(.bandwidth(bandwidth))]
        #expect(
            PSROutput.text(hardware) == """
                Cache Monitoring Technology (CMT):
                Enabled         : 1
                Total RMID      : 55
                Supported monitor types:
                cache-occupancy
                local-mem-bandwidth
                Cache Allocation Technology (CAT):
                Socket ID       : 1
                L3 Cache        : 35840KB
                CDP Status      : Disabled
                Maximum COS     : 15
                CBM length      : 20
                Default CBM     : 0xfffff
                Cache Allocation Technology (CAT): L2
                Socket ID       : 1
                Maximum COS     : 3
                CBM length      : 8
                Default CBM     : 0xff
                Memory Bandwidth Allocation (MBA):
                Socket ID               : 1
                Linear Mode             : Enabled
                Maximum COS             : 7
                Maximum Throttling Value: 90
                Default Throttling Value: 0
                """)
        #expect(PSROutput.text(PSRHardware()) == "")
        var off = PSRHardware()
        off.monitoring = .some(nil)
        #expect(PSROutput.text(off) == "Cache Monitoring Technology (CMT):\nEnabled         : 0")
    }

    private func readings(_ resource: MonitoredResource, _ values: [UInt64?]) -> MonitorReadings {
        MonitorReadings(
            resource: resource, monitors: 55, sockets: [0, 1],
            cacheSizes: resource == .cacheOccupancy ? [35840, 35840] : [],
            domains: [.init(domain: DomainID(7), name: "web", values: values)])
    }

    @Test func monitors() {
        #expect(
            PSROutput.text(readings(.cacheOccupancy, [7168, nil])) == """
                Total RMID: 55
                Name                                        ID        Socket 0        Socket 1
                Total L3 Cache Size                                   35840 KB        35840 KB
                web                                          7         7168 KB
                """)
        #expect(
            PSROutput.text(readings(.totalMemoryTraffic, [12800, 0])) == """
                Total RMID: 55
                Name                                        ID        Socket 0        Socket 1
                web                                          7      12800 KB/s          0 KB/s
                """)
    }

    @Test func shares() {
        #expect(
            PSROutput.text([socket(.cache(level3), size: 35840, [0xFF])], .cache(level: 3)) == """
                Socket ID       : 1
                L3 Cache        : 35840KB
                Default CBM     : 0xfffff
                   ID                     NAME             CBM
                    7                      web            0xff
                """)
        #expect(
            PSROutput.text([socket(.cache(split), size: 35840, [0xF, nil])], .cache(level: 3)) == """
                Socket ID       : 1
                L3 Cache        : 35840KB
                Default CBM     : 0xfffff
                   ID                     NAME      CBM (code)      CBM (data)
                    7                      web             0xf           error
                """)
        #expect(
            PSROutput.text([socket(.bandwidth(bandwidth), [30])], .bandwidth) == """
                Socket ID       : 1
                Default THRTL   : 0
                   ID                     NAME           THRTL
                    7                      web              30
                """)
        let steps = BandwidthDivision(maximumClass: 7, maximumThrottle: 90, isLinear: false)
        #expect(PSROutput.text([socket(.bandwidth(steps), [30])], .bandwidth).hasSuffix("            0x1e"))
    }

    @Test func documentsAreAsTheirSchemasSay() throws {
        var hardware = PSRHardware()
        let empty = hardware
        hardware.monitoring = .some(nil)
        let off = hardware
        hardware.monitoring = ResourceMonitoring(monitors: 55, resources: [.cacheOccupancy])
        hardware.level3 = [socket(.cache(level3), size: 35840)]
        hardware.level2 = [socket(.cache(level2))]
        hardware.bandwidth = [socket(.bandwidth(bandwidth))]
        let cache = SharedResource.cache(level: 3)
        let documents: [(String, JSONValue)] = [
            ("psr-hwinfo", PSROutput.document(empty)), ("psr-hwinfo", PSROutput.document(off)),
            ("psr-hwinfo", PSROutput.document(hardware)),
            ("psr-cmt-show", PSROutput.document(readings(.cacheOccupancy, [1, nil]))),
            ("psr-cmt-show", PSROutput.document(readings(.localMemoryTraffic, [1, nil]))),
            ("psr-cmt-attach", PSROutput.outcome(DomainID(7), isMonitored: true)),
            ("psr-cmt-detach", PSROutput.outcome(DomainID(7), isMonitored: false)),
            ("psr-cat-show", PSROutput.document([socket(.cache(split), size: 1, [1, nil])], cache)),
            ("psr-cat-set", PSROutput.document([socket(.cache(level2), [1])], .cache(level: 2))),
            ("psr-mba-show", PSROutput.document([socket(.bandwidth(bandwidth), [1])], .bandwidth)),
            ("psr-mba-set", PSROutput.document([socket(.bandwidth(bandwidth), [nil])], .bandwidth)),
            ("getenforce", SecurityMode.disabled.document), ("setenforce", SecurityMode.permissive.document),
            ("loadpolicy", LoadPolicyCommand.document("/p", size: 3)),
            ("set-parameters", SetParametersCommand.document([.init(name: "loglvl", value: "all")])),
        ]
        for (name, document) in documents {
            let text = try YajlEncoder().encode(document)
            #expect(try JSONSchema(named: name).problems(in: text) == [], "\(name)")
        }
    }

    @Test(arguments: [
        ("psr-cmt-show x", 2), ("psr-cmt-show", 2), ("psr-cat-set -l 1 0 1", 1), ("psr-cat-set -c -d 0 1", 1),
        ("psr-cat-set -l 2 -c 0 1", 1), ("psr-cat-set 0", 2), ("psr-cat-set 0 x", 2), ("psr-cat-set -s 2-1 0 1", 2),
        ("psr-cat-show -l 4", 1), ("psr-mba-set 0", 2), ("psr-mba-set -s x 0 1", 2), ("setenforce", 2),
        ("setenforce 2", 2), ("loadpolicy", 2), ("set-parameters", 2), ("sharing a b", 2), ("claims x", 2),
        ("channel-list", 2),
    ])
    func argumentsAreCheckedFirst(_ words: String, _ status: Int32) async {
        #expect(await Main.run(words.split(separator: " ").map(String.init)).rawValue == status)
    }

    @Test func socketsAreRanges() throws {
        #expect(try SocketOptions.parse(["-s", "0,2-3", "--socket", "5"]).chosen == [0, 2, 3, 5])
        #expect(try SocketOptions.parse([]).chosen == nil)
    }
}
