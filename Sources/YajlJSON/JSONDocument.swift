import XenTypes

/// A parsed text: its values in the order in which they begin.
final class JSONDocument {
    enum Value {
        case null
        case bool(Bool)
        case integer(Int64)
        /// A number that is no `Int64`, as it was written.
        case number(String)
        case string(String)
        case array
        case object
    }

    struct Node {
        var value: Value
        /// The name in the object around it; nil in arrays.
        var name: String?
        /// Index of the container around it; -1 for the outermost value.
        var parent: Int
        /// How many values stand before it in that container.
        var position: Int
        /// Offset of the byte after the value's first token.
        var end: Int
        /// Index of the next value in the same container, 0 for the last one.
        var next = 0
        /// Index of the first value inside, 0 when there is none.
        var firstChild = 0
        var childCount = 0
        /// Whether its members were looked up by their names.
        var isOpened = false
        /// Whether it was looked up by its name.
        var isRead = false
    }

    var nodes: [Node] = []

    /// Paths of members that nobody looked up, of objects whose other members were.
    var unreadPaths: [String] {
        nodes.indices.dropFirst().filter {
            !nodes[$0].isRead && nodes[$0].name != nil && nodes[nodes[$0].parent].isOpened
        }.map { describe(path: codingPath(of: $0)) }
    }

    /// Indices of the values in a container.
    func children(of index: Int) -> [Int] {
        var children: [Int] = []
        children.reserveCapacity(nodes[index].childCount)
        var child = nodes[index].firstChild
        while child != 0 {
            children.append(child)
            child = nodes[child].next
        }
        return children
    }

    func codingPath(of index: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var node = index
        while node > 0, nodes[node].parent >= 0 {
            path.append(key(of: node))
            node = nodes[node].parent
        }
        return path.reversed()
    }

    private func key(of index: Int) -> any CodingKey {
        if let name = nodes[index].name { NameKey(name) } else { IndexKey(nodes[index].position) }
    }

    /// The innermost value on a coding path that the text has.
    func node(at path: [any CodingKey]) -> Int {
        var node = 0
        for key in path {
            let children = children(of: node)
            let found =
                key.intValue.map { children.indices.contains($0) ? children[$0] : nil }
                ?? children.first { nodes[$0].name == key.stringValue }
            guard let found else { break }
            node = found
        }
        return node
    }

    /// What kind of value this is, for messages.
    func kind(of index: Int) -> String {
        switch nodes[index].value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "the number \(value)"
        case .number(let text): "the number \(text)"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Line and column, both from 1, of a byte of a text.
func position(of offset: Int, in text: UnsafeBufferPointer<UInt8>) -> (line: Int, column: Int) {
    let before = text.prefix(max(0, offset))
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, before.count - lineStart + 1)
}

/// Offset at which the token begins that ends before `end`.
func tokenStart(endingAt end: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    guard end > 0, end <= text.count else { return 0 }
    var start = end - 1
    let quote = UInt8(ascii: "\"")
    switch text[start] {
    case quote:
        while start > 0 {
            start -= 1
            // No byte is counted for two quotes, so that this takes time in proportion to the string's length.
            guard text[start] == quote else { continue }
            let escapes = text[..<start].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
            if escapes % 2 == 0 { break }
        }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
        break
    default:
        while start > 0, !" \t\r\n,:[{".utf8.contains(text[start - 1]) { start -= 1 }
    }
    return start
}
