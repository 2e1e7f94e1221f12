/// An object of a document.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: JSONDocument
    let node: Int
    private let members: [String: Int]

    init(document: JSONDocument, node: Int) {
        self.document = document
        self.node = node
        var members: [String: Int] = [:]
        members.reserveCapacity(document.nodes[node].childCount)
        var child = document.nodes[node].firstChild
        while child != 0 {
            // Of a name that stands twice the first counts, as in libxl (`libxl__json_map_get`).
            if let name = document.nodes[child].name {
                if members[name] == nil { members[name] = child } else { document.nodes[child].isRead = true }
            }
            child = document.nodes[child].next
        }
        self.members = members
        document.nodes[node].isOpened = true
    }

    private func member(_ name: String) -> Int? {
        guard let member = members[name] else { return nil }
        document.nodes[member].isRead = true
        return member
    }

    var codingPath: [any CodingKey] { document.codingPath(of: node) }

    /// The names in the order of the text.
    var allKeys: [Key] {
        document.children(of: node).compactMap { child in
            guard let name = document.nodes[child].name, members[name] == child else { return nil }
            document.nodes[child].isRead = true
            return Key(stringValue: name)
        }
    }

    func contains(_ key: Key) -> Bool { member(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try value(key).decodeAny(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let member = member(key.stringValue) else { return nil }
        let value = ValueDecoder(document: document, node: member)
        return value.decodeNil() ? nil : try value.decodeAny(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try value(NameKey.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }

    private func value(_ key: any CodingKey) throws -> ValueDecoder {
        guard let member = member(key.stringValue) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
        }
        return ValueDecoder(document: document, node: member)
    }
}

/// An array of a document.
struct UnkeyedReader: UnkeyedDecodingContainer {
    let document: JSONDocument
    let node: Int
    private var next: Int
    private(set) var currentIndex = 0

    init(document: JSONDocument, node: Int) {
        self.document = document
        self.node = node
        next = document.nodes[node].firstChild
    }

    var codingPath: [any CodingKey] { document.codingPath(of: node) }
    var count: Int? { document.nodes[node].childCount }
    var isAtEnd: Bool { next == 0 }

    mutating func decodeNil() throws -> Bool {
        guard try current().decodeNil() else { return false }
        advance()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try current().decodeAny(type)
        advance()
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let container = try current().container(keyedBy: type)
        advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        advance()
        return decoder
    }

    private func current() throws -> ValueDecoder {
        guard next != 0 else {
            throw DecodingError.valueNotFound(
                Any.self,
                .init(codingPath: codingPath, debugDescription: "expected more than \(currentIndex) elements"))
        }
        return ValueDecoder(document: document, node: next)
    }

    private mutating func advance() {
        next = document.nodes[next].next
        currentIndex += 1
    }
}
