import CXen
import Glibc
import XenTypes

/// One request, checked, with what an error about it names.
struct StoreRequest: Sendable {
    let operation: StoreOperation
    let path: StorePath?
    let message: StoreMessage

    /// - Parameter path: checked, and put before `content`, with a NUL.
    init(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ path: StorePath? = nil, transaction: UInt32 = 0,
        content: [UInt8] = []
    ) throws(StoreError) {
        if let problem = path?.problem { throw StoreError(operation, path, cause: .invalidPath(problem)) }
        let content = path.map { Array($0.description.utf8) + [0] + content } ?? content
        guard content.count <= Int(XENSTORE_PAYLOAD_MAX) else {
            throw StoreError(operation, path, code: E2BIG, cause: .tooLarge(bytes: content.count))
        }
        self.operation = operation
        self.path = path
        message = StoreMessage(type: type, transaction: transaction, content: content)
    }

    /// The request for a change.
    init(_ change: StoreChange, transaction: UInt32) throws(StoreError) {
        switch change {
        case .write(let path, let bytes):
            try self.init(.write, XS_WRITE, path, transaction: transaction, content: bytes)
        case .makeDirectory(let path): try self.init(.makeDirectory, XS_MKDIR, path, transaction: transaction)
        case .remove(let path): try self.init(.remove, XS_RM, path, transaction: transaction)
        case .setPermissions(let permissions, let path):
            let words = permissions.description.split(separator: ",").map { String($0) }
            try self.init(
                .setPermissions, XS_SET_PERMS, path, transaction: transaction, content: StoreMessage.content(words))
        }
    }

    /// The answer, if it is one to this request and no failure.
    func answer(from message: StoreMessage) throws(StoreError) -> StoreMessage {
        if let code = message.failure { throw StoreError(operation, path, errno: code) }
        guard message.type == self.message.type else { throw StoreError(operation, path, errno: EIO) }
        return message
    }

    /// Most requests that are sent before their answers are read: for all but long values, the answers find room in a
    /// socket's buffer, each with the kernel's overhead of nearly 1 KiB.
    static let mostInSeries = 64
    /// Most bytes of a series of more than one request, a part of a socket's buffer.
    static let seriesLimit = 64 << 10

    /// As many of the first requests as go out together.
    static func series(of requests: ArraySlice<StoreRequest>) -> ArraySlice<StoreRequest> {
        var bytes = 0
        let rest = requests.prefix(mostInSeries).dropFirst().drop { request in
            bytes += request.message.content.count
            return bytes <= seriesLimit
        }
        return requests[..<min(rest.startIndex, requests.startIndex + mostInSeries)]
    }
}
