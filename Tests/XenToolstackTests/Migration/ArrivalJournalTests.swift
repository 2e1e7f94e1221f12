import DomainConfig
import Glibc
import Synchronization
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct ArrivalJournalTests {
    private let uuid = XenUUID.random()
    private let domain = DomainID(7)

    private func withJournal(_ body: (ArrivalJournal) throws -> Void) throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let journal = ArrivalJournal(in: directory, boot: "first")
        defer {
            unlink(journal.path(of: uuid).string)
            // Neither locks nor temporary files are left.
            #expect(rmdir(directory.string) == 0)
        }
        try body(journal)
    }

    private func note(_ journal: ArrivalJournal) throws -> Arrival? { try journal.withNote(of: uuid) { $0 } }

    @Test func keepsToTheOrderOfTheStages() throws {
        try withJournal { journal in
            #expect(try note(journal) == nil)
            #expect(try !journal.advance(domain, uuid, from: [.waiting], to: .starting))
            try journal.record(domain, uuid)
            #expect(try note(journal) == Arrival(domain, boot: "first", stage: .waiting))
            #expect(try !journal.advance(DomainID(8), uuid, from: [.waiting], to: .starting))
            #expect(try journal.advance(domain, uuid, from: [.waiting], to: .starting))
            #expect(try !journal.advance(domain, uuid, from: [.waiting], to: .starting))
            #expect(try journal.advance(domain, uuid, from: [.starting], to: .started))
            #expect(try !journal.advance(domain, uuid, from: [.waiting, .starting], to: .returned))
            #expect(try note(journal)?.stage == .started)
        }
    }

    @Test func whoHasTakenACopyBackKeepsItsReceiverFromStartingIt() throws {
        try withJournal { journal in
            try journal.record(domain, uuid)
            try journal.withNote(of: uuid) { $0?.stage = .returned }
            #expect(try !journal.advance(domain, uuid, from: [.waiting], to: .starting))
            #expect(try note(journal)?.stage == .returned)
        }
    }

    @Test func whatWasDecidedOutlivesTheHostsStart() throws {
        try withJournal { first in
            let second = ArrivalJournal(in: first.directory, boot: "second")
            for stage in [Arrival.Stage.started, .returned] {
                try first.withNote(of: uuid) { $0 = Arrival(domain, boot: "first", stage: stage) }
                #expect(try note(second)?.stage == stage)
                // The number is another domain's now.
                #expect(try note(second)?.domain == nil)
            }
            for stage in [Arrival.Stage.waiting, .starting] {
                try first.withNote(of: uuid) { $0 = Arrival(domain, boot: "first", stage: stage) }
                #expect(try note(second) == nil)
                #expect(try !second.advance(domain, uuid, from: [stage], to: .returned))
            }
        }
    }

    @Test func aNewDomainIsNotTakenForAnEarlierOne() throws {
        try withJournal { journal in
            try journal.begin(domain, uuid, isArriving: true)
            for stage in [Arrival.Stage.started, .returned] {
                try journal.withNote(of: uuid) { $0 = Arrival(domain, boot: "first", stage: stage) }
                try journal.begin(DomainID(9), uuid, isArriving: false)
                #expect(try note(journal)?.stage == stage)
                try journal.begin(DomainID(9), uuid, isArriving: true)
                #expect(try note(journal) == nil)
            }
            // One that another receiver still has is not over.
            try journal.record(domain, uuid)
            try journal.begin(DomainID(9), uuid, isArriving: true)
            #expect(try note(journal)?.stage == .waiting)
            try journal.begin(domain, uuid, isArriving: false)
            #expect(try note(journal) == nil)
            let earlier = ArrivalJournal(in: journal.directory, boot: "earlier")
            try earlier.record(DomainID(9), uuid)
            try journal.begin(domain, uuid, isArriving: false)
            #expect(access(journal.path(of: uuid).string, F_OK) != 0)
        }
    }

    @Test func aNoteThatCannotBeReadDecidesNothingAndKeepsNobodyOut() throws {
        try withJournal { journal in
            func spoil() throws {
                let file = try FileDescriptor.open(
                    journal.path(of: uuid), .writeOnly, options: [.create, .truncate],
                    permissions: [.ownerRead, .ownerWrite])
                try file.closeAfter {
                    _ = try file.writeAll(Array(#"{"domid":7,"boot":"first","stage":"leaping"}"#.utf8))
                }
            }
            try spoil()
            #expect(throws: ToolstackError.self) { try note(journal) }
            try journal.begin(DomainID(9), uuid, isArriving: false)
            #expect(throws: ToolstackError.self) { try note(journal) }
            try journal.begin(DomainID(9), uuid, isArriving: true)
            try journal.record(DomainID(9), uuid)
            #expect(try note(journal)?.domain == DomainID(9))
        }
    }

    @Test func notesGoAfterAMonth() throws {
        try withJournal { journal in
            try journal.record(domain, uuid)
            let (path, other) = (journal.path(of: uuid), journal.directory.appending("userdata-d.1.x.libxl-json"))
            try FileDescriptor.open(other, .writeOnly, options: .create, permissions: [.ownerRead, .ownerWrite]).close()
            defer { unlink(other.string) }
            let day = 86_400
            journal.dropOld(now: time(nil) + 29 * day)
            #expect(access(path.string, F_OK) == 0)
            journal.dropOld(now: time(nil) + 31 * day)
            #expect(access(path.string, F_OK) != 0)
            #expect(access(other.string, F_OK) == 0)
        }
    }
}

@Suite struct MigrationInquiryTests {
    private let uuid = XenUUID.random()

    private static let timeouts: Timeouts = {
        var timeouts = Timeouts()
        (timeouts.migrationDecision, timeouts.migrationInquiryPause) = (.milliseconds(200), .milliseconds(10))
        return timeouts
    }()

    /// Answers one after the other, the last again and again.
    private func settle(
        _ answers: [Result<ArrivalState, ToolstackError>], _ timeouts: Timeouts = Self.timeouts
    ) async throws -> (Whereabouts, asked: Int) {
        let asked = Mutex(0)
        let found = try await MigrationInquiry.settle(uuid, timeouts) { _ throws(ToolstackError) in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return try answers[min(count, answers.count) - 1].get()
        }
        return (found, asked.withLock { $0 })
    }

    private static let cut = Result<ArrivalState, ToolstackError>.failure(ToolstackError(.notReady, "no connection"))

    @Test func asksAgainUntilItIsDecided() async throws {
        var patient = Self.timeouts
        patient.migrationDecision = .seconds(600)
        #expect(try await settle([.success(.started)], patient) == (.there, 1))
        let returned = [ArrivalState.undecided, .undecided, .returned].map { Result<_, ToolstackError>.success($0) }
        #expect(try await settle(returned, patient) == (.here, 3))
        #expect(try await settle([Self.cut, .success(.undecided), .success(.started)], patient) == (.there, 3))
    }

    @Test func doesNotAskForEver() async {
        await #expect(throws: ToolstackError.self) { try await settle([.success(.undecided)]) }
        await #expect { try await settle([Self.cut]) } throws: { "\($0)".contains("no connection") }
    }

    @Test func whatIsUnknownIsNotDecided() async {
        await #expect(throws: ToolstackError.self) { try await settle([.success(.unknown), .success(.started)]) }
        let failure = ToolstackError(.fail, "upstream's xl does not know the command")
        await #expect(throws: ToolstackError.self) { try await settle([.failure(failure), .success(.started)]) }
    }

    @Test(arguments: [
        (#"echo '{"state": "started"}' #"#, ArrivalState.started), (#"echo '{"state": "returned"}' #"#, .returned),
        (#"echo '{"state": "leaping"}' #"#, .undecided),
    ])
    func readsAnAnswer(_ command: String, _ state: ArrivalState) async throws {
        #expect(try await MigrationInquiry.ask(command, for: uuid, within: .seconds(120)) == state)
    }

    @Test(arguments: [
        ("exit 255;", ToolstackError.Code.notReady), ("exit 1;", .fail), ("echo started", .fail), ("true", .fail),
    ])
    func whatIsNoAnswerIsAnError(_ command: String, _ code: ToolstackError.Code) async {
        await #expect { try await MigrationInquiry.ask(command, for: uuid, within: .seconds(120)) } throws: {
            ($0 as? ToolstackError)?.code == code
        }
    }

    /// Else the sender asks, and gives up, while the receiver is still about to succeed.
    @Test func theSendersPatienceOutlastsTheReceivers() {
        let timeouts = Timeouts()
        // The monitor; QEMU's lock, greeting and capabilities, and then `cont`.
        let start = timeouts.monitorStart + timeouts.deviceModelCommand * 3 + timeouts.deviceModelStart
        #expect(timeouts.migrationStart > start)
        // The guest's suspension, its device model's state, and what the sender itself gives up after.
        let silence = timeouts.shutdownAcknowledgement + timeouts.guestSuspend + timeouts.deviceModelState
        #expect(timeouts.migrationSilence > silence + timeouts.deviceModelCommand * 6 + timeouts.migrationStall)
        // Devices and their scripts.
        #expect(timeouts.migrationReturn > timeouts.deviceDestroy * 2 + timeouts.hotplugScript * 2)
    }
}
