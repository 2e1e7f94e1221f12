import Glibc
import SystemPackage

/// Messages to and from the kernel about network interfaces (`linux/netlink.h`, `linux/rtnetlink.h`).
enum NetlinkMessage {
    static let headerLength = 16
    /// `NLMSG_ERROR`, which is also the acknowledgement, and `NLMSG_DONE`, the end of a list.
    static let errorType: UInt16 = 2
    static let endType: UInt16 = 3

    /// `NLM_F_*`
    enum Flags {
        static let request: UInt16 = 1
        static let acknowledge: UInt16 = 4
        /// All that match.
        static let list: UInt16 = 0x300
    }

    /// - Parameter body: what follows the header, its attributes included.
    static func request(
        _ type: UInt16, flags: UInt16 = Flags.request | Flags.acknowledge, sequence: UInt32 = 1, _ body: [UInt8]
    ) -> [UInt8] {
        let length = UInt32(headerLength + body.count).littleEndianBytes
        let kind = type.littleEndianBytes + flags.littleEndianBytes
        return length + kind + sequence.littleEndianBytes + UInt32(0).littleEndianBytes + body
    }

    static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return UInt16(4 + value.count).littleEndianBytes + type.littleEndianBytes + value + padding
    }

    /// What an answer says went wrong; nil when it is the acknowledgement.
    static func error(in answer: ArraySlice<UInt8>) -> Errno? {
        guard answer.count >= headerLength + 4 else { return .badMessage }
        let bytes = Array(answer)
        guard UInt16(littleEndianBytes: bytes[4..<6]) == errorType else { return .badMessage }
        let code = Int32(bitPattern: UInt32(littleEndianBytes: bytes[16..<20]))
        return code == 0 ? nil : Errno(rawValue: code == .min ? EPROTO : -code)
    }

    /// The messages that one reading brought, each with its header.
    ///
    /// - Returns: nil when they do not fill it as their lengths say.
    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
        var messages: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= headerLength else { return nil }
            let length = Int(UInt32(littleEndianBytes: rest.prefix(4)))
            guard length >= headerLength, length <= rest.count else { return nil }
            messages.append(rest.prefix(length))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return messages
    }

    /// The attributes of a message, or of another attribute, by type; those after a damaged one are left out.
    static func attributes(in bytes: ArraySlice<UInt8>) -> [UInt16: ArraySlice<UInt8>] {
        var attributes: [UInt16: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(UInt16(littleEndianBytes: rest.prefix(2)))
            guard length >= 4, length <= rest.count else { break }
            // Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
            let type = UInt16(littleEndianBytes: rest.dropFirst(2).prefix(2)) & 0x3fff
            attributes[type] = rest.prefix(length).dropFirst(4)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return attributes
    }
}
