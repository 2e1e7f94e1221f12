import Events
import Glibc
import Synchronization
import SystemPackage
import Testing
import XenControl

@testable import XenToolstack

@Suite struct MigrationMessageTests {
    /// `tools/xl/xl.h`.
    @Test(arguments: [
        (MigrationMessage.banner, "xl migration receiver ready, send binary domain data.\n"),
        (.ready, "domain received, ready to unpause\0"),
        (.permission, "domain is yours, you are cleared to unpause\0"),
        (.report, "my copy unpause results are as follows\0"),
    ])
    func isUpstreamsToTheByte(_ message: MigrationMessage, _ text: String) {
        #expect(message.bytes == Array(text.utf8))
    }
}

@Suite struct MigrationConnectionTests {
    private func connected(
        _ body: (MigrationConnection, FileDescriptor) async throws -> Void
    ) async throws {
        let pipe = try Pipe()
        let connection = MigrationConnection(
            input: pipe.readEnd, output: pipe.writeEnd, name: "migration receiver stream")
        try await body(connection, pipe.writeEnd)
        pipe.closeWriteEnd()
    }

    @Test func takesAMessageAndNothingBehindIt() async throws {
        try await connected { connection, other in
            _ = try other.writeAll(MigrationMessage.report.bytes + [7])
            try await connection.expect(.report, within: .seconds(5))
            #expect(try await connection.byte(of: "status", within: .seconds(5)) == 7)
        }
    }

    @Test(arguments: ["Welcome to host b!\n", "xl migration receiver ready, send binary domain data!"])
    func showsWhatCameInPlaceOfAMessage(_ text: String) async throws {
        try await connected { connection, other in
            _ = try other.writeAll(Array(text.utf8))
            await #expect {
                try await connection.expect(.banner, within: .seconds(5))
            } throws: { error in
                "\(error)".contains("migration receiver stream contained unexpected data instead of banner")
                    && "\(error)".contains(text.prefix(7))
            }
        }
    }

    @Test func everyBeginningOfAMessageIsNone() async throws {
        let bytes = MigrationMessage.permission.bytes
        for count in 0..<bytes.count {
            let pipe = try Pipe()
            let connection = MigrationConnection(input: pipe.readEnd, output: pipe.writeEnd, name: "stream")
            _ = try pipe.writeEnd.writeAll(bytes[..<count])
            pipe.closeWriteEnd()
            await #expect(throws: ToolstackError.self) {
                try await connection.expect(.permission, within: .seconds(5))
            }
        }
    }

    @Test func aSilentOtherSideIsNotWaitedForForEver() async throws {
        try await connected { connection, _ in
            await #expect {
                try await connection.expect(.ready, within: .milliseconds(20))
            } throws: { ($0 as? ToolstackError)?.code == .timedOut }
        }
    }
}

@Suite struct MigrationRoomTests {
    /// It may say that it has all when it has left the end of the stream in a line that holds no more.
    @Test func anOtherSideThatTakesNothingIsNotWaitedForForEver() async throws {
        let pipe = try Pipe()
        let connection = MigrationConnection(
            input: pipe.readEnd, output: pipe.writeEnd, name: "migration receiver stream")
        var page = [UInt8](repeating: 0, count: 4096)
        _ = fcntl(pipe.writeEnd.rawValue, F_SETFL, O_NONBLOCK)
        while write(pipe.writeEnd.rawValue, page, page.count) > 0 {}
        await #expect {
            try await connection.awaitRoom(for: .permission, within: .milliseconds(20))
        } throws: { error in
            (error as? ToolstackError)?.code == .timedOut && "\(error)".contains("has not taken the GO message")
        }
        _ = try page.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) }
        try await connection.awaitRoom(for: .permission, within: .seconds(600))
    }

    @Test func anOtherSideThatIsGoneIsNoReasonToWait() async throws {
        let pipe = try Pipe()
        let connection = MigrationConnection(
            input: pipe.readEnd, output: pipe.writeEnd, name: "migration receiver stream")
        pipe.closeReadEnd()
        try await connection.awaitRoom(for: .permission, within: .seconds(600))
    }
}

