/// Amounts of memory as `xl mem-set` and `xl mem-max` take them.
public enum MemorySize {
    /// How many KiB each suffix stands for; bytes are a fraction.
    private static let shifts: [UInt8: Int] = [
        UInt8(ascii: "k"): 0, UInt8(ascii: "m"): 10, UInt8(ascii: "g"): 20, UInt8(ascii: "t"): 30,
    ]

    /// Reads a decimal number with one of the suffixes b, k, m, g, t in either case; without one it is MiB.
    ///
    /// - Returns: KiB, rounded down.
    public static func kibibytes(_ word: String) throws(SpecError) -> UInt64 {
        let text = SpecText(word)
        func fault(_ kind: SpecError.Kind, _ message: String) -> SpecError {
            text.error(
                kind, message, at: text.wholeRange,
                expected: "a number with b, k, m, g or t behind it, for example 512m; MiB without a letter")
        }
        var digits = text.bytes[...]
        let suffix = digits.last.map { $0 | 0x20 }
        let shift = suffix.flatMap { shifts[$0] }
        let isBytes = suffix == UInt8(ascii: "b")
        if shift != nil || isBytes { digits.removeLast() }
        let number: CNumber
        do throws(CNumber.Fault) {
            number = try CNumber(digits, base: 10)
        } catch .overflow {
            throw fault(.outOfRange, "\"\(word)\" is too much memory")
        } catch {
            throw fault(.notANumber, "\"\(word)\" is not an amount of memory")
        }
        guard number.end == digits.endIndex else { throw fault(.notANumber, "\"\(word)\" is not an amount of memory") }
        guard !number.isNegative || number.magnitude == 0 else { throw fault(.outOfRange, "\"\(word)\" is negative") }
        if isBytes { return number.magnitude >> 10 }
        let bits = shift ?? 10
        // What libxl keeps is a signed count of KiB.
        guard number.magnitude <= UInt64(Int64.max) >> bits else {
            throw fault(.outOfRange, "\"\(word)\" is too much memory")
        }
        return number.magnitude << bits
    }
}
