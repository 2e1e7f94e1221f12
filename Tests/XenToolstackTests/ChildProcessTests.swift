import Glibc
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct ChildProcessTests {
    /// Runs a shell script and returns what it wrote to its standard output.
    private func output(of script: String, _ change: (inout ChildProcess.Plan) -> Void = { _ in }) async throws
        -> String
    {
        let pipe = try FileDescriptor.pipe()
        var plan = ChildProcess.Plan("/bin/sh", ["-c", script])
        plan.output = .descriptor(pipe.writeEnd)
        change(&plan)
        let child = try ChildProcess.start(plan)
        try pipe.writeEnd.close()
        var bytes = [UInt8](repeating: 0, count: 4096)
        var text = ""
        while case let count = try bytes.withUnsafeMutableBytes({ try pipe.readEnd.read(into: $0) }), count > 0 {
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        try pipe.readEnd.close()
        #expect(try await child.wait().isSuccess)
        return text
    }

    @Test func reportsHowTheProcessEnded() async throws {
        #expect(try await ChildProcess.start(.init("/bin/sh", ["-c", "exit 7"])).wait() == .exited(7))
        #expect(
            try await ChildProcess.start(.init("/bin/sh", ["-c", "kill -9 $$"])).wait() == .killed(signal: SIGKILL))
    }

    @Test func namesTheProgramThatCannotBeStarted() {
        let error = #expect(throws: ToolstackError.self) { try ChildProcess.start(.init("/nonexistent/program")) }
        #expect(error?.description.contains("/nonexistent/program") == true)
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func addsToTheEnvironment() async throws {
        let text = try await output(of: "echo $XENBUS_PATH; test -n \"$PATH\"") {
            $0.environment = ["XENBUS_PATH": "backend/vbd/1/51712"]
        }
        #expect(text == "backend/vbd/1/51712\n")
    }

    @Test func passesExactlyTheNamedDescriptors() async throws {
        let extra = try FileDescriptor.open("/etc/hostname", .readOnly)
        defer { try? extra.close() }
        let text = try await output(of: "ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/3") {
            $0.passedDescriptors = [extra]
        }
        // 4 is the directory that ls itself reads.
        #expect(text == "0 1 2 3 4 /etc/hostname\n")
    }

    @Test func startsSessionsOfTheirOwn() async throws {
        let text = try await output(of: "cut -d' ' -f1,6 /proc/$$/stat") { $0.group = .session }
        let numbers = text.split(whereSeparator: \.isWhitespace)
        #expect(numbers.count == 2 && numbers[0] == numbers[1])
    }

    @Test func stopsAProcessThatIgnoresTermination() async throws {
        var plan = ChildProcess.Plan("/bin/sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
        let pipe = try FileDescriptor.pipe()
        plan.output = .descriptor(pipe.writeEnd)
        plan.group = .own
        let child = try ChildProcess.start(plan)
        try pipe.writeEnd.close()
        var byte: [UInt8] = [0]
        _ = try byte.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) }
        #expect(await child.stop(grace: .milliseconds(50)) == .killed(signal: SIGKILL))
        try pipe.readEnd.close()
    }

    /// Signal 0 has as much effect as SIGKILL on a process that waits in the kernel.
    @Test func leavesAProcessThatCannotBeKilled() async throws {
        var plan = ChildProcess.Plan("/bin/sleep", ["3600"])
        plan.group = .own
        let child = try ChildProcess.start(plan)
        #expect(await child.stop(by: [(0, .milliseconds(10)), (0, .milliseconds(10))]) == nil)
        #expect(child.reap() == nil)
        #expect(await child.stop() == .killed(signal: SIGTERM))
    }

    /// A process that may have few descriptors starts programs, too.
    @Test(arguments: [0, 3]) func needsNoHighDescriptors(_ count: Int) throws {
        var plan = ChildProcess.Plan("/bin/true")
        plan.passedDescriptors = Array(repeating: .standardError, count: count)
        // Those of the child are below it, and it is as low as that allows.
        #expect(plan.parkingBase == 3 + count)
    }

    @Test func givesUpAfterTheDeadline() async throws {
        var plan = ChildProcess.Plan("/bin/sleep", ["3600"])
        plan.group = .own
        let child = try ChildProcess.start(plan)
        #expect(try await child.finish(within: .milliseconds(50)) == nil)
        #expect(child.reap() == .killed(signal: SIGTERM))
    }

    @Test func stopsWhenTheTaskIsCancelled() async throws {
        let child = try ChildProcess.start(.init("/bin/sleep", ["3600"]))
        let task = Task { try await child.finish(within: .seconds(60)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(child.reap() == .killed(signal: SIGTERM))
    }

    @Test func letsWhatItStoppedWaitingForComeToItsEnd() async throws {
        let child = try ChildProcess.start(.init("/bin/sh", ["-c", "sleep 0.2; exit 3"]))
        let task = Task { try await child.finish(within: .seconds(60), grace: .seconds(60)) }
        task.cancel()
        // Which of end and cancellation is seen first depends on the machine; that nobody ended it does not.
        _ = try? await task.value
        #expect(child.reap() == .exited(3))
    }
}
