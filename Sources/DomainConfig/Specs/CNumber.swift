/// Reads integers as C's `strtol` family does, but says what it left over and never clamps in silence.
struct CNumber: Hashable, Sendable {
    enum Fault: Error {
        /// No digits where the number should be.
        case noDigits
        /// More than 64 bits of magnitude.
        case overflow
    }

    /// The number without its sign.
    let magnitude: UInt64
    let isNegative: Bool
    /// The offset behind the last digit.
    let end: Int

    /// Reads blanks, a sign, the prefix of the base, and digits.
    ///
    /// - Parameters:
    ///   - base: 2 to 36, or 0 for the one that the text says: `0x…` 16, `0…` 8, otherwise 10.
    init(_ bytes: ArraySlice<UInt8>, base: Int) throws(Fault) {
        var rest = bytes.drop(while: SpecText.isBlank)
        let sign = rest.first
        isNegative = sign == UInt8(ascii: "-")
        if isNegative || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }

        var base = base
        let isHexadecimal =
            rest.starts(with: "0x".utf8) || rest.starts(with: "0X".utf8)
        if base == 0 || base == 16, isHexadecimal, Self.digit(rest.dropFirst(2).first, base: 16) != nil {
            base = 16
            rest = rest.dropFirst(2)
        } else if base == 0 {
            base = rest.first == UInt8(ascii: "0") ? 8 : 10
        }

        guard Self.digit(rest.first, base: base) != nil else { throw .noDigits }
        var value: UInt64 = 0
        while let digit = Self.digit(rest.first, base: base) {
            let (product, productOverflow) = value.multipliedReportingOverflow(by: UInt64(base))
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
            guard !productOverflow, !sumOverflow else { throw .overflow }
            value = sum
            rest = rest.dropFirst()
        }
        magnitude = value
        end = rest.startIndex
    }

    /// The number in another type, or nil when it does not fit.
    func value<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? {
        guard isNegative else { return Integer(exactly: magnitude) }
        guard magnitude <= UInt64(Int64.max) else {
            return magnitude == UInt64(Int64.max) + 1 ? Integer(exactly: Int64.min) : nil
        }
        return Integer(exactly: -Int64(magnitude))
    }

    private static func digit(_ byte: UInt8?, base: Int) -> Int? {
        guard let byte else { return nil }
        let value: Int
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = Int(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
        return value < base ? value : nil
    }
}
