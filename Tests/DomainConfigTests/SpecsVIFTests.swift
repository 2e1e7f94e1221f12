import DomainModel
import Testing

@testable import DomainConfig

@Suite struct SpecsVIFTests {
    /// The fault of a word of a command line, where nothing is passed over.
    private func fault(_ word: String) -> SpecError? {
        do throws(SpecError) { _ = try VIFSpec.parse(words: [word]) } catch { return error }
        return nil
    }

    @Test func everyParameter() throws {
        let nic = try VIFSpec.parse(
            "type=ioemu, mac=00:16:3E:1:02:ff,bridge=br0,,gatewaydev=eth0,ip=10.0.0.1/24,script=vif-x,backend=dd,"
                + "vifname=v0,model=e1000,rate=10Mb/s,forwarddev=eth1,devid=3,mtu=9000,vlan=1/2,untrusted,"
                + "colo_sock_compare_notify_port=12,colo_checkpoint_host=a=b"
        ).value
        #expect(nic.nicType == .vifIoemu && nic.mac?.description == "00:16:3e:01:02:ff" && nic.bridge == "br0")
        #expect(nic.gatewayDevice == "eth0" && nic.ip == "10.0.0.1/24" && nic.script == "vif-x")
        #expect(nic.backendDomainName == "dd" && nic.interfaceName == "v0" && nic.model == "e1000")
        #expect(nic.rateBytesPerInterval == 62500 && nic.rateIntervalMicroseconds == 50000)
        #expect(nic.coloftForwarddev == "eth1" && nic.deviceID == 3 && nic.mtu == 9000 && nic.vlan == "1/2")
        #expect(nic.trusted == false && nic.coloSockCompareNotifyPort == "12" && nic.coloCheckpointHost == "a=b")
    }

    @Test func defaultsStayWhereNothingIsSaid() throws {
        var initial = NICDevice()
        initial.bridge = "xenbr0"
        initial.script = "vif-route"
        let nic = try VIFSpec.parse("bridge=br1", into: initial).value
        #expect(nic.bridge == "br1" && nic.script == "vif-route")
        #expect(try VIFSpec.parse("", into: initial).value == initial)
    }

    @Test func everyKeyIsInTheTable() {
        #expect(VIFSpec.grammar.parameters.filter { $0.name.hasPrefix("colo_") }.count == 48)
        #expect(Set(VIFSpec.grammar.parameters.map(\.name)).count == VIFSpec.grammar.parameters.count)
    }

    @Test(arguments: [
        ("bridg=a", SpecError.Kind.unknownParameter, "bridg"), ("mac=00:16:3e:00:00", .invalidValue, "00:16:3e:00:00"),
        ("mac=00:16:3e:00:00:zz", .invalidValue, "00:16:3e:00:00:zz"),
        ("mac=00:16:3e:00:00:1:2", .invalidValue, "00:16:3e:00:00:1:2"),
        ("mac=00:16:3e:00:00:100", .invalidValue, "00:16:3e:00:00:100"), ("type=foo", .invalidValue, "foo"),
        ("mtu=1500x", .notANumber, "1500x"), ("mtu=", .notANumber, ""), ("mtu=-2", .outOfRange, "-2"),
        ("mtu=4294967296", .outOfRange, "4294967296"), ("bridge", .syntax, "bridge"),
        ("trusted=1", .syntax, "trusted=1"),
        ("rate=10", .syntax, "10"), ("rate=", .syntax, ""), ("rate=10Mb/s@", .syntax, "10Mb/s@"),
        ("rate=0B/s", .outOfRange, "0B/s"), ("rate=08B/s", .outOfRange, "08B/s"),
        ("rate=4294967296B/s", .outOfRange, "4294967296B/s"),
        ("rate=1GB/s@5000s", .outOfRange, "1GB/s@5000s"),
        ("rate=4294967295GB/s@4294s", .outOfRange, "4294967295GB/s@4294s"),
        ("rate=1MB/s@1x", .syntax, "1MB/s@1x"), ("rate=1 MB/s", .syntax, "1 MB/s"),
        ("rate=1MB/s@1ms@1ms", .syntax, "1MB/s@1ms@1ms"),
    ])
    func faults(text: String, kind: SpecError.Kind, place: String) throws {
        let found = try #require(fault(text))
        #expect(found.kind == kind)
        #expect(Array(text.utf8)[found.range].elementsEqual(place.utf8))
    }

    /// Upstream's xl would read behind the end of the first; nobody knows what it means by the others.
    @Test(arguments: ["mac=00:16:3e", "mtu=", "mtu=x", "mtu=4294967296", "rate=10"])
    func faultsThatAConfigurationMustNotHave(text: String) {
        #expect(throws: SpecError.self) { try VIFSpec.parse(text) }
    }

    @Test(arguments: [
        ("1B/s", 0, 50000), ("1KB/s", 50, 50000), ("1MB/s@20ms", 20000, 20000), ("250KB/s@1s", 250_000, 1_000_000),
        ("10Mb/s@50", 62_500_000, 50_000_000), ("1Gb/s@10u", 1250, 10), ("010KB/s", 400, 50000),
        ("1GB/s@4294s", 4_294_000_000_000, 4_294_000_000),
    ])
    func rates(text: String, bytes: UInt64, interval: UInt32) throws {
        let nic = try VIFSpec.parse("rate=" + text).value
        #expect(nic.rateBytesPerInterval == bytes)
        #expect(nic.rateIntervalMicroseconds == interval)
        let written = try VIFSpec.text(for: nic)
        #expect(try VIFSpec.parse(written).value == nic, "\(written)")
    }

    @Test func randomRatesRoundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let number =
                UInt32.random(in: 1...(.max), using: &generator) >> UInt32.random(in: 0..<32, using: &generator)
            let unit = ["", "K", "M", "G"].randomElement(using: &generator) ?? ""
            let scale = ["", "s", "m", "ms", "u", "us"].randomElement(using: &generator) ?? ""
            let interval = UInt32.random(in: 1...4000, using: &generator)
            let text = "rate=\(max(number, 1))\(unit)\(Bool.random() ? "b" : "B")/s@\(interval)\(scale)"
            guard let nic = try? VIFSpec.parse(text).value else { continue }
            let written = try VIFSpec.text(for: nic)
            #expect(try VIFSpec.parse(written).value == nic, "\(text) became \(written)")
        }
    }

    @Test func notices() throws {
        #expect(try VIFSpec.parse("netdev=eth0").warnings.map(\.kind) == [.deprecated])
        #expect(try VIFSpec.parse("accel=1").warnings.map(\.kind) == [.ignored])
        #expect(try VIFSpec.parse("bridge=a,bridge=b").warnings.map(\.kind) == [.repeated])
        #expect(try VIFSpec.parse("bridge=a, ").warnings.map(\.kind) == [.syntax])
    }

    @Test func wordsOfACommandLineHoldOneParameterEach() throws {
        let nic = try VIFSpec.parse(words: ["bridge=a,b", "mac=00:16:3e:00:00:01"]).value
        #expect(nic.bridge == "a,b")
        #expect(throws: SpecError.self) { try VIFSpec.text(for: nic) }
    }

    @Test func textsRoundTrip() throws {
        let text =
            "type=vif,mac=00:16:3e:00:00:01,bridge=a,rate=10Mb/s,devid=2,mtu=1500,trusted,colo_compare_out=x"
        let nic = try VIFSpec.parse(text).value
        #expect(try VIFSpec.text(for: nic) == text)
        #expect(try VIFSpec.text(for: NICDevice()) == "")
    }
}
