/// The operations that are killed.
enum KillOperation: String, CaseIterable, Sendable, CustomStringConvertible {
    case createPV = "create-pv"
    case createPVH = "create-pvh"
    case createHVM = "create-hvm"
    case createByBootloader = "create-bootloader"
    case watchPoweroff = "monitor-poweroff"
    case watchReboot = "monitor-reboot"
    case destroyPV = "destroy-pv"
    case destroyHVM = "destroy-hvm"
    case attachDisk = "block-attach"
    case detachDisk = "block-detach"
    case attachCard = "network-attach"
    case detachCard = "network-detach"
    case savePVH = "save-pvh"
    case saveHVM = "save-hvm"
    case restorePVH = "restore-pvh"
    case restoreHVM = "restore-hvm"
    case sendPVH = "migrate-sender-pvh"
    case sendHVM = "migrate-sender-hvm"
    case receivePVH = "migrate-receiver-pvh"
    case receiveHVM = "migrate-receiver-hvm"
    case protect = "remus"
    case createPool = "cpupool-create"

    var description: String { rawValue }
    var allIndices: [Int] { Array(0..<scenario.points) }

    /// Those of the normal set, over the whole of the run.
    var essentialIndices: [Int] {
        let (all, wanted) = (scenario.points, scenario.essentialPoints)
        return (0..<wanted).map { (2 * $0 + 1) * all / (2 * wanted) }
    }

    /// The guest of points that do not make one each.
    static let shared = "holder"
    /// What each point makes.
    static let victim = "killed"

    var scenario: KillScenario {
        switch self {
        case .createPV: Self.creation(.pvWithDevices, points: 20, essential: 3)
        case .createPVH: Self.creation(.victim(.pvh), "create -q -p", points: 14)
        case .createHVM: Self.creation(.victim(.hvm), points: 14)
        case .createByBootloader: Self.creation(.bootloader, points: 14)
        case .watchPoweroff: Self.watch(reason: 0, points: 6)
        case .watchReboot: Self.watch(reason: 1, points: 10)
        case .destroyPV: Self.destruction(.pvWithDevices, points: 12, essential: 3)
        case .destroyHVM: Self.destruction(.victim(.hvm), points: 8)
        case .attachDisk: Self.attaching(.disk, points: 14, essential: 3)
        case .detachDisk: Self.detaching(.disk, points: 10)
        case .attachCard: Self.attaching(.card, points: 12)
        case .detachCard: Self.detaching(.card, points: 10)
        case .savePVH: Self.saving(.victim(.pvh), points: 12, essential: 3)
        case .saveHVM: Self.saving(.victim(.hvm), points: 4)
        case .restorePVH: Self.restoring(.victim(.pvh), points: 12)
        case .restoreHVM: Self.restoring(.victim(.hvm), points: 4)
        case .sendPVH: Self.migration(.victim(.pvh), killsSender: true, points: 16)
        case .sendHVM: Self.migration(.victim(.hvm), killsSender: true, points: 4)
        case .receivePVH: Self.migration(.victim(.pvh), killsSender: false, points: 16)
        case .receiveHVM: Self.migration(.victim(.hvm), killsSender: false, points: 4)
        case .protect: Self.protection(points: 8)
        case .createPool: Self.pool(points: 8)
        }
    }
}

/// The guests.
extension GuestConfiguration {
    fileprivate static func victim(_ kind: Kind, _ more: String...) -> GuestConfiguration {
        var guest = kind == .hvm ? hvm(KillOperation.victim) : idle(KillOperation.victim, kind)
        guest.lines += more
        return guest
    }

    fileprivate static let pvWithDevices = victim(
        .pv, "disk = [ \"\(KilledDevice.disk(at: "xvda"))\" ]", "vif = [ \"\(KilledDevice.cardOptions)\" ]")

    /// The bootloader reads a disk that dom0 must attach for it.
    fileprivate static let bootloader = victim(
        .pv, "bootloader = \"/root/killed.boot\"", "disk = [ \"\(KilledDevice.disk(at: "xvda"))\" ]")

