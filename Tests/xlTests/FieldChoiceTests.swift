import HostSimulator
import Testing
import XenStore
import XenTypes
import YajlJSON

@testable import XenToolstack
@testable import xl

@Suite struct FieldChoiceTests {
    private static let document = JSONValue.array([
        .object([
            ("domid", .integer(3)), ("name", .string("a\u{1B}\tb")),
            (
                "addresses",
                .array([.object([("address", .string("192.0.2.1"))]), .object([("address", .string("::1"))])])
            ),
            ("model", .object([("pid", .null), ("state", .string("none"))])),
        ]),
        .object([
            ("domid", .integer(12345)), ("name", .null), ("addresses", .array([])), ("model", .null),
            ("only_here", .bool(true)),
        ]),
    ])

    private func lines(_ names: [String], hasHeading: Bool = false) throws -> [String] {
        FieldChoice.lines(
            of: try FieldChoice.choose(names, from: Self.document), names, hasHeading: hasHeading)
    }

    @Test func membersAreChosenInTheOrderInWhichTheyAreNamed() throws {
        #expect(try lines(["name", "domid"]) == ["a\\x1b\\x09b\t3", "-\t12345"])
        #expect(try lines(["addresses.address", "model.pid"]) == ["192.0.2.1,::1\t-", "-\t-"])
        #expect(try lines(["only_here"]) == ["-", "true"])
        #expect(try lines(["addresses"])[0] == #"{"address":"192.0.2.1"},{"address":"::1"}"#)
        let chosen = try FieldChoice.choose(["model.state"], from: Self.document)
        #expect(chosen.array?.first == .object([("model.state", .string("none"))]))
    }

    @Test func aTableHasAHeadingAndAlignedColumns() throws {
        #expect(
            try lines(["domid", "name"], hasHeading: true) == ["domid  name", "3      a\\x1b\\x09b", "12345  -"])
    }

    @Test func whatNoDocumentHasIsAUsageError() async throws {
        for name in ["nosuch", "name.x", "model.nosuch", "addresses.nosuch"] {
            #expect(throws: xl.ExitStatus.usage) { try FieldChoice.choose([name], from: Self.document) }
        }
        // A member that this document lacks, and another one may have.
        #expect(try FieldChoice.choose(["script"], from: Self.document, known: ["script"]).array?.count == 2)
        // Nothing can be said of an empty one.
        #expect(try FieldChoice.choose(["nosuch"], from: .array([])) == .array([]))
        for words in ["list --fields a -o b", "list -o a,,b", "list -o .", "list -l -o name", "vm-list --fields"] {
            #expect(await Main.run(words.split(separator: " ").map(String.init)) == .usage, "\(words)")
        }
    }

    @Test func devicesNameAllMembersTheyMayHave() {
        #expect(
            Disks.fields.contains { $0.name == "script" }
                && NetworkInterfaces.fields.contains { $0.name == "rate_interval_us" })
    }

    @Test func onlyWhatIsWantedIsAskedFor() {
        #expect(ListCommand.details(for: ["name", "domid", "memory_kib"]) == [])
        #expect(ListCommand.details(for: ["device_model.pid", "addresses.address"]) == [.deviceModel, .addresses])
        let all = ["security_label", "cpupool", "node_affinity", "type", "device_model", "started_at_s", "addresses"]
        #expect(ListCommand.details(for: all) == .all)
    }

    /// A guest writes what it likes where agents publish addresses.
    @Test func onlyAddressesOfGuestsAreShown() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let attr = DomainPaths(domain).guest / "attr"
        let written: [(String, String)] = [
            ("vif/0/ipv4/0", "192.0.2.7"), ("vif/0/ipv4/1", "\u{1B}]0;x\u{7}"), ("vif/0/ipv6/0", "2001:DB8::0:1"),
            ("vif/1/ipv4/0", "192.0.2.8 192.0.2.9"), ("vif/x/ipv4/0", "192.0.2.10"), ("eth2/ip", "192.0.2.11"),
        ]
        for (path, value) in written { try host.toolstack.store.write(StorePath("\(attr)/\(path)"), value) }
        for number in 0..<100 {
            try host.toolstack.store.write(attr / "vif" / 3 / "ipv4" / UInt32(number), "192.0.2.\(number)")
        }
        let listed = try host.toolstack.listDomains(only: domain, details: .all)
        let addresses = try #require(listed.first?.addresses)
        #expect(addresses.prefix(3).map(\.text) == ["192.0.2.7", "2001:db8::1", "192.0.2.11"])
        #expect(addresses.count < 100)
        let document = try YajlEncoder().encode(DomainListJSON.document(listed))
        #expect(try JSONSchema(named: "list").problems(in: document) == [])
        #expect(DomainListText.table(listed, .addresses).contains(" 192.0.2.7,2001:db8::1,192.0.2.11,"))
        #expect(listed.first?.startTime != nil)
    }
}
