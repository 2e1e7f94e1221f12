import XenTypes

/// What can be wrong with the processes of dom0 that serve guests.
enum ProcessFindings {
    static let table = [
        Ailment("xenstored-silent", "xenstored does not answer", silentStore),
        Ailment("xenconsoled-missing", "xenconsoled does not run, or stands still", missingConsoles),
        Ailment("console-unserved", "a guest for whose console xenconsoled does nothing", unservedConsoles),
        Ailment("device-model-ended", "a guest whose QEMU has ended", endedModels),
        Ailment("device-model-stopped", "a guest whose QEMU has been stopped", stoppedModels),
        Ailment("device-model-left", "a QEMU whose guest is no more, or that its guest does not use", modelsLeft),
        Ailment("bootloader-left", "a bootloader whose domain's creation was cut off", bootloadersLeft),
        Ailment("script-left", "a hotplug script whose caller is no more", scriptsLeft),
        Ailment("lock-held", "a lock whose holder has been stopped, or is no more", heldLocks),
    ]

    static func silentStore(_ host: HostSnapshot) -> [Finding] {
        guard let problem = host.storeProblem else { return [] }
        let daemon = host.processes.first { host.role($0) == .storeDaemon }
        return [
            Finding(
                "xenstored",
                """
                It cannot be asked: \(problem). Nothing can be created, changed or ended, and what is looked up in it is \
                not told here.
                """,
                who: daemon.map { "\($0.title)\($0.isStopped ? ", which has been stopped" : "")" },
                remedy: daemon.map {
                    $0.isStopped
                        ? "kill -CONT \($0.id)" : "see what it waits for; without it only a restart of the host helps"
                } ?? "systemctl start xenstored; if it has run before, only a restart of the host helps")
        ]
    }

    static func missingConsoles(_ host: HostSnapshot) -> [Finding] {
        let daemons = host.processes.filter { host.role($0) == .consoleDaemon }
        if let daemon = daemons.first {
            guard daemon.isStopped else { return [] }
            return [
                Finding(
                    "xenconsoled", "It has been stopped: consoles of guests stand still.", who: daemon.title,
                    remedy: "kill -CONT \(daemon.id)")
            ]
        }
        return [
            Finding(
                "xenconsoled", "It does not run: guests' consoles cannot be used, and new ones cannot be created.",
                remedy: "systemctl restart xenconsoled, or start \(host.consoleDaemonName)")
        ]
    }

    /// Seconds after which a console that is not served has been forgotten.
    private static let consoleLimit = 60

    static func unservedConsoles(_ host: HostSnapshot) -> [Finding] {
        guard missingConsoles(host).isEmpty, host.store != nil else { return [] }
        return host.guests.filter { domain in
            guard let home = host.home(domain.domain), home.wantsTerminal, !home.hasTerminal,
                !host.isHalfMade(domain), !TransferFindings.isMoving(domain, host)
            else { return false }
            return home.startTime.map { host.time - $0 > consoleLimit } ?? false
        }.map { domain in
            Finding(
                host.title(domain.domain), domain: domain.domain,
                "xenconsoled runs, but has made no terminal for it: 'xl console' cannot show its console.",
                since: host.home(domain.domain)?.startTime,
                remedy: "systemctl restart xenconsoled; its log is in /var/log/xen/console")
        }
    }

    static func endedModels(_ host: HostSnapshot) -> [Finding] {
        // Who makes or ends a domain starts and ends its QEMU, too.
        guard !host.isDoing(["create", "restore", "migrate-receive", "destroy", "migrate", "save"]) else { return [] }
        let guests = host.guests.filter { $0.shutdownReason == nil && !host.isHalfMade($0) }
        return guests.compactMap { domain in
            guard let process = host.home(domain.domain)?.deviceModelProcess,
                !host.processes.contains(where: { $0.id == process && host.role($0) == .deviceModel(domain.domain) })
            else { return nil }
            return Finding(
                host.title(domain.domain), domain: domain.domain,
                "Its QEMU, which was process \(process), has ended: what it served does not work any more.",
                remedy: "see its log in /var/log/xen, then 'xl destroy \(domain.domain)', and create it anew")
        }
    }

