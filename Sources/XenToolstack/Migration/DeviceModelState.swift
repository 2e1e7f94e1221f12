import Glibc
import SystemPackage
import XenStore
import XenTypes
import YajlJSON

/// What saving and restoring needs of a guest's device model.
extension Toolstack {
    /// Where QEMU's state is kept until it is in the stream (`LIBXL_DEVICE_MODEL_SAVE_FILE`).
    func deviceModelSaveFile(of domain: DomainID) -> FilePath { paths.lib.appending("qemu-save.\(domain)") }

    /// Where QEMU finds the state to begin with (`LIBXL_DEVICE_MODEL_RESTORE_FILE`).
    func deviceModelRestoreFile(of domain: DomainID) -> FilePath { paths.lib.appending("qemu-resume.\(domain)") }

    private func deviceModelNode(of domain: DomainID) -> StorePath {
        DomainPaths(deviceModelDomain(of: domain) ?? .control).guest / "device-model/\(domain)"
    }

    /// What the device model keeps in the store of the guest's memory layout.
    func deviceModelStoreData(of domain: DomainID) throws(ToolstackError) -> [LibxlRecord.StorePair] {
        let node = deviceModelNode(of: domain)
        do {
            let paths = try (store.list(node / "physmap") ?? []).flatMap { entry in
                ["start_addr", "size", "name"].map { "physmap/\(entry)/\($0)" }
            }
            return zip(paths, try store.read(paths.map { node / $0 })).compactMap { path, value in
                value.map { LibxlRecord.StorePair(path: path, value: $0) }
            }
        } catch {
            throw ToolstackError(
                .fail, "cannot read the device model's nodes of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Gives a new device model what the old one kept in the store.
    func restoreDeviceModelStoreData(_ pairs: [LibxlRecord.StorePair], of domain: DomainID) throws(ToolstackError) {
        let node = deviceModelNode(of: domain)
        do {
            try store.transaction { transaction throws(StoreError) in
                try transaction.perform(pairs.map { .write(node / $0.path, $0.value) })
            }
        } catch {
            throw ToolstackError(
                .fail, "cannot write the device model's nodes of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Stops the device model and has it write its state to `deviceModelSaveFile`.
    ///
    /// - Parameter movesAway: whether another device model takes over, so that this one lets go of the disks until it
    ///   goes on itself.
    func saveDeviceModel(of domain: DomainID, movesAway: Bool) async throws(ToolstackError) {
        let what = "save the state of the QEMU of domain \(domain)"
        let path = deviceModelSaveFile(of: domain)
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        } catch {
            throw ToolstackError(.fail, "cannot \(what)", domain: domain, cause: "\(path): \(error)")
        }
        defer { try? file.close() }
        do throws(ToolstackError) {
            try await withDeviceModel(of: domain, to: what) { session in
                _ = try await session.execute("stop", within: timeouts.deviceModelCommand)
                let answer = try await session.execute("add-fd", passing: file, within: timeouts.deviceModelCommand)
                guard let set = answer["fdset-id"]?.integer else {
                    throw QMPError.malformed("add-fd gives no fdset-id")
                }
                // QEMU may not be allowed to open the file; it has this one open.
                let place: JSONValue = .string("/dev/fdset/\(set)")
                _ = try await session.execute(
                    "xen-save-devices-state", [("live", .bool(movesAway)), ("filename", place)],
                    within: timeouts.deviceModelState)
                _ = try? await session.execute(
                    "remove-fd", [("fdset-id", .integer(set))], within: timeouts.deviceModelCommand)
            }
        } catch {
            unlink(path.string)
            throw error
        }
    }

    /// Has the device model tell the hypervisor which pages it writes to.
    func setDirtyLog(_ isOn: Bool, of domain: DomainID) async throws(ToolstackError) {
        let what = "\(isOn ? "begin" : "end") the log of what the QEMU of domain \(domain) writes"
        try await withDeviceModel(of: domain, to: what) { session in
            _ = try await session.execute(
                "xen-set-global-dirty-log", [("enable", .bool(isOn))], within: timeouts.deviceModelCommand)
        }
    }
}
