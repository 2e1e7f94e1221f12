import Glibc
import Synchronization
import XenTypes

/// The two streams of a command: answers on stdout, everything else on stderr.
enum Output {
    private struct Answer {
        var bytes: [UInt8] = []
        var isBroken = false
    }

    private static let answer = Mutex(Answer())
    /// How much is gathered before it is written in one piece.
    private static let pieceLimit = 1 << 16

    /// Adds a line to the answer on stdout.
    static func print(_ text: String, terminator: String = "\n") {
        print(bytes: (text + terminator).unescapedBytes)
    }

    /// Adds bytes to the answer as they are.
    static func print(bytes: some Sequence<UInt8>) {
        answer.withLock { answer in
            answer.bytes.append(contentsOf: bytes)
            if answer.bytes.count >= pieceLimit { write(&answer) }
        }
    }

    /// Says on stderr what went wrong, with the program's name before it.
    static func error(_ text: String) {
        plainError("xl: error: \(text)")
    }

    static func warning(_ text: String) {
        plainError("xl: warning: \(text)")
    }

    /// Writes a line to stderr. What was answered before it comes out before it.
    static func plainError(_ text: String, terminator: String = "\n") {
        plainError(bytes: (text + terminator).unescapedBytes)
    }

    /// Writes bytes to stderr as they are.
    static func plainError(bytes: [UInt8]) {
        flush()
        _ = writeAll(bytes, to: STDERR_FILENO)
    }

    /// Writes what is left of the answer.
    ///
    /// - Returns: false when some of the answer could not be written: a full disk, a reader that went away.
    @discardableResult
    static func flush() -> Bool {
        answer.withLock { answer in
            write(&answer)
            return !answer.isBroken
        }
    }

    private static func write(_ answer: inout Answer) {
        if !answer.bytes.isEmpty, !writeAll(answer.bytes, to: STDOUT_FILENO) { answer.isBroken = true }
        answer.bytes.removeAll(keepingCapacity: true)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        // By the offset: a slice's generic parts are found by reflection, which takes longer than all else here.
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}
