import Events

private enum WatchedOutcome<Value: Sendable>: Sendable {
    case ended(Result<Value, ToolstackError>)
    case stalled
    /// Nobody watches any more.
    case unwatched
}

/// Does work that is cancelled when it does not get on.
///
/// - Parameters:
///   - limit: how long it may not get on.
///   - count: grows as the work gets on; nil while it need not.
///   - failure: what is thrown when it did not, and failed because of that.
/// - Throws: what `body` throws when it fails by itself.
func whileGettingOn<Value: Sendable>(
    within limit: Duration, count: @escaping @Sendable () -> UInt64?, orThrow failure: ToolstackError,
    _ body: @escaping @Sendable () async throws(ToolstackError) -> Value
) async throws(ToolstackError) -> Value {
    let result = await withTaskGroup(of: WatchedOutcome<Value>.self) { group -> Result<Value, ToolstackError> in
        group.addTask {
            do throws(ToolstackError) { return .ended(.success(try await body())) } catch {
                return .ended(.failure(error))
            }
        }
        group.addTask { await stalls(for: limit, count) ? .stalled : .unwatched }
        var hasStalled = false
        while let outcome = await group.next() {
            switch outcome {
            case .ended(.failure) where hasStalled: return .failure(failure)
            // It may have come to its end at the last moment.
            case .ended(let result):
                group.cancelAll()
                return result
            case .stalled:
                hasStalled = true
                group.cancelAll()
            case .unwatched: break
            }
        }
        return .failure(failure)
    }
    return try result.get()
}

/// - Returns: true when the count has stayed the same for so long; false when the task is cancelled.
private func stalls(for limit: Duration, _ count: @Sendable () -> UInt64?) async -> Bool {
    var (last, since) = (count(), ContinuousClock.now)
    // Nothing tells of what does not happen.
    while (try? await idle(for: limit / 16)) != nil {
        let (next, now) = (count(), ContinuousClock.now)
        if next == nil || next != last { (last, since) = (next, now) }
        if now - since >= limit { return true }
    }
    return false
}
