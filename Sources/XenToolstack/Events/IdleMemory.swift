import Glibc
import SystemPackage

/// Keeps a process small that does nothing but wait for days.
public enum IdleMemory {
    /// Lets threads share one heap instead of having one each.
    public static func limitArenas() { SystemCalls.limitHeapArenas() }

    /// Gives back what was needed to start: free heap, and the pages of code that were run once.
    public static func release() {
        SystemCalls.releaseFreeHeap()
        guard let maps = try? FileDescriptor.open("/proc/self/maps", .readOnly, options: .closeOnExec) else { return }
        defer { try? maps.close() }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while let count = try? buffer.withUnsafeMutableBytes({ try maps.read(into: $0) }), count > 0 {
            text += buffer[..<count]
        }
        for line in text.split(separator: UInt8(ascii: "\n")) { dropCode(String(decoding: line, as: UTF8.self)) }
    }

    /// Drops the pages of a mapping of code or constants; what is used again is read again, mostly from the page
    /// cache.
    private static func dropCode(_ line: String) {
        let fields = line.split(separator: " ")
        guard fields.count >= 6, fields[5].hasPrefix("/"), let advice = advice[String(fields[1])] else { return }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1], let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else {
            return
        }
        madvise(start, Int(ends[1] - ends[0]), advice)
    }

    /// What to tell the kernel about mappings, by their access. Read-only data may hold addresses that the linker
    /// filled in at the start, which must not be forgotten, so those pages are only offered (`MADV_PAGEOUT`).
    private static let advice: [String: CInt] = ["r-xp": MADV_DONTNEED, "r--p": 21]
}
