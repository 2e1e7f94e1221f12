import Glibc
import Synchronization
import SystemPackage
import XenToolstack
import XenTypes
import YajlJSON

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
    /// Whether what would be the answer goes to stderr, since the answer is another one.
    @TaskLocal static var answersAreRemarks = false
    /// Gathers what goes wrong where a program is answered; then all that is said on stderr is JSON, a document a line.
    @TaskLocal static var report: FaultReport?
    /// How much is gathered before it is written in one piece.
    private static let pieceLimit = 1 << 16

    /// Adds a line to the answer on stdout.
    static func print(_ text: String, terminator: String = "\n") {
        guard !answersAreRemarks else { return plainError(text, terminator: terminator) }
        print(bytes: (text.escapingControls(but: lineCharacters) + terminator).unescapedBytes)
    }

    /// Adds bytes to the answer as they are.
    static func print(bytes: some Sequence<UInt8>) {
        guard !answersAreRemarks else { return plainError(bytes: Array(bytes)) }
        report?.noteAnswer()
        answer.withLock { answer in
            answer.bytes.append(contentsOf: bytes)
            if answer.bytes.count >= pieceLimit { write(&answer) }
        }
    }

    /// What lays out text of several lines.
    private static let lineCharacters: [Unicode.Scalar] = ["\n", "\t"]

    /// Says on stderr what went wrong, with the program's name before it.
    static func error(_ text: String, code: ToolstackError.Code = .invalid) {
        error(Fault(code, text), words: "xl: error: \(text.escapingControls)")
    }

    /// Says on stderr why something has failed.
    ///
    /// - Parameter subject: what it was tried on, where that is one of several.
    static func error(_ error: any Error, of subject: String? = nil) {
        var fault = Fault(error)
        let place = subject.map { "\($0): " } ?? ""
        fault.message = place + fault.message
        self.error(fault, words: "xl: error: \("\(place)\(error)".escapingControls)")
    }

    /// Tells a program what a signal has ended; people know.
    static func error(_ error: any Error, endingBy signal: CInt) {
        guard let report else { return }
        report.add(Fault(error))
        // What a shell makes of it.
        if let document = report.document(status: ExitStatus(128 + signal)) { line(json: document) }
    }

    /// Tells what went wrong: in these words, which may have several lines, or at the end in a document.
    static func error(_ fault: Fault, words: String) {
        guard let report else { return plainError(words) }
        report.add(fault)
    }

    static func warning(_ text: String) { say(text, level: "warning") }

    /// A warning whose words say themselves that it is one.
    static func warning(lines text: String) {
        report == nil ? plainError(text) : remark(text, level: "warning")
    }

    /// Writes a line of the log, whatever is in the text.
    static func say(_ text: String, level: String, stamp: String = "") {
        guard report != nil else { return say("\(stamp)xl: \(level): \(text)") }
        remark(text, level: level)
    }

    /// Writes one line to stderr, whatever is in the text. What was answered before it comes out before it.
    static func say(_ text: String) {
        report == nil ? plainError(text.escapingControls) : remark(text, level: "info")
    }

    /// As `say`, for a text that may have several lines.
    static func plainError(_ text: String, terminator: String = "\n") {
        guard report == nil else { return remark(text, level: "info") }
        plainError(bytes: (text.escapingControls(but: lineCharacters) + terminator).unescapedBytes)
    }

    /// Says something beside the answer to a program: `schemas/message.schema.json`.
    private static func remark(_ text: String, level: String) {
        let text = text.trimmingNewlines
        guard !text.isEmpty else { return }
        report?.note(words: text)
        line(json: message(text, level: level))
    }

    static func message(_ text: String, level: String) -> JSONValue {
        .object([("event", .string("message")), ("level", .string(level)), ("text", .string(text))])
    }

    /// Writes a document to stderr, on a line of its own.
    static func line(json document: JSONValue) {
        guard let bytes = try? YajlEncoder(layout: .compact).encode(document) else { return }
        plainError(bytes: bytes + [UInt8(ascii: "\n")])
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

extension String {
    fileprivate var trimmingNewlines: String {
        String(Substring(self.drop { $0 == "\n" }).reversed().drop { $0 == "\n" }.reversed())
    }
}
