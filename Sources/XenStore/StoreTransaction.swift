import CXen
import Glibc
import Synchronization
import XenTypes

/// A series of requests that takes effect as a whole, or not at all.
///
/// Made by `StoreConnection.transaction`; requests after its end fail with `transactionEnded`.
package final class StoreTransaction: StoreAccess {
    private let requests: StoreRequests
    private let ended = Mutex(false)

    init(handle: StoreHandle) throws(StoreError) {
        let request = try StoreRequest(.startTransaction, XS_TRANSACTION_START, content: [0])
        let (answers, connection) = try handle.perform([request])
        guard let id = try request.answer(from: answers[0]).words.first.flatMap({ UInt32($0) }) else {
            throw StoreError(.startTransaction, nil, errno: EIO)
        }
        requests = StoreRequests(handle: handle, transaction: id, connection: connection)
    }

    /// - Returns: false when a change by others has invalidated the transaction.
    func commit() throws(StoreError) -> Bool {
        do {
            try end(abort: false)
            return true
        } catch {
            guard error.code == EAGAIN else { throw error }
            return false
        }
    }

    /// Gives the transaction up; xenstored drops it with the connection when that fails.
    func abort() { _ = try? end(abort: true) }

    private func end(abort: Bool) throws(StoreError) {
        _ = try live(.endTransaction)
        ended.withLock { $0 = true }
        let word = UInt8(ascii: abort ? "F" : "T")
        _ = try requests.handle.request(
            .endTransaction, XS_TRANSACTION_END, transaction: requests.transaction, content: [word, 0],
            on: requests.connection)
    }

    private func live(_ operation: StoreOperation, _ path: StorePath? = nil) throws(StoreError) -> StoreRequests {
        guard !ended.withLock({ $0 }) else { throw StoreError(operation, path, cause: .transactionEnded) }
        return requests
    }

    package func readBytes(_ paths: [StorePath]) throws(StoreError) -> [[UInt8]?] {
        try live(.read, paths.first).readBytes(paths)
    }

    package func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError) {
        try live(.write, path).write(path, bytes: bytes)
    }

    package func makeDirectory(_ path: StorePath) throws(StoreError) {
        try live(.makeDirectory, path).makeDirectory(path)
    }

    @discardableResult
    package func remove(_ path: StorePath) throws(StoreError) -> Bool { try live(.remove, path).remove(path) }

    package func list(_ paths: [StorePath]) throws(StoreError) -> [[String]?] {
        try live(.list, paths.first).list(paths)
    }

    package func permissions(of path: StorePath) throws(StoreError) -> StorePermissions? {
        try live(.getPermissions, path).permissions(of: path)
    }

    package func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError) {
        try live(.setPermissions, path).setPermissions(permissions, of: path)
    }
}

/// A change of one node.
package enum StoreChange: Hashable, Sendable {
    /// Sets a node's value; creates it and its parents when they do not exist.
    case write(StorePath, bytes: [UInt8])
    /// Creates an empty node and its parents; a node that exists stays as it is.
    case makeDirectory(StorePath)
    /// Removes a node and all below it, if it exists.
    case remove(StorePath)
    case setPermissions(StorePermissions, of: StorePath)

    package static func write(_ path: StorePath, _ value: String) -> StoreChange {
        .write(path, bytes: value.unescapedBytes)
    }
}

extension StoreTransaction {
    /// Makes the changes in order, which takes much less time than one request after the other.
    ///
    /// - Throws: the first failure. Changes after it may have been made, so that the transaction must not be committed.
    package func perform(_ changes: [StoreChange]) throws(StoreError) {
        try live(.write).perform(changes)
    }
}

extension StoreConnection {
    /// How often a transaction is tried unless the caller says otherwise.
    package static let defaultAttempts = 200

    /// Performs `body` in a transaction, again from its start when others changed the nodes that it used.
    ///
    /// The transaction is given up when `body` throws, and committed when it returns.
    ///
    /// - Parameter attempts: how often to try before the error `contention`.
    package func transaction<Value>(
        attempts: Int = defaultAttempts, _ body: (StoreTransaction) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try transaction(attempts: attempts, mapError: { $0 }, body)
    }

    /// As `transaction(attempts:_:)`, for a body with another type of error.
    ///
    /// - Parameter mapError: makes the caller's error from one of the store.
    package func transaction<Value, Failure: Error>(
        attempts: Int = defaultAttempts, mapError: (StoreError) -> Failure,
        _ body: (StoreTransaction) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        for attempt in 0..<max(attempts, 1) {
            Self.backOff(attempt)
            let transaction: StoreTransaction
            do { transaction = try StoreTransaction(handle: handle) } catch { throw mapError(error) }
            let value: Value
            do {
                value = try body(transaction)
            } catch {
                transaction.abort()
                throw error
            }
            do {
                if try transaction.commit() { return value }
            } catch {
                throw mapError(error)
            }
        }
        throw mapError(StoreError(.endTransaction, code: EAGAIN, cause: .contention(attempts: max(attempts, 1))))
    }

    /// Many clients that retry at once would invalidate each other for ever: after a few attempts each waits
    /// a random time of up to 8 ms.
    private static func backOff(_ attempt: Int) {
        guard attempt >= 4 else { return }
        var time = timespec(tv_sec: 0, tv_nsec: Int.random(in: 0..<(1 << min(attempt - 4, 3)) * 1_000_000))
        nanosleep(&time, nil)
    }
}
