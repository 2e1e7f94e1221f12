import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct StallTests {
    private static let limit = Duration.milliseconds(100)
    private static let stall = ToolstackError(.timedOut, "it stalls")

    /// Something that ends only when it is cancelled.
    @Sendable private static func forEver() async throws(ToolstackError) -> Int {
        do { try await idle(for: .seconds(1000)) } catch { throw ToolstackError(.aborted, "interrupted") }
        return 0
    }

    private func code(_ body: () async throws -> Void) async -> ToolstackError.Code? {
        do { try await body() } catch { return (error as? ToolstackError)?.code }
        return nil
    }

    @Test func whatDoesNotGetOnIsEnded() async {
        let code = await code {
            _ = try await whileGettingOn(within: Self.limit, count: { 5 }, orThrow: Self.stall, Self.forEver)
        }
        #expect(code == .timedOut)
    }

    @Test func whatGetsOnOrNeedNotIsLeftAlone() async throws {
        let count = Mutex(UInt64(0))
        let counts: [@Sendable () -> UInt64?] = [
            {
                count.withLock { value in
                    value += 1
                    return value
                }
            }, { nil },
        ]
        for count in counts {
            let value = try await whileGettingOn(within: Self.limit, count: count, orThrow: Self.stall) {
                () async throws(ToolstackError) in
                try? await idle(for: Self.limit * 4)
                return 7
            }
            #expect(value == 7)
        }
    }

    @Test func theTimeBeginsWhenItMustGetOn() async {
        let start = ContinuousClock.now
        let code = await code {
            _ = try await whileGettingOn(
                within: Self.limit, count: { start.duration(to: .now) < Self.limit * 3 ? nil : 5 }, orThrow: Self.stall,
                Self.forEver)
        }
        #expect(code == .timedOut)
        #expect(.now - start >= Self.limit * 4)
    }

    @Test func whatEndsWellAtTheLastMomentHasEndedWell() async throws {
        let value = try await whileGettingOn(within: Self.limit, count: { 5 }, orThrow: Self.stall) {
            () async throws(ToolstackError) in
            try? await idle(for: .seconds(1000))
            return 7
        }
        #expect(value == 7)
    }

    @Test func aFailureAndACancellationStayWhatTheyAre() async {
        let failed = await code {
            _ = try await whileGettingOn(within: Self.limit, count: { 5 }, orThrow: Self.stall) {
                () async throws(ToolstackError) -> Int in throw ToolstackError(.invalid, "wrong")
            }
        }
        #expect(failed == .invalid)
        let task = Task {
            await code {
                _ = try await whileGettingOn(
                    within: .seconds(1000), count: { 5 }, orThrow: Self.stall, Self.forEver)
            }
        }
        task.cancel()
        #expect(await task.value == .aborted)
    }

    /// Kernels can be built without the counters; Debian's is not.
    @Test(.enabled(if: access("/proc/thread-self/io", R_OK) == 0))
    func aReadersThreadTellsWhatItHasRead() async throws {
        let pipe = try Pipe()
        let stream = try StreamDescriptor(duplicating: pipe.readEnd, for: .reading)
        #expect(stream.bytesRead == nil)
        async let received = stream.useOnOwnThread { descriptor in
            var (all, buffer) = (0, [UInt8](repeating: 0, count: 1000))
            while let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
                all += count
            }
            return all
        }
        func settled(atLeast least: UInt64) async throws -> UInt64 {
            for _ in 0..<1000 {
                if let count = stream.bytesRead, count >= least { return count }
                try await idle(for: .milliseconds(10))
            }
            return stream.bytesRead ?? 0
        }
        let before = try await settled(atLeast: 0)
        _ = try pipe.writeEnd.writeAll([UInt8](repeating: 1, count: 5000))
        #expect(try await settled(atLeast: before + 5000) == before + 5000)
        pipe.closeWriteEnd()
        #expect(await received == 5000)
        #expect(stream.bytesRead == nil)
    }

    @Test func onlyWhatIsUrgentIsWatched() async throws {
        let null = try FileDescriptor.open("/dev/null", .writeOnly)
        defer { try? null.close() }
        let relay = try StreamRelay(to: null)
        #expect(relay.urgentBytes == nil)
        _ = try relay.input.writeAll([1, 2, 3])
        relay.hurry()
        try await relay.finish()
        #expect(relay.urgentBytes == 3)
    }
}