@Suite struct MigrationTransportTests {
    @Test(arguments: [
        ("host", "host"), ("root@h-1.example.org", "root@h-1.example.org"), ("", "''"), ("a b", "'a b'"),
        ("$(reboot)", "'$(reboot)'"), ("a'b", #"'a'\''b'"#), ("a;b", "'a;b'"),
    ])
    func wordsAreQuoted(_ word: String, _ quoted: String) {
        #expect(MigrationTransport.quoted(word) == quoted)
    }

    @Test func quotedWordsComeThroughAShell() async throws {
        for word in ["", "$HOME `id` \\ \" ' ; & | < > ( ) * ? [ ] # ~ = % !\t", "ä€😀"] {
            let answer = try await RemoteCommand("printf %s \(MigrationTransport.quoted(word))").run(
                within: .seconds(600))
            #expect(String(decoding: answer.output, as: UTF8.self) == word)
        }
    }

    @Test func talksWithACommandThroughAShell() async throws {
        let transport = try MigrationTransport("cat; exit 3")
        try transport.connection.send(.ready)
        try await transport.connection.expect(.ready, within: .seconds(600))
        #expect(await transport.close() == .exited(3))
    }

    @Test func aCommandThatDoesNotEndIsEnded() async throws {
        let transport = try MigrationTransport("exec sleep 1000")
        #expect(await transport.close() == nil)
    }
}

@Suite struct RemoteCommandTests {
    @Test func readsWhatItIsGivenAndAnswers() async throws {
        var command = RemoteCommand("cat; exit 4")
        command.input = [UInt8](repeating: 65, count: 300_000)
        let answer = try await command.run(within: .seconds(600))
        #expect(answer.output == command.input)
        #expect(answer.status == .exited(4))
    }

    @Test func hasItsTime() async {
        await #expect { try await RemoteCommand("exec sleep 1000").run(within: .milliseconds(50)) } throws: {
            ($0 as? ToolstackError)?.code == .timedOut
        }
    }

    @Test func saysNoMoreThanCanBeAnAnswer() async {
        await #expect { try await RemoteCommand("exec cat /dev/zero").run(within: .seconds(600)) } throws: {
            ($0 as? ToolstackError)?.code == .bufferFull
        }
    }
}

@Suite struct StreamRelayTests {
    @Test(arguments: [nil, UInt64(40_000_000)])
    func passesAllOnAndCounts(_ rate: UInt64?) async throws {
        let pipe = try Pipe()
        let relay = try StreamRelay(to: pipe.writeEnd, rate: rate)
        pipe.closeWriteEnd()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let written: Void = onOwnThread { _ = try? relay.input.writeAll(bytes) }
        async let received = onOwnThread {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while let count = try? buffer.withUnsafeMutableBytes({ try pipe.readEnd.read(into: $0) }), count > 0 {
                all += buffer[..<count]
            }
            return all
        }
        await written
        try await relay.finish()
        #expect(relay.bytes == UInt64(bytes.count))
        #expect(await received == bytes)
    }

    @Test func keepsToItsRate() async throws {
        let null = try FileDescriptor.open("/dev/null", .writeOnly)
        defer { try? null.close() }
        let relay = try StreamRelay(to: null, rate: 1_000_000)
        let time = try await ContinuousClock().measure {
            await onOwnThread { _ = try? relay.input.writeAll([UInt8](repeating: 0, count: 300_000)) }
            try await relay.finish()
        }
        #expect(time >= .milliseconds(280))
    }

    @Test func saysThatNobodyReadsAnyMore() async throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Pipe()
        let relay = try StreamRelay(to: pipe.writeEnd)
        pipe.closeReadEnd()
        await onOwnThread { _ = try? relay.input.writeAll([UInt8](repeating: 0, count: 300_000)) }
        await #expect(throws: ToolstackError.self) { try await relay.finish() }
    }
}

