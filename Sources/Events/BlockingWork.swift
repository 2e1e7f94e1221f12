import Glibc

/// Runs `body` on a thread of its own and suspends until it returns.
///
/// For C calls that block for long (building or saving a guest, taking a contended lock): they must
/// never hold one of the few threads that run Swift's tasks. Cancelling the task does not interrupt `body`.
public func onOwnThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        let run: @Sendable () -> Void = {
            continuation.resume(returning: Result { () throws(Failure) in try body() })
        }
        // No thread to be had: late is better than never.
        if !startThread(run) { run() }
    }
    return try result.get()
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a thread that nobody waits for.
///
/// A write of its to where nobody reads any more fails, whatever the process does about SIGPIPE.
///
/// - Returns: false when there is none to be had.
public func startThread(_ run: @escaping @Sendable () -> Void) -> Bool {
    let body = ThreadBody(run)
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let opaque = Unmanaged.passRetained(body).toOpaque()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            var pipeSignal = sigset_t()
            sigemptyset(&pipeSignal)
            sigaddset(&pipeSignal, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
            Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, opaque)
    if status != 0 { Unmanaged<ThreadBody>.fromOpaque(opaque).release() }
    return status == 0
}
