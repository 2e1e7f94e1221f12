/// How a JSON text is laid out.
package enum JSONLayout: Sendable {
    /// A line a value, four spaces a level and a newline at the end: what `xl list -l` prints.
    case pretty
    /// One line without spaces and without a newline.
    case compact
}

/// Writes `Encodable` values as JSON. The keys stand in the order in which they are encoded.
package struct YajlEncoder: Sendable {
    package var layout: JSONLayout

    package init(layout: JSONLayout = .pretty) { self.layout = layout }

    /// The JSON text of a value, as bytes. Strings made with `String(escapingBytes:)` give the bytes
    /// that they were made of, hence the text need not be UTF-8.
    package func encode(_ value: some Encodable) throws(JSONEncodingError) -> [UInt8] {
        guard let writer = JSONWriter(layout: layout) else {
            throw JSONEncodingError(path: "", reason: "out of memory")
        }
        do {
            try ValueEncoder(writer: writer, base: 0).encode(value)
            return try writer.text()
        } catch EncodingError.invalidValue(_, let context) {
            throw JSONEncodingError(path: describe(path: context.codingPath), reason: context.debugDescription)
        } catch {
            throw JSONEncodingError(path: "", reason: String(describing: error))
        }
    }

    /// The JSON text of a value; bytes that are no UTF-8 become U+FFFD.
    package func encodeText(_ value: some Encodable) throws(JSONEncodingError) -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }
}

/// Encodes the value for which the writer waits while `base` containers are open.
struct ValueEncoder: Encoder, SingleValueEncodingContainer {
    let writer: JSONWriter
    let base: Int

    var codingPath: [any CodingKey] { writer.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        open(map: true)
        return KeyedEncodingContainer(KeyedWriter<Key>(writer: writer, depth: base + 1))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        open(map: false)
        return UnkeyedWriter(writer: writer, depth: base + 1)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Opens this value's container, unless an earlier call has.
    private func open(map: Bool) {
        writer.close(to: base + 1)
        if writer.depth <= base { writer.open(map: map) }
    }

    func encodeNil() { writer.putNull() }
    func encode(_ value: Bool) { writer.put(value) }
    func encode(_ value: String) { writer.put(value) }
    func encode(_ value: Double) throws { try writer.put(value) }
    func encode(_ value: Float) throws { try writer.put(value) }
    func encode(_ value: Int) { writer.put(value) }
    func encode(_ value: Int8) { writer.put(value) }
    func encode(_ value: Int16) { writer.put(value) }
    func encode(_ value: Int32) { writer.put(value) }
    func encode(_ value: Int64) { writer.put(value) }
    func encode(_ value: UInt) { writer.put(value) }
    func encode(_ value: UInt8) { writer.put(value) }
    func encode(_ value: UInt16) { writer.put(value) }
    func encode(_ value: UInt32) { writer.put(value) }
    func encode(_ value: UInt64) { writer.put(value) }

    func encode(_ value: some Encodable) throws {
        try value.encode(to: self)
        if writer.awaitsValue { writer.open(map: true) }
        writer.close(to: base)
    }
}
