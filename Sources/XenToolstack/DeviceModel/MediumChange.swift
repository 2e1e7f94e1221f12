import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes
import YajlJSON

/// What putting a medium into a CD drive, or taking it out, comes to: computed without doing it.
struct MediumChange: Sendable {
    let drive: DeviceAddress
    /// As it is stored with the domain; `format` is `empty` for no medium.
    let medium: DiskDevice

    var isEjection: Bool { medium.format == .empty }
    var path: String { medium.physicalPath ?? "" }

    /// QEMU's name for the drive.
    var deviceName: String { "ide-\(drive.id)" }

    /// For errors, in words that follow "cannot".
    var description: String {
        let name = medium.virtualDevice ?? ""
        return isEjection ? "eject the CD in \(name)" : "insert \(path) into \(name)"
    }

    /// What the store says of the drive afterwards, below its backend and its record.
    ///
    /// An empty drive has the `params` that it would have from the start. Upstream writes an empty text, which QEMU 7.2
    /// reads beyond its end when it makes the drive's other backend (`xen_block_drive_create`), and crashes.
    var entries: [DevicePlan.Entry] {
        [
            .init("type", DiskBackend.qdisk.name),
            .init("params", "\(medium.format.backendName ?? ""):\(isEjection ? "" : path)"),
        ]
    }

    /// - Parameters:
    ///   - drives: the domain's disks, with `dev` and `device-type`.
    /// - Throws: `notFound` when none of them is the drive that `medium` names.
    init(_ medium: DiskDevice, drives: [DeviceStatus], of domain: DomainID) throws(ToolstackError) {
        let number = medium.virtualDevice.flatMap { VirtualDevice($0)?.number }.flatMap { UInt32(exactly: $0) }
        let drives = drives.filter { $0.record["device-type"] == "cdrom" }
        guard let number, let drive = drives.first(where: { $0.address.id == number }) else {
            let names = drives.compactMap { $0.record["dev"] }
            throw ToolstackError(
                .notFound, "domain \(domain) has no CD drive \(medium.virtualDevice ?? "")",
                domain: domain, cause: names.isEmpty ? "it has none at all" : "it has \(names.joined(separator: ", "))",
                remedy: "drives are there from the start: the configuration lists them, empty ones too")
        }
        self.drive = drive.address
        var medium = medium
        medium.virtualDevice = drive.record["dev"] ?? medium.virtualDevice
        if medium.physicalPath == nil, medium.format == .unknown { medium.format = .empty }
        self.medium = medium
    }
}

extension Toolstack {
    /// Puts a medium into an HVM guest's CD drive in place of what is in it, or takes that out.
    ///
    /// When it fails, the drive holds what it held before.
    ///
    /// An interruption counts until QEMU is asked; from then on this runs to its end.
    ///
    /// - Parameters:
    ///   - medium: the drive's name, and the image with its format; format `empty` ejects.
    ///   - waitsForTray: whether a guest that has locked the drive gets a while to open it.
    /// - Throws: `invalid` for other guests, `notFound` for a drive that is none; QEMU's words otherwise, such as that
    ///   the guest has locked the drive.
    public func changeMedium(
        _ medium: DiskDevice, of domain: DomainID, waitsForTray: Bool = true
    ) async throws(ToolstackError) {
        let info = try info(of: domain)
        guard try type(of: domain) == .hvm else {
            throw ToolstackError(
                .invalid, "cannot change a CD of domain \(domain)", domain: domain,
                cause: "only HVM guests have CD drives",
                remedy: "attach the image as a disk with xl block-attach")
        }
        guard deviceModelDomain(of: domain) == nil else {
            throw ToolstackError(
                .notSupported, "cannot change a CD of domain \(domain)", domain: domain,
                cause: "its QEMU runs in a domain of its own")
        }
        let data = UserData(of: domain, uuid: info.uuid, paths: paths)
        let lock = try await FileLock.acquire(data.path(of: .devices), logger: logger)
        defer { lock.release() }
        let drives = try DeviceEngine(self).statuses(
            of: domain, kinds: [.vbd], recordKeys: ["dev", "device-type"], frontendKeys: [])
        let change = try MediumChange(medium, drives: drives, of: domain)
        let image = try change.isEjection ? nil : open(change, of: domain)
        defer { try? image?.close() }
        // Half-way, nobody would know what is in the drive.
        try await toTheEnd { [self] () async throws(ToolstackError) in
            try await withDeviceModel(of: domain, to: change.description) { session in
                try await exchange(change, image, session, waitsForTray: waitsForTray)
            }
            try record(change)
        }
    }

