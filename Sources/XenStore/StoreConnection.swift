import CXen
import Events
import Glibc
import XenTypes

/// A connection to xenstored.
///
/// Nothing happens until the first request, which opens the connection. All requests block the calling thread
/// until xenstored answers; they may come from any thread.
///
/// A request that xenstored does not answer in time fails, and the next ones go on with the same connection, behind it.
/// A connection that is lost is made again by the next request; transactions and watches end with it.
package final class StoreConnection: StoreAccess {
    let handle: StoreHandle
    private let requests: StoreRequests

    /// - Parameters:
    ///   - path: of xenstored's socket; nil looks where libxenstore does.
    ///   - deadline: how long a request waits for a xenstored that does not answer.
    package init(path: String? = nil, deadline: Duration = .seconds(8)) {
        handle = StoreHandle(path: path, limit: deadline)
        requests = StoreRequests(handle: handle, transaction: 0, connection: nil)
    }

    package func readBytes(_ paths: [StorePath]) throws(StoreError) -> [[UInt8]?] { try requests.readBytes(paths) }

    package func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError) {
        try requests.write(path, bytes: bytes)
    }

    package func makeDirectory(_ path: StorePath) throws(StoreError) { try requests.makeDirectory(path) }

    @discardableResult
    package func remove(_ path: StorePath) throws(StoreError) -> Bool { try requests.remove(path) }

    package func list(_ paths: [StorePath]) throws(StoreError) -> [[String]?] { try requests.list(paths) }

    package func permissions(of path: StorePath) throws(StoreError) -> StorePermissions? {
        try requests.permissions(of: path)
    }

    package func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError) {
        try requests.setPermissions(permissions, of: path)
    }

    /// Makes the changes in order, each by itself, which takes much less time than one request after the other.
    ///
    /// - Throws: the first failure. All the others have been tried.
    package func perform(_ changes: [StoreChange]) throws(StoreError) { try requests.perform(changes) }
}

/// What to do when xenstored has kept silent, or was gone.
extension StoreConnection {
    /// How often a request failed because xenstored did not answer in time, or the connection was lost.
    package var lapses: Int { handle.lapses }

    /// Waits until xenstored answers again: before what is taken back or removed, for which a failed request is no
    /// excuse. Returns at once when the last request was answered.
    ///
    /// - Returns: whether it answers, or has never failed to.
    @discardableResult
    package func awaitRecovery(within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while !handle.recover() {
            // Nothing tells when a xenstored that is gone comes back.
            guard ContinuousClock.now < end, (try? await idle(for: .milliseconds(100))) != nil else { return false }
        }
        return true
    }
}

/// Domains as xenstored knows them.
extension StoreConnection {
    /// Tells xenstored about a domain's ring page and event channel.
    ///
    /// - Parameters:
    ///   - frame: the ring's frame number: MFN for a PV domain, GFN for others.
    ///   - port: the domain's end of the event channel.
    package func introduce(_ domain: DomainID, frame: UInt, port: UInt32) throws(StoreError) {
        try ask(.introduce, XS_INTRODUCE, domain, UInt64(frame), UInt64(port))
    }

    /// Lets xenstored forget a domain's ring.
    package func release(_ domain: DomainID) throws(StoreError) { try ask(.release, XS_RELEASE, domain) }

    /// Clears xenstored's note that the domain has shut down.
    package func resume(_ domain: DomainID) throws(StoreError) { try ask(.resume, XS_RESUME, domain) }

    /// Gives a domain (a device model's) the rights of its target on the target's nodes.
    package func setTarget(of domain: DomainID, to target: DomainID) throws(StoreError) {
        try ask(.setTarget, XS_SET_TARGET, domain, UInt64(target.rawValue))
    }

    /// Whether xenstored serves this domain.
    package func isIntroduced(_ domain: DomainID) throws(StoreError) -> Bool {
        try ask(.isIntroduced, XS_IS_DOMAIN_INTRODUCED, domain) == "T"
    }

    /// The home of a domain's nodes; xenstored answers for any number.
    package func domainPath(_ domain: DomainID) throws(StoreError) -> StorePath {
        StorePath(try ask(.domainPath, XS_GET_DOMAIN_PATH, domain))
    }

    /// A request whose operands are numbers.
    @discardableResult
    private func ask(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ domain: DomainID, _ operands: UInt64...
    ) throws(StoreError) -> String {
        let words = ([UInt64(domain.rawValue)] + operands).map { "\($0)" }
        return try handle.request(operation, type, content: StoreMessage.content(words)).words.first ?? ""
    }
}

