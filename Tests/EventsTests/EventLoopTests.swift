import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Events

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    /// A transport that ends at once must not take the program along that writes to it.
    @Test func aThreadsWriteToNobodyFails() async throws {
        let result = await onOwnThread { () -> (Bool, CInt) in
            var blocked = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &blocked)
            var ends: [CInt] = [0, 0]
            // Without the block the signal would end this very process, unless somebody has it ignored.
            guard sigismember(&blocked, SIGPIPE) == 1, pipe(&ends) == 0 else { return (false, 0) }
            close(ends[0])
            let count = write(ends[1], "x", 1)
            let code = errno
            close(ends[1])
            return (count == -1, code)
        }
        #expect(result == (true, EPIPE))
    }

    @Test func runsTasksAndTheirChildrenOnTheCallingThread() async {
        let (sum, threads) = await onOwnThread {
            let caller = pthread_self()
            return EventLoop().run {
                await withTaskGroup(of: (Int, Bool).self) { group in
                    for number in 1...100 {
                        group.addTask {
                            await Task.yield()
                            return (number, pthread_equal(pthread_self(), caller) != 0)
                        }
                    }
                    return await group.reduce(into: (0, Set<Bool>())) {
                        $0.0 += $1.0
                        $0.1.insert($1.1)
                    }
                }
            }
        }
        #expect(sum == 5050)
        #expect(threads == [true])
    }

    @Test func resumesWhatAnotherThreadEnds() async {
        let value = await onOwnThread {
            EventLoop().run { await onOwnThread { 7 } }
        }
        #expect(value == 7)
    }

    @Test func waitsForInput() async throws {
        let pipe = try FileDescriptor.pipe()
        async let readable: Void = waitUntilReadable(pipe.readEnd)
        try pipe.writeEnd.writeAll([1])
        try await readable
        try pipe.writeEnd.close()
        try await waitUntilReadable(pipe.readEnd)
        try pipe.readEnd.close()
    }

    @Test func givesUpWhenTheTimeHasCome() async throws {
        let pipe = try FileDescriptor.pipe()
        let clock = ContinuousClock()
        let start = clock.now
        let value = try await withDeadline(.milliseconds(30)) {
            try await waitUntilReadable(pipe.readEnd)
            return 1
        }
        #expect(value == nil)
        #expect(clock.now - start >= .milliseconds(30))
        #expect(try await withDeadline(.seconds(50)) { 2 } == 2)
        try pipe.readEnd.close()
        try pipe.writeEnd.close()
    }

    @Test func endsWaitsOfCancelledTasks() async throws {
        let pipe = try FileDescriptor.pipe()
        let waiting = Task { try await waitUntilReadable(pipe.readEnd) }
        let pausing = Task { try await idle(for: .seconds(1000)) }
        waiting.cancel()
        pausing.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await #expect(throws: CancellationError.self) { try await pausing.value }
        try pipe.readEnd.close()
        try pipe.writeEnd.close()
    }

    @Test func goesToTheEndThoughCancelled() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await toTheEnd {
                try? await idle(for: .milliseconds(5))
                return !Task.isCancelled
            }
        }
        #expect(await task.value)
    }

    @Test func callsWhoObservesUntilItEnds() async throws {
        let pipe = try FileDescriptor.pipe()
        let answer = try FileDescriptor.pipe()
        let observation = EventLoop.shared.observe(pipe.readEnd.rawValue) {
            var byte: UInt8 = 0
            guard read(pipe.readEnd.rawValue, &byte, 1) == 1 else { return }
            write(answer.writeEnd.rawValue, &byte, 1)
        }
        for number: UInt8 in [3, 4] {
            try pipe.writeEnd.writeAll([number])
            try await waitUntilReadable(answer.readEnd)
            var byte: UInt8 = 0
            #expect(read(answer.readEnd.rawValue, &byte, 1) == 1)
            #expect(byte == number)
        }
        observation.end()
        try pipe.writeEnd.writeAll([5])
        #expect(try await withDeadline(.milliseconds(20)) { try await waitUntilReadable(answer.readEnd) } == nil)
    }

    /// Two tasks that hand the thread to each other without end, as one does that reads from a socket in a flood.
    @Test func looksAtTimesThoughThereIsAlwaysWork() async {
        let waited = await onOwnThread { () -> Duration in
            let loop = EventLoop()
            return loop.run {
                let start = ContinuousClock.now
                return await withTaskGroup(of: Duration?.self) { group in
                    for _ in 0..<2 {
                        group.addTask {
                            while !Task.isCancelled, ContinuousClock.now < start + .seconds(5) { await Task.yield() }
                            return nil
                        }
                    }
                    group.addTask {
                        await loop.wait(-1, until: start + .milliseconds(20))
                        return ContinuousClock.now - start
                    }
                    for await duration in group {
                        guard let duration else { continue }
                        group.cancelAll()
                        return duration
                    }
                    return .zero
                }
            }
        }
        #expect(waited >= .milliseconds(20))
        #expect(waited < .seconds(4))
    }

    @Test func tellsWhenItIsQuiet() async {
        let calls = await onOwnThread {
            let loop = EventLoop()
            let calls = Mutex(0)
            loop.whenQuiet(for: .milliseconds(5)) { calls.withLock { $0 += 1 } }
            let slow: @Sendable () async -> Void = { await onOwnThread { _ = usleep(50_000) } }
            loop.run { for _ in 0..<2 { await slow() } }
            return calls.withLock { $0 }
        }
        #expect(calls == 2)
    }
}
