import DomainConfig
import Foundation
import HostSimulator
import SystemPackage
import Testing
import XenControl
import XenStore
import XenTypes
import YajlJSON

@testable import XenToolstack
@testable import xl

@Suite struct OutcomeTests {
    private func document(_ report: FaultReport, _ status: xl.ExitStatus) throws -> JSONValue {
        let document = try #require(report.document(status: status))
        let text = try YajlEncoder(layout: .compact).encode(document)
        #expect(try JSONSchema(named: "error").problems(in: text) == [])
        return document
    }

    @Test func allThatWentWrongIsOneDocument() throws {
        let report = FaultReport()
        let evidence = ToolstackError.Evidence(source: "/var/log/xen/qemu-dm-a.log", lines: ["one", "a\u{1B}b"])
        report.add(
            Fault(
                ToolstackError(
                    .domainNotFound, "x", domain: DomainID(5), cause: "y", remedy: "z", evidence: evidence)))
        report.add(Fault(CancellationError()))
        report.add(Fault(Diagnostic(.error, .outOfRange, "too large", key: "memory")))
        report.add(Fault(.usage, "no such option"))
        let error = try #require(try document(report, .failure)["error"])
        #expect(error["code"]?.string == "domain_not_found")
        #expect(error["exit_code"]?.integer == 1)
        #expect(error["retryable"]?.bool == false)
        #expect(error["evidence"]?["lines"]?.array?.count == 2)
        let others = try #require(error["others"]?.array)
        #expect(others.map { $0["code"]?.string } == ["aborted", "configuration_invalid", "usage"])
    }

    @Test func aFailureWithoutAnErrorIsToldByItsLastWords() throws {
        let report = FaultReport()
        #expect(report.document(status: .success) == nil)
        report.note(words: "there is nothing")
        #expect(try document(report, .failure)["error"]?["message"]?.string == "there is nothing")
        report.noteAnswer()
        #expect(report.document(status: .failure) == nil, "the answer says what is wrong")
    }

    @Test func whatIsToBlameSaysMoreThanTheCode() {
        let lower = HypervisorError("open the hypervisor interface", code: ENOENT)
        #expect(lower.isNoHypervisor)
        let error = ToolstackError(.fail, "cannot list domains", underlying: lower)
        #expect(Fault(ToolstackError(.fail, "cannot go on", underlying: error)).code == "no_hypervisor")
        #expect(Fault(HypervisorError("open the hypervisor interface", code: EACCES)).code == "permission_denied")
        #expect(Fault(HypervisorError("pause", DomainID(1), code: EPERM)).code == "hypervisor_refused")
        #expect(Fault(HypervisorError("pause", DomainID(1), code: ESRCH)).code == "fail", "it is gone")
        #expect(Fault(StoreError(.open, cause: .unavailable)).code == "xenstore_unreachable")
        #expect(Fault(StoreError(.write, "/a", cause: .denied)).code == "fail")
    }

    @Test func everyErrorOfTheLibraryHasAName() {
        let names = ToolstackError.Code.allCases.map(FaultCode.name)
        #expect(Set(names).count == names.count)
    }

    /// What the device model has written is not said in the words of an error alone.
    @Test func aLogIsEvidence() throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("xl-evidence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let log = LogFile("qemu-dm-x", in: folder)
        #expect(log.evidence == nil)
        let lines = (1...100_000).map { "line \($0)" }
        try lines.joined(separator: "\n").write(toFile: log.path.string, atomically: true, encoding: .utf8)
        #expect(log.evidence == .init(source: log.path.string, lines: lines.suffix(20)))
        #expect(log.lastLines() == "line 99998 / line 99999 / line 100000")
    }

    @Test func whatIsDoneFollowsItsSchema() throws {
        let schema = try JSONSchema(named: "outcome")
        for domains in [[DomainID(5)], [], [DomainID(5), DomainID(6)]] {
            let document = OutcomeJSON.document(command: "pause", domains: domains, duration: .milliseconds(3))
            #expect(try schema.problems(in: YajlEncoder().encode(document)) == [])
        }
    }

