/// A virtual disk's name in the guest and the number by which backend and frontend know it.
///
/// The numbering is the one of `xen-vbd-interface(7)`: Linux's block major and minor for the
/// first disks, and a range of its own (bit 28) for everything beyond those.
public struct VirtualDevice: Hashable, Sendable {
    /// The device number: the last component of the vbd's path in xenstore.
    public let number: Int32

    /// Index of the disk on its bus; nil when the name was given as a number, for upstream's
    /// toolstack does not take such a number apart either.
    public let disk: Int?

    /// Partition, 0 for the whole disk; nil when the name was given as a number.
    public let partition: Int?

    /// Names that the grammar knows by their prefix.
    private struct Family {
        let prefix: String
        let lastDisk: Int
        let lastPartition: Int
        let number: @Sendable (_ disk: Int, _ partition: Int) -> Int
    }

    private static let extendedBit = 1 << 28
    private static let xenMajor = 202

    /// Xen's own numbering: 16 disks of 15 partitions under major 202, the rest extended.
    private static func xenNumber(disk: Int, partition: Int) -> Int {
        disk <= 15 && partition <= 15
            ? xenMajor << 8 | disk << 4 | partition : extendedBit | disk << 8 | partition
    }

    private static let families = [
        Family(prefix: "xvd", lastDisk: 1 << 20 - 1, lastPartition: 255) {
            xenNumber(disk: $0, partition: $1)
        },
        Family(prefix: "hd", lastDisk: 3, lastPartition: 63) {
            ($0 < 2 ? 3 : 22) << 8 | ($0 & 1) << 6 | $1
        },
        Family(prefix: "sd", lastDisk: 15, lastPartition: 15) { 8 << 8 | $0 << 4 | $1 },
    ]

    /// Reads a name as it stands in `vdev=`: `xvda`, `xvdaa12`, `hdc`, `sdb3`, `d16p1`, or a number
    /// in decimal, octal (`0…`) or hexadecimal (`0x…`).
    ///
    /// - Returns: nil when the name is none of these, or beyond what its bus can number.
    public init?(_ name: some StringProtocol) {
        let text = Array(name.utf8)
        if let device = Self.numbered(text) ?? Self.diskAndPartition(text) {
            self = device
            return
        }
        for family in Self.families where text.starts(with: family.prefix.utf8) {
            guard let (disk, partition) = Self.letters(text.dropFirst(family.prefix.utf8.count), in: family) else {
                return nil
            }
            self.init(number: family.number(disk, partition), disk: disk, partition: partition)
            return
        }
        return nil
    }

    private init(number: Int, disk: Int?, partition: Int?) {
        self.number = Int32(truncatingIfNeeded: number)
        self.disk = disk
        self.partition = partition
    }

    /// The name that Linux's block frontend gives the disk of this number, whatever name
    /// the configuration used: `xvda`, `xvdb1`, ….
    public static func linuxName(number: Int32) -> String {
        let extended = Int(number) & extendedBit != 0
        let minor = extended ? Int(number) & ~extendedBit : Int(number) & 0xFF
        let partitions = extended ? 256 : 16
        var letters: [UInt8] = []
        var rest = Swift.max(minor, 0) / partitions
        while true {
            letters.append(UInt8(ascii: "a") + UInt8(rest % 26))
            guard rest >= 26 else { break }
            rest = rest / 26 - 1
        }
        let partition = minor & (partitions - 1)
        return "xvd" + String(decoding: letters.reversed(), as: UTF8.self)
            + (partition == 0 ? "" : String(partition))
    }

    private static func numbered(_ text: [UInt8]) -> VirtualDevice? {
        guard let value = cNumber(text[...]), value <= Int(Int32.max) else { return nil }
        return VirtualDevice(number: value, disk: nil, partition: nil)
    }

    /// `d<disk>p<partition>`, each a number of any base.
    private static func diskAndPartition(_ text: [UInt8]) -> VirtualDevice? {
        guard text.first == UInt8(ascii: "d"), let p = text.firstIndex(of: UInt8(ascii: "p")),
            let disk = cNumber(text[1..<p]), let partition = cNumber(text[(p + 1)...]),
            disk < 1 << 20, partition < 256
        else { return nil }
        return VirtualDevice(
            number: xenNumber(disk: disk, partition: partition), disk: disk, partition: partition)
    }

    /// Letters count disks as spreadsheets count columns; digits without a leading zero follow.
    private static func letters(_ text: ArraySlice<UInt8>, in family: Family) -> (disk: Int, partition: Int)? {
        var disk = -1
        var rest = text
        while let letter = rest.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) {
            disk = (disk + 1) * 26 + Int(letter - UInt8(ascii: "a"))
            guard disk <= family.lastDisk else { return nil }
            rest = rest.dropFirst()
        }
        guard disk >= 0 else { return nil }
        guard let first = rest.first else { return (disk, 0) }
        guard first != UInt8(ascii: "0"), let partition = digits(rest, base: 10), partition <= family.lastPartition
        else { return nil }
        return (disk, partition)
    }

    /// A number in C's notation without a sign: the prefix decides its base.
    private static func cNumber(_ text: ArraySlice<UInt8>) -> Int? {
        if text.starts(with: "0x".utf8) || text.starts(with: "0X".utf8) { return digits(text.dropFirst(2), base: 16) }
        return digits(text, base: text.first == UInt8(ascii: "0") ? 8 : 10)
    }

    private static func digits(_ text: ArraySlice<UInt8>, base: Int) -> Int? {
        guard !text.isEmpty, text.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return Int(String(decoding: text, as: UTF8.self), radix: base)
    }
}
