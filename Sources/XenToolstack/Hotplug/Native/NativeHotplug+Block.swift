import SystemPackage
import XenStore
import XenTypes

extension NativeHotplug {
    /// - Returns: false when the script is to do it.
    func runBlock(_ script: HotplugScript) async throws(ToolstackError) -> Bool {
        switch script.action {
        case .connect: try await connectDisk(script.device)
        case .disconnect: try await disconnectDisk(script.device)
        }
    }

    private func connectDisk(_ device: DeviceAddress) async throws(ToolstackError) -> Bool {
        let backend = device.backend
        let values = try read(device, [backend / "params", backend / "mode", backend / "physical-device"])
        // It has been done already.
        guard values[2] == nil else { return true }
        guard let target = values[0], target.hasPrefix("/"), let modeText = values[1],
            let node = try? storage.node(at: FilePath(target)), node.kind != .other
        else { return false }
        let mode = DiskSharing.Mode(modeText)
        let lock = try await lockDisks()
        defer { lock.release() }
        switch node.kind {
        case .block(let number):
            try refuseSharing(device, target, [number], mode)
            let path = node.path == FilePath(target) ? target : node.path.string
            try change(
                device,
                [(backend / "physical-device", "\(number)"), (backend / "physical-device-path", path)], .connected)
        case .regular(let file): try attachLoop(device, node, file, mode)
        case .other: return false
        }
        return true
    }

    private func attachLoop(
        _ device: DeviceAddress, _ node: HostNode, _ file: FileIdentity, _ mode: DiskSharing.Mode
    ) throws(ToolstackError) {
        let message = "cannot connect \(node.path)"
        // It may have been taken away while the lock was waited for.
        let state = try read(device, [device.backend / "state"])[0]
        guard state.flatMap(XenbusState.init(text:)) == .initWait else {
            throw refusal(device, message, "its backend is not waiting for it any more")
        }
        guard mode != .write || node.isWritable else {
            throw refusal(
                device, message, "the file is read-only, and the guest is to write to it", .busy,
                remedy: "give the disk the mode r, or the file the permission")
        }
        var loops: [DeviceNumber] = []
        do throws(Errno) {
            if mode != .writeUnchecked {
                loops = try storage.boundLoops().filter { $0.file == file }.map(\.device)
            }
        } catch { throw refusal(device, message, "the loop devices cannot be looked at: \(error)") }
        try refuseSharing(device, node.path.string, Set(loops), mode)
        let attached: any AttachedLoop
        do { attached = try storage.attachLoop(node.path, isReadOnly: mode == .read) } catch {
            throw refusal(device, message, "no loop device for it: \(error)")
        }
        try change(
            device,
            [
                (device.backend / "node", attached.path.string),
                (device.backend / "physical-device", "\(attached.device)"),
                (device.backend / "physical-device-path", attached.path.string),
            ], .connected)
        do { try attached.keep() } catch { throw refusal(device, message, "\(attached.path): \(error)") }
    }

    private func refuseSharing(
        _ device: DeviceAddress, _ path: String, _ devices: Set<DeviceNumber>, _ mode: DiskSharing.Mode
    ) throws(ToolstackError) {
        guard mode != .writeUnchecked, !devices.isEmpty else { return }
        let mounted: [MountedDevice]
        let uses: [DiskSharing.Use]
        do {
            mounted = try storage.mountedDevices()
            uses = try store.diskUses()
        } catch {
            throw ToolstackError(
                .fail, "cannot find out who uses \(path)", domain: device.domain, underlying: error)
        }
        let obstacle = try DiskSharing.obstacle(devices, mode: mode, mounted: mounted, uses: uses) {
            other throws(ToolstackError) in
            if try areOneGuest(device.domain, other) { return true }
            return try !mayRun(other)
        }
        guard let obstacle else { return }
        throw refusal(
            device, "cannot connect \(path)", obstacle, .busy,
            remedy: "two that write to one disk destroy it; the mode w! says that they know of each other")
    }

    private func areOneGuest(_ domain: DomainID, _ other: DomainID) throws(ToolstackError) -> Bool {
        do { return try store.areOneGuest(domain, other) } catch {
            throw ToolstackError(.notReady, "cannot compare domains", domain: domain, underlying: error)
        }
    }

    /// A guest that has crashed, and is kept to be looked at, writes no more.
    private func mayRun(_ domain: DomainID) throws(ToolstackError) -> Bool {
        do {
            guard let info = try toolstack.hypervisor.info(of: domain) else { return false }
            return info.shutdownReason.map { $0 == .suspend } ?? true
        } catch {
            throw ToolstackError(.notReady, "cannot look up domain \(domain)", domain: domain, underlying: error)
        }
    }

    private func disconnectDisk(_ device: DeviceAddress) async throws(ToolstackError) -> Bool {
        let values = try read(device, [device.backend / "params", device.backend / "node"])
        // A device of the host's stays as it is; a file has got a loop device, also when it is gone by now.
        guard let text = values[1], text.hasPrefix("/dev/loop") else { return true }
        if let target = values[0], case .block? = (try? storage.node(at: FilePath(target)))?.kind { return true }
        let lock = try await lockDisks()
        defer { lock.release() }
        do { try storage.detachLoop(FilePath(text)) } catch {
            throw ToolstackError(
                .fail, "cannot take the file from \(text)", domain: device.domain, cause: "\(error)",
                remedy: "losetup -d \(text) does it")
        }
        return true
    }

    /// The lock under which scripts look for who uses a disk, and take it.
    private func lockDisks() async throws(ToolstackError) -> FileLock {
        let directory = toolstack.paths.hotplugLocks
        try Files.makeDirectory(directory)
        return try await FileLock.acquire(
            directory.appending("block"), within: toolstack.timeouts.hotplugScript, logger: toolstack.logger)
    }
}