    /// The file, and what it names.
    fileprivate func placeForKills(on host: TestHost) async throws {
        try await place(on: host)
        if lines.contains(where: { $0.hasPrefix("disk") }) { try await KilledDevice.placeScripts(on: host) }
        guard lines.contains(where: { $0.contains("killed.boot") }) else { return }
        await host.atEnd("rm -f /root/killed.boot")
        try await host.write(
            """
            #!/bin/sh
            for word; do
                case $word in
                --output=*) output=${word#*=} ;;
                --output-directory=*) directory=${word#*=} ;;
                esac
                disk=$word
            done
            exec 3< "$disk"
            cp /root/guests/idle-pv "$directory/kernel"
            printf 'kernel %s\\0' "$directory/kernel" > "$output"

            """, to: "/root/killed.boot")
        try await host.require("chmod 755 /root/killed.boot; modprobe xen-blkfront")
    }
}

/// A disk and a card whose scripts do what the stock ones do, without the minute that these take in emulation.
private struct KilledDevice {
    var attach: String
    var detach: String
    /// What people do with all of them: a second attach has made a second one, where they have numbers.
    var detachAll: String

    static let cardOptions = "bridge=xenbr0,script=/root/killed.vif"
    static let disk = KilledDevice(
        attach: "block-attach \(KillOperation.shared) \(disk(at: "xvdc"))",
        detach: "block-detach -f \(KillOperation.shared) xvdc",
        detachAll: "\(TestHost.ours) block-detach -f \(KillOperation.shared) xvdc")
    static let card = KilledDevice(
        attach: "network-attach \(KillOperation.shared) bridge=xenbr0 script=/root/killed.vif mac=00:16:3f:00:00:77",
        detach: "network-detach \(KillOperation.shared) 0",
        detachAll: """
            \(TestHost.ours) network-list \(KillOperation.shared) | while read -r number _; do
                [[ $number = [0-9]* ]] && \(TestHost.ours) network-detach \(KillOperation.shared) $number
            done
            """)

    static func disk(at place: String) -> String {
        "script=/root/killed.disk,vdev=\(place),format=raw,target=/root/killed.img"
    }

    static func placeScripts(on host: TestHost) async throws {
        try await host.makeDisk("/root/killed.img")
        await host.atEnd("rm -f /root/killed.disk /root/killed.vif")
        try await host.write(
            """
            #!/bin/sh
            p=$XENBUS_PATH
            if [ "$1" = add ]; then
                loop=$(losetup -f --show "$(xenstore-read "$p/params")") || exit 1
                xenstore-write "$p/node" "$loop" "$p/physical-device" "7:${loop#/dev/loop}" "$p/hotplug-status" connected
            else
                loop=$(xenstore-read "$p/node") && losetup -d "$loop"
            fi

            """, to: "/root/killed.disk")
        try await host.write(
            """
            #!/bin/sh
            if [ "$1" = online ]; then
                ip link set "$vif" up master xenbr0
                xenstore-write "$XENBUS_PATH/hotplug-status" connected
            fi

            """, to: "/root/killed.vif")
        try await host.require("chmod 755 /root/killed.disk /root/killed.vif")
    }
}

extension TestHost {
    /// Destroys the guest, if it is there by its name.
    nonisolated fileprivate func destroyVictim() async throws {
        if try await exists(KillOperation.victim) { try await ours("destroy \(KillOperation.victim)") }
    }

    /// Makes the guest that a point needs: one that runs, and suspends when asked to.
    nonisolated fileprivate func startVictim(_ guest: GuestConfiguration) async throws {
        try await require("\(Self.ours) create -q -e \(guest.path)", timeout: .seconds(300))
        guard guest.kind != .hvm else { return }
        _ = try await ask(.obey, "\(try await domain(guest.name))")
    }
}

// MARK: Lives and deaths

extension KillOperation {
    private static func creation(
        _ guest: GuestConfiguration, _ command: String = "create -q -p -e", points: Int, essential: Int = 0
    ) -> KillScenario {
        KillScenario(
            points: points, essentialPoints: essential, setUp: { try await guest.placeForKills(on: $0) },
            run: { try await $0.run("\($1)\(TestHost.ours) \(command) \(guest.path)", timeout: .seconds(300)) },
            recover: { host, index in
                // The same again, at every other point: it works, or says that there is one already.
                if index.isMultiple(of: 2) {
                    let again = try await host.ours("create -q -e \(guest.path)", timeout: .seconds(300))
                    let copies = try await host.guests().filter { $0.name == guest.name }.count
                    guard copies == 1 else { throw KillFailure("there are \(copies) copies after \(again)") }
                }
                try await host.destroyVictim()
                return .byCommand
            })
    }

