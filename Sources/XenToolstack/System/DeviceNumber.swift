import Glibc

/// The number of a device, or of the one that a file system is on.
struct DeviceNumber: Sendable, Hashable, CustomStringConvertible {
    var major: UInt32
    var minor: UInt32

    init(major: UInt32, minor: UInt32) { (self.major, self.minor) = (major, minor) }

    /// - Parameter device: as `stat` gives it (`makedev` of glibc).
    init(_ device: dev_t) {
        major = UInt32(truncatingIfNeeded: (device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000))
        minor = UInt32(truncatingIfNeeded: (device & 0xff) | (device >> 12 & 0xffff_ff00))
    }

    /// `MAJOR:MINOR` in hexadecimal digits, as the kernel's backend reads a disk's in the store.
    var description: String { "\(String(major, radix: 16)):\(String(minor, radix: 16))" }
}
