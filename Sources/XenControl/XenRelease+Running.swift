import CXenShim
import Glibc
import XenTypes

extension XenRelease {
    /// The one whose headers this was compiled with, and whose libraries it loads.
    public static let built: XenRelease = {
        let number = cxs_built_release()
        return XenRelease(UInt16(number >> 16), UInt16(truncatingIfNeeded: number))
    }()

    /// That of the hypervisor that runs; nil where none does. The kernel knows it, no hypercall is needed.
    public static func running() -> XenRelease? {
        func number(_ name: String) -> UInt16? {
            let file = open("/sys/hypervisor/version/\(name)", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(file, &bytes, bytes.count)
            guard count > 0 else { return nil }
            return UInt16(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        }
        guard let major = number("major"), let minor = number("minor") else { return nil }
        return XenRelease(major, minor)
    }
}
