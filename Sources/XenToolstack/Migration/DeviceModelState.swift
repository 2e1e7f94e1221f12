import SystemPackage
import XenStore
import XenTypes

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
            var pairs: [LibxlRecord.StorePair] = []
            for entry in try store.list(node / "physmap") ?? [] {
                for key in ["start_addr", "size", "name"] {
                    let path = "physmap/\(entry)/\(key)"
                    guard let value = try store.read(node / path) else { continue }
                    pairs.append(LibxlRecord.StorePair(path: path, value: value))
                }
            }
            return pairs
        } catch {
            throw ToolstackError(
                .fail, "cannot read the device model's nodes of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Gives a new device model what the old one kept in the store.
    func restoreDeviceModelStoreData(_ pairs: [LibxlRecord.StorePair], of domain: DomainID) throws(ToolstackError) {
        let node = deviceModelNode(of: domain)
        do {
            for pair in pairs { try store.write(node / pair.path, pair.value) }
        } catch {
            throw ToolstackError(
                .fail, "cannot write the device model's nodes of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Stops the device model and has it write its state to `deviceModelSaveFile`.
    func saveDeviceModel(of domain: DomainID, isLive: Bool) async throws(ToolstackError) {
        throw Self.noDeviceModelState(domain, "cannot save domain \(domain)")
    }

    /// Has the device model tell the hypervisor which pages it writes to.
    func setDirtyLog(_ isOn: Bool, of domain: DomainID) async throws(ToolstackError) {
        throw Self.noDeviceModelState(domain, "cannot save domain \(domain)")
    }

    static func noDeviceModelState(_ domain: DomainID, _ failure: String) -> ToolstackError {
        ToolstackError(
            .notSupported, failure, domain: domain,
            cause: "the device model's state of an HVM guest cannot be saved or restored yet",
            remedy: "use the Xen project's xl for this guest")
    }
}
