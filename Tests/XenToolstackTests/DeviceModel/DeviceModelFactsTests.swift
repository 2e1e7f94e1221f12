import DomainModel
import Testing
import XenTypes
import YajlJSON

@testable import XenToolstack

private let domain = DomainID(5)

private func json(_ text: String) throws -> JSONValue { try YajlDecoder().decode(JSONValue.self, from: text) }

@Suite struct DeviceModelFactsTests {
    @Test func findsTheTerminalsOfSerialLines() throws {
        let answer = try json(
            """
            [{"label": "libxl-cmd", "filename": "unix:/run/xen/qmp-libxl-5,server=on", "frontend-open": true},
             {"label": "serial0", "filename": "pty:/dev/pts/3", "frontend-open": true},
             {"label": "serial1", "filename": "null", "frontend-open": true},
             {"label": "serial12", "filename": "pty:/dev/pts/4", "frontend-open": true}]
            """)
        #expect(
            try DeviceModelFacts.serialNodes(answer, of: domain) == [
                StoreNode("/local/domain/5/serial/0/tty", "/dev/pts/3"),
                StoreNode("/local/domain/5/serial/12/tty", "/dev/pts/4"),
            ])
    }

    @Test(arguments: [
        "{}", "7", "[7]", #"[{"label": "serial0"}]"#, #"[{"label": "serial", "filename": "pty:/dev/pts/1"}]"#,
        #"[{"label": "serial/../x", "filename": "pty:/dev/pts/1"}]"#,
        #"[{"label": "serial0", "filename": "pty:/dev/mem"}]"#, #"[{"label": "serial0", "filename": "pty:/dev/pts/"}]"#,
        #"[{"label": "serial0", "filename": "pty:/dev/pts/1/../../mem"}]"#,
        #"[{"label": "serial0", "filename": "pty:/dev/pts/+1"}]"#, #"[{"label": "serial0", "filename": "pty:"}]"#,
        #"[{"label": "serial0", "filename": "pty:/dev/pts/99999999999"}]"#,
    ])
    func refusesOtherAnswersAboutCharacterDevices(_ text: String) throws {
        #expect(throws: QMPError.self) { try DeviceModelFacts.serialNodes(json(text), of: domain) }
    }

    @Test func findsTheDisplay() throws {
        let answer = try json(
            #"{"enabled": true, "auth": "none", "family": "ipv4", "service": "5901", "host": "127.0.0.1", "clients": []}"#
        )
        #expect(
            try DeviceModelFacts.displayNodes(answer, listen: nil, of: domain) == [
                StoreNode("/local/domain/5/console/vnc-listen", "127.0.0.1"),
                StoreNode("/local/domain/5/console/vnc-port", "5901"),
            ])
        #expect(try DeviceModelFacts.displayNodes(json(#"{"enabled": false}"#), listen: nil, of: domain).isEmpty)
        for text in [
            "{}", "[]", #"{"enabled": true}"#, #"{"enabled": true, "host": "h", "service": 5900}"#,
            #"{"enabled": true, "host": "evil.example.org; x", "service": "5901"}"#,
            #"{"enabled": true, "host": "--help", "service": "5901"}"#,
            #"{"enabled": true, "host": "", "service": "5901"}"#, #"{"enabled": true, "host": "/a", "service": ""}"#,
            #"{"enabled": true, "host": "127.0.0.1", "service": "0"}"#,
            #"{"enabled": true, "host": "127.0.0.1", "service": "65536"}"#,
            #"{"enabled": true, "host": "127.0.0.1", "service": "-x"}"#,
        ] {
            #expect(throws: QMPError.self) {
                try DeviceModelFacts.displayNodes(json(text), listen: "unix:/b", of: domain)
            }
        }
    }

    @Test(
        arguments: [
            ("::1", "5900", nil), ("fe80::1%eth0", "5900", nil), ("0.0.0.0", "5999", "0.0.0.0"),
            ("/run/guest.vnc", "", "unix:/run/guest.vnc"),
        ] as [(String, String, String?)])
    func findsDisplaysOfOtherFamilies(_ host: String, _ port: String, _ listen: String?) throws {
        let answer = try json(#"{"enabled": true, "host": "\#(host)", "service": "\#(port)"}"#)
        #expect(
            try DeviceModelFacts.displayNodes(answer, listen: listen, of: domain).map(\.value) == [host, port])
    }

    @Test func findsPluggedVCPUs() throws {
        let answer = try json(#"[{"cpu-index": 0, "thread-id": 4}, {"cpu-index": 2, "thread-id": 5}]"#)
        #expect(try DeviceModelVCPUs.present(answer) == [0, 2])
        for text in ["{}", "[{}]", #"[{"cpu-index": -1}]"#, #"[{"cpu-index": 99999999999}]"#] {
            #expect(throws: QMPError.self) { try DeviceModelVCPUs.present(json(text)) }
        }
    }

    /// QEMU lists the last one first, and tells where each belongs.
    @Test func findsWhereVCPUsArePlugged() throws {
        func entry(_ socket: Int, _ core: Int) -> String {
            #"{"props": {"core-id": \#(core), "thread-id": 0, "socket-id": \#(socket)}, "vcpus-count": 1, "#
                + #""type": "qemu32-i386-cpu"}"#
        }
        let slots = try DeviceModelVCPUs.slots(json("[\(entry(1, 1)), \(entry(1, 0)), \(entry(0, 0)), \(entry(0, 1))]"))
        func numbers(_ name: String) -> [Int64?] { slots.map { slot in slot.first { $0.name == name }?.value.integer } }
        #expect(numbers("socket-id") == [0, 0, 1, 1])
        #expect(numbers("core-id") == [0, 1, 0, 1])
        #expect(slots[0].first?.name == "driver" && slots[0].first?.value.string == "qemu32-i386-cpu")
        for text in ["{}", "[{}]", #"[{"type": "x"}]"#] {
            #expect(throws: QMPError.self) { try DeviceModelVCPUs.slots(json(text)) }
        }
    }
}