@Suite struct PrecopyPolicyTests {
    private static let start = ContinuousClock.now

    /// A round as libxenguest tells it: once before and once after its pages were counted.
    private func round(
        _ policy: PrecopyPolicy, _ iteration: UInt32, dirty: UInt64, sentMiB: UInt64, seconds: Double
    ) -> PrecopyDecision {
        let now = Self.start + .seconds(seconds)
        var statistics = PrecopyStatistics(iteration: iteration, totalWritten: 0, dirtyCount: nil)
        guard policy.decide(statistics, sent: sentMiB << 20, now: now) == .continue else { return .stopAndCopy }
        statistics.dirtyCount = dirty
        return policy.decide(statistics, sent: sentMiB << 20, now: now)
    }

    private func begin(_ policy: PrecopyPolicy) {
        let first = PrecopyStatistics(iteration: 0, totalWritten: 0, dirtyCount: 32768)
        #expect(policy.decide(first, sent: 0, now: Self.start) == .continue)
    }

    /// `simple_precopy_policy` of `xg_sr_save.c`.
    @Test func defaultsAreUpstreams() {
        let policy = PrecopyPolicy(PrecopyLimits())
        begin(policy)
        #expect(round(policy, 1, dirty: 50, sentMiB: 128, seconds: 2) == .continue)
        #expect(round(policy, 2, dirty: 49, sentMiB: 129, seconds: 2) == .stopAndCopy)
        let busy = PrecopyPolicy(PrecopyLimits())
        begin(busy)
        for iteration: UInt32 in 1...4 {
            #expect(round(busy, iteration, dirty: 9999, sentMiB: 128, seconds: 2) == .continue)
        }
        #expect(round(busy, 5, dirty: 9999, sentMiB: 128, seconds: 2) == .stopAndCopy)
        #expect(busy.iterations == 5)
    }

    @Test func suspendsWhenTheRestFitsTheDowntime() {
        var limits = PrecopyLimits()
        limits.downtime = .milliseconds(100)
        let policy = PrecopyPolicy(limits)
        begin(policy)
        // 64 MiB/s: 100 ms are 1638 pages.
        #expect(round(policy, 1, dirty: 1700, sentMiB: 128, seconds: 2) == .continue)
        #expect(round(policy, 2, dirty: 1600, sentMiB: 128, seconds: 2) == .stopAndCopy)
    }

    @Test func givesUpOnABusyGuestWhenItIsTold() {
        var limits = PrecopyLimits()
        (limits.downtime, limits.busy, limits.iterations) = (.milliseconds(1), .abort, 2)
        let policy = PrecopyPolicy(limits)
        begin(policy)
        #expect(round(policy, 1, dirty: 9999, sentMiB: 128, seconds: 2) == .continue)
        #expect(round(policy, 2, dirty: 9999, sentMiB: 256, seconds: 4) == .abort)
        #expect(policy.refusal?.contains("2 rounds") == true)
    }

    @Test func hasItsTime() {
        var limits = PrecopyLimits()
        (limits.timeout, limits.busy) = (.seconds(3), .abort)
        let policy = PrecopyPolicy(limits)
        begin(policy)
        #expect(round(policy, 1, dirty: 9999, sentMiB: 128, seconds: 2) == .continue)
        #expect(round(policy, 2, dirty: 9999, sentMiB: 256, seconds: 4) == .abort)
    }

    @Test func slowsAGuestDownStepByStep() {
        var limits = PrecopyLimits()
        (limits.iterations, limits.busy) = (1, .throttle)
        let steps = Mutex([Int]())
        let policy = PrecopyPolicy(limits) { step in steps.withLock { $0.append(step) } }
        begin(policy)
        var iteration: UInt32 = 1
        while round(policy, iteration, dirty: 9999, sentMiB: 128, seconds: 2) == .continue, iteration < 100 {
            iteration += 1
        }
        #expect(steps.withLock { $0 } == Array(1...PrecopyPolicy.throttleSteps))
        #expect(iteration < 30)
    }
}
