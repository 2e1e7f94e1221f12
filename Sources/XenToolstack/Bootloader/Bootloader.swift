import DomainModel
import Glibc
import SystemPackage

/// The program that picks a guest's kernel from its disk, such as pygrub.
public enum Bootloader {
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

    /// Where a bootloader is: a relative name is looked for among this release's programs first.
    static func executable(_ name: String, paths: HostPaths) -> FilePath {
        let path = FilePath(name)
        guard !path.isAbsolute else { return path }
        let bundled = paths.libexec.appending(name)
        return access(bundled.string, F_OK) == 0 ? bundled : path
    }
}
