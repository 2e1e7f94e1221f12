import DomainModel
import SystemPackage
import XenControl
import XenTypes

/// A kernel's file as its first bytes describe it.
///
/// libxenguest decides what can be booted; this finds what is plainly wrong before a domain exists, and says so
/// in words that name the file.
struct KernelFile: Sendable, Hashable {
    enum Format: Sendable, Hashable {
        case elf32
        case elf64
        case bzImage
        /// Compressed as a whole: only libxenguest can look inside.
        case compressed
        /// With a Multiboot header among its first 8 KiB.
        case multiboot
    }

    var format: Format
    /// What the headers say the file has at least, in bytes.
    var expectedSize: UInt64

    /// Bytes of the file's start that `init` wants to see.
    static let headLength = 8192

    /// - Parameter head: the first `headLength` bytes of the file, or all of a shorter one.
    /// - Returns: nil for what is no kernel.
    init?(head: [UInt8]) {
        if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]), let size = Self.elfSize(head) {
            format = head[4] == 1 ? .elf32 : .elf64
            expectedSize = size
        } else if head.starts(with: [0x1F, 0x8B]) {
            (format, expectedSize) = (.compressed, 18)
        } else if let size = Self.bzImageSize(head) {
            (format, expectedSize) = (.bzImage, size)
        } else if stride(from: 0, to: head.count - 3, by: 4).contains(where: {
            number(head, at: $0, bytes: 4).map(Self.multibootMagics.contains) ?? false
        }) {
            (format, expectedSize) = (.multiboot, UInt64(head.count))
        } else {
            return nil
        }
    }

    /// Multiboot's magic and that of Xen's own variant of it (`xg_dom_binloader.c`).
    private static let multibootMagics: Set<UInt64> = [0x1BAD_B002, 0x336E_C578]

    /// The end of the program headers and of every segment, or nil when the header is malformed.
    private static func elfSize(_ head: [UInt8]) -> UInt64? {
        guard head.count > 5, head[5] == 1 else { return nil }
        let wide = head[4] == 2
        guard wide || head[4] == 1, let table = number(head, at: wide ? 32 : 28, bytes: wide ? 8 : 4),
            let entrySize = number(head, at: wide ? 54 : 42, bytes: 2),
            let count = number(head, at: wide ? 56 : 44, bytes: 2)
        else { return nil }
        var end = saturatingSum(table, entrySize * count)
        guard table < UInt64(head.count) else { return end }
        for index in 0..<Int(count) {
            let start = Int(table) + index * Int(entrySize)
            guard let offset = number(head, at: start + (wide ? 8 : 4), bytes: wide ? 8 : 4),
                let size = number(head, at: start + (wide ? 32 : 16), bytes: wide ? 8 : 4)
            else { break }
            end = max(end, saturatingSum(offset, size))
        }
        return end
    }

    /// The end of the payload of a Linux image (`Documentation/arch/x86/boot.rst`), or nil where there is none.
    private static func bzImageSize(_ head: [UInt8]) -> UInt64? {
        guard number(head, at: 0x1FE, bytes: 2) == 0xAA55,
            number(head, at: 0x202, bytes: 4) == 0x5372_6448,
            let version = number(head, at: 0x206, bytes: 2), version >= 0x208,
            let sectors = number(head, at: 0x1F1, bytes: 1),
            let offset = number(head, at: 0x248, bytes: 4), let length = number(head, at: 0x24C, bytes: 4)
        else { return nil }
        return saturatingSum(((sectors == 0 ? 4 : sectors) + 1) * 512, offset, length)
    }

    /// The layout of a PV guest's rings as its kernel lets expect (`xen/io/protocols.h`): that of 64 bits unless it says
    /// otherwise.
    static func nativeProtocol(_ path: String?) -> String {
        let head = path.flatMap { FileCheck(FilePath($0), "kernel").head }
        return head.flatMap { KernelFile(head: $0) }?.format == .elf32 ? "x86_32-abi" : "x86_64-abi"
    }

    /// - Returns: the error of a file that is shorter than its headers say.
    static func truncation(_ what: String, _ path: FilePath, expected: UInt64, size: UInt64) -> [ToolstackError] {
        guard expected > size else { return [] }
        return [
            ToolstackError(
                .fail, "the \(what) \(path) is truncated: it has \(size) of at least \(expected) bytes",
                remedy: "copy or install it again")
        ]
    }

    /// The error of a kernel that libxenguest did not take.
    static func unsuitable(
        _ path: FilePath, type: DomainType, domain: DomainID, error: HypervisorError
    ) -> ToolstackError {
        let cause = error.detail ?? "\(error)"
        let remedy =
            if cause.contains("not supported by xen kernel") {
                "this hypervisor runs no such PV guests: try a 64-bit kernel, or type=\"pvh\" with pvshim=1"
            } else if type == .hvm {
                "firmware_override= must name a build of Xen's hvmloader"
            } else if type == .pvh {
                "a PVH guest needs a kernel with a PVH entry point, such as Linux with CONFIG_PVH or CONFIG_XEN_PVH"
            } else {
                "a PV guest needs a kernel with Xen's ELF notes, such as Linux with CONFIG_XEN_PV"
            }
        return ToolstackError(
            .fail, "cannot boot the kernel \(path)", domain: domain, cause: cause, remedy: remedy)
    }
}

/// A little-endian number in a file's head, or nil beyond its end.
private func number(_ head: [UInt8], at offset: Int, bytes count: Int) -> UInt64? {
    guard offset >= 0, offset <= head.count - count else { return nil }
    return head[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
