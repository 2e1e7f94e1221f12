import Glibc
import SystemPackage
import XenTypes

/// The number of a block device, as the kernel's backend reads it in the store.
struct BlockNumber: Sendable, Hashable, CustomStringConvertible {
    var major: UInt32
    var minor: UInt32

    init(major: UInt32, minor: UInt32) { (self.major, self.minor) = (major, minor) }

    /// - Parameter device: as `stat` gives it (`makedev` of glibc).
    init(_ device: dev_t) {
        major = UInt32(truncatingIfNeeded: (device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000))
        minor = UInt32(truncatingIfNeeded: (device & 0xff) | (device >> 12 & 0xffff_ff00))
    }

    /// `MAJOR:MINOR` in hexadecimal digits.
    var description: String { "\(String(major, radix: 16)):\(String(minor, radix: 16))" }
}

/// What a path leads to.
struct HostNode: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case block(BlockNumber)
        case regular(FileIdentity)
        case other
    }

    var kind: Kind
    /// Without links.
    var path: FilePath
    /// Whether anybody at all may write to it, by its mode.
    var isWritable = true
}

/// A file, whatever it is called.
struct FileIdentity: Sendable, Hashable {
    var fileSystem: UInt64
    var inode: UInt64
}

/// A loop device with a file.
struct BoundLoop: Sendable, Hashable {
    var device: BlockNumber
    var file: FileIdentity
}

/// A block device with a file system that is mounted on this host.
struct MountedDevice: Sendable, Hashable {
    var device: BlockNumber
    var isReadOnly: Bool
}

/// What hotplug without scripts asks of the kernel about disks: the seam for tests.
protocol StorageKernel: Sendable {
    /// - Returns: nil when there is nothing.
    func node(at path: FilePath) throws(Errno) -> HostNode?
    func boundLoops() throws(Errno) -> [BoundLoop]
    func mountedDevices() throws(Errno) -> [MountedDevice]
    /// Gives a free loop device a file. It lets go of it at the end of what is returned, unless that is kept.
    func attachLoop(_ file: FilePath, isReadOnly: Bool) throws(Errno) -> any AttachedLoop
    /// Takes the file from a loop device, when nobody uses it any more; one that has none stays as it is.
    func detachLoop(_ path: FilePath) throws(Errno)
}

protocol AttachedLoop: Sendable {
    var path: FilePath { get }
    var device: BlockNumber { get }
    /// Lets it keep its file.
    func keep() throws(Errno)
}

/// What hotplug without scripts asks of the kernel about network interfaces.
protocol NetworkKernel: Sendable {
    /// - Returns: nil when there is no interface of that name.
    func link(named name: String) throws(Errno) -> NetworkLink?
    func change(_ link: UInt32, _ change: LinkChange) throws(Errno)
    func removeAddresses(of index: UInt32) throws(Errno)
}

extension RouteSocket: NetworkKernel {}
