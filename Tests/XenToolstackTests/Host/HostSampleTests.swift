import CXen
import HostSimulator
import Testing
import XenTypes
import YajlJSON

@testable import XenControl
@testable import XenToolstack

@Suite struct HostSampleTests {
    private static let devices = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
        vif5.0: 4294967299       3    4    5    0     0          0         0     2048       7    8    9    0     0       0          0
        eth0:1:      1       0    0    0    0     0          0         0        2       0    0    0    0     0       0          0
        broken: 1 2 3
        """

    @Test func interfacesAreReadWithTheirCounters() {
        let lines = NetworkReader.lines(Self.devices)
        #expect(lines.map(\.name) == ["lo", "vif5.0", "eth0:1"])
        let counters = lines[1].counters
        #expect(counters.receivedBytes == 4_294_967_299 && counters.receivedPackets == 3)
        #expect(counters.receiveErrors == 4 && counters.receiveDrops == 5)
        #expect(counters.sentBytes == 2048 && counters.sentPackets == 7)
        #expect(counters.sendErrors == 8 && counters.sendDrops == 9)
    }

    @Test(
        arguments: [
            ("vif5.0", nil, 5, 0), ("vif5.1-emu", nil, 5, 1), ("lan", "backend/vif/7/2\n", 7, 2),
            ("vif5.0", "backend/vif/7/2", 7, 2), ("vif5.0", "device/vif/0", 5, 0), ("vif", nil, nil, nil),
            ("vif5", nil, nil, nil), ("vifx.0", nil, nil, nil), ("vif5.x", nil, nil, nil),
            ("eth0", nil, nil, nil),
        ] as [(String, String?, UInt32?, UInt32?)])
    func interfacesHaveOwners(_ name: String, _ node: String?, _ domain: UInt32?, _ card: UInt32?) {
        let owner = NetworkReader.owner(interface: name, nodeName: node)
        #expect(owner?.0.rawValue == domain && owner?.1 == card)
    }

    @Test func blockBackendsHaveOwners() {
        let found = KernelDiskReader.identity("vbd-5-51712")
        #expect(found?.0 == .blkback && found?.1 == DomainID(5) && found?.2 == 51712)
        #expect(KernelDiskReader.identity("tap-5-51712")?.0 == .blktap)
        for name in ["vif-5-0", "vbd-5", "vbd-x-1", "vbd-5-1-2", ""] {
            #expect(KernelDiskReader.identity(name) == nil, "\(name)")
        }
    }

    @Test func countersAreAllThereOrNone() {
        let values = [
            "oo_req": "1\n", "rd_req": "2\n", "wr_req": "3", "rd_sect": "4\n", "wr_sect": "5\n",
        ]
        let counters = KernelDiskReader.counters { values[$0] }
        #expect(counters?.outOfRequests == 1 && counters?.reads == 2 && counters?.writes == 3)
        #expect(counters?.sectorsRead == 4 && counters?.sectorsWritten == 5)
        for missing in values.keys {
            #expect(KernelDiskReader.counters { $0 == missing ? nil : values[$0] } == nil)
            #expect(KernelDiskReader.counters { $0 == missing ? "x" : values[$0] } == nil)
        }
    }

    @Test func aQEMUsDisksAreThoseThatItCountsFor() throws {
        let text = """
            [{"device": "ide0-hd0", "stats": {"rd_bytes": 1024, "wr_bytes": 512, "rd_operations": 7, "wr_operations": 2}},
             {"device": "none"}, {"device": "bad", "stats": {"rd_bytes": -5, "rd_operations": "x"}}, 7]
            """
        let disks = QEMUDiskReader.disks(
            try YajlDecoder().decode(JSONValue.self, from: Array(text.utf8)))
        #expect(disks.count == 2)
        #expect(disks.first?.counters?.sectorsRead == 2 && disks.first?.counters?.writes == 2)
        #expect(disks.last?.counters == DiskCounters())
        #expect(QEMUDiskReader.disks(.string("no list")).isEmpty)
    }

    @Test func sharesAreOfTheTimeBetween() {
        func sample(_ time: UInt64, at instant: ContinuousClock.Instant) -> HostSample {
            var raw = xc_domaininfo_t()
            raw.domain = 5
            raw.cpu_time = time
            var physical = xc_physinfo_t()
            physical.total_pages = 1000
            return HostSample(
                instant: instant, time: 0, physical: PhysicalInfo(physical),
                domains: [DomainSample(info: DomainInfo(raw), name: "web")])
        }
        let start = ContinuousClock.now
        let (old, new) = (
            sample(1_000_000_000, at: start), sample(4_000_000_000, at: start + .seconds(2))
        )
        #expect(new.processorShare(of: new.domains[0], since: old) == 150)
        #expect(old.processorShare(of: old.domains[0], since: new) == 0, "time does not run backwards")
        #expect(new.processorShare(of: new.domains[0], since: new) == 0)
        #expect(new.memoryShare(pages: 250) == 25)
    }

    @Test func aHostIsSampled() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest("vcpus=2"))
        let sample = try await host.toolstack.sample(includingVCPUs: false)
        #expect(sample.domains.map(\.name) == ["Domain-0", "guest"])
        #expect(sample.domains.last?.info.domain == domain && sample.domains.last?.vcpuCount == 2)
        #expect(sample.physical.totalPages > 0)
    }
}
