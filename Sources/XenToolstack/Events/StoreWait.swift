import XenStore
import XenTypes

/// What a look at the awaited thing showed.
package enum Observation<Value: Sendable>: Sendable {
    case reached(Value)
    /// Not yet; the text says what is there instead, for the error of a wait that expires: "state 1".
    case pending(String)
}

extension Toolstack {
    /// Waits until something that the store shows has come about: the one way in which the toolstack waits for it.
    ///
    /// - Parameters:
    ///   - what: for the error, as the end of "wait for …": "the backend of vbd 51712 to be ready".
    ///   - paths: nodes (with all below them) whose changes call for another look; the special names too.
    ///   - limit: how long to wait; nil waits for ever.
    ///   - look: called at once, and after each change.
    /// - Throws: `timedOut` with what was seen last, `aborted` when the task is cancelled, or what `look` throws.
    func wait<Value: Sendable>(
        for what: String, domain: DomainID? = nil, watching paths: [StorePath], within limit: Duration?,
        _ look: @escaping @Sendable () throws -> Observation<Value>
    ) async throws(ToolstackError) -> Value {
        let seen = LastSeen()
        do {
            guard let limit else { return try await followOn(paths, seen, look) }
            let value = try await withDeadline(limit) { try await self.followOn(paths, seen, look) }
            if let value { return value }
            throw ToolstackError(
                .timedOut, "cannot wait any longer for \(what)", domain: domain,
                cause: "it did not happen in \(limit)" + (seen.text.map { "; last seen: \($0.excerpt)" } ?? ""))
        } catch let error as ToolstackError {
            throw error
        } catch is CancellationError {
            throw ToolstackError(.aborted, "stopped waiting for \(what)", domain: domain, cause: "interrupted")
        } catch {
            throw ToolstackError(.fail, "cannot wait for \(what)", domain: domain, underlying: error)
        }
    }

    /// As `follow`, also over a connection that is lost, as long as xenstored comes back.
    private func followOn<Value: Sendable>(
        _ paths: [StorePath], _ seen: LastSeen, _ look: @escaping @Sendable () throws -> Observation<Value>
    ) async throws -> Value {
        while true {
            do {
                return try await follow(paths, seen, look)
            } catch let error as StoreError where error.isLapse {
                guard await store.awaitRecovery(within: timeouts.storeRecovery) else { throw error }
            }
        }
    }

    private func follow<Value: Sendable>(
        _ paths: [StorePath], _ seen: LastSeen, _ look: @escaping @Sendable () throws -> Observation<Value>
    ) async throws -> Value {
        let watches = try paths.map { try store.watch($0) }
        defer { for watch in watches { watch.cancel() } }
        let signal = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            for watch in watches {
                group.addTask {
                    for try await _ in watch { signal.continuation.yield() }
                    return nil
                }
            }
            group.addTask {
                for await _ in signal.stream {
                    switch try look() {
                    case .reached(let value): return value
                    case .pending(let text): seen.text = text
                    }
                }
                return nil
            }
            while let result = try await group.next() {
                if let result { return result }
                try Task.checkCancellation()
            }
            throw CancellationError()
        }
    }
}
