import Glibc
import SystemPackage
import XenTypes

/// Block devices, mounts and loop devices of this host (`linux/loop.h`).
struct LinuxStorage: StorageKernel {
    func node(at path: FilePath) throws(Errno) -> HostNode? {
        var status = stat()
        guard stat(path.string, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Errno(rawValue: errno)
        }
        let kind: HostNode.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFBLK: .block(DeviceNumber(status.st_rdev))
            case S_IFREG: .regular(FileIdentity(fileSystem: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
            default: .other
            }
        guard let real = Files.realPath(path) else { throw Errno(rawValue: errno) }
        return HostNode(kind: kind, path: real, isWritable: status.st_mode & 0o222 != 0)
    }

    func mountedDevices() throws(Errno) -> [MountedDevice] {
        guard let text = (try? Files.read("/proc/self/mounts", limit: 1 << 24)) ?? nil else { throw .ioError }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count >= 4, words[0].first == UInt8(ascii: "/") else { return nil }
            let source = Self.unescaped(words[0])
            var status = stat()
            guard stat(source, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
            let isReadOnly = words[3].split(separator: UInt8(ascii: ",")).first?.elementsEqual("ro".utf8) == true
            return MountedDevice(device: DeviceNumber(status.st_rdev), isReadOnly: isReadOnly)
        }
    }

    /// A name of `/proc/self/mounts` (proc(5)): blanks and the like are a backslash and three octal digits.
    static func unescaped(_ name: ArraySlice<UInt8>) -> [CChar] {
        var bytes: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }

    // MARK: Loop devices

    /// `LOOP_*`
    fileprivate enum Request {
        static let clear: UInt = 0x4c01
        static let setStatus: UInt = 0x4c04
        static let status: UInt = 0x4c05
        static let configure: UInt = 0x4c0a
        static let findFree: UInt = 0x4c82
    }

    /// `struct loop_info64`: its size, and where what is needed here stands in it.
    fileprivate enum Status {
        static let size = 232
        static let fileSystem = 0
        static let inode = 8
        static let flags = 52
        static let fileName = 56
        static let fileNameSize = 64
        /// `LO_FLAGS_*`
        static let readOnly: UInt32 = 1
        static let clearedAtLastClose: UInt32 = 4
    }

    func boundLoops() throws(Errno) -> [BoundLoop] {
        var loops: [BoundLoop] = []
        for name in Files.names(in: "/sys/block") where name.hasPrefix("loop") {
            // Without the directory it has no file.
            guard access("/sys/block/\(name)/loop", F_OK) == 0 else { continue }
            let descriptor = open("/dev/\(name)", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var device = stat()
            var status = [UInt8](repeating: 0, count: Status.size)
            guard fstat(descriptor, &device) == 0, ioctl(descriptor, Request.status, &status) == 0 else { continue }
            func number(at offset: Int) -> UInt64 { UInt64(littleEndianBytes: status[offset...]) }
            loops.append(
                BoundLoop(
                    device: DeviceNumber(device.st_rdev),
                    file: FileIdentity(
                        fileSystem: number(at: Status.fileSystem), inode: number(at: Status.inode))))
        }
        return loops
    }

    func attachLoop(_ file: FilePath, isReadOnly: Bool) throws(Errno) -> any AttachedLoop {
        let backing = open(file.string, (isReadOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC)
        guard backing >= 0 else { throw Errno(rawValue: errno) }
        defer { close(backing) }
        let control = open("/dev/loop-control", O_RDWR | O_CLOEXEC)
        guard control >= 0 else { throw Errno(rawValue: errno) }
        defer { close(control) }
        while true {
            let number = ioctl(control, Request.findFree)
            guard number >= 0 else { throw Errno(rawValue: errno) }
            let path = FilePath("/dev/loop\(number)")
            let descriptor = open(path.string, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { throw Errno(rawValue: errno) }
            // `struct loop_config`: the file, a block size of the kernel's choice, its status, and room.
            var configuration = UInt32(bitPattern: backing).littleEndianBytes + UInt32(0).littleEndianBytes
            var status = [UInt8](repeating: 0, count: Status.size)
            let flags = Status.clearedAtLastClose | (isReadOnly ? Status.readOnly : 0)
            status.replaceSubrange(Status.flags..<Status.flags + 4, with: flags.littleEndianBytes)
            let name = file.string.unescapedBytes.prefix(Status.fileNameSize - 1)
            status.replaceSubrange(Status.fileName..<Status.fileName + name.count, with: name)
            configuration += status + [UInt8](repeating: 0, count: 64)
            var device = stat()
            if ioctl(descriptor, Request.configure, &configuration) == 0, fstat(descriptor, &device) == 0 {
                return HeldLoop(path: path, device: DeviceNumber(device.st_rdev), FileDescriptor(rawValue: descriptor))
            }
            let code = errno
            close(descriptor)
            // Somebody else was quicker.
            guard code == EBUSY else { throw Errno(rawValue: code) }
        }
    }

    func detachLoop(_ path: FilePath) throws(Errno) {
        let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw Errno(rawValue: errno)
        }
        defer { close(descriptor) }
        guard ioctl(descriptor, Request.clear) != 0, errno != ENXIO else { return }
        throw Errno(rawValue: errno)
    }

    /// A loop device that would lose its file with this, and so with this process, until it is kept.
    private struct HeldLoop: AttachedLoop {
        let path: FilePath
        let device: DeviceNumber
        private let descriptor: HeldDescriptor

        init(path: FilePath, device: DeviceNumber, _ descriptor: FileDescriptor) {
            (self.path, self.device) = (path, device)
            self.descriptor = HeldDescriptor(descriptor)
        }

        func keep() throws(Errno) {
            var status = [UInt8](repeating: 0, count: Status.size)
            guard ioctl(descriptor.raw, Request.status, &status) == 0 else { throw Errno(rawValue: errno) }
            let flags = UInt32(littleEndianBytes: status[Status.flags...]) & ~Status.clearedAtLastClose
            status.replaceSubrange(Status.flags..<Status.flags + 4, with: flags.littleEndianBytes)
            guard ioctl(descriptor.raw, Request.setStatus, &status) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    private final class HeldDescriptor: Sendable {
        private let descriptor: FileDescriptor
        var raw: CInt { descriptor.rawValue }

        init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

        deinit { try? descriptor.close() }
    }
}
