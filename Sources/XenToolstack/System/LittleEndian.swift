extension FixedWidthInteger {
    /// The number with these bytes, the least significant first; missing ones are 0.
    init(littleEndianBytes bytes: some Sequence<UInt8>) {
        self = 0
        for (index, byte) in bytes.prefix(Self.bitWidth / 8).enumerated() {
            self |= Self(truncatingIfNeeded: byte) << (8 * index)
        }
    }

    /// The bytes of the number, the least significant first.
    var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
