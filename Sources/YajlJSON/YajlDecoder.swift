/// Reads `Decodable` values from JSON texts that need not be trusted.
package struct YajlDecoder: Sendable {
    /// Longest text that is read, in bytes.
    package var maximumSize: Int
    /// How deep arrays and objects may be nested.
    package var maximumDepth: Int

    package init(maximumSize: Int = 16 << 20, maximumDepth: Int = 64) {
        self.maximumSize = maximumSize
        self.maximumDepth = maximumDepth
    }

    /// The value of a JSON text. NUL bytes at its end are left out, as C programs write them to files.
    ///
    /// Strings that hold bytes which are no UTF-8 are made with `String(escapingBytes:)`. A number that
    /// does not fit its type, a name that stands twice in an object, a NUL character in a string and text
    /// after the document are errors.
    package func decode<Value: Decodable>(
        _ type: Value.Type, from text: some Collection<UInt8>
    ) throws(JSONDecodingError) -> Value {
        try decodeDocument(type, from: text).value
    }

    /// As ``decode(_:from:)``.
    ///
    /// - Returns: the value, and the paths of members that it has no place for.
    package func decodeAll<Value: Decodable>(
        _ type: Value.Type, from text: some Collection<UInt8>
    ) throws(JSONDecodingError) -> (value: Value, unknown: [String]) {
        let (value, document) = try decodeDocument(type, from: text)
        return (value, document.unreadPaths)
    }

    private func decodeDocument<Value: Decodable>(
        _ type: Value.Type, from text: some Collection<UInt8>
    ) throws(JSONDecodingError) -> (value: Value, document: JSONDocument) {
        typealias Answer = Result<(Value, JSONDocument), JSONDecodingError>
        let answer: Answer? = text.withContiguousStorageIfAvailable { decode(type, in: $0) }
        return try (answer ?? Array(text).withUnsafeBufferPointer { decode(type, in: $0) }).get()
    }

    /// As ``decode(_:from:)``, for a text in a string.
    package func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws(JSONDecodingError) -> Value {
        try decode(type, from: Array(text.utf8))
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, in text: UnsafeBufferPointer<UInt8>
    ) -> Result<(Value, JSONDocument), JSONDecodingError> {
        guard text.count <= maximumSize else {
            let reason = "the text has \(text.count) bytes, the limit is \(maximumSize)"
            return .failure(JSONDecodingError(line: 0, column: 0, path: "", reason: reason))
        }
        let end = text.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        let text = UnsafeBufferPointer(rebasing: text[..<end])
        do {
            let document = try JSONParser.parse(text, maximumDepth: maximumDepth)
            do {
                return .success((try ValueDecoder(document: document, node: 0).decode(type), document))
            } catch {
                return .failure(locate(error, in: document, text: text))
            }
        } catch {
            return .failure(error)
        }
    }

    private func locate(
        _ error: any Error, in document: JSONDocument, text: UnsafeBufferPointer<UInt8>
    ) -> JSONDecodingError {
        var path: [any CodingKey] = []
        var reason = String(describing: error)
        switch error as? DecodingError {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
            reason = context.debugDescription
        case .keyNotFound(let key, let context):
            path = context.codingPath
            reason = "\"\(key.stringValue)\" is missing"
        default:
            break
        }
        let start = tokenStart(endingAt: document.nodes[document.node(at: path)].end, in: text)
        let place = position(of: start, in: text)
        return JSONDecodingError(line: place.line, column: place.column, path: describe(path: path), reason: reason)
    }
}

/// Decodes one value of a document.
struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let document: JSONDocument
    let node: Int

    var codingPath: [any CodingKey] { document.codingPath(of: node) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object = document.nodes[node].value else { throw mismatch([String: Any].self, "an object") }
        return KeyedDecodingContainer(KeyedReader<Key>(document: document, node: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array = document.nodes[node].value else { throw mismatch([Any].self, "an array") }
        return UnkeyedReader(document: document, node: node)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath, debugDescription: "expected \(expected), found \(document.kind(of: node))")
        if case .null = document.nodes[node].value { return .valueNotFound(type, context) }
        return .typeMismatch(type, context)
    }

    func decodeNil() -> Bool {
        if case .null = document.nodes[node].value { true } else { false }
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = document.nodes[node].value else { throw mismatch(type, "true or false") }
        return value
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let value) = document.nodes[node].value else { throw mismatch(type, "a string") }
        return value
    }

    func decode(_ type: Double.Type) throws -> Double { try real(type) }
    func decode(_ type: Float.Type) throws -> Float { try real(type) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        switch document.nodes[node].value {
        case .integer(let number):
            if let value = Value(exactly: number) { return value }
        case .number(let text):
            if let value = Value(text) { return value }
        default:
            throw mismatch(type, "an integer")
        }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "\(document.kind(of: node)) is no integer from \(Value.min) to \(Value.max)"))
    }

    private func real<Value: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Value.Type) throws -> Value {
        switch document.nodes[node].value {
        case .integer(let number): return Value(number)
        case .number(let text):
            if let value = Value(text), value.isFinite { return value }
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "the number \(text) is out of range"))
        default: throw mismatch(type, "a number")
        }
    }
}

extension ValueDecoder {
    /// Decodes a value of any type. The types of JSON are read here, for `Decodable` knows them only by
    /// way of a container each.
    func decodeAny<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == String.self, let value = try decode(String.self) as? Value { return value }
        return try Value(from: self)
    }
}
