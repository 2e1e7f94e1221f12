import Events
import Glibc
import Synchronization
import SystemPackage

/// Passes on what is written to it, on a thread of its own: counts the bytes, and keeps to a rate.
final class StreamRelay: Sendable {
    private struct State {
        var bytes: UInt64 = 0
        var isUrgent = false
        var failure: Errno?
        var hasEnded = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// What the pipe holds; larger than the default, so that its two sides take turns less often.
    private static let capacity: CInt = 1 << 20
    private static let pieceLength = 256 << 10

    /// Where to write. Closed by `finish` or `abandon`, one of which is due.
    var input: FileDescriptor { pipe.writeEnd }
    private let pipe: Pipe
    private let rate: UInt64?
    private let state = Mutex(State())

    /// - Parameter rate: most bytes in a second.
    init(to output: FileDescriptor, rate: UInt64? = nil) throws(ToolstackError) {
        self.rate = rate
        pipe = try Pipe()
        SystemCalls.resize(pipe: pipe.writeEnd.rawValue, to: Self.capacity)
        let copy = fcntl(output.rawValue, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0, startThread({ [self] in run(to: copy) }) else {
            let code = errno
            if copy >= 0 { close(copy) }
            throw ToolstackError(.fail, "cannot pass on a stream", cause: "\(Errno(rawValue: code))")
        }
    }

    /// Bytes passed on so far.
    var bytes: UInt64 { state.withLock { $0.bytes } }

    /// The same, once they may not stand still; nil before.
    var urgentBytes: UInt64? { state.withLock { $0.isUrgent ? $0.bytes : nil } }

    /// From here on somebody waits for what is passed on.
    func hurry() { state.withLock { $0.isUrgent = true } }

    /// Ends the input, and waits until all has been passed on.
    ///
    /// - Throws: when it could not be.
    func finish() async throws(ToolstackError) {
        abandon()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasEnded = state.withLock { state in
                    let hasEnded = state.hasEnded || state.failure != nil
                    if !hasEnded { state.waiter = continuation }
                    return hasEnded
                }
                if hasEnded { continuation.resume() }
            }
        } onCancel: {
            // The thread ends when the connection does.
            end { $0.failure = $0.failure ?? .canceled }
        }
        guard let failure = state.withLock({ $0.failure }) else { return }
        let isCancelled = failure == .canceled
        throw ToolstackError(
            isCancelled ? .aborted : .fail, "cannot send the domain", cause: isCancelled ? "interrupted" : "\(failure)")
    }

    private func end(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Ends the input without waiting for anything.
    func abandon() { pipe.closeWriteEnd() }

    private func run(to target: CInt) {
        let failure = pass(from: pipe.readEnd.rawValue, to: target)
        // Who still writes gets an error.
        pipe.closeReadEnd()
        close(target)
        end { state in
            state.failure = state.failure ?? failure
            state.hasEnded = true
        }
    }

    private func pass(from source: CInt, to target: CInt) -> Errno? {
        let start = ContinuousClock.now
        let length = rate.map { max(min(Self.pieceLength, Int(clamping: $0 / 20)), 4096) } ?? Self.pieceLength
        while true {
            let count: Int
            do { count = try SystemCalls.splice(source, to: target, atMost: length) } catch { return error }
            if count == 0 { return nil }
            let bytes = state.withLock { state in
                state.bytes += UInt64(count)
                return state.bytes
            }
            guard let rate else { continue }
            // On a thread of its own, which has nothing to do but to wait for its turn.
            let due = start + .seconds(Double(bytes) / Double(rate))
            while due > .now {
                let (seconds, attoseconds) = (due - .now).components
                var pause = timespec(
                    tv_sec: Int(max(seconds, 0)), tv_nsec: Int(max(attoseconds, 0) / 1_000_000_000))
                nanosleep(&pause, nil)
            }
        }
    }
}