@Suite struct MediumChangeTests {
    private let drives = [
        DeviceStatus(
            address: DeviceAddress(domain: domain, kind: .vbd, id: 768, backendKind: .qdisk),
            record: ["dev": "hda", "device-type": "disk"], frontend: [:]),
        DeviceStatus(
            address: DeviceAddress(domain: domain, kind: .vbd, id: 5632, backendKind: .qdisk),
            record: ["dev": "hdc", "device-type": "cdrom"], frontend: [:]),
    ]

    private func medium(_ drive: String, _ path: String?, _ format: DiskFormat) -> DiskDevice {
        var disk = DiskDevice()
        disk.virtualDevice = drive
        disk.physicalPath = path
        disk.format = format
        return disk
    }

    @Test func plansAnInsertion() throws {
        let change = try MediumChange(medium("hdc", "/a,b.iso", .raw), drives: drives, of: domain)
        #expect(change.deviceName == "ide-5632" && !change.isEjection)
        #expect(change.entries == [.init("type", "qdisk"), .init("params", "aio:/a,b.iso")])
        let image = try MediumChange(medium("5632", "/a.vhd", .vhd), drives: drives, of: domain)
        #expect(image.medium.virtualDevice == "hdc" && image.medium.format.qemuName == "vpc")
        #expect(image.entries.last == .init("params", "vhd:/a.vhd"))
    }

    @Test func plansAnEjection() throws {
        let change = try MediumChange(medium("hdc", "", .empty), drives: drives, of: domain)
        #expect(change.isEjection && change.entries == [.init("type", "qdisk"), .init("params", "aio:")])
    }

    @Test(arguments: ["hda", "hdd", "xvda", "nonsense"])
    func refusesWhatIsNoDrive(_ name: String) throws {
        let error = #expect(throws: ToolstackError.self) {
            try MediumChange(medium(name, "/a.iso", .raw), drives: drives, of: domain)
        }
        #expect(error?.code == .notFound && error?.cause == "it has hdc")
    }
}
