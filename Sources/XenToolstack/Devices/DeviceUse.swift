import Glibc
import SystemPackage
import XenTypes

/// What this domain itself uses a device of the host for.
package enum DeviceUse: Sendable, Hashable, CustomStringConvertible {
    /// A disk with a file system that is mounted there.
    case fileSystem(String)
    case swap
    case network(interface: String)
    /// The only network card with hardware that carries anything.
    case onlyNetwork(interface: String)
    /// A keyboard, a mouse or the like, by the name that it gives itself.
    case input(String)

    /// Whether this host would be lost without it, or much of it.
    package var isVital: Bool {
        switch self {
        case .fileSystem, .swap, .onlyNetwork: true
        case .network, .input: false
        }
    }

    package var description: String {
        switch self {
        case .fileSystem(let place): "\(place) is mounted from a disk of it"
        case .swap: "there is swap space on a disk of it"
        case .network(let interface): "it is the network card \(interface)"
        case .onlyNetwork(let interface): "it is the only network card that is connected, \(interface)"
        case .input(let name): "\(name) is an input device"
        }
    }
}

/// Finds out what devices of the host are used for, from where sysfs has disks and network interfaces.
struct DeviceUses: Sendable {
    /// A disk, or a part of one, that is in use.
    struct UsedDisk: Sendable, Hashable {
        var device: DeviceNumber
        var use: DeviceUse
    }

    let root: FilePath
    var disks: [UsedDisk]

    init(root: FilePath, disks: [UsedDisk]) {
        self.root = root
        self.disks = disks
    }

    /// Of the host on which this runs.
    init(_ paths: HostPaths) {
        self.init(root: paths.sysfs, disks: Self.mounted() + Self.swaps())
    }

    /// What a device is used for; also what is behind it, where it is a bridge or a hub.
    ///
    /// - Parameter name: of the device's directory in sysfs: a PCI address, or the place of a device on USB.
    func uses(ofDeviceNamed name: String) -> [DeviceUse] {
        func isIn(_ place: FilePath) -> Bool { place.components.contains { $0.string == name } }
        var uses: [DeviceUse] = []
        for disk in disks where !uses.contains(disk.use) && places(of: disk.device).contains(where: isIn) {
            uses.append(disk.use)
        }
        let cards = networkCards()
        let (own, others) = (cards.filter { isIn($0.place) }, cards.filter { !isIn($0.place) })
        return uses
            + own.map { card in
                let isOnly = others.isEmpty || (card.isConnected && !others.contains(where: \.isConnected))
                return isOnly ? .onlyNetwork(interface: card.name) : .network(interface: card.name)
            }
            + inputs().filter { isIn($0.place) }.map { .input($0.name) }
    }

    // MARK: Where things are

    /// The directories in sysfs of all hardware that a disk is made of.
    private func places(of disk: DeviceNumber) -> [FilePath] {
        Files.realPath(root.appending("dev/block/\(disk.major):\(disk.minor)")).map { places(of: $0, depth: 0) } ?? []
    }

    /// - Parameter depth: of devices on devices; what is deeper than anybody builds is left out.
    private func places(of directory: FilePath, depth: Int) -> [FilePath] {
        guard depth < 16 else { return [] }
        // A part of a disk is in its disk's directory.
        let parts = [directory.appending("slaves"), directory.removingLastComponent().appending("slaves")]
        var below = parts.flatMap { part in Files.names(in: part).map { part.appending($0) } }
        // The disk of an NVMe device with several paths to it is beside links to those.
        let subsystem = Self.subsystem(of: directory)
        below +=
            subsystem.map { folder in
                Files.names(in: folder).filter { $0.hasPrefix("nvme") }.map { folder.appending($0) }
            } ?? []
        let real = below.compactMap { Files.realPath($0) }.filter { $0 != directory && !directory.starts(with: $0) }
        return [directory] + real.flatMap { places(of: $0, depth: depth + 1) }
    }

    private static func subsystem(of directory: FilePath) -> FilePath? {
        var path = directory
        while let name = path.lastComponent {
            if name.string.hasPrefix("nvme-subsys") { return path }
            path = path.removingLastComponent()
        }
        return nil
    }

    private struct NetworkCard {
        var name: String
        var place: FilePath
        var isConnected: Bool
    }

    /// Interfaces with hardware behind them.
    private func networkCards() -> [NetworkCard] {
        let folder = root.appending("class/net")
        return Files.names(in: folder).sorted().compactMap { name in
            guard let place = Files.realPath(folder.appending(name)), Files.exists(place.appending("device")) else {
                return nil
            }
            // Some drivers do not know; their cards may be in use.
            let state = Files.text(place.appending("operstate")) ?? ""
            return NetworkCard(name: name, place: place, isConnected: ["up\n", "unknown\n"].contains(state))
        }
    }

    /// Each input device once: a keyboard may have several inputs.
    private func inputs() -> [(name: String, place: FilePath)] {
        let folder = root.appending("class/input")
        var found: [(name: String, place: FilePath)] = []
        for entry in Files.names(in: folder).sorted() where entry.hasPrefix("input") {
            let text = Files.text(folder.appending(entry).appending("name"), limit: 1 << 16) ?? entry
            let name = String(text.prefix { $0 != "\n" })
            guard let place = Files.realPath(folder.appending(entry)), !found.contains(where: { $0.name == name })
            else { continue }
            found.append((name, place))
        }
        return found
    }

    // MARK: What is in use

    private static func mounted() -> [UsedDisk] {
        lines(of: "/proc/self/mounts").compactMap { words in
            guard words.count > 1, let device = device(named: words[0]) else { return nil }
            let place = String(escapingBytes: LinuxStorage.unescaped(words[1]).dropLast().map { UInt8(bitPattern: $0) })
            return UsedDisk(device: device, use: .fileSystem(place))
        }
    }

    private static func swaps() -> [UsedDisk] {
        lines(of: "/proc/swaps").compactMap { words in
            words.first.flatMap(device).map { UsedDisk(device: $0, use: .swap) }
        }
    }

    private static func lines(of file: FilePath) -> [[ArraySlice<UInt8>]] {
        let text = ((try? Files.read(file, limit: 1 << 24)) ?? nil) ?? []
        return text.split(separator: UInt8(ascii: "\n")).map { line in
            line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        }
    }

    private static func device(named name: ArraySlice<UInt8>) -> DeviceNumber? {
        guard name.first == UInt8(ascii: "/") else { return nil }
        var status = stat()
        guard stat(LinuxStorage.unescaped(name), &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
        return DeviceNumber(status.st_rdev)
    }
}
