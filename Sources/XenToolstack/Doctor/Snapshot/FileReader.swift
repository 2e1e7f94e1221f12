import Glibc
import SystemPackage
import XenTypes

/// Reads which files of the toolstacks there are, and who holds their locks.
struct FileReader {
    let paths: HostPaths
    /// Where saves may have been left unfinished.
    let saveDirectories: [FilePath]

    /// The beginnings of names that a domain's files have in each directory; its number follows.
    static func kinds(_ paths: HostPaths) -> [(directory: FilePath, beginnings: [String])] {
        [
            (paths.lib, ["userdata-", "bootloader.", "qemu-save.", "qemu-resume."]),
            (paths.run, ["qmp-libxl-", "qmp-libxenstat-", "qemu-root-", "suspend-evtchn-"]),
        ]
    }

    func files() -> [SeenFile] {
        let own = Self.kinds(paths).flatMap { directory, beginnings in
            Files.names(in: directory).filter { name in beginnings.contains { name.hasPrefix($0) } }
                .compactMap { file(directory.appending($0)) }
        }
        let saves = Set(saveDirectories.map { $0.lexicallyNormalized() }).flatMap { directory in
            Files.names(in: directory).filter(Self.isTemporaryName).compactMap { name -> SeenFile? in
                let path = directory.appending(name)
                guard isUnfinishedSave(path), var file = file(path) else { return nil }
                file.isUnfinishedSave = true
                file.mayBeShared = !Self.localFileSystems.contains(SystemCalls.fileSystem(of: directory))
                return file
            }
        }
        return (own + saves).sorted { $0.path.string < $1.path.string }
    }

    /// Whether it is a name that `SaveFile` gives: `.NAME.XXXXXX`.
    static func isTemporaryName(_ name: String) -> Bool {
        guard name.hasPrefix("."), let dot = name.lastIndex(of: "."), dot > name.startIndex else { return false }
        let ending = name[dot...].dropFirst()
        return ending.utf8.count == 6 && ending.utf8.allSatisfy { $0.isAlphanumeric } && !name.contains("/")
    }

    /// The file systems that one host has for itself, by their numbers in `linux/magic.h` and, of ZFS, OpenZFS: ext2 to
    /// ext4, XFS, Btrfs, F2FS, ZFS, tmpfs, ramfs, overlayfs.
    private static let localFileSystems: Set<UInt32> = [
        0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x8584_58f6, 0x794c_7630,
    ]

    /// Whether a file begins as a saved domain does, and nobody but root can have made it so.
    private func isUnfinishedSave(_ path: FilePath) -> Bool {
        var status = stat()
        guard lstat(path.string, &status) == 0, status.st_mode == S_IFREG | 0o600, status.st_uid == 0,
            let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
        else { return false }
        let head = try? file.closeAfter {
            var buffer = [UInt8](repeating: 0, count: SaveFileHeader.magic.count)
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            return Array(buffer[..<count])
        }
        return head == SaveFileHeader.magic
    }

    private func file(_ path: FilePath) -> SeenFile? {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return nil }
        return SeenFile(path: path, modified: status.st_mtim.tv_sec)
    }

    // MARK: Locks

    /// - Parameter files: among which are locks.
    func locks(among files: [SeenFile]) -> [SeenLock] {
        let holders = Self.holders(in: Files.text("/proc/locks") ?? "")
        guard !holders.isEmpty else { return [] }
        let candidates =
            [paths.lock, paths.run.appending("domid-history.lock"), paths.run.appending("dm-reaper-lock")]
            + Files.names(in: paths.hotplugLocks).map { paths.hotplugLocks.appending($0) }
            + files.map(\.path).filter { path in
                let name = path.lastComponent?.string ?? ""
                return name.hasPrefix("userdata-l.") || name.hasSuffix(".lock")
            }
        return candidates.compactMap { path in
            var status = stat()
            guard stat(path.string, &status) == 0 else { return nil }
            let place = LockPlace(device: DeviceNumber(status.st_dev), inode: UInt64(status.st_ino))
            return holders[place].map { SeenLock(path: path, realPath: Files.realPath(path)?.string, holder: $0) }
        }
    }

    struct LockPlace: Hashable {
        var device: DeviceNumber
        var inode: UInt64
    }

    /// Who holds what by `/proc/locks`, "1: FLOCK  ADVISORY  WRITE 298 00:15:657 0 EOF"; a line with "->" waits.
    static func holders(in text: String) -> [LockPlace: Int32] {
        var holders: [LockPlace: Int32] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] != "->", let holder = Int32(fields[4]), holder > 0 else { continue }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, let major = UInt32(place[0], radix: 16), let minor = UInt32(place[1], radix: 16),
                let inode = UInt64(place[2])
            else { continue }
            holders[LockPlace(device: DeviceNumber(major: major, minor: minor), inode: inode)] = holder
        }
        return holders
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
