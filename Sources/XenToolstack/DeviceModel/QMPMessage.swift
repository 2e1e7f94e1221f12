import XenTypes
import YajlJSON

/// A release of QEMU.
struct QEMUVersion: Hashable, Sendable, CustomStringConvertible {
    var major: Int64
    var minor: Int64
    var micro: Int64

    var description: String { "\(major).\(minor).\(micro)" }
}

/// What QEMU tells without having been asked, as far as anybody here asks for it.
enum QMPEvent: String, CaseIterable, Sendable {
    /// A guest has opened or closed a drive.
    case trayMoved = "DEVICE_TRAY_MOVED"
    /// A guest has let go of a device.
    case deviceDeleted = "DEVICE_DELETED"
}

/// Why QEMU did not do what it was asked, in its own words.
struct QMPRefusal: Hashable, Sendable {
    /// Such as "GenericError" or "CommandNotFound".
    var errorClass: String
    var text: String
}

/// One message of QEMU's machine protocol (docs/interop/qmp-spec in QEMU's source).
enum QMPMessage: Equatable, Sendable {
    /// The first message of a connection.
    case greeting(QEMUVersion)
    /// nil where QEMU could not make out which command the answer belongs to.
    case success(id: Int64?, JSONValue)
    case refusal(id: Int64?, QMPRefusal)
    /// The name alone: what comes with it, QEMU chooses the size of.
    case event(String)

    /// - Parameter line: without the characters that end it.
    init(_ line: some Collection<UInt8>) throws(QMPError) {
        let document: JSONValue
        do throws(JSONDecodingError) {
            document = try YajlDecoder(maximumSize: QMPLines.limit).decode(JSONValue.self, from: line)
        } catch {
            throw .malformed("\(error): \(Self.excerpt(line))")
        }
        guard let message = Self.message(document) else { throw .malformed(Self.excerpt(line)) }
        self = message
    }

    private static func message(_ document: JSONValue) -> QMPMessage? {
        let id = document["id"]?.integer
        if let version = document["QMP"]?["version"]?["qemu"] {
            guard let major = version["major"]?.integer, let minor = version["minor"]?.integer else { return nil }
            return .greeting(QEMUVersion(major: major, minor: minor, micro: version["micro"]?.integer ?? 0))
        }
        if let value = document["return"] { return .success(id: id, value) }
        if let error = document["error"] {
            guard let errorClass = error["class"]?.string, let text = error["desc"]?.string else { return nil }
            return .refusal(id: id, QMPRefusal(errorClass: errorClass, text: text))
        }
        guard let name = document["event"]?.string else { return nil }
        return .event(name)
    }

    /// The beginning of what QEMU sent, for an error's text.
    static func excerpt(_ bytes: some Collection<UInt8>) -> String {
        let text = String(escapingBytes: Array(bytes.prefix(200)))
        return bytes.count > 200 ? text + "…" : text
    }

    /// A command as it is sent.
    static func command(_ name: String, _ arguments: [(name: String, value: JSONValue)], id: Int64) throws(QMPError)
        -> [UInt8]
    {
        var members: [(name: String, value: JSONValue)] = [("execute", .string(name)), ("id", .integer(id))]
        if !arguments.isEmpty { members.append(("arguments", .object(arguments))) }
        do {
            return try YajlEncoder(layout: .compact).encode(JSONValue.object(members)) + Array("\r\n".utf8)
        } catch {
            throw .malformed("\(error)")
        }
    }
}
