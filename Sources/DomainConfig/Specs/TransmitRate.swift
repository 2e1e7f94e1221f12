/// The limit of a network card's sending: so many bytes in each interval.
///
/// Written as `N[G|M|K](B|b)/s[@N(u|m|)s]` (`xl-network-configuration(5)`); multipliers are decimal, `b` means bits.
struct TransmitRate: Hashable, Sendable {
    /// Bytes that may be sent in an interval.
    var bytesPerInterval: UInt64
    /// Length of an interval in microseconds; not zero.
    var interval: UInt32

    /// The interval where none is written: 50 ms.
    static let defaultInterval: UInt32 = 50_000

    static let form = "RATE, for example 10Mb/s or 250KB/s@20ms"

    init(bytesPerInterval: UInt64, interval: UInt32) {
        self.bytesPerInterval = bytesPerInterval
        self.interval = interval
    }

    init(_ value: SpecValue) throws(SpecError) {
        let rate: Range<Int>
        interval = Self.defaultInterval
        if let (first, second) = value.text.pair(value.range, separator: UInt8(ascii: "@")) {
            rate = first
            interval = try Self.interval(value, at: second)
        } else {
            rate = value.range
        }
        let bytesPerSecond = try Self.bytesPerSecond(value, at: rate)
        let (product, overflow) = bytesPerSecond.multipliedReportingOverflow(by: UInt64(interval))
        guard !overflow else { throw value.error(.outOfRange, "the rate is too high for its interval") }
        bytesPerInterval = product / 1_000_000
    }

    private static let multipliers: [UInt8: UInt64] = [
        UInt8(ascii: "K"): 1000, UInt8(ascii: "M"): 1_000_000, UInt8(ascii: "G"): 1_000_000_000,
    ]

    private static func bytesPerSecond(_ value: SpecValue, at range: Range<Int>) throws(SpecError) -> UInt64 {
        var (number, unit) = try leadingNumber(value, at: range)
        if let multiplier = unit.first.flatMap({ multipliers[$0] }) {
            number *= multiplier
            unit = unit.dropFirst()
        }
        if unit.elementsEqual("b/s".utf8) { return number / 8 }
        guard unit.elementsEqual("B/s".utf8) else { throw value.error(.syntax, "\"\(value.string)\" is not a rate") }
        return number
    }

    private static func interval(_ value: SpecValue, at range: Range<Int>) throws(SpecError) -> UInt32 {
        let (number, unit) = try leadingNumber(value, at: range)
        let factor: UInt64? =
            switch String(decoding: unit, as: UTF8.self) {
            case "", "s": 1_000_000
            case "m", "ms": 1000
            case "u", "us": 1
            default: nil
            }
        guard let factor else { throw value.error(.syntax, "\"\(value.text.string(range))\" is not an interval") }
        guard let interval = UInt32(exactly: number * factor) else {
            throw value.error(.outOfRange, "the interval is longer than \(UInt32.max) µs")
        }
        return interval
    }

    /// A number from 1 to 2³²-1, and what follows it.
    private static func leadingNumber(
        _ value: SpecValue, at range: Range<Int>
    ) throws(SpecError) -> (number: UInt64, rest: ArraySlice<UInt8>) {
        let bytes = value.text.bytes[range]
        guard let first = bytes.first, SpecText.isDigit(first) else {
            throw value.error(.syntax, "\"\(value.string)\" does not begin with a number where it should")
        }
        let digits = bytes.prefix(while: SpecText.isDigit)
        guard let number = try? CNumber(digits, base: 0), number.end == digits.endIndex,
            (1...UInt64(UInt32.max)).contains(number.magnitude)
        else { throw value.error(.outOfRange, "\(value.text.string(digits.indices)) is out of range") }
        return (number.magnitude, bytes[digits.endIndex...])
    }

    /// Units by the bytes a second that each means, the largest first.
    private static let units: [(bytes: UInt64, name: String)] = [
        (1_000_000_000, "GB/s"), (125_000_000, "Gb/s"), (1_000_000, "MB/s"), (125_000, "Mb/s"), (1000, "KB/s"),
        (125, "Kb/s"), (1, "B/s"),
    ]

    /// The rate as the grammar writes it; nil when no text means exactly this.
    var text: String? {
        guard interval > 0, let (high, low) = Self.perSecond(bytesPerInterval, interval) else { return nil }
        let suffix = interval == Self.defaultInterval ? "" : "@\(Self.intervalText(interval))"
        if low == 0 { return "1b/s" + suffix }
        for unit in Self.units {
            let count = low.dividedRoundingUp(by: unit.bytes)
            guard count <= UInt64(UInt32.max), count * unit.bytes < high else { continue }
            return "\(count)\(unit.name)" + suffix
        }
        return nil
    }

    /// The bytes a second that give so many in an interval: from `low` up to, not including, `high`.
    private static func perSecond(_ bytes: UInt64, _ interval: UInt32) -> (high: UInt64, low: UInt64)? {
        let (next, overflow) = bytes.addingReportingOverflow(1)
        let (low, lowOverflow) = bytes.multipliedReportingOverflow(by: 1_000_000)
        let (high, highOverflow) = next.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow, !lowOverflow, !highOverflow else { return nil }
        return (high.dividedRoundingUp(by: UInt64(interval)), low.dividedRoundingUp(by: UInt64(interval)))
    }

    private static func intervalText(_ interval: UInt32) -> String {
        if interval % 1_000_000 == 0 { return "\(interval / 1_000_000)s" }
        return interval % 1000 == 0 ? "\(interval / 1000)ms" : "\(interval)us"
    }
}

extension UInt64 {
    /// The quotient, rounded up; `divisor` is not zero.
    fileprivate func dividedRoundingUp(by divisor: UInt64) -> UInt64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder == 0 ? quotient : quotient + 1
    }
}
