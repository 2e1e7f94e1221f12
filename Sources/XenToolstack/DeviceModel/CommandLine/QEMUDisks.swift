import DomainModel
import XenTypes

/// Emulated disks: the first few of the guest's disks, for firmware and for guests without Xen's drivers.
enum QEMUDisks {
    static func scsiController(_ setup: QEMUSetup) -> [String] {
        setup.configuration.disks.contains { !$0.isCDROM && isSCSI($0) } ? ["-device", "lsi53c895a"] : []
    }

    static func drives(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        var arguments: [String] = []
        for disk in setup.configuration.disks {
            if case .emulated(let drive) = try place(of: disk, setup) { arguments += drive }
        }
        return arguments
    }

    /// Why disks of the configuration are not emulated; the guest sees them only through Xen's drivers.
    static func warnings(_ setup: QEMUSetup) -> [String] {
        guard setup.hvm != nil else { return [] }
        return setup.configuration.disks.compactMap { disk in
            guard case .unseen(let reason) = try? place(of: disk, setup) else { return nil }
            return "disk \(disk.virtualDevice ?? "") is not emulated: \(reason)"
        }
    }

    private enum Place {
        case emulated([String])
        case unseen(because: String)
    }

    /// A disk as QEMU's options name it.
    private struct Drive {
        let disk: DiskDevice
        let device: VirtualDevice
        /// Which one of its kind it is.
        let index: Int
        /// nil for an empty CD drive.
        let source: Source?

        struct Source {
            var path: String
            var format: String
        }
    }

    private static func isSCSI(_ disk: DiskDevice) -> Bool { disk.virtualDevice?.hasPrefix("sd") == true }

    private static func place(of disk: DiskDevice, _ setup: QEMUSetup) throws(ToolstackError) -> Place {
        guard let device = disk.virtualDevice.flatMap({ VirtualDevice($0) }), let index = device.disk else {
            return .unseen(because: "its vdev is a number")
        }
        let isEmpty = disk.format == .empty
        let source = isEmpty ? nil : source(of: disk, device, index, setup)
        guard isEmpty ? disk.isCDROM : source != nil else {
            return .unseen(because: "its image is not accessible in this domain")
        }
        let drive = Drive(disk: disk, device: device, index: index, source: source)
        if disk.isCDROM { return cdrom(drive) }
        guard let source else { return .unseen(because: "it is empty") }
        if isSCSI(disk) { return .emulated(scsi(drive, source)) }
        let isAHCI = setup.hvm?.hdType == .ahci
        guard index < (isAHCI ? ahciPorts : idePorts) else {
            return .unseen(because: "there are only \(isAHCI ? ahciPorts : idePorts) places for it")
        }
        guard disk.isWritable else {
            throw setup.refusal(
                "disk \(disk.virtualDevice ?? "") is read-only, which \(isAHCI ? "AHCI" : "IDE") disks cannot be",
                remedy: "make it writable, a CD drive (devtype=cdrom), or a SCSI disk (vdev=sd…)")
        }
        return .emulated(isAHCI ? ahci(drive, source) : ide(drive, source))
    }

    private static let idePorts = 4
    private static let ahciPorts = 6

    /// Where QEMU finds the image; nil when it cannot get at it.
    private static func source(
        of disk: DiskDevice, _ device: VirtualDevice, _ index: Int, _ setup: QEMUSetup
    ) -> Drive.Source? {
        if setup.isStubdomain { return stubdomainSource(index) }
        // What another backend interprets, QEMU gets raw.
        guard let format = disk.backend == .qdisk ? disk.format.imageFormat : DiskFormat.raw.imageFormat,
            disk.backendDomainID == .control, disk.backendDomainName == nil
        else { return nil }
        let isDirect = disk.backend == .qdisk || (disk.format == .raw && disk.script == nil)
        let path = isDirect ? disk.physicalPath : setup.scriptedDisks[device.number]
        return path.map { Drive.Source(path: $0.asOptionValue, format: format) }
    }