    /// Opens the image here, for QEMU may not be allowed to.
    private func open(_ change: MediumChange, of domain: DomainID) throws(ToolstackError) -> FileDescriptor {
        func failure(_ cause: String) -> ToolstackError {
            ToolstackError(.invalid, "cannot \(change.description)", domain: domain, cause: cause)
        }
        switch HostFile.inspect(change.path) {
        case .regular, .block: break
        case .missing(let reason): throw failure(reason)
        case .directory: throw failure("it is a directory")
        case .other: throw failure("it is neither a file nor a block device")
        }
        do {
            return try FileDescriptor.open(FilePath(change.path), .readOnly, options: .closeOnExec)
        } catch {
            throw failure("\(error)")
        }
    }

    private func exchange(
        _ change: MediumChange, _ image: FileDescriptor?, _ session: QMPSession, waitsForTray: Bool
    ) async throws {
        let id: (name: String, value: JSONValue) = ("id", .string(change.deviceName))
        guard let image else {
            guard waitsForTray else {
                try await session.execute("eject", [id], within: timeouts.mediumChange)
                return
            }
            return try await whenTrayIsOpen(change, session, "eject", [id])
        }
        let answer = try await session.execute(
            "add-fd", [("opaque", .string("\(change.medium.format):\(change.path)"))], passing: image,
            within: timeouts.mediumChange)
        guard let set = answer["fdset-id"]?.integer else { throw QMPError.malformed("add-fd gives no fdset-id") }
        // QEMU finds out by itself what a path names, but not what a descriptor is of.
        let driver = if case .block = HostFile.inspect(change.path) { "host_device:" } else { "" }
        // QEMU opens the new medium before it takes the old one out.
        try await whenTrayIsOpen(
            change, session, "blockdev-change-medium",
            [
                id, ("filename", .string("\(driver)/dev/fdset/\(set)")),
                ("format", .string(change.medium.format.qemuName)),
            ])
    }

    /// Performs a command that a guest can refuse by locking the drive. QEMU asks it to open the tray then; once it
    /// has done so, the command is possible.
    private func whenTrayIsOpen(
        _ change: MediumChange, _ session: QMPSession, _ command: String,
        _ arguments: [(name: String, value: JSONValue)]
    ) async throws {
        let limit = timeouts.mediumChange
        do {
            try await session.execute(command, arguments, within: limit)
        } catch let refusal {
            guard case .refused(let words) = refusal, words.text.contains("is locked") else { throw refusal }
            // What the guest does not do in time is its last word.
            guard (try? await session.event(.trayMoved, within: timeouts.trayOpen)) != nil else {
                throw refusal
            }
            try await session.execute(command, arguments, within: limit)
        }
    }

    /// Notes the new medium in the store and in the stored configuration.
    private func record(_ change: MediumChange) throws(ToolstackError) {
        let domain = change.drive.domain
        try withUserData(of: domain) { data throws(ToolstackError) in
            let before = try data.readConfiguration()
            do {
                try store.transaction(mapError: { $0 as any Error }) { transaction throws in
                    guard try transaction.exists(change.drive.record / "frontend") else {
                        throw ToolstackError(.notFound, "the drive is gone", domain: domain)
                    }
                    for entry in change.entries {
                        try transaction.write(change.drive.backend / entry.key, entry.value)
                        try transaction.write(change.drive.record / entry.key, entry.value)
                    }
                    guard var configuration = before else { return }
                    configuration.replaceDisk(change.medium)
                    try data.write(configuration)
                }
            } catch {
                if let before { logFailure("restore the configuration of domain \(domain)") { try data.write(before) } }
                throw ToolstackError(
                    .fail, "cannot note the new medium of domain \(domain)", domain: domain, underlying: error)
            }
        }
    }
}

extension DomainConfiguration {
    /// Puts a disk in the place of the one with the same virtual device, or else behind the others.
    fileprivate mutating func replaceDisk(_ disk: DiskDevice) {
        if let index = disks.firstIndex(where: { DiskClass.isSame($0, disk) }) {
            disks[index] = disk
        } else {
            disks.append(disk)
        }
    }
}

extension DiskFormat {
    /// QEMU's word for the format.
    var qemuName: String { self == .vhd ? "vpc" : name }
}
