/// One term of ACPI Machine Language, already encoded (ACPI specification 6.4, chapter 20).
///
/// Only what the tables of a PVH guest need. Names are checked by the caller: every name comes from this
/// program, none from a configuration.
struct AML: Hashable, Sendable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    fileprivate init(_ opcode: [UInt8], _ operands: AML...) { bytes = opcode + operands.flatMap(\.bytes) }

    /// A length that counts itself and `body` (PkgLength, section 20.2.4), followed by the body.
    fileprivate static func package(_ opcode: [UInt8], _ body: [UInt8]) -> AML {
        var size = 1
        while body.count + size > (size == 1 ? 0x3F : (1 << (4 + 8 * (size - 1))) - 1) { size += 1 }
        return AML(opcode + encodedLength(body.count + size) + body)
    }

    /// A PkgLength's bytes: below 64 in one, otherwise a nibble and one to three whole bytes.
    /// Field lists use the same form for their widths in bits.
    fileprivate static func encodedLength(_ length: Int) -> [UInt8] {
        if length < 0x40 { return [UInt8(length)] }
        var rest = length >> 4
        var tail: [UInt8] = []
        while rest > 0 {
            tail.append(UInt8(rest & 0xFF))
            rest >>= 8
        }
        return [UInt8(tail.count << 6 | length & 0x0F)] + tail
    }
}

// MARK: - Data and names

extension AML {
    static let local0 = AML([0x60])
    static let local1 = AML([0x61])
    static let local2 = AML([0x62])
    static let argument0 = AML([0x68])
    static let argument1 = AML([0x69])
    /// The absent target of an operation whose result is only used in place.
    static let noTarget = AML([0x00])

    /// The shortest encoding of a number.
    static func integer(_ value: UInt32) -> AML {
        switch value {
        case 0: AML([0x00])
        case 1: AML([0x01])
        case ...0xFF: AML([0x0A] + littleEndian(UInt8(value)))
        case ...0xFFFF: AML([0x0B] + littleEndian(UInt16(value)))
        default: AML([0x0C] + littleEndian(value))
        }
    }

    static func string(_ text: String) -> AML { AML([0x0D] + text.utf8 + [0]) }

    static func buffer(_ contents: [UInt8]) -> AML {
        package([0x11], integer(UInt32(contents.count)).bytes + contents)
    }

    /// A path: segments of at most four letters, with `^` or `\` in front where the search must start elsewhere.
    static func name(_ path: String) -> AML {
        let prefix = path.prefix { $0 == "^" || $0 == "\\" }
        let segments = path.dropFirst(prefix.count).split(separator: ".")
        var bytes = Array(prefix.utf8)
        switch segments.count {
        case 1: break
        case 2: bytes.append(0x2E)
        default: bytes += [0x2F, UInt8(truncatingIfNeeded: segments.count)]
        }
        for segment in segments {
            bytes += (Array(segment.utf8) + [0x5F, 0x5F, 0x5F, 0x5F]).prefix(4)
        }
        return AML(bytes)
    }
}

// MARK: - Objects

extension AML {
    /// One member of a field list.
    enum FieldElement {
        case named(String, bits: Int)
        case skipped(bits: Int)
    }

    enum RegionSpace: UInt8 {
        case systemMemory = 0
        case systemIO = 1
    }

    static func scope(_ path: String, _ body: [AML]) -> AML {
        package([0x10], name(path).bytes + body.flatMap(\.bytes))
    }

    static func define(_ path: String, _ value: AML) -> AML { AML([0x08], name(path), value) }

    static func region(_ path: String, _ space: RegionSpace, offset: AML, length: UInt32) -> AML {
        AML([0x5B, 0x80], name(path), AML([space.rawValue]), offset, integer(length))
    }

    /// A field list over a region: byte access, no lock, untouched bits preserved.
    static func field(of region: String, _ elements: [FieldElement]) -> AML {
        let list = elements.flatMap { element -> [UInt8] in
            switch element {
            case .named(let path, let bits): name(path).bytes + encodedLength(bits)
            case .skipped(let bits): [0x00] + encodedLength(bits)
            }
        }
        return package([0x5B, 0x81], name(region).bytes + [0x01] + list)
    }

    /// - Parameter arguments: 0 to 7.
    static func method(_ path: String, arguments: UInt8 = 0, _ body: [AML]) -> AML {
        package([0x14], name(path).bytes + [arguments] + body.flatMap(\.bytes))
    }

    static func processor(_ path: String, id: UInt8, block: UInt32, blockLength: UInt8, _ body: [AML]) -> AML {
        package(
            [0x5B, 0x83], name(path).bytes + [id] + littleEndian(block) + [blockLength] + body.flatMap(\.bytes))
    }
}

// MARK: - Statements and operations

extension AML {
    static func when(_ condition: AML, _ body: [AML]) -> AML {
        package([0xA0], condition.bytes + body.flatMap(\.bytes))
    }

    static func otherwise(_ body: [AML]) -> AML { package([0xA1], body.flatMap(\.bytes)) }

    static func `return`(_ value: AML) -> AML { AML([0xA4], value) }
    static func sleep(milliseconds: UInt32) -> AML { AML([0x5B, 0x22], integer(milliseconds)) }
    static func notify(_ object: String, _ event: UInt32) -> AML { AML([0x86], name(object), integer(event)) }
    static func call(_ method: String, _ arguments: AML...) -> AML {
        AML(name(method).bytes + arguments.flatMap(\.bytes))
    }
    static func store(_ value: AML, _ target: AML) -> AML { AML([0x70], value, target) }

    static func add(_ a: AML, _ b: AML, _ target: AML = noTarget) -> AML { AML([0x72], a, b, target) }
    static func subtract(_ a: AML, _ b: AML, _ target: AML) -> AML { AML([0x74], a, b, target) }
    static func shiftRight(_ value: AML, _ count: UInt32, _ target: AML) -> AML {
        AML([0x7A], value, integer(count), target)
    }
    static func and(_ a: AML, _ b: AML, _ target: AML) -> AML { AML([0x7B], a, b, target) }
    static func toBuffer(_ value: AML) -> AML { AML([0x96], value, noTarget) }
    static func element(of array: AML, _ index: UInt32) -> AML {
        AML([0x83], AML([0x88], array, integer(index), noTarget))
    }
    static func isLess(_ a: AML, _ b: AML) -> AML { AML([0x95], a, b) }
    static func isEqual(_ a: AML, _ b: AML) -> AML { AML([0x93], a, b) }
    static func isNotEqual(_ a: AML, _ b: AML) -> AML { AML([0x92, 0x93], a, b) }
}

/// A number's bytes as every table of ACPI stores them.
func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
