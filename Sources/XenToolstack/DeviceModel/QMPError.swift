import SystemPackage
import XenTypes

/// Why a conversation with QEMU failed. All but a refusal end it.
enum QMPError: Error, Equatable {
    /// QEMU answered that it cannot do it.
    case refused(QMPRefusal)
    /// Bytes that are no message; the text shows them.
    case malformed(String)
    /// A message that has no place there.
    case unexpected(String)
    /// More bytes than a message may have.
    case tooLong(limit: Int)
    /// More than one command may have told meanwhile; the text says what.
    case tooMuch(String)
    /// QEMU closed the connection, or died.
    case closed
    /// Nothing came in this time; the text says what was awaited.
    case silent(String, Duration)
    case cancelled
    /// A system call failed.
    case system(String, Errno)

    /// libxl's number for it: a name for each of QEMU's classes (`enum libxl_error` in `libxl_types.idl`).
    var code: ToolstackError.Code {
        switch self {
        case .refused(let refusal): Self.codes[refusal.errorClass] ?? .unknownQMPError
        case .malformed, .unexpected, .closed: .qmpProtocolError
        case .tooLong, .tooMuch: .bufferFull
        case .silent: .timedOut
        case .cancelled: .aborted
        case .system: .fail
        }
    }

    private static let codes: [String: ToolstackError.Code] = [
        "GenericError": .qmpGenericError, "CommandNotFound": .qmpCommandNotFound,
        "DeviceNotActive": .qmpDeviceNotActive, "DeviceNotFound": .qmpDeviceNotFound,
    ]

    /// In words that follow "cannot …: ". QEMU chooses much of it.
    var cause: String { words.excerpt }

    private var words: String {
        switch self {
        case .refused(let refusal):
            "QEMU says: \(refusal.text) (\(refusal.errorClass))"
        case .malformed(let text): "QEMU sent what is no answer: \(text)"
        case .unexpected(let text): "QEMU sent what was not asked for: \(text)"
        case .tooLong(let limit): "QEMU sent a message of more than \(limit) bytes"
        case .tooMuch(let what): "QEMU sent \(what) and no answer"
        case .closed: "QEMU closed the connection"
        case .silent(let what, let limit): "waited \(limit) in vain for \(what)"
        case .cancelled: "interrupted"
        case .system(let what, let error): "\(what): \(error)"
        }
    }
}
