/// A text that is no JSON document, or not the document that was expected.
package struct JSONDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Line of the text from 1; 0 where the document as a whole is meant.
    package let line: Int
    /// Byte in that line from 1; 0 where the document as a whole is meant.
    package let column: Int
    /// Where in the document, as in `b_info.disks[2].vdev`; empty at its outermost value.
    package let path: String
    /// What is wrong there.
    package let reason: String

    package var description: String {
        var text = line > 0 ? "line \(line), column \(column): " : ""
        if !path.isEmpty { text += "\(path): " }
        return text + reason
    }
}

/// The text form of a coding path: `a.b[2].c`.
func describe(path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
        if let index = key.intValue {
            text += "[\(index)]"
        } else {
            text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
    }
    return text
}

/// A position in an array.
struct IndexKey: CodingKey {
    let index: Int

    init(_ index: Int) { self.index = index }
    init?(stringValue: String) { nil }
    init?(intValue: Int) { index = intValue }

    var stringValue: String { String(index) }
    var intValue: Int? { index }
}

/// A name in an object.
struct NameKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    /// The name under which `superEncoder()` and `superDecoder()` keep a class's inherited part.
    static let superKey = NameKey("super")
}