    private static func destruction(_ guest: GuestConfiguration, points: Int, essential: Int = 0) -> KillScenario {
        KillScenario(
            points: points, essentialPoints: essential, setUp: { try await guest.placeForKills(on: $0) },
            prepare: { try await $0.require("\(TestHost.ours) create -q -p -e \(guest.path)", timeout: .seconds(300)) },
            run: { try await $0.run("\($1)\(TestHost.ours) destroy \(guest.name)") },
            recover: { host, _ in
                try await host.destroyVictim()
                return .byCommand
            })
    }

    /// Kills the process that `create` leaves behind, when its domain has ended: there it does most.
    private static func watch(reason: Int, points: Int) -> KillScenario {
        let guest = GuestConfiguration.victim(.pv, "on_poweroff = \"destroy\"", "on_reboot = \"restart\"")
        return KillScenario(
            points: points, setUp: { try await guest.placeForKills(on: $0) },
            prepare: { try await $0.require("\(TestHost.ours) create -q \(guest.path)") },
            run: { host, tracer in
                try await host.require(
                    """
                    monitor=$(pgrep -o -f 'create -q \(guest.path)')
                    setsid \(tracer) -p $monitor > /dev/null 2>&1 < /dev/null & echo $! > /root/killed.pid
                    until [[ $(< /proc/$monitor/status) == *TracerPid:?[1-9]* ]]; do :; done
                    """)
                _ = try await host.ask(.shut, "\(try await host.domain(guest.name)) \(reason)")
                // strace ends with the process, or when that starts itself afresh.
                return try await host.run(
                    "while kill -0 $(< /root/killed.pid); do sleep 0.1; done; rm /root/killed.pid")
            },
            recover: { host, index in
                guard try await !host.guests().isEmpty else { return .byItself }
                if index.isMultiple(of: 2) {
                    try await host.ours("doctor --fix")
                    if try await host.exists(guest.name) { try await host.ours("doctor --fix \(guest.name)") }
                    // A new monitor does what the old one had begun; what it restarts may live.
                }
                try await host.destroyVictim()
                return .byCommand
            })
    }
}

// MARK: Devices

extension KillOperation {
    private static func placeHolder(_ host: TestHost) async throws {
        let guest = GuestConfiguration.idle(shared, .pv)
        try await guest.place(on: host)
        try await KilledDevice.placeScripts(on: host)
        try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
    }

    /// The guest goes on whatever is killed.
    private static func expectHolder(_ host: TestHost) async throws {
        guard try await host.isOneRunning(shared) else { throw KillFailure("\(try await host.guests())") }
    }

    private static func attaching(_ device: KilledDevice, points: Int, essential: Int = 0) -> KillScenario {
        KillScenario(
            points: points, essentialPoints: essential, setUp: placeHolder,
            run: { try await $0.run("\($1)\(TestHost.ours) \(device.attach)") },
            recover: { host, index in
                if index.isMultiple(of: 2) { try await host.ours(device.attach) }
                try await host.run(device.detachAll)
                try await expectHolder(host)
                return .byCommand
            })
    }

    private static func detaching(_ device: KilledDevice, points: Int) -> KillScenario {
        KillScenario(
            points: points, setUp: placeHolder,
            prepare: { try await $0.require("\(TestHost.ours) \(device.attach)") },
            run: { try await $0.run("\($1)\(TestHost.ours) \(device.detach)") },
            recover: { host, _ in
                try await host.run(device.detachAll)
                try await expectHolder(host)
                return .byCommand
            })
    }
}

// MARK: Transfers

extension KillOperation {
    private static let file = "/root/killed.save"
    private static let limit = Duration.seconds(400)

    private static func saving(_ guest: GuestConfiguration, points: Int, essential: Int = 0) -> KillScenario {
        KillScenario(
            points: points, essentialPoints: essential,
            setUp: { host in
                try await guest.placeForKills(on: host)
                await host.atEnd("rm -f \(file)")
            },
            prepare: { host in
                try await host.startVictim(guest)
                try await host.require("rm -f \(file)")
            },
            run: { try await $0.run("\($1)\(TestHost.ours) save \(guest.name) \(file)", timeout: limit) },
            isOverWhenNothingIsLeft: false,
            recover: { host, index in
                var outcome = KillScenario.Outcome.byCommand
                if try await host.exists(guest.name) {
                    // The same again works; or the guest can be let go on, and then it works.
                    if !index.isMultiple(of: 2) { outcome = try await host.letOneRun(guest.name, 1) }
                    let again = try await host.ours("save \(guest.name) \(file)", timeout: limit)
                    guard again.exitCode == 0 else { throw KillFailure("it cannot be saved: \(again)") }
                }
                try await host.require("\(TestHost.ours) restore -e \(file)", timeout: limit)
                guard try await host.isOneRunning(guest.name) else { throw KillFailure("\(try await host.guests())") }
                try await host.destroyVictim()
                return outcome == .byDoctor ? .byDoctor : .byCommand
            })
    }

