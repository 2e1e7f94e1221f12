/// Something that reads bytes which others have written, and what it promises for any bytes.
///
/// The fuzzer makes up bytes for it; the unit tests replay those in Corpus/ and what is derived from them.
struct FuzzTarget: Sendable, CustomStringConvertible {
    /// Also that of the folder in Corpus/ with its first inputs.
    let name: String
    /// - Throws: `BrokenPromise`.
    let check: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.check = check
    }

    var description: String { name }

    static let all: [FuzzTarget] =
        specifications + configurations + plans + migration + deviceModel + store + guestFiles
}

/// What a reader did that it must not do.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
}

func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(BrokenPromise) {
    guard condition else { throw BrokenPromise(description: text()) }
}
