import Events
import Glibc
import Synchronization
import SystemPackage
import XenStore
import XenTypes

/// Disks that DRBD replicates to the other side, which shows what was written only as checkpoints complete: with the
/// protocol D of DRBD as extended for Remus.
final class ReplicatedDisks: Sendable {
    private let domain: DomainID
    private let disks: [(path: FilePath, device: FileDescriptor)]
    /// Whether the other side has still to confirm a checkpoint.
    private let isAwaited = Mutex(false)

    /// That DRBD's ioctls.
    private static let sendCheckpoint: UInt = 20
    private static let waitForAcknowledgement: UInt = 30

    /// - Throws: when a disk is not replicated so.
    init(of domain: DomainID, _ toolstack: Toolstack) async throws(ToolstackError) {
        self.domain = domain
        var disks: [(path: FilePath, device: FileDescriptor)] = []
        do throws(ToolstackError) {
            for disk in try DeviceEngine(toolstack).devices(of: domain, kinds: [.vbd]) {
                disks.append(try await Self.open(disk, toolstack))
            }
        } catch {
            for disk in disks { try? disk.device.close() }
            throw error
        }
        self.disks = disks
    }

    deinit { for disk in disks { try? disk.device.close() } }

    private static func open(
        _ disk: DeviceAddress, _ toolstack: Toolstack
    ) async throws(ToolstackError) -> (path: FilePath, device: FileDescriptor) {
        let failure = "cannot hold back what \(disk) replicates"
        do {
            let place = try toolstack.store.read(disk.backend / "params") ?? ""
            let path = FilePath(place)
            guard disk.backendKind == .vbd, disk.backendDomain == .control, path.isAbsolute else {
                throw ToolstackError(.notSupported, failure, cause: "it is no block device of dom0")
            }
            let probe = toolstack.paths.scripts.appending("block-drbd-probe")
            try await ScriptRunner(toolstack).run(
                probe, [path.string], [:], for: disk.domain, words: disk.backend / "hotplug-error")
            return (path, try FileDescriptor.open(path, .readOnly, options: .closeOnExec))
        } catch {
            throw ToolstackError(
                .fail, failure, domain: disk.domain, underlying: error,
                remedy: "it has to be a DRBD device with protocol D; -d -F goes without")
        }
    }

    /// What is written from here on belongs to the checkpoint after this one.
    func beginCheckpoint() throws(ToolstackError) {
        guard !disks.isEmpty, !isAwaited.withLock({ $0 }) else { return }
        for disk in disks where ioctl(disk.device.rawValue, Self.sendCheckpoint, 0) < 0 {
            throw failure(disk.path)
        }
        isAwaited.withLock { $0 = true }
    }

    /// Waits until the other side has what was written before this checkpoint began.
    func awaitCheckpoint() async throws(ToolstackError) {
        guard isAwaited.withLock({ $0 }) else { return }
        try await onOwnThread { [self] () throws(ToolstackError) in
            for disk in disks where ioctl(disk.device.rawValue, Self.waitForAcknowledgement, 0) <= 0 {
                throw failure(disk.path)
            }
        }
        isAwaited.withLock { $0 = false }
    }

    private func failure(_ path: FilePath) -> ToolstackError {
        let code = Errno(rawValue: errno)
        return ToolstackError(.fail, "cannot complete a checkpoint of \(path)", domain: domain, cause: "\(code)")
    }
}
