import CYajl
import XenTypes

/// Builds a ``JSONDocument`` from yajl's callbacks.
final class JSONParser {
    private let document = JSONDocument()
    private let maximumDepth: Int
    private var handle: yajl_handle?
    /// The containers that are open, each with the last value in it.
    private var open: [(node: Int, last: Int)] = []
    private var name: String?
    /// Why a callback stopped the parser.
    private var refusal: String?

    private init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

    static func parse(
        _ text: UnsafeBufferPointer<UInt8>, maximumDepth: Int
    ) throws(JSONDecodingError) -> JSONDocument {
        let parser = JSONParser(maximumDepth: maximumDepth)
        var callbacks = Self.callbacks
        guard let handle = yajl_alloc(&callbacks, nil, Unmanaged.passUnretained(parser).toOpaque()) else {
            throw JSONDecodingError(line: 0, column: 0, path: "", reason: "out of memory")
        }
        defer { yajl_free(handle) }
        parser.handle = handle
        // Strings keep bytes that are no UTF-8: upstream writes them so.
        _ = cyajl_parser_set(handle, yajl_dont_validate_strings, 1)
        var status = text.baseAddress.map { yajl_parse(handle, $0, text.count) } ?? yajl_status_ok
        let consumed = yajl_get_bytes_consumed(handle)
        let isComplete = status == yajl_status_ok
        if isComplete { status = yajl_complete_parse(handle) }
        guard status == yajl_status_ok, !parser.document.nodes.isEmpty else {
            let place = position(of: isComplete ? text.count : consumed, in: text)
            throw JSONDecodingError(
                line: place.line, column: place.column, path: "", reason: parser.reason(status, isComplete: isComplete))
        }
        return parser.document
    }

    private func reason(_ status: yajl_status, isComplete: Bool) -> String {
        if let refusal { return refusal }
        if isComplete, !document.nodes.isEmpty {
            return open.isEmpty ? "text follows the document" : "the text ends inside a value"
        }
        if isComplete { return "the text is empty" }
        guard let handle, let message = yajl_get_error(handle, 0, nil, 0) else { return "not JSON" }
        defer { yajl_free_error(handle, message) }
        let text = String(cString: message)
        return String(text.drop { $0 != ":" }.drop { $0 == ":" || $0 == " " }.prefix { $0 != "\n" })
    }

    /// Adds a value to the innermost open container.
    private func add(_ value: JSONDocument.Value) -> Bool {
        let index = document.nodes.count
        let container = open.last?.node
        document.nodes.append(
            .init(
                value: value, name: name, parent: container ?? -1,
                position: container.map { document.nodes[$0].childCount } ?? 0,
                end: handle.map { yajl_get_bytes_consumed($0) } ?? 0))
        name = nil
        if let container, let level = open.indices.last {
            if open[level].last == 0 {
                document.nodes[container].firstChild = index
            } else {
                document.nodes[open[level].last].next = index
            }
            document.nodes[container].childCount += 1
            open[level].last = index
        }
        return true
    }

    private func enter(_ value: JSONDocument.Value) -> Bool {
        guard open.count < maximumDepth else {
            refusal = "nested deeper than \(maximumDepth) levels"
            return false
        }
        let index = document.nodes.count
        _ = add(value)
        open.append((index, 0))
        return true
    }

    private func leave() -> Bool {
        open.removeLast()
        return true
    }

    private func addNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return add(Int64(text).map { .integer($0) } ?? .number(text))
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard !bytes.contains(0) else {
            refusal = "a string holds a NUL character"
            return nil
        }
        return String(escapingBytes: bytes)
    }

    private func addString(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let text = text(bytes) else { return false }
        return add(.string(text))
    }

    private func setName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let text = text(bytes) else { return false }
        name = text
        return true
    }

    private static func call(_ context: UnsafeMutableRawPointer?, _ body: (JSONParser) -> Bool) -> Int32 {
        guard let context else { return 0 }
        return body(Unmanaged<JSONParser>.fromOpaque(context).takeUnretainedValue()) ? 1 : 0
    }

    private static let callbacks = yajl_callbacks(
        yajl_null: { context in call(context) { $0.add(.null) } },
        yajl_boolean: { context, value in call(context) { $0.add(.bool(value != 0)) } },
        yajl_integer: nil,
        yajl_double: nil,
        yajl_number: { context, text, count in
            call(context) { parser in
                UnsafeRawBufferPointer(start: text, count: count).withMemoryRebound(to: UInt8.self) {
                    parser.addNumber($0)
                }
            }
        },
        yajl_string: { context, text, count in
            call(context) { $0.addString(UnsafeBufferPointer(start: text, count: count)) }
        },
        yajl_start_map: { context in call(context) { $0.enter(.object) } },
        yajl_map_key: { context, text, count in
            call(context) { $0.setName(UnsafeBufferPointer(start: text, count: count)) }
        },
        yajl_end_map: { context in call(context) { $0.leave() } },
        yajl_start_array: { context in call(context) { $0.enter(.array) } },
        yajl_end_array: { context in call(context) { $0.leave() } }
    )
}
