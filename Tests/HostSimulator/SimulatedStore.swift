import CXen
import Events
import Glibc
import Synchronization
import SystemPackage

/// A xenstored in memory: it serves the wire protocol on a socket, with transactions, watches and permissions.
public final class SimulatedStore: Sendable {
    /// Looks at a change and makes others, as a program does that watches the store.
    public typealias Reaction = @Sendable (_ path: String, _ store: inout Access) -> Void

    /// The store while nobody else can change it.
    public struct Access: Sendable {
        var tree = StoreTree()
        var introduced: Set<UInt32> = []
        var limits = Limits()
        fileprivate var changed: [String] = []

        public func read(_ path: String) -> String? {
            tree.nodes[path].map { String(decoding: $0.value, as: UTF8.self) }
        }

        public mutating func write(_ path: String, _ value: String) { change(.write(path, Array(value.utf8))) }
        public mutating func remove(_ path: String) { change(.remove(path)) }
        public func list(_ path: String) -> [String] { tree.nodes[path]?.children ?? [] }
        /// Tells watches of what is no node, as `@releaseDomain`.
        public mutating func fire(_ name: String) { changed.append(name) }
        public func features(of domain: UInt32) -> UInt32? { limits.features[domain] }
        public func quotas(of domain: UInt32) -> [String: UInt32]? { limits.quotasOfDomains[domain] }
        public func isIntroduced(_ domain: UInt32) -> Bool { introduced.contains(domain) }

        private mutating func change(_ change: StoreTree.Change) {
            if let path = try? tree.apply(change) { changed.append(path) }
        }
    }

    private struct Transaction {
        var tree: StoreTree
        let start: UInt64
        var used: Set<String> = []
        var changes: [StoreTree.Change] = []
    }

    private struct Watch {
        let connection: CInt
        let path: String
        let token: String
    }

    private struct State {
        var access = Access()
        var transactions: [UInt32: Transaction] = [:]
        var watches: [Watch] = []
        var lastTransaction: UInt32 = 0
        var reactions: [Reaction] = []
    }

    public let path: FilePath
    private let faults: Faults
    private let listener: FileDescriptor
    private let state = Mutex(State())

    /// - Parameter path: of the socket.
    init(path: FilePath, faults: Faults) throws(Errno) {
        self.path = path
        self.faults = faults
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, LocalAddress(path: path.string)?.bind(descriptor) == 0, listen(descriptor, 16) == 0
        else { throw Errno(rawValue: errno) }
        listener = FileDescriptor(rawValue: descriptor)
    }

    /// Accepts connections until `close`.
    func start() {
        _ = startThread { [self] in
            while true {
                let connection = accept(listener.rawValue, nil, nil)
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                _ = startThread { self.serve(connection) }
            }
            try? listener.close()
        }
    }

    func close() { shutdown(listener.rawValue, CInt(SHUT_RDWR)) }

    public func add(_ reaction: @escaping Reaction) { state.withLock { $0.reactions.append(reaction) } }

    /// Looks at the store, and changes it as another client does.
    public func access<Value>(_ body: (inout Access) -> Value) -> Value {
        state.withLock { state in
            let value = body(&state.access)
            Self.settle(&state)
            return value
        }
    }

    /// Tells of domains that came or went.
    func tell(_ name: String, removing domain: UInt32? = nil) {
        state.withLock { state in
            if let domain { state.access.introduced.remove(domain) }
            state.access.changed.append(name)
            Self.settle(&state)
        }
    }

    /// The nodes as text, each with its value and permissions.
    public var contents: [String: String] {
        state.withLock { state in
            state.access.tree.nodes.mapValues { node in
                "\(String(decoding: node.value, as: UTF8.self)) (\(node.permissions.joined(separator: ",")))"
            }
        }
    }

    /// Tells watches and reactions of what has changed, until nothing changes any more.
    private static func settle(_ state: inout State) {
        while !state.access.changed.isEmpty {
            let path = state.access.changed.removeFirst()
            for watch in state.watches where watch.path == path || isBelow(path, watch.path) {
                send(watch.connection, XS_WATCH_EVENT, 0, words([path, watch.token]))
            }
            for reaction in state.reactions { reaction(path, &state.access) }
        }
    }

