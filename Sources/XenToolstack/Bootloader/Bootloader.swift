import DomainModel
import Glibc
import SystemPackage

/// The program that picks a guest's kernel from its disk, such as pygrub.
package enum Bootloader {
    /// What plainly speaks against running a bootloader, found before a domain exists.
    static func problems(_ name: String, disks: [DiskDevice], paths: HostPaths) -> [ToolstackError] {
        var problems = FileCheck(executable(name, paths: paths), "bootloader").problems
        if disks.isEmpty {
            problems.append(
                ToolstackError(
                    .fail, "the bootloader \(name) has no disk to boot from",
                    remedy: "add disk= to the configuration"))
        }
        return problems
    }

    static func isPygrub(_ program: FilePath) -> Bool { program.lastComponent == "pygrub" }

    /// Whether it is a pygrub that can give up root's rights: of the releases of Xen since XSA-443.
    static func canBeConfined(_ program: FilePath) -> Bool {
        guard isPygrub(program), let script = try? Files.read(program, limit: 1 << 20) else { return false }
        return String(decoding: script, as: UTF8.self).contains("--runas")
    }

    /// What runs when the administrator has said nothing and the host has no user for it (XSA-508).
    static let riskOfPygrub =
        "pygrub reads the guest's disk with root's rights, which Xen's security team does not support: create the user "
        + "\(DeviceModelUser.rangeBase) or \(DeviceModelUser.shared), set bootloader_user, or write bootloader_restrict=0"

    /// Where a bootloader is: a relative name is looked for among this release's programs first.
    static func executable(_ name: String, paths: HostPaths) -> FilePath {
        let path = FilePath(name)
        guard !path.isAbsolute else { return path }
        let bundled = paths.libexec.appending(name)
        return access(bundled.string, F_OK) == 0 ? bundled : path
    }
}