/// The requests for nodes, inside a transaction or not (0).
struct StoreRequests: Sendable {
    let handle: StoreHandle
    let transaction: UInt32
    /// The connection that the transaction is of; nil where any will do.
    let connection: UInt64?

    func readBytes(_ paths: [StorePath]) throws(StoreError) -> [[UInt8]?] {
        try ask(.read, XS_READ, paths) { request, message throws(StoreError) in
            message.failure == ENOENT ? nil : try request.answer(from: message).content
        }
    }

    func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError) { try perform([.write(path, bytes: bytes)]) }

    func makeDirectory(_ path: StorePath) throws(StoreError) { try perform([.makeDirectory(path)]) }

    func remove(_ path: StorePath) throws(StoreError) -> Bool {
        try optional { () throws(StoreError) in try ask(.remove, XS_RM, path) } != nil
    }

    func list(_ paths: [StorePath]) throws(StoreError) -> [[String]?] {
        try ask(.list, XS_DIRECTORY, paths) { request, message throws(StoreError) in
            switch message.failure {
            case ENOENT: nil
            case E2BIG: try request.path.flatMap { path throws(StoreError) in try listInParts(path) }
            default: try request.answer(from: message).words
            }
        }
    }

    /// How often a directory that changes while it is fetched is begun anew.
    private static let listAttempts = 16

    /// The names of a directory that the C xenstored does not put into one message; nil when it is gone meanwhile.
    ///
    /// A guest can change a directory in its home without end. Then its first names have to do; elsewhere a list that is
    /// not whole would hide a domain.
    private func listInParts(_ path: StorePath) throws(StoreError) -> [String]? {
        var names: [UInt8] = []
        var generation: ArraySlice<UInt8>?
        var attempts = 1
        while names.count <= StoreMessage.limit {
            let answer = try optional { () throws(StoreError) in
                try ask(.list, XS_DIRECTORY_PART, path, StoreMessage.content(["\(names.count)"])).content
            }
            guard let answer else { return nil }
            // First a number that changes with the directory, then names; an empty one after the last.
            guard let end = answer.firstIndex(of: 0) else { break }
            guard generation == nil || generation == answer[..<end] else {
                attempts += 1
                guard attempts <= Self.listAttempts else {
                    guard path.isInHome else {
                        throw StoreError(.list, path, code: EAGAIN, cause: .contention(attempts: Self.listAttempts))
                    }
                    // What a part ends with may be the beginning of a name.
                    return StoreMessage.words(names.prefix((names.lastIndex(of: 0) ?? -1) + 1))
                }
                names = []
                generation = nil
                continue
            }
            generation = answer[..<end]
            let part = answer[(end + 1)...]
            guard !part.isEmpty else { break }
            names += part
            if names.count < 2 || names.suffix(2) == [0, 0] { return StoreMessage.words(names) }
        }
        throw StoreError(.list, path, errno: EIO)
    }

    func permissions(of path: StorePath) throws(StoreError) -> StorePermissions? {
        let words = try optional { () throws(StoreError) in try ask(.getPermissions, XS_GET_PERMS, path).words }
        guard let words else { return nil }
        guard let permissions = StorePermissions(words.joined(separator: ",")) else {
            throw StoreError(.getPermissions, path, errno: EINVAL)
        }
        return permissions
    }

    func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError) {
        try perform([.setPermissions(permissions, of: path)])
    }

    /// Makes the changes in order; one that removes a node does not fail because it does not exist.
    func perform(_ changes: [StoreChange]) throws(StoreError) {
        let requests = try changes.map { change throws(StoreError) in
            try StoreRequest(change, transaction: transaction)
        }
        for (request, message) in zip(requests, try handle.perform(requests, on: connection).answers) {
            if request.operation == .remove, message.failure == ENOENT { continue }
            _ = try request.answer(from: message)
        }
    }

    private func ask(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ path: StorePath, _ content: [UInt8] = []
    ) throws(StoreError) -> StoreMessage {
        try handle.request(operation, type, path, transaction: transaction, content: content, on: connection)
    }

    /// Asks the same of many nodes.
    private func ask<Value>(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ paths: [StorePath],
        _ value: (StoreRequest, StoreMessage) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        let requests = try paths.map { path throws(StoreError) in
            try StoreRequest(operation, type, path, transaction: transaction)
        }
        return try zip(requests, try handle.perform(requests, on: connection).answers).map { pair throws(StoreError) in
            try value(pair.0, pair.1)
        }
    }

    /// The result of `body`, or nil when it fails because a node does not exist.
    private func optional<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value? {
        do {
            return try body()
        } catch {
            guard error.code == ENOENT, error.operation != .open else { throw error }
            return nil
        }
    }
}
