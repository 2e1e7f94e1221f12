/// An open object: `depth` containers are open with it.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let depth: Int

    var codingPath: [any CodingKey] { writer.codingPath }

    private func value(for key: any CodingKey) throws -> ValueEncoder {
        try writer.begin(key: key, at: depth)
        return ValueEncoder(writer: writer, base: depth)
    }

    func encodeNil(forKey key: Key) throws { try value(for: key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: String, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Double, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Float, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Int, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Int8, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Int16, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Int32, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: UInt, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: UInt8, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: UInt16, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: UInt32, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: UInt64, forKey key: Key) throws { try self.value(for: key).encode(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try self.value(for: key).encode(value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(for: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(for: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nested(for: NameKey.superKey) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(for: key) }

    /// These functions of the protocol cannot throw: a failure is thrown when the text is taken.
    private func nested(for key: any CodingKey) -> ValueEncoder {
        writer.beginNested(key: key, at: depth)
        return ValueEncoder(writer: writer, base: depth)
    }
}

/// An open array: `depth` containers are open with it.
struct UnkeyedWriter: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let depth: Int

    var codingPath: [any CodingKey] { writer.codingPath }
    var count: Int { writer.count(at: depth - 1) }

    private func next() throws -> ValueEncoder {
        try writer.begin(key: IndexKey(count), at: depth)
        return ValueEncoder(writer: writer, base: depth)
    }

    func encodeNil() throws { try next().encodeNil() }
    func encode(_ value: Bool) throws { try next().encode(value) }
    func encode(_ value: String) throws { try next().encode(value) }
    func encode(_ value: Double) throws { try next().encode(value) }
    func encode(_ value: Float) throws { try next().encode(value) }
    func encode(_ value: Int) throws { try next().encode(value) }
    func encode(_ value: Int8) throws { try next().encode(value) }
    func encode(_ value: Int16) throws { try next().encode(value) }
    func encode(_ value: Int32) throws { try next().encode(value) }
    func encode(_ value: Int64) throws { try next().encode(value) }
    func encode(_ value: UInt) throws { try next().encode(value) }
    func encode(_ value: UInt8) throws { try next().encode(value) }
    func encode(_ value: UInt16) throws { try next().encode(value) }
    func encode(_ value: UInt32) throws { try next().encode(value) }
    func encode(_ value: UInt64) throws { try next().encode(value) }
    func encode(_ value: some Encodable) throws { try next().encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> ValueEncoder {
        writer.beginNested(key: IndexKey(count), at: depth)
        return ValueEncoder(writer: writer, base: depth)
    }
}
