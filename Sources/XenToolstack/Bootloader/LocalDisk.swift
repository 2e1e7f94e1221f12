import DomainModel
import SystemPackage
import XenStore
import XenTypes

extension Toolstack {
    /// Runs `body` with a path of this host that shows a disk's contents as the guest will see them.
    ///
    /// Raw images and block devices are their own path. For all others, such as qcow2 or those that a script
    /// connects, the disk is attached to this domain while `body` runs.
    ///
    /// - Parameters:
    ///   - disk: with its defaults applied; nil calls `body` with nil.
    ///   - guest: whose disk it is.
    ///   - start: the name of the first block device that may be used (`blkdev_start` in xl.conf).
    func withLocalPath<Value: Sendable>(
        of disk: DiskDevice?, for guest: DomainID, start: String,
        _ body: (FilePath?) async throws(ToolstackError) -> Value
    ) async throws(ToolstackError) -> Value {
        guard let disk else { return try await body(nil) }
        if let path = LocalDisk.directPath(of: disk) { return try await body(path) }
        let engine = DeviceEngine(self)
        let attached = try await attachLocally(disk, for: guest, start: start, engine: engine)
        let result: Result<Value, ToolstackError>
        do throws(ToolstackError) {
            try await awaitConnection(of: attached)
            let name = VirtualDevice.linuxName(number: Int32(clamping: attached.id))
            result = .success(try await body(FilePath("/dev/\(name)")))
        } catch {
            result = .failure(error)
        }
        await detachLocally(attached, engine: engine)
        return try result.get()
    }

    private func attachLocally(
        _ disk: DiskDevice, for guest: DomainID, start: String, engine: DeviceEngine
    ) async throws(ToolstackError) -> DeviceAddress {
        while true {
            let taken = try engine.devices(of: .control, kinds: [.vbd]).map(\.id)
            guard let name = LocalDisk.freeName(from: start, taken: Set(taken)),
                let number = VirtualDevice(name)?.number
            else {
                throw ToolstackError(
                    .invalid, "cannot look at disk \(disk.virtualDevice ?? ""): there is no free block device",
                    remedy: "blkdev_start of xl.conf must be the name of a whole disk, such as xvda")
            }
            var local = disk
            local.virtualDevice = name
            do throws(ToolstackError) {
                let result = try await engine.attach(
                    DiskClass.self, local, to: .control, notes: [.init(Self.localDiskGuest, "\(guest)")])
                return DeviceAddress(
                    domain: .control, kind: .vbd, id: UInt32(clamping: number),
                    backendDomain: result.backendDomainID, backendKind: result.backend == .qdisk ? .qdisk : .vbd)
            } catch {
                // Someone else took the name since it was found free.
                guard error.code == .deviceExists else { throw error }
            }
        }
    }

    /// Names, in the record of a disk of this domain, the guest for whose bootloader it is.
    static let localDiskGuest = "swift-xl-guest"

    /// Takes off this domain what is attached to it for the bootloader of another, which runs no more.
    func detachLocalDisks(of guest: DomainID) async throws {
        let engine = DeviceEngine(self)
        let disks = try engine.devices(of: .control, kinds: [.vbd])
        for (disk, text) in zip(disks, try store.read(disks.map { $0.record / Self.localDiskGuest }))
        where text == "\(guest)" {
            await detachLocally(disk, engine: engine)
        }
    }

    private func awaitConnection(of disk: DeviceAddress) async throws(ToolstackError) {
        let node = disk.backend / "state"
        try await wait(
            for: "\(disk) to connect", domain: .control, watching: [node], within: timeouts.deviceInitialise
        ) { [store] in
            let text = try store.read(node) ?? ""
            return XenbusState(text: text) == .connected ? .reached(()) : .pending("state \(text)")
        }
    }

    /// Takes the disk off this domain again; runs to its end also when the task is cancelled.
    ///
    /// Never by force while this domain's kernel uses it: Linux would wait for ever for the answers to what it has
    /// asked of the disk, and its thread that waits is the one that all its other backends and frontends need.
    private func detachLocally(_ disk: DeviceAddress, engine: DeviceEngine) async {
        await toTheEnd { [self] in
            for _ in 0..<6 {
                do throws(ToolstackError) {
                    return try await engine.remove(disk, force: .never)
                } catch {
                    guard error.code == .timedOut, isInUse(disk) else { break }
                }
            }
            if isInUse(disk) {
                logger.error("this domain still uses \(disk): it goes when the kernel lets go of it")
                return
            }
            do { try await engine.remove(disk, force: .always) } catch {
                logger.error("cannot take \(disk) off this domain again: \(error)")
            }
        }
    }

    private func isInUse(_ disk: DeviceAddress) -> Bool {
        let state = ((try? store.read(disk.frontend / "state")) ?? nil).flatMap { XenbusState(text: $0) }
        return state == .connected || state == .closing
    }
}

/// Which disks this host can look into, and under which names.
enum LocalDisk {
    /// The path of a disk that needs no attaching.
    static func directPath(of disk: DiskDevice) -> FilePath? {
        guard disk.backendDomainID == .control, disk.backendDomainName == nil, disk.format == .raw,
            disk.script == nil
        else { return nil }
        return disk.physicalPath.map { FilePath($0) }
    }

    /// The first name from `start` on that no device has.
    ///
    /// - Parameter taken: numbers of this domain's disks.
    static func freeName(from start: String, taken: Set<UInt32>) -> String? {
        guard let first = VirtualDevice(start), let disk = first.disk, first.partition == 0 else { return nil }
        for index in disk...disk + taken.count {
            guard let device = VirtualDevice("d\(index)p0") else { return nil }
            if !taken.contains(UInt32(clamping: device.number)) {
                return VirtualDevice.linuxName(number: device.number)
            }
        }
        return nil
    }
}
