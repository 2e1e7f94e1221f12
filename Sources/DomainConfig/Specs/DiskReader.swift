import DomainModel

/// Reads the words of a disk specification.
///
/// Upstream's grammar is a `flex` scanner (`libxlu_disk_l.l`): at each place the rule that matches the longest
/// text wins. That decides what a colon, a comma or a blank means, so the same is done here.
struct DiskReader {
    private var result: ParsedSpec<DiskDevice>
    private var text = SpecText([])
    /// A deprecated prefix such as `phy:` stands in place of the format.
    private var hasPrefix = false
    private var isAccessGiven = false

    init(_ device: DiskDevice) {
        result = ParsedSpec(device)
        result.value.isWritable = true
    }

    mutating func read(_ text: SpecText) throws(SpecError) {
        self.text = text
        var scanner = DiskScanner(text)
        var faults = SpecFaults()
        while !scanner.isAtEnd, !faults.isFull {
            faults.collect { () throws(SpecError) in
                if let (lexeme, range) = try scanner.next() { try handle(lexeme, range) }
            }
        }
        try faults.throwIfAny()
    }

    private mutating func handle(_ lexeme: DiskScanner.Lexeme, _ range: Range<Int>) throws(SpecError) {
        switch lexeme {
        case .blanks: break
        case .parameter(let row, let value):
            try row.read(&result.value, SpecValue(text: text, parameter: row.parameter, range: value))
        case .prefix(let prefix): try handle(prefix, range)
        case .positional(let value): try handlePositional(value)
        }
    }

    private mutating func handle(_ prefix: DiskScanner.Prefix, _ range: Range<Int>) throws(SpecError) {
        hasPrefix = true
        let name = range.lowerBound..<range.upperBound - 1
        let instead: String
        switch prefix {
        case .format:
            instead = "format=\(text.string(name))"
            try set("format", name)
        case .script:
            instead = "script=block-\(text.string(name))"
            guard (result.value.script ?? "").isEmpty else {
                throw text.error(.repeated, "script: given more than once", at: name)
            }
            result.value.script = "block-\(text.string(name))"
        case .meaningless: instead = "no prefix"
        }
        result.warnings.append(
            text.error(
                .deprecated, "the prefix \"\(text.string(range))\" is deprecated, use \(instead)", at: range))
    }

    /// Gives a word without a name to the first of target, format, vdev and access that is not set yet.
    private mutating func handlePositional(_ range: Range<Int>) throws(SpecError) {
        if result.value.physicalPath == nil {
            result.value.physicalPath = text.string(range)
        } else if !hasPrefix, result.value.format == .unknown {
            if result.value.physicalPath == "", try setVirtualDeviceAndType(range) {
                result.value.format = .empty
            } else {
                // The words after a wrong one keep their places.
                defer { if result.value.format == .unknown { result.value.format = .raw } }
                try set("format", range)
            }
        } else if result.value.virtualDevice == nil {
            if try !setVirtualDeviceAndType(range) { result.value.virtualDevice = text.string(range) }
        } else if !isAccessGiven {
            isAccessGiven = true
            try set("access", range)
        } else {
            throw text.error(
                .syntax, "\"\(text.string(range))\" is one word too many", at: range,
                expected: "target, format, vdev and access, then only words of the form name=value")
        }
    }

    private mutating func set(_ name: String, _ range: Range<Int>) throws(SpecError) {
        guard let row = DiskSpec.rowsByName[name] else { return }
        try row.read(&result.value, SpecValue(text: text, parameter: row.parameter, range: range))
    }

    /// Handles `VDEV:cdrom` and `VDEV:disk`; returns false, having done nothing, for a word without a colon.
    private mutating func setVirtualDeviceAndType(_ range: Range<Int>) throws(SpecError) -> Bool {
        guard let colon = text.bytes[range].lastIndex(of: UInt8(ascii: ":")) else { return false }
        guard (result.value.virtualDevice ?? "").isEmpty else {
            throw text.error(.repeated, "vdev: given more than once", at: range)
        }
        result.value.virtualDevice = text.string(range.lowerBound..<colon)
        let type = colon + 1..<range.upperBound
        try set("devtype", type)
        result.warnings.append(
            text.error(
                .deprecated,
                "\"\(text.string(range))\" is deprecated, use vdev=\(text.string(range.lowerBound..<colon)),"
                    + "devtype=\(text.string(type))", at: range))
        return true
    }

    /// Applies what depends on several parameters, and checks that the disk is complete.
    consuming func finish() throws(SpecError) -> ParsedSpec<DiskDevice> {
        if result.value.format == .unknown { result.value.format = .raw }
        if result.value.isCDROM {
            result.value.isRemovable = true
            result.value.isWritable = false
            if (result.value.physicalPath ?? "").isEmpty { result.value.format = .empty }
        }
        let end = text.bytes.count..<text.bytes.count
        guard let name = result.value.virtualDevice, !name.isEmpty else {
            throw text.error(
                .missingParameter, "the disk has no vdev", at: end, expected: "vdev=NAME, for example vdev=xvda")
        }
        guard result.value.physicalPath != nil || result.value.isRemovable else {
            throw text.error(
                .missingParameter, "the disk has no target and is not removable", at: end, expected: "target=PATH")
        }
        if result.value.physicalPath == "", !result.value.isRemovable {
            result.warnings.append(
                text.error(.missingParameter, "the target is empty", at: end, expected: "target=PATH"))
        }
        if VirtualDevice(name) == nil {
            result.warnings.append(
                text.error(
                    .invalidValue, "vdev: \"\(name)\" is not the name of a virtual disk", at: text.wholeRange,
                    expected: "xvdX[N], hdX[N], sdX[N], dNpN or a number"))
        }
        return result
    }
}
