import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

@Suite struct DeviceTableTests {
    private func disk(
        _ id: UInt32, _ backend: DeviceKind = .vbd, _ record: [String: String] = [:], _ frontend: [String: String]
    ) -> DeviceStatus {
        DeviceStatus(
            address: DeviceAddress(domain: DomainID(5), kind: .vbd, id: id, backendKind: backend), record: record,
            frontend: frontend)
    }

    private func nic(_ id: UInt32, _ record: [String: String], _ frontend: [String: String]) -> DeviceStatus {
        DeviceStatus(
            address: DeviceAddress(domain: DomainID(5), kind: .vif, id: id), record: record, frontend: frontend)
    }

    /// Lines that upstream printed on a Xen host.
    @Test func asUpstreamPrints() {
        let disks = [disk(51712, .vbd, [:], ["state": "1"]), disk(51728, .qdisk, [:], ["state": "1"])]
        #expect(
            DeviceTable.disks(disks) == """
                Vdev  BE  handle state evt-ch ring-ref BE-path                       \n\
                51712 0   5      1     -1     -1       /local/domain/0/backend/vbd/5/51712\n\
                51728 0   5      1     -1     -1       /local/domain/0/backend/qdisk/5/51728
                """)
        let nics = [
            nic(0, ["mac": "00:16:3e:01:02:03"], ["state": "1"]), nic(1, ["mac": "00:16:3e:01:02:04"], ["state": "1"]),
        ]
        #expect(
            DeviceTable.nics(nics) == """
                Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       \n\
                0   0  00:16:3e:01:02:03     0     1     -1    -1/-1          /local/domain/0/backend/vif/5/0\n\
                1   0  00:16:3e:01:02:04     1     1     -1    -1/-1          /local/domain/0/backend/vif/5/1
                """)
    }

    @Test(arguments: [
        ("4", Int32(4)), ("", 0), ("rubbish", 0), (" 7 ", 7), ("-1", -1), ("12abc", 12), ("4294967295", -1),
        ("99999999999999999999999", -1), ("18446744073709551615", -1), ("\u{1B}[2J", 0), ("2147483648", Int32.min),
    ])
    func numbersThatGuestsWrite(_ text: String, _ number: Int32) {
        #expect(disk(1, .vbd, [:], ["state": text]).number("state") == number)
    }

    @Test func json() throws {
        let hostile = disk(
            51728, .qdisk, ["params": "qcow2:/a:b", "type": "qdisk", "mode": "r", "dev": "xvdb"],
            ["state": "\u{7}99", "ring-ref": "8"])
        let disks = try YajlEncoder().encode([DiskJSON(hostile), DiskJSON(disk(51712, .vbd, [:], ["state": "4"]))])
        #expect(try JSONSchema(named: "block-list").problems(in: disks) == [])
        let value = try YajlDecoder().decode(JSONValue.self, from: YajlEncoder().encode(DiskJSON(hostile)))
        #expect(value["format"]?.string == "qcow2")
        #expect(value["target"]?.string == "/a:b")
        #expect(value["state"] == nil)
        #expect(value["ring_ref"]?.integer == 8)
        #expect(value["read_only"]?.bool == true)
        let interface = nic(1, ["rate": "50000,1000", "mtu": "1400"], ["state": "4", "tx-ring-ref": "3"])
        let nics = try YajlEncoder().encode([NICJSON(interface), NICJSON(nic(0, ["mac": "00:16:3e:01:02:03"], [:]))])
        #expect(try JSONSchema(named: "network-list").problems(in: nics) == [])
        let nicValue = try YajlDecoder().decode(JSONValue.self, from: YajlEncoder().encode(NICJSON(interface)))
        #expect(nicValue["interface"]?.string == "vif5.1")
        #expect(nicValue["rate_interval_us"]?.integer == 1000)
        #expect(nicValue["state"]?.string == "connected")
    }
}
