import Dispatch
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a request to stop in order, while that is possible.
final class TerminationSignals: Sendable {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP]

    private struct State {
        var sources: [any DispatchSourceSignal] = []
        var received: CInt?
    }

    private struct Box: @unchecked Sendable {
        var state = State()
    }

    private let box = Mutex(Box())

    /// The first signal that came.
    var received: CInt? { box.withLock { $0.state.received } }

    /// From now on these signals call `stop` instead of ending the process. Those that are ignored stay so.
    func start(_ stop: @escaping @Sendable () -> Void) {
        for number in Self.numbers {
            var old = sigaction()
            guard sigaction(number, nil, &old) == 0,
                unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != Self.ignored
            else { continue }
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in
                self?.box.withLock { $0.state.received = $0.state.received ?? number }
                stop()
            }
            source.resume()
            box.withLock { $0.state.sources.append(source) }
        }
    }

    /// `SIG_IGN`, as a number that can be compared.
    private static let ignored = 1

    /// Gives the signals back their default effect.
    func stop() {
        let sources = box.withLock { box in
            defer { box.state.sources.removeAll() }
            return box.state.sources
        }
        guard !sources.isEmpty else { return }
        for source in sources {
            source.cancel()
            signal(CInt(source.handle), SIG_DFL)
        }
    }

    /// Ends the process as the signal would have, so that its parent can see why.
    func die(of number: CInt) -> Never {
        stop()
        Output.flush()
        signal(number, SIG_DFL)
        // The threads that run Swift's tasks block most signals.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        raise(number)
        exit(128 + number)
    }
}
