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
    /// Items that were ignored, in words: the first few, and how many more there are.
    var warnings: [String] = []

    /// Longest item, twice `PATH_MAX`, as upstream takes it.
    static let itemLimit = 8191
    /// Longest output in all.
    static let sizeLimit = 1 << 18
    /// Most ignored items that are told one by one: their texts come from the guest, and go to a log.
    private static let warningLimit = 10

    /// - Parameter output: the whole file, no longer than `sizeLimit`.
    init(_ output: [UInt8]) {
        var ignored = 0
        for item in output.split(separator: 0) {
            guard item.count <= Self.itemLimit else {
                warn("an item of \(item.count) bytes is too long", item, &ignored)
                continue
            }
            let key = item.prefix { !Self.isSpace($0) }
            let value = item.dropFirst(key.count).drop(while: Self.isSpace)
            let text = String(decoding: value, as: UTF8.self)
            switch (String(decoding: key, as: UTF8.self), item.count > key.count) {
            case ("kernel", true): kernel = text
            case ("ramdisk", true): ramdisk = text
            case ("args", true): arguments = text
            default: warn("an item is not understood", item, &ignored)
            }
        }
        if ignored > Self.warningLimit {
            warnings.append("\(ignored - Self.warningLimit) more items are too long or not understood")
        }
    }

    private mutating func warn(_ reason: String, _ item: ArraySlice<UInt8>, _ ignored: inout Int) {
        ignored += 1
        if ignored <= Self.warningLimit { warnings.append("\(reason): \(Self.shown(item))") }
    }

    /// C's `isspace` in the POSIX locale.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The start of an item.
    private static func shown(_ item: ArraySlice<UInt8>) -> String {
        "\"" + String(escapingBytes: item.prefix(60)) + (item.count > 60 ? "…\"" : "\"")
    }
}