    /// A stub domain has the guest's disks as its own, named by letters.
    private static func stubdomainSource(_ index: Int) -> Drive.Source? {
        guard (0..<26).contains(index) else { return nil }
        let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(index)))
        return Drive.Source(path: "/dev/xvd\(letter)", format: "host_device")
    }

    private static func cdrom(_ drive: Drive) -> Place {
        guard drive.index < idePorts else { return .unseen(because: "CD drives have only \(idePorts) places") }
        let id = "ide-\(drive.device.number)"
        var text = "if=none,readonly=on,id=\(id)"
        if let source = drive.source { text += ",file=\(source.path),format=\(source.format)" }
        let place = "bus=ide.\(drive.index / 2),unit=\(drive.index % 2)"
        return .emulated(["-drive", text, "-device", "ide-cd,id=\(id),drive=\(id),\(place)"])
    }

    private static func scsi(_ drive: Drive, _ source: Drive.Source) -> [String] {
        let access = drive.disk.isWritable ? "off" : "on"
        let common = "if=none,readonly=\(access),cache=writeback"
        var id = "scsi0-hd\(drive.index)"
        var arguments: [String] = []
        switch Replication(drive.disk) {
        case nil:
            arguments = ["-drive", "file=\(source.path),id=\(id),format=\(source.format),\(common)"]
        case .primary(let export):
            id = export
            arguments = ["-drive", "\(common),id=\(id)," + Replication.quorum(source.path, source.format)]
        case .secondary(let export):
            id = Replication.topID
            let base = "if=none,driver=\(source.format),file=\(source.path),id=\(export),readonly=\(access)"
            arguments = ["-drive", base, "-drive", "\(common),id=\(id)," + Replication.replica(drive.disk, export)]
        }
        return arguments + ["-device", "scsi-hd,drive=\(id),scsi-id=\(drive.index)"]
    }

    private static func ahci(_ drive: Drive, _ source: Drive.Source) -> [String] {
        let id = "ahcidisk-\(drive.index)"
        return [
            "-drive", "file=\(source.path),if=none,id=\(id),format=\(source.format),cache=writeback",
            "-device", "ide-hd,bus=ahci0.\(drive.index),unit=0,drive=\(id)",
        ]
    }

    private static func ide(_ drive: Drive, _ source: Drive.Source) -> [String] {
        let place = "if=ide,index=\(drive.index)"
        switch Replication(drive.disk) {
        case nil:
            return [
                "-drive", "file=\(source.path),\(place),media=disk,format=\(source.format),cache=writeback",
            ]
        case .primary(let export):
            let quorum = Replication.quorum(source.path, source.format, id: export)
            return ["-drive", "\(place),media=disk,cache=writeback,\(quorum)"]
        case .secondary(let export):
            return [
                "-drive", "if=none,driver=\(source.format),file=\(source.path),id=\(export)",
                "-drive",
                "\(place),id=\(Replication.topID),media=disk,cache=writeback,"
                    + Replication.replica(drive.disk, export),
            ]
        }
    }
}

/// A disk's part in COLO: two guests that run in step, whose writes are replicated.
private enum Replication {
    case primary(export: String)
    case secondary(export: String)

    static let topID = "top-colo"

    /// - Returns: nil for a disk that is not replicated.
    init?(_ disk: DiskDevice) {
        guard disk.coloEnable == true else { return nil }
        let export = (disk.coloExport ?? "").asOptionValue
        self = disk.coloRestoreEnable == true ? .secondary(export: export) : .primary(export: export)
    }

    static func quorum(_ path: String, _ format: String, id: String? = nil) -> String {
        let name = id.map { "id=\($0)," } ?? ""
        return "driver=quorum,\(name)children.0.file.filename=\(path),children.0.driver=\(format),"
            + "read-pattern=fifo,vote-threshold=1"
    }

    static func replica(_ disk: DiskDevice, _ export: String) -> String {
        "driver=replication,mode=secondary,top-id=\(topID),file.driver=qcow2,"
            + "file.file.filename=\((disk.activeDisk ?? "").asOptionValue),file.backing.driver=qcow2,"
            + "file.backing.file.filename=\((disk.hiddenDisk ?? "").asOptionValue),file.backing.backing=\(export)"
    }
}

extension DiskFormat {
    /// QEMU's name of the format; nil where there is no image.
    var imageFormat: String? {
        switch self {
        case .unknown, .empty: nil
        case .vhd: "vpc"
        case .qcow, .qcow2, .raw, .qed: name
        }
    }
}
