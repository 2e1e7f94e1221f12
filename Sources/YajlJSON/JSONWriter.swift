import CYajl
import XenTypes

/// Puts a document's parts one after another through yajl's generator.
///
/// Containers are open as a stack. Writing to one closes those that were opened inside it, so nested
/// containers end when the one around them goes on, and nothing is kept but the text itself.
final class JSONWriter {
    private struct Level {
        let isMap: Bool
        /// Names this container in a coding path; nil for the outermost.
        let key: (any CodingKey)?
        var count = 0
    }

    private let generator: yajl_gen
    private var levels: [Level] = []
    /// The key or index whose value is being written.
    private var pendingKey: (any CodingKey)?
    /// Whether a value was begun of which nothing is written yet.
    private(set) var awaitsValue = true
    /// The first failure; everything after it is left out.
    private var failure: EncodingError?

    init?(layout: JSONLayout) {
        guard let generator = yajl_gen_alloc(nil) else { return nil }
        self.generator = generator
        if layout == .pretty { _ = cyajl_gen_set(generator, yajl_gen_beautify, 1) }
    }

    deinit { yajl_gen_free(generator) }

    var depth: Int { levels.count }

    var codingPath: [any CodingKey] {
        levels.compactMap(\.key) + (pendingKey.map { [$0] } ?? [])
    }

    /// Number of values in the container that has `depth` others around it.
    func count(at depth: Int) -> Int { depth < levels.count ? levels[depth].count : 0 }

    func isMap(at depth: Int) -> Bool { depth < levels.count && levels[depth].isMap }

    /// Closes containers until `depth` are open.
    func close(to depth: Int) {
        while levels.count > depth, let level = levels.popLast() {
            check(level.isMap ? yajl_gen_map_close(generator) : yajl_gen_array_close(generator))
        }
    }

    func open(map: Bool) {
        check(map ? yajl_gen_map_open(generator) : yajl_gen_array_open(generator))
        levels.append(Level(isMap: map, key: pendingKey))
        finish()
    }

    /// Begins a value of the container that is the innermost of `depth`.
    func begin(key: any CodingKey, at depth: Int) throws {
        if let failure { throw failure }
        guard depth <= levels.count else {
            throw EncodingError.invalidValue(
                key, .init(codingPath: codingPath + [key], debugDescription: "its container was closed before"))
        }
        close(to: depth)
        pendingKey = key
        awaitsValue = true
        guard depth > 0 else { return }
        levels[depth - 1].count += 1
        if levels[depth - 1].isMap { write(key.stringValue) }
    }

    /// As ``begin(key:at:)`` for callers that cannot throw: a failure is kept for ``text()``.
    func beginNested(key: any CodingKey, at depth: Int) {
        do {
            try begin(key: key, at: depth)
        } catch {
            failure = failure ?? error as? EncodingError
        }
    }

    func put(_ text: String) {
        write(text)
        finish()
    }

    private func write(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            // 0xF4 begins the characters that stand for bytes which are no UTF-8.
            guard !bytes.contains(0xF4) else { return false }
            check(yajl_gen_string(generator, bytes.baseAddress ?? Self.emptyText, bytes.count))
            return true
        }
        if !isPlain { text.unescapedBytes.withUnsafeBufferPointer { write(bytes: $0) } }
    }

    private func write(bytes: UnsafeBufferPointer<UInt8>) {
        check(yajl_gen_string(generator, bytes.baseAddress ?? Self.emptyText, bytes.count))
    }

    private nonisolated(unsafe) static let emptyText = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

    func put(_ value: Bool) {
        check(yajl_gen_bool(generator, value ? 1 : 0))
        finish()
    }

    func putNull() {
        check(yajl_gen_null(generator))
        finish()
    }

    func put(_ value: some FixedWidthInteger) {
        if let small = Int64(exactly: value) {
            check(yajl_gen_integer(generator, small))
            finish()
        } else {
            put(number: String(value))
        }
    }

    func put<Value: BinaryFloatingPoint & LosslessStringConvertible>(_ value: Value) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "\(value) is not a number of JSON"))
        }
        put(number: value.description)
    }

    private func put(number: String) {
        var number = number
        number.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                guard let base = text.baseAddress else { return }
                check(yajl_gen_number(generator, base, text.count))
            }
        }
        finish()
    }

    /// The whole text, once every container is closed.
    func text() throws -> [UInt8] {
        close(to: 0)
        if let failure { throw failure }
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        check(yajl_gen_get_buf(generator, &bytes, &count))
        if let failure { throw failure }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private func finish() {
        pendingKey = nil
        awaitsValue = false
    }

    private func check(_ status: yajl_gen_status) {
        guard status != yajl_gen_status_ok, failure == nil else { return }
        let reason =
            switch status {
            case yajl_max_depth_exceeded: "nested deeper than \(YAJL_MAX_DEPTH) levels"
            case yajl_gen_invalid_number: "not a number of JSON"
            default: "yajl refused it with status \(status.rawValue)"
            }
        failure = .invalidValue(reason, .init(codingPath: codingPath, debugDescription: reason))
    }
}
