import Glibc
import XenTypes

/// A number with this many digits after the point, rounded as printf does.
func fixedPoint(_ value: Double, decimals: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let count = withVaList([Int32(clamping: decimals), value]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    return String(decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A whole text as a number: decimal, hexadecimal after 0x or octal after 0, as strtoul(3) reads it; nil for any other.
func number<Value: FixedWidthInteger & UnsignedInteger>(_ digits: some StringProtocol, as: Value.Type) -> Value? {
    guard digits.allSatisfy({ $0.isHexDigit || $0 == "x" || $0 == "X" }) else { return nil }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return Value(digits.dropFirst(2), radix: 16) }
    return digits.hasPrefix("0") && digits.count > 1 ? Value(digits, radix: 8) : Value(digits, radix: 10)
}

/// Seconds with one decimal of a time in nanoseconds, by way of single precision as upstream's lists.
func secondsText(nanoseconds: UInt64) -> String {
    fixedPoint(Double(Float(nanoseconds)) / 1e9, decimals: 1)
}

extension BinaryInteger {
    /// The number filled up with spaces on its left to `width` characters.
    func rightAligned(to width: Int) -> String { String(self).rightAligned(to: width) }
}

extension Bitmap {
    /// The members below `count` as ranges, "0-3,6"; "all" when none is missing and "none" when there is none.
    func rangeText(count: Int) -> String {
        var ranges: [ClosedRange<Int>] = []
        for member in self where member < count {
            if let last = ranges.last, last.upperBound + 1 == member {
                ranges[ranges.count - 1] = last.lowerBound...member
            } else {
                ranges.append(member...member)
            }
        }
        if ranges.isEmpty { return "none" }
        if ranges == [0...count - 1] { return "all" }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
