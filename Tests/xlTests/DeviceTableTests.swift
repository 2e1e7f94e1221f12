import DomainModel
import Testing
import XenStore
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
            Disks.text(disks) == """
                Vdev  BE  handle state evt-ch ring-ref BE-path                       \n\
                51712 0   5      1     -1     -1       /local/domain/0/backend/vbd/5/51712\n\
                51728 0   5      1     -1     -1       /local/domain/0/backend/qdisk/5/51728
                """)
        let nics = [
            nic(0, ["mac": "00:16:3e:01:02:03"], ["state": "1"]), nic(1, ["mac": "00:16:3e:01:02:04"], ["state": "1"]),
        ]
        #expect(
            NetworkInterfaces.text(nics) == """
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
        let disks = try YajlEncoder().encode([
            FieldDocument(hostile, Disks.fields), FieldDocument(disk(51712, .vbd, [:], ["state": "4"]), Disks.fields),
        ])
        #expect(try JSONSchema(named: "block-list").problems(in: disks) == [])
        let value = try YajlDecoder().decode(
            JSONValue.self, from: YajlEncoder().encode(FieldDocument(hostile, Disks.fields)))
        #expect(value["format"]?.string == "qcow2")
        #expect(value["target"]?.string == "/a:b")
        #expect(value["state"] == nil)
        #expect(value["ring_ref"]?.integer == 8)
        #expect(value["read_only"]?.bool == true)
        let interface = nic(1, ["rate": "50000,1000", "mtu": "1400"], ["state": "4", "tx-ring-ref": "3"])
        let nics = try YajlEncoder().encode([
            FieldDocument(interface, NetworkInterfaces.fields),
            FieldDocument(nic(0, ["mac": "00:16:3e:01:02:03"], [:]), NetworkInterfaces.fields),
        ])
        #expect(try JSONSchema(named: "network-list").problems(in: nics) == [])
        let nicValue = try YajlDecoder().decode(
            JSONValue.self, from: YajlEncoder().encode(FieldDocument(interface, NetworkInterfaces.fields)))
        #expect(nicValue["interface"]?.string == "vif5.1")
        #expect(nicValue["rate_interval_us"]?.integer == 1000)
        #expect(nicValue["state"]?.string == "connected")
    }

    private func device(_ kind: DeviceKind, _ record: [String: String] = [:], _ frontend: [String: String] = [:])
        -> DeviceStatus
    {
        DeviceStatus(
            address: DeviceAddress(domain: DomainID(7), kind: kind, id: 0), record: record, frontend: frontend)
    }

    @Test func otherClassesAsUpstreamPrints() {
        let uuid = "11111111-2222-3333-4444-555555555555"
        #expect(
            TPMs.text([device(.vtpm, ["uuid": uuid], ["state": "1"])]) == """
                Idx BE Uuid                                 handle state evt-ch ring-ref BE-path   \n\
                0   0  \(uuid)      0     1     -1       -1 /local/domain/0/backend/vtpm/7/0
                """)
        #expect(
            Keyboards.text([device(.vkbd, ["unique-id": "kbd"], ["state": "1", "page-gref": "9"])]) == """
                Idx BE handle state evt-ch    ref ID         BE-type    BE-path                       \n\
                0   0       0     1     -1      9 kbd        qemu       /local/domain/0/backend/vkbd/7/0
                """)
        let connector = DevicePart(values: ["unique-id": "hd\u{1B}0", "resolution": "800x600", "req-ring-ref": "5"])
        let display = DisplayStatus(
            device: device(.vdispl, [:], ["state": "1", "be-alloc": "1"]), connectors: [connector])
        #expect(
            Displays.text([display]) == """
                DevId: 0, BE: 0, handle: 7, state: 1, be-alloc: 1, BE-path: /local/domain/0/backend/vdispl/7/0, \
                FE-path: /local/domain/7/device/vdispl/0
                \tConnector: 0, id: hd\\x1b0, width: 800, height: 600, req-rref: 5, req-evtch: -1, evt-rref: -1, \
                evt-evtch: -1
                """)
        #expect(Displays.text([]).isEmpty)
    }

    private var card: SoundCardStatus {
        SoundCardStatus(
            device: device(.vsnd, [:], ["state": "1", "short-name": "Card", "sample-rates": "8000,44100"]),
            pcms: [
                .init(
                    part: DevicePart(values: ["name": "dev", "buffer-size": "4096"]),
                    streams: [DevicePart(values: ["unique-id": "s1", "type": "p", "ring-ref": "-3"])])
            ])
    }

    @Test func soundCardsAsUpstreamPrints() {
        #expect(
            SoundCards.text([card]) == """

                devid: 0, be-domid: 0, handle: 7, state: 1, be-path: /local/domain/0/backend/vsnd/7/0, \
                fe-path: /local/domain/7/device/vsnd/0
                short-name: "Card", long-name: "(null)", sample-rates: 8000;44100
                \tpcm: 0, name: "dev", buffer-size: 4096
                \t\tstream: 0, unique-id: "s1", type: p
                \t\t\tevent-channel: -1, ring-ref: -3
                """)
    }

    @Test func jsonOfOtherClasses() throws {
        let encoder = YajlEncoder()
        let vtpms = try encoder.encode([
            FieldDocument(device(.vtpm, ["uuid": "u"]), TPMs.fields), FieldDocument(device(.vtpm), TPMs.fields),
        ])
        #expect(try JSONSchema(named: "vtpm-list").problems(in: vtpms) == [])
        let vkbs = try encoder.encode([
            FieldDocument(device(.vkbd, ["unique-id": "k"], ["state": "4"]), Keyboards.fields)
        ])
        #expect(try JSONSchema(named: "vkb-list").problems(in: vkbs) == [])
        let parts = [["resolution": "1x2"], ["resolution": "x"], [:]].map { DevicePart(values: $0) }
        let displays = try encoder.encode([
            FieldDocument(DisplayStatus(device: device(.vdispl), connectors: parts), Displays.fields)
        ])
        #expect(try JSONSchema(named: "vdispl-list").problems(in: displays) == [])
        #expect(
            try JSONSchema(named: "vsnd-list").problems(in: encoder.encode([FieldDocument(card, SoundCards.fields)]))
                == [])
    }

    @Test func wordsNameDevices() {
        let card = nic(3, ["mac": "00:16:3e:01:02:03"], [:])
        for (word, isNamed) in [("3", true), ("00:16:3E:01:02:03", true), ("2", false), ("", false), ("eth0", false)] {
            #expect(NetworkInterfaces.naming.matches(word)(card) == isNamed, "\(word)")
        }
        for (word, isNamed) in [("xvda", true), ("51712", true), ("xvdb", false), ("", false), ("x", false)] {
            #expect(Disks.naming.matches(word)(disk(51712, .vbd, [:], [:])) == isNamed, "\(word)")
        }
        #expect(Keyboards.naming.matches("0")(device(.vkbd)) && !Keyboards.naming.matches("x")(device(.vkbd)))
    }

    /// As upstream's format strings print it.
    @Test func usbControllers() throws {
        let first = USBControllerStatus.testCase(
            backend: "/local/domain/0/backend/vusb/5/0", type: .pv, state: 4,
            ports: [(1, nil, nil), (2, 3, 17)])
        let second = USBControllerStatus.testCase(backend: nil, type: .devicemodel, state: 0, ports: [(1, nil, nil)])
        #expect(
            USBListCommand.text([first, second]) == """
                Devid  Type         BE  state usb-ver ports\n\
                0      pv           0   4     2       2    \n\
                  Port 1:\n\
                  Port 2: Bus 003 Device 011\n\
                Devid  Type         BE  state usb-ver ports\n\
                0      devicemodel  0   0     2       1    \n\
                  Port 1:
                """)
        #expect(USBListCommand.text([]).isEmpty)
        let document = try YajlEncoder().encode(FieldDocument.list([first, second], USBListCommand.fields))
        #expect(try JSONSchema(named: "usb-list").problems(in: document) == [])
    }
}

extension USBControllerStatus {
    fileprivate static func testCase(
        backend: StorePath?, type: USBControllerType, state: Int32, ports: [(Int32, UInt8?, UInt8?)]
    ) -> USBControllerStatus {
        USBControllerStatus(
            id: 0, type: type, backendDomain: .control, backend: backend, state: state, version: 2,
            portCount: Int32(ports.count),
            ports: ports.map { Port(number: $0.0, device: $0.1.map { _ in "3-1" }, bus: $0.1, address: $0.2) })
    }
}
