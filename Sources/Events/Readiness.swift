import SystemPackage

/// Suspends until `descriptor` can be read without blocking (data, end of file, or a process's end for a pidfd).
///
/// The descriptor must stay open until this returns, which it does promptly when the task is cancelled.
public func waitUntilReadable(_ descriptor: FileDescriptor) async throws(CancellationError) {
    await EventLoop.shared.wait(descriptor.rawValue)
    if Task.isCancelled { throw CancellationError() }
}

/// Suspends for a time: where the system tells of no event, and for the ends of others' waits.
public func idle(for time: Duration) async throws(CancellationError) {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end, !Task.isCancelled { await EventLoop.shared.wait(-1, until: end) }
    if Task.isCancelled { throw CancellationError() }
}

/// Runs `body`, but not for longer than `limit`.
///
/// - Parameter limit: nil for no limit.
/// - Returns: what `body` returned, or nil when the time ran out first; `body` is then cancelled, and must heed it.
public func withDeadline<Value: Sendable>(
    _ limit: Duration?, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    guard let limit else { return try await body() }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await idle(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
