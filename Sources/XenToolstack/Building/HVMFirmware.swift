import DomainModel
import SystemPackage
import XenTypes

/// The files that an HVM guest starts from: hvmloader, the system firmware that it puts into the guest, and tables
/// that it passes on.
struct HVMFirmware: Sendable, Hashable {
    /// hvmloader, or what the configuration has in its place.
    var loader: BootFile
    /// SeaBIOS or OVMF; nil for ROMBIOS, which hvmloader has in itself.
    var system: FilePath?
    /// What `system` is.
    var bios: BIOSType
    var acpi: FilePath?
    var smbios: FilePath?

    /// Largest file of firmware or tables that is read.
    static let sizeLimit = 16 << 20

    /// - Parameter info: with every default applied.
    init(_ info: BuildInfo, paths: HostPaths) {
        let hvm = info.hvm ?? HVMBuildInfo()
        loader = BootFile(path: paths.firmware.pushing(FilePath(hvm.firmware ?? "hvmloader")))
        bios = hvm.bios
        if info.deviceModelVersion == .qemuXen {
            system = hvm.systemFirmware.map { FilePath($0) } ?? (hvm.bios == .ovmf ? paths.ovmf : paths.seabios)
        }
        acpi = hvm.acpiFirmware.map { FilePath($0) }
        smbios = hvm.smbiosFirmware.map { FilePath($0) }
    }

    /// What is plainly wrong with the files.
    var problems: [ToolstackError] {
        var problems = loaderProblems
        if let system { problems += Self.systemProblems(system, bios) }
        if let acpi { problems += Self.tableProblems(acpi, "file of ACPI tables") }
        if let smbios { problems += Self.tableProblems(smbios, "file of SMBIOS structures") }
        return problems
    }

    private var loaderProblems: [ToolstackError] {
        let what = "HVM loader"
        let check = FileCheck(loader.path, what)
        guard check.problems.isEmpty, let head = check.head else { return check.problems }
        guard let file = KernelFile(head: head), file.format == .elf32 || file.format == .compressed else {
            return [
                ToolstackError(
                    .fail, "the \(what) \(loader.path) is no 32-bit ELF file",
                    remedy: "firmware_override= must name a build of Xen's hvmloader")
            ]
        }
        return KernelFile.truncation(what, loader.path, expected: file.expectedSize, size: check.size)
    }

    private static func systemProblems(_ path: FilePath, _ bios: BIOSType) -> [ToolstackError] {
        let what = "\(bios.name) image"
        let check = FileCheck(path, what)
        guard check.problems.isEmpty else { return check.problems }
        // hvmloader copies SeaBIOS to where it ends at 1 MiB, above the VGA's BIOS; OVMF to where it ends at 4 GiB,
        // above the pages that Xen uses there. Both start 16 bytes before their ends.
        let (unit, limit): (UInt64, UInt64) = bios == .ovmf ? (1 << 20, 16 << 20) : (64 << 10, 256 << 10)
        guard check.size % unit != 0 || check.size > limit else { return [] }
        return [
            ToolstackError(
                .fail,
                "the \(what) \(path) has \(check.size) bytes, and must have a multiple of \(unit), at most \(limit)",
                remedy: "install it again, or correct bios_path_override= and bios=")
        ]
    }

    private static func tableProblems(_ path: FilePath, _ what: String) -> [ToolstackError] {
        let check = FileCheck(path, what)
        guard check.problems.isEmpty, check.size > UInt64(sizeLimit) else { return check.problems }
        return [
            ToolstackError(
                .fail, "the \(what) \(path) has \(check.size) bytes, more than \(sizeLimit)", remedy: "check the path")
        ]
    }
}