    static func stoppedModels(_ host: HostSnapshot) -> [Finding] {
        host.processes.compactMap { process in
            guard process.isStopped, case .deviceModel(let domain) = host.role(process), host.exists(domain) else {
                return nil
            }
            return Finding(
                host.title(domain), domain: domain,
                "Its QEMU has been stopped: what it serves does not work, and who asks it waits.", who: process.title,
                remedy: "kill -CONT \(process.id)")
        }
    }

    static func modelsLeft(_ host: HostSnapshot) -> [Finding] {
        host.processes.compactMap { process in
            guard case .deviceModel(let domain) = host.role(process), domain != .control else { return nil }
            if !host.exists(domain) {
                return Finding(
                    process.title, domain: domain, "It serves domain \(domain), which is no more.", since: process.time,
                    remedy: "kill \(process.id)", repair: .endProcess(process.identity),
                    hindrance: host.foreignHindrance)
            }
            guard let recorded = host.home(domain)?.deviceModelProcess, recorded != process.id,
                host.processes.contains(where: { $0.id == recorded && host.role($0) == .deviceModel(domain) })
            else { return nil }
            return Finding(
                process.title, domain: domain,
                "It was started for \(host.title(domain)), whose QEMU is another: process \(recorded).",
                since: process.time, remedy: "kill \(process.id)", repair: .endProcess(process.identity),
                hindrance: host.workHindrance)
        }
    }

    static func bootloadersLeft(_ host: HostSnapshot) -> [Finding] {
        host.processes.compactMap { process in
            guard case .bootloader(let domain) = host.role(process), !hasCaller(process, host) else { return nil }
            return Finding(
                process.title, domain: domain,
                "It looks for the kernel of domain \(domain), and whoever waited for that is no more.",
                since: process.time, remedy: "kill \(process.id)", repair: .endProcess(process.identity))
        }
    }

    /// Whether a process's caller, or one of the callers' callers, is a toolstack.
    private static func hasCaller(_ process: SeenProcess, _ host: HostSnapshot) -> Bool {
        let byNumber = Dictionary(host.processes.map { ($0.id, $0) }) { first, _ in first }
        var next = byNumber[process.parent]
        for _ in 0..<16 {
            guard let caller = next else { return false }
            if caller.opensHypervisor { return true }
            next = byNumber[caller.parent]
        }
        return false
    }

    /// How long a script may go on alone, in seconds: as long as the toolstacks wait for one.
    private static let scriptLimit = 40

    static func scriptsLeft(_ host: HostSnapshot) -> [Finding] {
        host.processes.compactMap { process in
            guard let device = process.script, !hasCaller(process, host), host.time - process.time > scriptLimit else {
                return nil
            }
            return Finding(
                process.title, "It works on \(device), and whoever started it is no more.", since: process.time,
                remedy: "see what it waits for, then 'kill \(process.id)' and 'xl doctor' again")
        }
    }

    /// A lock that is held by what its holder started, and has not ended with it.
    private static func inherited(_ lock: SeenLock, _ host: HostSnapshot) -> Finding? {
        guard let path = lock.realPath, let heir = host.processes.first(where: { $0.opened.contains(path) }) else {
            return nil
        }
        return Finding(
            "\(lock.path)", "Process \(lock.holder), which took it, is no more, and one that it started still has it.",
            who: heir.title, remedy: "see what it waits for, then 'kill \(heir.id)'")
    }

    static func heldLocks(_ host: HostSnapshot) -> [Finding] {
        host.locks.compactMap { lock in
            guard let holder = host.processes.first(where: { $0.id == lock.holder }) else {
                return inherited(lock, host)
            }
            guard holder.isStopped else { return nil }
            return Finding(
                "\(lock.path)", "It is held by a process that has been stopped: others wait for it.",
                who: holder.title, remedy: "kill -CONT \(holder.id)")
        }
    }
}

extension HostSnapshot {
    fileprivate var consoleDaemonName: String { "/usr/lib/xen-*/bin/xenconsoled" }
}
