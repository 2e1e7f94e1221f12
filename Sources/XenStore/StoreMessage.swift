import CXen
import Glibc

/// A message of xenstore's wire protocol (`struct xsd_sockmsg` in `xen/io/xs_wire.h`, `docs/misc/xenstore.txt`).
struct StoreMessage: Hashable, Sendable {
    var type: xsd_sockmsg_type
    /// 0 outside a transaction.
    var transaction: UInt32 = 0
    var content: [UInt8]

    /// Longest answer that is taken: names of a million nodes. oxenstored answers for a directory whose names need
    /// more than the protocol's 4096 bytes with one larger message, and a guest can make such a directory.
    static let limit = 64 << 20

    /// As it is sent. Requests are answered one at a time, and so need no number.
    var bytes: [UInt8] {
        let length = UInt32(clamping: content.count)
        let header = xsd_sockmsg(type: type.rawValue, req_id: 0, tx_id: transaction, len: length)
        return withUnsafeBytes(of: header) { Array($0) } + content
    }

    /// Takes the first message from what was received; nil while it is not complete.
    static func take(from received: inout [UInt8]) throws(StoreSocket.Failure) -> StoreMessage? {
        let size = MemoryLayout<xsd_sockmsg>.size
        guard received.count >= size else { return nil }
        let header = received.withUnsafeBytes { $0.loadUnaligned(as: xsd_sockmsg.self) }
        guard header.len <= limit else { throw .broken(EMSGSIZE) }
        let end = size + Int(header.len)
        guard received.count >= end else { return nil }
        let message = StoreMessage(
            type: xsd_sockmsg_type(header.type), transaction: header.tx_id, content: Array(received[size..<end]))
        received.removeFirst(end)
        return message
    }

    /// Words, each with a NUL at its end.
    static func content(_ words: [String]) -> [UInt8] {
        var content: [UInt8] = []
        for word in words {
            content += word.utf8
            content.append(0)
        }
        return content
    }

    /// The parts of the content, each of which ends in a NUL.
    var words: [String] { Self.words(content) }

    static func words(_ content: some Collection<UInt8>) -> [String] {
        content.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What went wrong, as an errno value; nil when nothing did.
    var failure: Int32? {
        guard type == XS_ERROR else { return nil }
        return words.first.flatMap { Self.errnoValues[$0] } ?? EINVAL
    }

    /// The errors as xenstored names them (`xsd_errors` in `xen/io/xs_wire.h`).
    private static let errnoValues: [String: Int32] = [
        "EINVAL": EINVAL, "EACCES": EACCES, "EEXIST": EEXIST, "EISDIR": EISDIR, "ENOENT": ENOENT, "ENOMEM": ENOMEM,
        "ENOSPC": ENOSPC, "EIO": EIO, "ENOTEMPTY": ENOTEMPTY, "ENOSYS": ENOSYS, "EROFS": EROFS, "EBUSY": EBUSY,
        "EAGAIN": EAGAIN, "EISCONN": EISCONN, "E2BIG": E2BIG, "EPERM": EPERM,
    ]
}