    @Test func theHostIsChangedAndTheDomainIsKnown() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let context = CommandContext(options: GlobalOptions(), toolstack: host.toolstack)
        let command = try PauseCommand.parse(["--json", "guest"])
        #expect(command.outcome.json)
        #expect(try await command.runForOutcome(in: context) == .success)
        #expect(context.subjects == [domain])
        #expect(host.hypervisor.domains[domain.rawValue]?.pauseCount == 1)
    }

    /// What the logs of a host say, where the error itself does not.
    @Test func theRightLogIsLookedInto() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let context = CommandContext(options: GlobalOptions(), toolstack: host.toolstack)
        let logs = host.toolstack.paths.log
        try FileManager.default.createDirectory(
            atPath: logs.appending("console").string, withIntermediateDirectories: true)
        for name in ["qemu-dm-guest.log", "console/guest-guest.log"] {
            try name.write(toFile: logs.appending(name).string, atomically: true, encoding: .utf8)
        }
        func lines(_ code: ToolstackError.Code) -> [String]? {
            let error = ToolstackError(code, "x", domain: domain)
            return Output.$report.withValue(FaultReport()) {
                (context.substantiating(error) as? ToolstackError)?.evidence?.lines
            }
        }
        #expect(lines(.qmpGenericError) == ["qemu-dm-guest.log"])
        #expect(lines(.guestTimedOut) == ["console/guest-guest.log"])
        #expect(lines(.notFound) == nil)
    }

    @Test func whatHappensOnTheWayFollowsItsSchema() throws {
        for level in ["debug", "info", "warning"] {
            let message = try YajlEncoder(layout: .compact).encode(Output.message("a\n\u{1B}b", level: level))
            #expect(try JSONSchema(named: "message").problems(in: message) == [])
            #expect(!message.contains(0x0A) && !message.contains(0x1B), "a line, and nothing that steers a terminal")
        }
        let schema = try JSONSchema(named: "progress")
        let info = SaveFileHeader.Info(mandatoryFlags: 3, optionalFlags: 0, optionalLength: 1)
        let migration = MigrationDisplay(isJSON: true, options: GlobalOptions())
        let events: [MigrationEvent] = [
            .started(info), .progress(done: 1, total: 2, bytes: 3), .suspended, .acknowledged, .permitted,
            .startedThere, .refused(3), .notSent(.guestTimedOut), .resuming, .resumed, .unclear, .undecided,
        ]
        let save = SaveDisplay(file: "/a", isJSON: true, options: GlobalOptions())
        let saves: [SaveEvent] = [.started(info), .suspended, .progress(done: 1, total: 2)]
        let lines = events.compactMap(migration.fields) + saves.compactMap(save.fields)
        #expect(lines.count == events.count + saves.count)
        for line in lines {
            #expect(try schema.problems(in: YajlEncoder(layout: .compact).encode(JSONValue.object(line))) == [])
        }
    }

    /// Every command either shows something, and has a schema for its document, or acts, and answers with an outcome; or
    /// it has a reason for neither.
    @Test func everyCommandAnswersPrograms() throws {
        let neither: Set = [
            "console", "vncviewer", "help", "migrate-receive", "migrate-only", "remus", "schema", "config", "devd",
        ]
        let alwaysInJSON: Set = ["migrate-check", "migrate-state"]
        for row in CommandTable.rows where !neither.contains(row.name) {
            let isActing = row.command is any ActingCommand.Type
            let name = SchemaCommand.shared[row.name] ?? row.name
            #expect(isActing || (try? JSONSchema(named: name)) != nil, "\(row.name) has no schema")
            let isAsked = row.command.helpMessage().contains("--json")
            #expect(isAsked != alwaysInJSON.contains(row.name), "\(row.name) has no --json")
        }
    }
}
