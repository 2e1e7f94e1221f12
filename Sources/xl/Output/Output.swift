import Glibc
import Synchronization
import SystemPackage
import XenTypes

/// The two streams of a command: answers on stdout, everything else on stderr.
///
/// The door through which text goes out: whatever a guest, its disk, QEMU or another host has put into it cannot steer
/// the terminal. Where such text could also forge a line or a column, it is escaped where the line is made, too.
enum Output {
    private struct Answer {
        var bytes: [UInt8] = []
        /// Why some of it could not be written.
        var failure: Errno?
    }

    private static let answer = Mutex(Answer())
    /// How much is gathered before it is written in one piece.
    private static let pieceLimit = 1 << 16

    /// Adds a line to the answer on stdout.
    static func print(_ text: String, terminator: String = "\n") {
        print(bytes: (text.escapingControls(but: lineCharacters) + terminator).unescapedBytes)
    }

    /// Adds bytes to the answer as they are.
    static func print(bytes: some Sequence<UInt8>) {
        answer.withLock { answer in
            answer.bytes.append(contentsOf: bytes)
            if answer.bytes.count >= pieceLimit { write(&answer) }
        }
    }

    /// What lays out text of several lines.
    private static let lineCharacters: [Unicode.Scalar] = ["\n", "\t"]

    /// Says on stderr what went wrong, with the program's name before it.
    static func error(_ text: String) { say("xl: error: \(text)") }

    static func warning(_ text: String) { say("xl: warning: \(text)") }

    /// Writes one line to stderr, whatever is in the text. What was answered before it comes out before it.
    static func say(_ text: String) { plainError(text.escapingControls) }

    /// As `say`, for a text that may have several lines.
    static func plainError(_ text: String, terminator: String = "\n") {
        plainError(bytes: (text.escapingControls(but: lineCharacters) + terminator).unescapedBytes)
    }

    /// Writes a text over the line on which the terminal stands, and stays there.
    static func redraw(_ text: String) { plainError(bytes: ("\r" + text.escapingControls).unescapedBytes) }

    /// Writes bytes to stderr as they are.
    static func plainError(bytes: [UInt8]) {
        flush()
        _ = writeAll(bytes, to: STDERR_FILENO)
    }

    /// Writes what is left of the answer.
    ///
    /// - Returns: why some of the answer could not be written: a full disk, a reader that went away (`brokenPipe`).
    @discardableResult
    static func flush() -> Errno? {
        answer.withLock { answer in
            write(&answer)
            return answer.failure
        }
    }

    private static func write(_ answer: inout Answer) {
        if !answer.bytes.isEmpty, !writeAll(answer.bytes, to: STDOUT_FILENO) {
            answer.failure = answer.failure ?? Errno(rawValue: errno)
        }
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
