import Synchronization
import SystemPackage
import XenTypes

/// A hotplug script of Xen's that can be done without: what it does is known, as long as it is just what a package
/// delivered.
enum StockScript: String, Sendable, CaseIterable {
    case block
    case vifBridge = "vif-bridge"

    /// The script at a path, or nil when it is another, or when it or what it reads has been changed.
    init?(at path: FilePath) {
        guard let name = path.lastComponent, let script = StockScript(rawValue: name.string) else { return nil }
        let directory = path.removingLastComponent()
        guard !script.hasHooks(in: directory), let digest = script.digest(in: directory),
            Self.known[script]?.contains(digest) == true
        else { return nil }
        self = script
    }

    /// `StockScript.digest` of what packages deliver: Debian's xen-utils-common and xen-utils of 4.17 and 4.20. Debian
    /// leaves out the bridge script's rules for packets (its bug 894013).
    private static let known: [StockScript: Set<UInt64>] = [
        .block: [0xfbc9_9c20_c703_bd22, 0x7707_634e_a025_a3b0],
        .vifBridge: [0xaf22_3ced_6caf_ceb5, 0xa421_0759_a71d_62e3],
    ]

    /// The script, and what it sources.
    private var files: [String] {
        let common = ["xen-hotplug-common.sh", "hotplugpath.sh", "logging.sh", "xen-script-common.sh", "locking.sh"]
        return switch self {
        case .block: ["block", "block-common.sh"] + common
        case .vifBridge: ["vif-bridge", "vif-common.sh", "xen-network-common.sh"] + common
        }
    }

    /// Whether the host's own scripts run after this one.
    private func hasHooks(in directory: FilePath) -> Bool {
        self == .vifBridge && Files.names(in: directory.appending("vif-post.d")).contains { $0.hasSuffix(".hook") }
    }

    /// FNV-1a of 64 bits over the files' lengths and bytes, in the order of `files`: it is to tell a change, not to
    /// resist root.
    ///
    /// - Returns: nil when one is missing, or is no script of a sensible size.
    func digest(in directory: FilePath) -> UInt64? {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: [UInt8]) {
            for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
        for name in files {
            guard let bytes = (try? Files.read(directory.appending(name), limit: 1 << 16)) ?? nil else { return nil }
            add(UInt32(bytes.count).littleEndianBytes)
            add(bytes)
        }
        return digest
    }
}

/// What is known of scripts, each looked at once: a guest may have many disks.
final class StockScripts: Sendable {
    private let known = Mutex<[FilePath: StockScript?]>([:])
    private let find: @Sendable (FilePath) -> StockScript?

    init(_ find: @escaping @Sendable (FilePath) -> StockScript?) { self.find = find }

    /// The stock script at a path that can be done without, or nil.
    func script(at path: FilePath) -> StockScript? {
        known.withLock { known in
            if let script = known[path] { return script }
            let script = find(path)
            known[path] = .some(script)
            return script
        }
    }
}
