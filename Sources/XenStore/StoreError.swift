import Glibc

/// Why a xenstore request failed: what was tried, on which node, with what answer.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Cause: Hashable, Sendable {
        /// There is no way to reach a xenstored: neither its socket nor the kernel's device.
        case unavailable
        /// The process may not use xenstored's socket or the kernel's device.
        case connectionDenied
        /// xenstored did not answer the first request within this time.
        case notAnswering(after: Duration)
        /// xenstored closed the connection.
        case connectionLost
        /// The node's permissions forbid the request.
        case denied
        /// A quota of xenstored is used up.
        case quota(Quota)
        /// A request larger than xenstored's message; the number is its size in bytes.
        case tooLarge(bytes: Int)
        /// A transaction that others invalidated this many times.
        case contention(attempts: Int)
        /// The path cannot name a node; the text says why.
        case invalidPath(String)
        /// A transaction was used after its end.
        case transactionEnded
        /// Any other errno value.
        case system
    }

    /// The quotas of xenstored, by its option names where one answer stands for one quota.
    public enum Quota: Hashable, Sendable {
        /// `entry-nb`, `entry-size`, `transaction-nodes` or `memory-per-domain-hard`.
        case nodes
        /// `perm-nb`.
        case permissions
        /// `transaction`.
        case transactions
        /// `watch-nb`.
        case watches
    }

    /// What was asked for.
    public var operation: StoreOperation
    /// The node concerned, if there is one.
    public var path: StorePath?
    /// The errno value that xenstored answered with, or of the connection; 0 when the failure was found before asking.
    public var code: Int32
    /// What went wrong.
    public var cause: Cause

    public init(_ operation: StoreOperation, _ path: StorePath? = nil, code: Int32 = 0, cause: Cause) {
        self.operation = operation
        self.path = path
        self.code = code
        self.cause = cause
    }

    /// An error from the errno value of a failed request.
    init(_ operation: StoreOperation, _ path: StorePath?, errno code: Int32) {
        self.init(operation, path, code: code, cause: Self.cause(of: code, in: operation))
    }

    private static func cause(of code: Int32, in operation: StoreOperation) -> Cause {
        switch (code, operation) {
        case (ENOENT, .open), (ENXIO, .open), (ECONNREFUSED, .open), (ENODEV, .open): .unavailable
        case (EACCES, .open), (EPERM, .open): .connectionDenied
        case (EBADF, _), (EPIPE, _), (ECONNRESET, _), (ENOTCONN, _): .connectionLost
        case (EACCES, _), (EPERM, _): .denied
        case (ENOSPC, .setPermissions), (EDQUOT, .setPermissions): .quota(.permissions)
        case (ENOSPC, .startTransaction), (EDQUOT, .startTransaction): .quota(.transactions)
        case (E2BIG, .watch), (ENOSPC, .watch), (EDQUOT, .watch): .quota(.watches)
        case (ENOSPC, _), (EDQUOT, _), (E2BIG, .write): .quota(.nodes)
        default: .system
        }
    }

    /// Whether xenstored did not answer in time, or the connection was lost: the same request may be answered later.
    public var isLapse: Bool {
        switch cause {
        case .connectionLost, .notAnswering: true
        default: false
        }
    }

    public var description: String {
        let attempt = "cannot \(operation.rawValue)\(path.map { " \($0)" } ?? "")"
        return "\(attempt): \(reason)"
    }

    private var reason: String {
        switch cause {
        case .unavailable:
            "xenstored cannot be reached (\(words)); is this a Xen host, and is its xenstored service running?"
        case .connectionDenied:
            "this user may not talk to xenstored (\(words)); run the command as root"
        case .notAnswering(let time):
            "xenstored has not answered for \(time.components.seconds) seconds; "
                + "look at the state of the xenstored service or domain"
        case .connectionLost:
            "xenstored closed the connection (\(words)); look whether the xenstored service still runs"
        case .denied:
            "the node's permissions do not allow it (\(words))"
        case .quota(let quota):
            quota.words
        case .tooLarge(let bytes):
            "this takes \(bytes) bytes, more than the 4096 of a xenstore message"
        case .contention(let attempts):
            "other clients changed the same nodes during each of \(attempts) attempts; try again when they are done"
        case .invalidPath(let problem):
            problem
        case .transactionEnded:
            "the transaction has already ended"
        case .system where code == EINVAL:
            "\(words) (oxenstored also answers this when a quota is used up)"
        case .system:
            words
        }
    }

    private var words: String { String(cString: strerror(code)) }
}

/// What was asked of xenstore, in words that follow "cannot".
public enum StoreOperation: String, Hashable, Sendable {
    /// To connect.
    case open = "connect to xenstore"
    /// To read a node.
    case read = "read xenstore node"
    /// To write a node.
    case write = "write xenstore node"
    /// To make an empty node.
    case makeDirectory = "create xenstore directory"
    /// To remove a node with all below it.
    case remove = "remove xenstore node"
    /// To list what is below a node.
    case list = "list xenstore directory"
    /// To read a node's permissions.
    case getPermissions = "read the permissions of xenstore node"
    /// To set a node's permissions.
    case setPermissions = "set the permissions of xenstore node"
    /// To begin a transaction.
    case startTransaction = "start a xenstore transaction"
    /// To commit a transaction.
    case endTransaction = "commit a xenstore transaction"
    /// To set a watch.
    case watch = "watch xenstore node"
    /// To take a watch away.
    case unwatch = "stop watching xenstore node"
    /// To make a domain known.
    case introduce = "introduce a domain to xenstore"
    /// To forget a domain.
    case release = "release a domain from xenstore"
    /// To take back a domain's shutdown.
    case resume = "resume a domain in xenstore"
    /// To give a device model its guest's rights.
    case setTarget = "set a domain's target in xenstore"
    /// To ask whether a domain is known.
    case isIntroduced = "ask xenstore whether a domain is introduced"
    /// To ask where a domain's nodes are.
    case domainPath = "ask xenstore for a domain's path"
    /// To ask for features.
    case readFeatures = "ask xenstore for its features"
    /// To limit a domain's features.
    case setFeatures = "limit a domain's features in xenstore"
    /// To read a quota.
    case readQuota = "read a quota of xenstore"
    /// To set a quota.
    case setQuota = "set a quota of xenstore"
}

extension StoreError.Quota {
    var words: String {
        switch self {
        case .nodes:
            "a quota of xenstored is used up: the owner's number of nodes (entry-nb, normally 1000), the size of a "
                + "node (entry-size, 2048 bytes), the nodes of a transaction (transaction-nodes, 1024) or the "
                + "owner's memory; remove nodes that the domain no longer needs or raise the quota"
        case .permissions:
            "xenstored's quota of permissions a node (perm-nb, normally 5) is used up"
        case .transactions:
            "xenstored's quota of transactions at the same time (transaction, normally 10) is used up"
        case .watches:
            "xenstored's quota of watches (watch-nb, normally 128) is used up"
        }
    }
}
