import Testing
import XenControl
import XenTypes
import YajlJSON

@testable import XenToolstack
@testable import xl

@Suite struct EventOutputTests {
    private static let disk = DeviceAddress(domain: DomainID(5), kind: .vbd, id: 51712, backendKind: .qdisk)
    private static let changes: [(DomainEvent.Change, String)] = [
        (.created, "created"), (.renamed(from: "a\u{1b}"), "renamed from a\\x1b"), (.running, "running"),
        (.paused, "paused"), (.shutDown(.softReset), "shutdown: soft_reset"),
        (.shutDown(ShutdownReason(rawValue: 77)), "shutdown: unknown"), (.destroyed, "destroyed"),
        (.device(DeviceView(address: disk, state: .connected)), "device: vbd 51712 connected"),
        (.device(DeviceView(address: disk, state: nil)), "device: vbd 51712 without state"),
        (.deviceRemoved(disk), "device: vbd 51712 removed"), (.addresses([]), "addresses: none"),
        (
            .addresses(["10.0.0.7", "fe80::1"].compactMap { GuestAddress(card: 1, $0) }),
            "addresses: 10.0.0.7 (vif 1), fe80::1 (vif 1)"
        ),
    ]

    private func event(_ change: DomainEvent.Change, name: String? = "web") -> DomainEvent {
        DomainEvent(
            domain: DomainID(5), uuid: .zero, name: name, change: change, time: 1_000_007_000_000, isInitial: false)
    }

    @Test func eachEventIsALineAndFollowsItsSchema() throws {
        let schema = try JSONSchema(named: "events")
        for (change, words) in Self.changes {
            #expect(EventOutput.line(event(change)).hasSuffix(":40.007 web (5): \(words)"))
            let text = try YajlEncoder(layout: .compact).encode(EventOutput.document(event(change)))
            #expect(try schema.problems(in: text) == [])
            #expect(!text.contains(UInt8(ascii: "\n")))
        }
    }

    @Test func namesCannotForgeALine() {
        let line = EventOutput.line(event(.running, name: "a\n2026-01-01 00:00:00.000 b\u{1b}[2J"))
        #expect(!line.contains("\n") && !line.contains("\u{1b}"))
        #expect(EventOutput.line(event(.running, name: nil)).hasSuffix("(null) (5): running"))
    }

    @Test func whatIsReachedFollowsItsSchema() throws {
        let schema = try JSONSchema(named: "wait")
        var view = DomainView(domain: DomainID(5), name: "web", state: .shutDown(.crash))
        view.addresses = ["10.0.0.7"].compactMap { GuestAddress(card: 0, $0) }
        for (state, domains) in [
            (AwaitedState.each(.address), [(DomainID(5), view)]), (.each(.gone), [(nil, nil), (DomainID(5), nil)]),
            (.guests(3), []),
        ] as [(AwaitedState, [(DomainID?, DomainView?)])] {
            let document = WaitOutput.document(state, domains, duration: .milliseconds(12.7))
            #expect(try schema.problems(in: YajlEncoder().encode(document)) == [])
        }
        #expect(WaitOutput.addresses(view) == "10.0.0.7")
    }

    @Test(
        arguments: [
            ("running", .each(.running)), ("ip", .each(.address)), ("domain-count=0", .guests(0)),
            ("domain-count=-1", nil), ("domain-count=", nil), ("domain-count", nil), ("run", nil), ("", nil),
        ] as [(String, AwaitedState?)])
    func statesAreNamed(_ word: String, _ state: AwaitedState?) {
        #expect(AwaitedState(argument: word) == state)
        if let state { #expect(state.word == word) }
    }

    @Test(arguments: [
        ["--for", "running"], ["--for", "domain-count=1", "web"], ["--for", "ip", "--timeout", "-1", "web"],
        ["--for", "ip", "--timeout", "x", "web"], ["--for", "nosuch", "web"], ["web"], [],
    ])
    func wrongUseOfWaitIsTold(_ words: [String]) async {
        #expect(await Main.run(["wait"] + words) == .usage)
    }

    @Test func timeIsOverIsACodeOfItsOwn() {
        #expect(WaitCommand.exitStatus(for: ToolstackError(.timedOut, "x")) == ExitStatus(124))
        #expect(WaitCommand.exitStatus(for: ToolstackError(.domainNotFound, "x")) == .failure)
    }

    @Test func operandsMeanNumbersNamesAndUUIDs() {
        let uuid = "00000000-0000-0000-0000-000000000007"
        func view(_ id: UInt32, _ name: String?, _ uuid: String = uuid) -> DomainView {
            DomainView(domain: DomainID(id), uuid: XenUUID(uuid) ?? .zero, name: name, state: .running)
        }
        var selection = DomainSelection(["5", "web"])
        #expect(selection.contains(view(5, nil)) && selection.contains(view(9, "web")))
        #expect(!selection.contains(view(6, "5")))
        let selectionEnded5 = selection.hasEnded(without: DomainID(5))
        #expect(!selectionEnded5, "the name may come again")
        #expect(DomainSelection([uuid]).contains(view(6, "x")))
        #expect(DomainSelection([]).contains(view(6, nil)))
        var numbers = DomainSelection(["5", "6"])
        let numbersEnded5 = numbers.hasEnded(without: DomainID(5))
        #expect(!numbersEnded5)
        let numbersEnded6 = numbers.hasEnded(without: DomainID(6))
        #expect(numbersEnded6)
        var everything = DomainSelection([])
        let everythingEnded6 = everything.hasEnded(without: DomainID(6))
        #expect(!everythingEnded6)
    }
}