    private static func isBelow(_ path: String, _ parent: String) -> Bool {
        parent == "/" ? path.hasPrefix("/") : path.hasPrefix(parent + "/")
    }

    private static func words(_ words: [String]) -> [UInt8] { words.flatMap { Array($0.utf8) + [0] } }

    private static func send(_ connection: CInt, _ type: xsd_sockmsg_type, _ transaction: UInt32, _ body: [UInt8]) {
        let header = xsd_sockmsg(type: type.rawValue, req_id: 0, tx_id: transaction, len: UInt32(body.count))
        let bytes = withUnsafeBytes(of: header) { Array($0) } + body
        _ = Glibc.send(connection, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }
}

extension SimulatedStore {
    private func serve(_ connection: CInt) {
        while let (header, body) = Self.receive(connection), perform(header, body, connection) {}
        state.withLock { $0.watches.removeAll { $0.connection == connection } }
        Glibc.close(connection)
    }

    private static func receive(_ connection: CInt) -> (xsd_sockmsg, [UInt8])? {
        var header = xsd_sockmsg()
        let size = MemoryLayout<xsd_sockmsg>.size
        guard recv(connection, &header, size, CInt(MSG_WAITALL)) == size else { return nil }
        var body = [UInt8](repeating: 0, count: Int(header.len))
        guard body.isEmpty || recv(connection, &body, body.count, CInt(MSG_WAITALL)) == body.count else {
            return nil
        }
        return (header, body)
    }

    /// - Returns: false to close the connection.
    private func perform(_ header: xsd_sockmsg, _ body: [UInt8], _ connection: CInt) -> Bool {
        let type = xsd_sockmsg_type(header.type)
        let words = body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let name = "\(Self.names[header.type] ?? "\(header.type)") \(words.first ?? "")"
        var failure: Int32?
        // Nobody asks whether this worked.
        if type != XS_UNWATCH {
            switch faults.pass(.store, name) {
            case .fail(let code): failure = code
            case .disconnect: return false
            case .cancel, nil: break
            }
        }
        state.withLock { state in
            do throws(Errno) {
                if let failure { throw Errno(rawValue: failure) }
                let answer = try Self.answer(type, header.tx_id, body, words, &state)
                Self.send(connection, type, header.tx_id, answer)
                guard type == XS_WATCH else { return }
                state.watches.append(Watch(connection: connection, path: words[0], token: words[1]))
                Self.send(connection, XS_WATCH_EVENT, 0, Self.words(words))
            } catch {
                let text = Self.errors[error.rawValue] ?? "EINVAL"
                Self.send(connection, XS_ERROR, header.tx_id, Self.words([text]))
            }
        }
        state.withLock { Self.settle(&$0) }
        return true
    }

    private static let names: [UInt32: String] = [
        XS_READ.rawValue: "READ", XS_WRITE.rawValue: "WRITE", XS_MKDIR.rawValue: "MKDIR", XS_RM.rawValue: "RM",
        XS_DIRECTORY.rawValue: "DIRECTORY", XS_GET_PERMS.rawValue: "GET_PERMS", XS_SET_PERMS.rawValue: "SET_PERMS",
        XS_TRANSACTION_START.rawValue: "TRANSACTION_START", XS_TRANSACTION_END.rawValue: "TRANSACTION_END",
        XS_WATCH.rawValue: "WATCH", XS_INTRODUCE.rawValue: "INTRODUCE", XS_RELEASE.rawValue: "RELEASE",
        XS_RESUME.rawValue: "RESUME", XS_SET_TARGET.rawValue: "SET_TARGET",
    ]

    private static let errors: [Int32: String] = [
        EINVAL: "EINVAL", EACCES: "EACCES", EEXIST: "EEXIST", ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC",
        EIO: "EIO", EAGAIN: "EAGAIN", EBUSY: "EBUSY", E2BIG: "E2BIG", EPERM: "EPERM", ENOSYS: "ENOSYS",
    ]

