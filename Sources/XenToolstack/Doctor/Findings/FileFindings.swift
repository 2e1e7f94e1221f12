import SystemPackage
import XenTypes

/// What can be left in the toolstacks' directories.
enum FileFindings {
    static let table = [
        Ailment("files-left", "files of a domain that is no more", filesLeft),
        Ailment(
            "bootloader-files-left", "what a bootloader wrote for a domain that has long been made", bootloaderFiles),
        Ailment("save-unfinished", "a file of a save that was cut off: a guest's memory", saves),
        Ailment(
            "files-unfinished", "a lock that nobody holds, or a half-written file, of a domain that lives", unfinished),
    ]

    /// Whose a file is.
    private struct Owner: Hashable {
        var domain: DomainID
        var uuid: XenUUID?
    }

    private static func owner(_ file: SeenFile) -> Owner? {
        let name = file.name
        if name.hasPrefix("userdata-") {
            // userdata-KIND.DOMID.UUID.NAME
            let parts = name.split(separator: ".", maxSplits: 3)
            guard parts.count == 4, let number = UInt32(parts[1]), let uuid = XenUUID(parts[2]) else { return nil }
            return Owner(domain: DomainID(number), uuid: uuid)
        }
        let beginnings = [
            "bootloader.", "qemu-save.", "qemu-resume.", "qmp-libxl-", "qmp-libxenstat-", "qemu-root-",
            "suspend-evtchn-",
        ]
        for beginning in beginnings where name.hasPrefix(beginning) {
            let digits = name.dropFirst(beginning.count).prefix { $0.isASCII && $0.isNumber }
            return UInt32(digits).map { Owner(domain: DomainID($0)) }
        }
        return nil
    }

    static func filesLeft(_ host: HostSnapshot) -> [Finding] {
        let held = Set(host.locks.map(\.path))
        var files: [Owner: [SeenFile]] = [:]
        for file in host.files where !held.contains(file.path) && !file.isUnfinishedSave {
            guard let owner = owner(file), owner.domain != .control, owner.domain.isReal else { continue }
            if let uuid = owner.uuid {
                guard !host.exists(uuid, as: owner.domain) else { continue }
            } else {
                guard !host.exists(owner.domain) else { continue }
            }
            files[owner, default: []].append(file)
        }
        return files.sorted { ($0.key.domain, $0.value[0].path.string) < ($1.key.domain, $1.value[0].path.string) }.map
        {
            owner, files in
            let paths = files.map(\.path)
            return Finding(
                paths.count == 1 ? "\(paths[0])" : "\(paths.count) files of domain \(owner.domain)",
                domain: owner.domain,
                "The domain\(owner.uuid.map { " with the UUID \($0)" } ?? "") is no more.",
                since: files.map(\.modified).min(),
                remedy: "rm -r " + paths.map(\.string.quotedForShell).joined(separator: " "),
                repair: .removeFiles(paths, domain: owner.domain, uuid: owner.uuid), hindrance: host.foreignHindrance)
        }
    }

    static func bootloaderFiles(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(["create", "restore"]) else { return [] }
        let ready = Set(host.guests.filter { host.hasConfiguration($0) }.map(\.domain))
        let running = Set(
            host.processes.compactMap { process -> DomainID? in
                if case .bootloader(let domain) = host.role(process) { domain } else { nil }
            })
        var files: [DomainID: [SeenFile]] = [:]
        for file in host.files where file.name.hasPrefix("bootloader.") {
            guard let owner = owner(file), ready.contains(owner.domain), !running.contains(owner.domain) else {
                continue
            }
            files[owner.domain, default: []].append(file)
        }
        return files.sorted { $0.key < $1.key }.map { domain, files in
            Finding(
                files.map { "\($0.path)" }.joined(separator: " and "), domain: domain,
                "\(host.title(domain)) runs, and does not need what its bootloader wrote.",
                since: files.map(\.modified).min(),
                remedy: "rm -r " + files.map(\.path.string.quotedForShell).joined(separator: " "),
                repair: .removeBootloaderFiles(files.map(\.path), domain: domain), hindrance: host.workHindrance)
        }
    }

    static func saves(_ host: HostSnapshot) -> [Finding] {
        host.files.filter(\.isUnfinishedSave).compactMap { file in
            guard !host.processes.contains(where: { $0.opened.contains(file.path.string) }) else { return nil }
            return Finding(
                "\(file.path)",
                file.mayBeShared
                    ? """
                    A save began to write it, and nobody on this host goes on; another that has this file system mounted \
                    may. It holds a part of a guest's memory.
                    """
                    : "A save began to write it, and nobody goes on: it holds a part of a guest's memory.",
                since: file.modified, remedy: "rm \(file.path.string.quotedForShell)",
                repair: file.mayBeShared ? nil : .removeSave(file.path, modified: file.modified))
        }
    }

    static func unfinished(_ host: HostSnapshot) -> [Finding] {
        let held = Set(host.locks.map(\.path))
        return host.files.compactMap { file in
            let isLock = file.name.hasPrefix("userdata-l.")
            guard isLock || file.name.hasPrefix("userdata-n."), !held.contains(file.path), let owner = owner(file),
                let uuid = owner.uuid, host.exists(uuid, as: owner.domain)
            else { return nil }
            return Finding(
                "\(file.path)", domain: owner.domain,
                isLock
                    ? "Whoever held this lock was killed. It holds up nobody."
                    : "Whoever wrote it was killed; the file that it was to replace is whole.",
                since: file.modified, remedy: "rm \(file.path.string.quotedForShell)",
                repair: .removeUnfinished(file.path, domain: owner.domain, uuid: uuid), severity: .note)
        }
    }
}
