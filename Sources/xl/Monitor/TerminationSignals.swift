import Glibc
import Synchronization
import XenToolstack

/// SIGINT, SIGTERM and SIGHUP as a request to stop in order, while that is possible.
///
/// Made and used on the process's first thread, before others start, for each thread blocks signals for itself.
final class TerminationSignals: Sendable {
    private struct State: Sendable {
        var descriptor: SignalDescriptor?
        var mask = sigset_t()
        var watch: Task<Void, Never>?
        var received: CInt?
    }

    private let state = Mutex(State())

    /// The first signal that came.
    var received: CInt? { state.withLock { $0.received } }

    /// From now on these signals call `stop` instead of ending the process. Those that are ignored stay so.
    func start(_ stop: @escaping @Sendable () -> Void) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] where !Self.isIgnored(number) { sigaddset(&signals, number) }
        guard let descriptor = SignalDescriptor(signals) else { return }
        state.withLock { state in
            pthread_sigmask(SIG_BLOCK, &signals, &state.mask)
            state.descriptor = descriptor
            state.watch = Task(executorPreference: EventLoop.shared.preference) { [weak self] in
                while (try? await waitUntilReadable(descriptor.descriptor)) != nil {
                    guard let signal = descriptor.next() else { continue }
                    self?.state.withLock { $0.received = $0.received ?? signal }
                    stop()
                }
            }
        }
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var old = sigaction()
        // `SIG_IGN` is 1, and no function has that address.
        return sigaction(number, nil, &old) != 0
            || unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// Does work that these signals cancel. When it then fails, the process ends as by the signal.
    static func cancelling<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = TerminationSignals()
        defer { signals.stop() }
        let task = Task(executorPreference: EventLoop.shared.preference) { try await work() }
        signals.start { task.cancel() }
        do {
            return try await task.value
        } catch {
            guard let signal = signals.received else { throw error }
            Output.error(error, endingBy: signal)
            signals.die(of: signal)
        }
    }

    /// Gives the signals back their default effect.
    func stop() {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return }
            state.watch?.cancel()
            descriptor.close()
            state.descriptor = nil
            pthread_sigmask(SIG_SETMASK, &state.mask, nil)
        }
    }

    /// Ends the process as the signal would have, so that its parent can see why.
    func die(of number: CInt) -> Never {
        stop()
        Output.flush()
        signal(number, SIG_DFL)
        raise(number)
        exit(128 + number)
    }
}