    private static func restoring(_ guest: GuestConfiguration, points: Int) -> KillScenario {
        let restore = "\(TestHost.ours) restore -e \(file)"
        return KillScenario(
            points: points,
            setUp: { host in
                try await guest.placeForKills(on: host)
                await host.atEnd("rm -f \(file)")
                try await host.startVictim(guest)
                try await host.require("\(TestHost.ours) save \(guest.name) \(file)", timeout: limit)
            },
            run: { try await $0.run("\($1)\(restore)", timeout: limit) },
            recover: { host, index in
                if index.isMultiple(of: 2), try await host.run(restore, timeout: limit).exitCode != 0 {
                    try await host.destroyVictim()
                    try await host.require(restore, timeout: limit)
                }
                let copies = try await host.guests().filter { $0.name == guest.name }.count
                guard copies <= 1 else { throw KillFailure("there are \(copies) copies") }
                try await host.destroyVictim()
                return .byCommand
            })
    }

    private static func migration(_ guest: GuestConfiguration, killsSender: Bool, points: Int) -> KillScenario {
        KillScenario(
            points: points,
            setUp: { host in
                try await guest.placeForKills(on: host)
                try await host.placeFakeSSH()
                await host.atEnd("rm -f /var/lib/xen/migration-arrival.*")
            },
            prepare: { try await $0.startVictim(guest) },
            run: { host, tracer in
                let (sender, receiver) = killsSender ? (tracer, "") : ("", tracer)
                let result = try await host.run(
                    """
                    RECEIVER='\(receiver)' \(sender)\(TestHost.ours) \\
                        migrate --no-live -e -s /root/fake-ssh \(guest.name) here
                    """, timeout: limit)
                try await host.waitForCommands()
                return result
            },
            isOverWhenNothingIsLeft: false,
            recover: { host, index in
                let outcome = try await host.letOneRun(guest.name, index)
                try await host.destroyVictim()
                // A note that says where it runs is kept for a month.
                try await host.require("rm -f /var/lib/xen/migration-arrival.*")
                return outcome
            })
    }

    /// With checkpoints for nobody: with a copy elsewhere, it is the administrator who must say which one lives.
    private static func protection(points: Int) -> KillScenario {
        let guest = GuestConfiguration.victim(.pvh)
        return KillScenario(
            points: points, setUp: { try await guest.placeForKills(on: $0) },
            prepare: { try await $0.startVictim(guest) },
            run: { host, tracer in
                let result = try await host.run(
                    "timeout 6 \(tracer)\(TestHost.ours) remus -F -b -n -d -i 200 \(guest.name); [ $? = 124 ]",
                    timeout: limit)
                try await host.waitForCommands()
                return result
            },
            isOverWhenNothingIsLeft: false,
            recover: { host, index in
                let outcome = try await host.letOneRun(guest.name, index)
                try await host.destroyVictim()
                return outcome
            })
    }
}

// MARK: Pools

extension KillOperation {
    /// On a host with two processors.
    private static func pool(points: Int) -> KillScenario {
        let create = "\(TestHost.ours) cpupool-create name='\"killed\"' cpus='\"1\"'"
        return KillScenario(
            points: points,
            setUp: { host in
                await host.atEnd("\(TestHost.upstream) cpupool-cpu-add Pool-0 1")
                try await host.require("\(TestHost.upstream) cpupool-cpu-remove Pool-0 1")
            },
            run: { try await $0.run("\($1)\(create)") },
            // A pool may be there that the store does not know.
            isOverWhenNothingIsLeft: false,
            recover: { host, index in
                var outcome = KillScenario.Outcome.byItself
                if index.isMultiple(of: 2), try await host.run(create).exitCode == 0 { outcome = .byCommand }
                if try await host.ours("cpupool-destroy killed").exitCode == 0 { outcome = .byCommand }
                // Whether the processor is free again shows when it is wanted.
                if try await host.run(create).exitCode != 0 {
                    outcome = .byDoctor
                    try await host.ours("doctor --fix")
                    try await host.require(create)
                }
                try await host.require("\(TestHost.ours) cpupool-destroy killed")
                return outcome
            })
    }
}
