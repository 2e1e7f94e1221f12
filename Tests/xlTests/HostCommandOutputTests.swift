import HostSimulator
import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

/// `sharing`, `claims` and `channel-list`.
@Suite struct HostCommandOutputTests {
    private func channel(
        _ number: Int, _ record: [String: String], _ frontend: [String: String]
    ) -> ChannelStatus {
        let address = DeviceAddress(domain: DomainID(5), kind: .console, id: UInt32(number + 1))
        return ChannelStatus(
            number: number, device: DeviceStatus(address: address, record: record, frontend: frontend))
    }

    @Test func channels() throws {
        let channels = [
            channel(0, ["name": "org.a", "connection": "pty"], ["state": "1", "tty": "/dev/pts/3"]),
            channel(1, ["name": "org.b", "connection": "socket", "path": "/run/b"], ["state": "4", "port": "7"]),
            channel(2, ["name": "org.c"], [:]),
        ]
        #expect(
            Channels.text(channels).split(separator: "\n").map(String.init) == [
                "Idx BE state evt-ch ring-ref connection                               ",
                "0   0  1     -1     -1       pty        /dev/pts/3                     ",
                "1   0  4     7      -1       socket     ", "2   0  -1    -1     -1       unknown    ",
            ])
        let document = try YajlEncoder().encode(FieldDocument.list(channels, Channels.fields))
        #expect(try JSONSchema(named: "channel-list").problems(in: document) == [])
    }

    @Test func memoryOfDomains() throws {
        let host = try SimulatedHost()
        try host.hypervisor.access { machine in
            machine.domains[0]?.pages = 512
            machine.domains[0]?.claimedPages = 256
        }
        let domains = try host.toolstack.listDomains()
        #expect(
            DomainListText.sharing(domains) == """
                Name                                        ID   Mem Shared
                Domain-0                                     0     3      0
                """)
        #expect(DomainListText.table(domains, .claims).hasSuffix("     1"))
        for (name, document) in [
            ("sharing", DomainListJSON.sharing(domains)), ("claims", DomainListJSON.claims(domains)),
        ] {
            let text = try YajlEncoder().encode(document)
            #expect(try JSONSchema(named: name).problems(in: text) == [])
        }
    }
}
