/// What a bootloader says the guest shall boot: the format `simple0` of pygrub, items that end in NUL, each a
/// key, white space and a value.
///
/// A bootloader reads a disk that the guest writes: its output is taken apart, never trusted.
struct BootloaderResult: Sendable, Hashable {
    /// A file with the kernel.
    var kernel: String?
    /// A file with the ramdisk.
    var ramdisk: String?
    /// The kernel's command line.
    var arguments: String?
    /// Items that were ignored, in words.
    var warnings: [String] = []

    /// Longest item, twice `PATH_MAX`, as upstream takes it.
    static let itemLimit = 8191
    /// Longest output in all.
    static let sizeLimit = 1 << 18

    /// - Parameter output: the whole file, no longer than `sizeLimit`.
    init(_ output: [UInt8]) {
        for item in output.split(separator: 0) {
            guard item.count <= Self.itemLimit else {
                warnings.append("an item of \(item.count) bytes is too long: \(Self.shown(item))")
                continue
            }
            let key = item.prefix { !Self.isSpace($0) }
            let value = item.dropFirst(key.count).drop(while: Self.isSpace)
            let text = String(decoding: value, as: UTF8.self)
            switch (String(decoding: key, as: UTF8.self), item.count > key.count) {
            case ("kernel", true): kernel = text
            case ("ramdisk", true): ramdisk = text
            case ("args", true): arguments = text
            default: warnings.append("an item is not understood: \(Self.shown(item))")
            }
        }
    }

    /// C's `isspace` in the POSIX locale.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The start of an item.
    private static func shown(_ item: ArraySlice<UInt8>) -> String {
        "\"" + String(escapingBytes: item.prefix(60)) + (item.count > 60 ? "…\"" : "\"")
    }
}
