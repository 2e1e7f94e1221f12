import Dispatch
import SystemPackage

/// Suspends until `descriptor` can be read without blocking (data, end of file, or a process's end for a pidfd).
///
/// The descriptor must stay open until this returns, which it does promptly when the task is cancelled.
public func waitUntilReadable(_ descriptor: FileDescriptor) async throws(CancellationError) {
    let source = SendableSource(
        DispatchSource.makeReadSource(fileDescriptor: descriptor.rawValue, queue: .global()))
    await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            source.base.setCancelHandler { continuation.resume() }
            source.base.setEventHandler { source.base.cancel() }
            source.base.resume()
        }
    } onCancel: {
        source.base.cancel()
    }
    if Task.isCancelled { throw CancellationError() }
}

/// Dispatch sources may be cancelled from any thread, which their type does not say.
private struct SendableSource: @unchecked Sendable {
    let base: any DispatchSourceRead
    init(_ base: any DispatchSourceRead) { self.base = base }
}

/// Runs `body`, but not for longer than `limit`.
///
/// - Returns: what `body` returned, or nil when the time ran out first; `body` is then cancelled, and must heed it.
public func withDeadline<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
