import DomainModel
import Testing
import XenControl
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

@Suite struct SaveOutputTests {
    @Test(arguments: [UInt64?.none, 134_492_909])
    func theAnswerKeepsToItsSchema(_ bytes: UInt64?) throws {
        let display = SaveDisplay(file: "/root/\u{1b}x", isJSON: true, options: GlobalOptions())
        let summary = SaveSummary(
            bytes: bytes, pages: 32768, duration: .milliseconds(2500), suspended: ContinuousClock().now)
        let document = display.document(summary, domain: DomainID(7))
        #expect(document["seconds"] == .number(2.5))
        #expect(document["domid"]?.integer == 7)
        let problems = try JSONSchema(named: "save").problems(in: YajlEncoder().encode(document))
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test func whatANewerXlHasSavedIsNamed() throws {
        var said: [String] = []
        let text = Array(#"{"b_info":{"type.pvh":{},"new\u001b[2J":[1]},"a":1,"b":1,"c":1,"d":1,"e":1}"#.utf8)
        _ = try DomainConfiguration(savedJSON: text, name: "guest.save") {
            said.append(CommandContext.words(forUnknown: $0, in: "guest.save"))
        }
        #expect(
            said == [
                "guest.save was saved by a newer xl than this one for Xen 4.17 to 4.22: left out is "
                    + #"b_info.new\x1b[2J, a, b, c, d and 1 more"#
            ])
    }

    @Test func aMigrationsAnswerKeepsToItsSchema() throws {
        let display = MigrationDisplay(isJSON: true, options: GlobalOptions())
        let summary = MigrationSummary(
            bytes: 134_492_909, pages: 32768, iterations: 3, duration: .milliseconds(2500),
            downtime: .milliseconds(250))
        let document = display.document(summary, domain: DomainID(7), host: "b\u{1b}")
        #expect(document["downtime_seconds"] == .number(0.25))
        let problems = try JSONSchema(named: "migrate").problems(in: YajlEncoder().encode(document))
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test(arguments: [ArrivalState.started, .returned, .undecided, .unknown])
    func whatBecameOfADomainIsReadAgain(_ state: ArrivalState) throws {
        let bytes = try YajlEncoder().encode(ArrivalAnswer(state: state))
        #expect(try JSONSchema(named: "migrate-state").problems(in: bytes).isEmpty)
        #expect(try YajlDecoder().decode(ArrivalAnswer.self, from: bytes).state == state)
    }

    @Test func aWordOfALaterVersionsDecidesNothing() throws {
        let bytes = Array(#"{"state": "Started?", "since": 3}"#.utf8)
        #expect(try YajlDecoder().decode(ArrivalAnswer.self, from: bytes).state == .undecided)
    }

    @Test(arguments: [
        ("xl migrate-receive", ["migrate-receive"]),
        ("xl -t -vv migrate-receive -e -p", ["-t", "-vv", "migrate-receive", "-e", "-p"]),
        ("/usr/sbin/xl migrate-check", ["migrate-check"]), ("xl migrate-state 1234", ["migrate-state", "1234"]),
        // Upstream's sender.
        ("xl -vvv migrate-receive -d", ["-vvv", "migrate-receive", "-d"]),
        ("xl", nil), ("", nil), ("sh", nil), ("xl list", nil), ("xl migrate-rec", nil), ("xl migrate-only", nil),
        ("xl migrate moved elsewhere", nil), ("xl -N migrate-receive", nil), ("axl migrate-receive", nil),
        ("sh -c 'xl migrate-receive'", nil), ("xl;reboot migrate-receive", nil), ("xl --help", nil),
    ])
    func aForcedCommandDoesNothingElse(_ text: String, _ words: [String]?) {
        #expect(MigrateOnlyCommand.allowed(text) == words)
    }

    @Test func theBarShowsRoundRateAndDowntime() {
        func line(_ count: UInt64, _ bytes: UInt64, ofRound bytesOfRound: UInt64) -> String {
            let round = PrecopyStatistics(iteration: 1, totalWritten: 32768, dirtyCount: count)
            return MigrationBar.line(
                round: round, percent: 50, bytes: bytes, bytesOfRound: bytesOfRound, elapsed: 2)
        }
        let begin = "Round 2 [##########..........]  50%  sent"
        #expect(
            line(2541, 100_000_000, ofRound: 409_600)
                == "\(begin) 95 MiB, 2441 pages left, 50.0 MB/s, downtime ~0.2 s, 2 s ")
        #expect(
            line(10, 100_000_000, ofRound: 409_600)
                == "Round 2 [####################] 100%  sent 95 MiB, 0 pages left, 50.0 MB/s, downtime ~0.0 s, 2 s "
        )
        #expect(line(2541, 4096, ofRound: 4096) == "\(begin) 0 MiB, 2540 pages left, 0.0 MB/s, downtime ~? s, 2 s ")
    }

    @Test func theSummarySaysWhatAMigrationTook() {
        func line(_ iterations: UInt32) -> String {
            MigrationDisplay.line(
                MigrationSummary(
                    bytes: 300 << 20, pages: 65536, iterations: iterations, duration: .milliseconds(14_230),
                    downtime: .microseconds(86_600)))
        }
        #expect(line(1) == "300 MiB in 14.2 s and 1 round; the guest stood still for 87 ms.")
        #expect(line(0) == "300 MiB in 14.2 s and 0 rounds; the guest stood still for 87 ms.")
    }

    @Test(arguments: [
        (
            ["g", "h"], "exec \(MigrationWay.ssh) h xl migrate-receive", "exec \(MigrationWay.ssh) h xl migrate-state"
        ),
        (
            ["-s", "ssh -p 22", "-e", "-p", "--debug", "g", "a b"],
            "exec ssh -p 22 'a b' xl migrate-receive -e -d -p", "exec ssh -p 22 'a b' xl migrate-state"
        ),
        (["-s", "", "g", "xl -v migrate-receive"], "xl -v migrate-receive", nil),
    ])
    func commandsOfAMigration(_ words: [String], _ receiver: String, _ inquiry: String?) throws {
        let command = try MigrateCommand.parse(words)
        let commands = command.way.commands(
            to: command.host, GlobalOptions(), words: command.receiverOptions)
        #expect(commands.receiver.replacing(" -t", with: "") == receiver)
        #expect(commands.inquiry == inquiry)
    }

    @Test func aHostThatIsAnOptionIsRefused() {
        #expect(throws: (any Error).self) { try MigrateCommand.parse(["g", "--", "-oProxyCommand=id"]) }
    }

    @Test(arguments: [
        ["g"], ["-n", "g", "h"], ["-d", "g", "h"], ["-b", "g"], ["-F", "g"], ["-i", "-1", "g", "h"], ["-c", "g", "h"],
    ])
    func unsafeProtectionIsRefused(_ words: [String]) {
        #expect(throws: (any Error).self) { try RemusCommand.parse(words) }
    }

    @Test(arguments: [["g", "h"], ["-F", "-b", "g"], ["-Fnd", "-i", "50", "g", "h"], ["-u", "-e", "g", "h"]])
    func protectionIsAccepted(_ words: [String]) throws { _ = try RemusCommand.parse(words) }

    @Test func findingsKeepToTheirSchema() throws {
        var findings = MigrationFindings()
        findings.problems = [.init("memory", "the domain needs 128 MiB")]
        findings.unchecked = [.init("disk xvda", "its target is its script's\n")]
        let document = MigrationFindingsOutput.document(findings, domain: DomainID(7), host: "b")
        #expect(document["can_migrate"] == .bool(false))
        let problems = try JSONSchema(named: "migrate-check").problems(in: YajlEncoder().encode(document))
        #expect(problems.isEmpty, "\(problems)")
        #expect(
            MigrationFindingsOutput.lines(findings) == [
                "problem: memory: the domain needs 128 MiB",
                "not checked: disk xvda: its target is its script's\\x0a",
            ])
    }

    @Test func aKeepersDutyIsReadAgain() throws {
        let uuid = try #require(XenUUID("10a7be3b-4503-4983-bfa7-c4141976abb8"))
        for name in ["guest--incoming", "a guest  with spaces--incoming", ""] {
            let duty = Keeper.Duty.arrival(uuid, name: name)
            #expect(Keeper.Duty(duty.text) == duty)
        }
        let throttle = Keeper.Duty.throttle(uuid, cap: 150)
        #expect(Keeper.Duty(throttle.text) == throttle)
        for text in ["", "arrival", "arrival x y", "throttle \(uuid) 70000", "nonsense \(uuid) y"] {
            #expect(Keeper.Duty(text) == nil)
        }
    }
}
