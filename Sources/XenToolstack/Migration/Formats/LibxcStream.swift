import XenTypes

/// How a stream begins that holds a domain's memory: libxl's header and the record that libxc's image follows
/// (`docs/specs/libxl-migration-stream.pandoc`), whose own two headers name the saver's hypervisor
/// (`docs/specs/libxc-migration-stream.pandoc` in Xen's source).
enum LibxcStream {
    private static let recordHeaderLength = 8
    private static let imageHeaderLength = 24
    private static let domainHeaderLength = 16
    /// libxl's header, its record's, the image's and the domain's.
    static let beginningLength =
        LibxlStream.headerLength + recordHeaderLength + imageHeaderLength + domainHeaderLength

    /// "XENF".
    private static let identifier: UInt32 = 0x5845_4E46

    /// The release of the hypervisor that had the domain; nil where the bytes are no such beginning, which whoever
    /// reads the stream will tell.
    static func saver(in beginning: [UInt8]) -> XenRelease? {
        guard beginning.count >= beginningLength else { return nil }
        let image = beginning.dropFirst(LibxlStream.headerLength + recordHeaderLength)
        guard image.prefix(8).allSatisfy({ $0 == 0xFF }),
            UInt32(littleEndianBytes: image.dropFirst(8).prefix(4).reversed()) == identifier
        else { return nil }
        let domain = image.dropFirst(imageHeaderLength)
        let major = UInt32(littleEndianBytes: domain.dropFirst(8).prefix(4))
        let minor = UInt32(littleEndianBytes: domain.dropFirst(12).prefix(4))
        // A converted stream of before Xen 4.6 has 0 there.
        return major == 0 ? nil : XenRelease(UInt16(clamping: major), UInt16(clamping: minor))
    }
}

extension SavedImage {
    /// Refuses what a newer hypervisor than this host's has saved: what the domain has seen there may be missing here.
    ///
    /// Looks at the stream without reading it, where that is possible: in files and sockets.
    func requireRelease(upTo release: XenRelease) throws(ToolstackError) {
        guard let saver = LibxcStream.saver(in: stream.beginning(LibxcStream.beginningLength)), saver > release else {
            return
        }
        throw ToolstackError(
            .notSupported, "cannot restore the domain",
            cause: "it was saved by Xen \(saver), and this host runs the older \(release)",
            remedy: "restore it on a host with Xen \(saver) or later")
    }
}
