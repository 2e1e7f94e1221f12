import Glibc
import SystemPackage
import XenTypes

/// What a path leads to.
struct HostNode: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case block(DeviceNumber)
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
    var device: DeviceNumber
    var file: FileIdentity
}

/// A block device with a file system that is mounted on this host.
struct MountedDevice: Sendable, Hashable {
    var device: DeviceNumber
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
    var device: DeviceNumber { get }
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
