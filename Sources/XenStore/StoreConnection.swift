import CXen
import Glibc
import XenTypes

/// A connection to xenstored.
///
/// Nothing happens until the first request, which opens the connection. All requests block the calling thread
/// until xenstored answers; they may come from any thread. No thread is kept unless a watch is set.
public final class StoreConnection: StoreAccess {
    let handle: StoreHandle
    private let requests: StoreRequests

    /// - Parameter deadline: how long the first request waits for a xenstored that does not answer.
    public init(deadline: Duration = .seconds(8)) {
        handle = StoreHandle(deadline: deadline)
        requests = StoreRequests(handle: handle, transaction: 0)
    }

    public func readBytes(_ path: StorePath) throws(StoreError) -> [UInt8]? { try requests.readBytes(path) }

    public func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError) {
        try requests.write(path, bytes: bytes)
    }

    public func makeDirectory(_ path: StorePath) throws(StoreError) { try requests.makeDirectory(path) }

    @discardableResult
    public func remove(_ path: StorePath) throws(StoreError) -> Bool { try requests.remove(path) }

    public func list(_ path: StorePath) throws(StoreError) -> [String]? { try requests.list(path) }

    public func permissions(of path: StorePath) throws(StoreError) -> StorePermissions? {
        try requests.permissions(of: path)
    }

    public func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError) {
        try requests.setPermissions(permissions, of: path)
    }
}

/// Domains as xenstored knows them.
extension StoreConnection {
    /// Tells xenstored about a domain's ring page and event channel.
    ///
    /// - Parameters:
    ///   - frame: the ring's frame number: MFN for a PV domain, GFN for others.
    ///   - port: the domain's end of the event channel.
    public func introduce(_ domain: DomainID, frame: UInt, port: UInt32) throws(StoreError) {
        try handle.request(.introduce) { answer(xs_introduce_domain($0, domain.rawValue, frame, port)) }
    }

    /// Lets xenstored forget a domain's ring.
    public func release(_ domain: DomainID) throws(StoreError) {
        try handle.request(.release) { answer(xs_release_domain($0, domain.rawValue)) }
    }

    /// Clears xenstored's note that the domain has shut down.
    public func resume(_ domain: DomainID) throws(StoreError) {
        try handle.request(.resume) { answer(xs_resume_domain($0, domain.rawValue)) }
    }

    /// Gives a domain (a device model's) the rights of its target on the target's nodes.
    public func setTarget(of domain: DomainID, to target: DomainID) throws(StoreError) {
        try handle.request(.setTarget) { answer(xs_set_target($0, domain.rawValue, target.rawValue)) }
    }

    /// Whether xenstored serves this domain. False also when the request fails in xenstored.
    public func isIntroduced(_ domain: DomainID) throws(StoreError) -> Bool {
        try handle.request(.isIntroduced) { .value(xs_is_domain_introduced($0, domain.rawValue)) }
    }

    /// The home of a domain's nodes; xenstored answers for any number.
    public func domainPath(_ domain: DomainID) throws(StoreError) -> StorePath {
        try handle.request(.domainPath) { raw in
            guard let path = xs_get_domain_path(raw, domain.rawValue) else { return .failure(errno) }
            defer { free(path) }
            return .value(StorePath(String(cString: path)))
        }
    }
}

/// The node requests of libxenstore, inside a transaction or not (`XBT_NULL`, 0).
struct StoreRequests: Sendable {
    let handle: StoreHandle
    let transaction: xs_transaction_t

    func readBytes(_ path: StorePath) throws(StoreError) -> [UInt8]? {
        try optional { () throws(StoreError) in
            try handle.request(.read, path) { [transaction] raw in
                var length: UInt32 = 0
                guard let value = xs_read(raw, transaction, path.description, &length) else { return .failure(errno) }
                defer { free(value) }
                return .value([UInt8](UnsafeRawBufferPointer(start: value, count: Int(length))))
            }
        }
    }

    func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError) {
        let size = path.description.utf8.count + 1 + bytes.count
        guard size <= Int(XENSTORE_PAYLOAD_MAX) else {
            throw StoreError(.write, path, code: E2BIG, cause: .tooLarge(bytes: size))
        }
        try handle.request(.write, path) { [transaction] raw in
            bytes.withUnsafeBytes {
                answer(xs_write(raw, transaction, path.description, $0.baseAddress, UInt32($0.count)))
            }
        }
    }

    func makeDirectory(_ path: StorePath) throws(StoreError) {
        try handle.request(.makeDirectory, path) { [transaction] in
            answer(xs_mkdir($0, transaction, path.description))
        }
    }

    func remove(_ path: StorePath) throws(StoreError) -> Bool {
        let done: Void? = try optional { () throws(StoreError) in
            try handle.request(.remove, path) { [transaction] in answer(xs_rm($0, transaction, path.description)) }
        }
        return done != nil
    }

    func list(_ path: StorePath) throws(StoreError) -> [String]? {
        if let problem = path.problem { throw StoreError(.list, path, cause: .invalidPath(problem)) }
        switch handle.directories.list(path) {
        case .names(let names) where transaction == 0:
            return names
        case .names(let names):
            // What the transaction sees may differ, but hardly by so much that it makes libxenstore give up.
            let size = names.reduce(0) { $0 + $1.utf8.count + 1 }
            guard size <= Int(XENSTORE_PAYLOAD_MAX) else {
                throw StoreError(.list, path, code: E2BIG, cause: .tooLarge(bytes: size))
            }
        case .failure(ENOENT) where transaction == 0:
            return nil
        case .failure(let code) where transaction == 0 && code != E2BIG:
            throw StoreError(.list, path, errno: code)
        case .failure, .unavailable:
            break
        }
        return try optional { () throws(StoreError) in try listByLibrary(path) }
    }

    private func listByLibrary(_ path: StorePath) throws(StoreError) -> [String] {
        try handle.request(.list, path) { [transaction] raw in
            var count: UInt32 = 0
            guard let names = xs_directory(raw, transaction, path.description, &count) else {
                return .failure(errno)
            }
            defer { free(names) }
            return .value(
                UnsafeBufferPointer(start: names, count: Int(count)).compactMap { $0.map { String(cString: $0) } })
        }
    }

    func permissions(of path: StorePath) throws(StoreError) -> StorePermissions? {
        try optional { () throws(StoreError) in
            try handle.request(.getPermissions, path) { [transaction] raw in
                var count: UInt32 = 0
                guard let entries = xs_get_permissions(raw, transaction, path.description, &count) else {
                    return .failure(errno)
                }
                defer { free(entries) }
                let buffer = UnsafeBufferPointer(start: entries, count: Int(count))
                return StorePermissions(raw: buffer).map { .value($0) } ?? .failure(EINVAL)
            }
        }
    }

    func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError) {
        try handle.request(.setPermissions, path) { [transaction] raw in
            var entries = permissions.raw
            let count = UInt32(entries.count)
            return answer(xs_set_permissions(raw, transaction, path.description, &entries, count))
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