    private static let fine = Array("OK\0".utf8)

    private static func answer(
        _ type: xsd_sockmsg_type, _ id: UInt32, _ body: [UInt8], _ words: [String],
        _ state: inout State
    ) throws(Errno) -> [UInt8] {
        let path = words.first ?? ""
        switch type {
        case XS_READ: return try node(path, id, &state).value
        case XS_DIRECTORY: return self.words(try node(path, id, &state).children)
        case XS_GET_PERMS: return self.words(try node(path, id, &state).permissions)
        case XS_WRITE: try change(.write(path, Array(body.dropFirst(path.utf8.count + 1))), id, &state)
        case XS_MKDIR: try change(.makeDirectory(path), id, &state)
        case XS_RM: try change(.remove(path), id, &state)
        case XS_SET_PERMS: try change(.setPermissions(path, Array(words.dropFirst())), id, &state)
        case XS_TRANSACTION_START:
            state.lastTransaction += 1
            let tree = state.access.tree
            state.transactions[state.lastTransaction] = Transaction(tree: tree, start: tree.clock)
            return self.words(["\(state.lastTransaction)"])
        case XS_TRANSACTION_END: try end(id, commits: path == "T", &state)
        case XS_WATCH:
            guard words.count == 2 else { throw .invalidArgument }
        case XS_UNWATCH: state.watches.removeAll { $0.token == words.last && $0.path == path }
        case XS_INTRODUCE, XS_RELEASE, XS_RESUME, XS_SET_TARGET, XS_IS_DOMAIN_INTRODUCED, XS_GET_DOMAIN_PATH:
            return try domain(type, words, &state)
        default: return self.words([try limit(type, words, &state.access)])
        }
        return fine
    }

    private static func domain(
        _ type: xsd_sockmsg_type, _ words: [String], _ state: inout State
    ) throws(Errno) -> [UInt8] {
        guard let domain = words.first.flatMap({ UInt32($0) }) else { throw .invalidArgument }
        switch type {
        case XS_IS_DOMAIN_INTRODUCED: return self.words([state.access.introduced.contains(domain) ? "T" : "F"])
        case XS_GET_DOMAIN_PATH: return self.words(["/local/domain/\(domain)"])
        case XS_INTRODUCE:
            state.access.introduced.insert(domain)
            state.access.changed.append("@introduceDomain")
        case XS_RELEASE:
            guard state.access.introduced.remove(domain) != nil else { throw .noSuchFileOrDirectory }
            state.access.changed.append("@releaseDomain")
        default: guard state.access.introduced.contains(domain) else { throw .noSuchFileOrDirectory }
        }
        return fine
    }

    private static func node(_ path: String, _ id: UInt32, _ state: inout State) throws(Errno) -> StoreTree.Node {
        if id != 0 { state.transactions[id]?.used.insert(path) }
        let tree = id == 0 ? state.access.tree : state.transactions[id]?.tree
        guard let tree else { throw .noSuchFileOrDirectory }
        guard let node = tree.nodes[path] else { throw .noSuchFileOrDirectory }
        return node
    }

    private static func change(_ change: StoreTree.Change, _ id: UInt32, _ state: inout State) throws(Errno) {
        guard id != 0 else {
            if let path = try state.access.tree.apply(change) { state.access.changed.append(path) }
            return
        }
        guard var transaction = state.transactions[id] else { throw .noSuchFileOrDirectory }
        _ = try transaction.tree.apply(change)
        transaction.used.formUnion(StoreTree.paths(of: change))
        transaction.changes.append(change)
        state.transactions[id] = transaction
    }

    private static func end(_ id: UInt32, commits: Bool, _ state: inout State) throws(Errno) {
        guard let transaction = state.transactions.removeValue(forKey: id) else { throw .noSuchFileOrDirectory }
        guard commits else { return }
        guard !state.access.tree.haveChanged(transaction.used, since: transaction.start) else {
            throw .resourceTemporarilyUnavailable
        }
        for change in transaction.changes {
            if let path = try state.access.tree.apply(change) { state.access.changed.append(path) }
        }
    }
}
