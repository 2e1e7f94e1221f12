import Testing

extension HostTests {
    /// Guests, device models, driver domains, scripts and migration targets that flood, stall or lie: what meets them ends in
    /// time with a message, in little memory, and other guests' commands are answered meanwhile.
    ///
    /// What a guest writes is written from dom0, into nodes that the guest may write.
    @Suite struct HostilePeers {
        private static let isLong: Comment = "each of many waits must come to its end"
        private static let place = HostileScripts.place
        /// Some times what the longest wait takes that is not shortened.
        private static let limit = Duration.seconds(150)

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        // MARK: Others

        private func start(_ guest: GuestConfiguration, _ options: String = "-e") async throws -> Int {
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q \(options) \(guest.path)", timeout: .seconds(240))
            return try await host.domain(guest.name)
        }

        /// Makes what is hostile ready, and a guest that has nothing to do with it.
        private func prepare() async throws {
            try await host.placeHostileScripts()
            _ = try await start(.idle("neighbour", .pv))
        }

        /// Others' commands are answered.
        private func expectNeighbourIsServed(withDevice: Bool = false) async throws {
            let list = try await host.ours("list")
            #expect(list.exitCode == 0 && list.stdout.contains("neighbour"), "\(list)")
            var commands = ["pause neighbour", "unpause neighbour"]
            if withDevice {
                commands += [
                    "block-attach neighbour \(Self.place)/other.img,raw,xvdc,rw", "block-detach -f neighbour xvdc",
                ]
            }
            for command in commands {
                let result = try await host.ours(command)
                #expect(result.exitCode == 0, "\(result)")
            }
            #expect(try await host.state(of: "neighbour")?.contains(#/^[r-][b-]----$/#) == true)
        }

        /// It is gone, and nothing held that up.
        private func destroy(_ names: String...) async throws {
            for name in names {
                try await Ordeal("destroy-\(name)", "\(TestHost.ours) destroy \(name)", on: host)
                    .end(within: Self.limit).expect(0)
                #expect(try await !host.exists(name))
            }
        }

        // MARK: Guests

        @Test func aGuestFlipsItsFrontendsStates() async throws {
            try await prepare()
            let number = try await start(
                .idle(
                    "hostile", .pv, "disk = [ \"\(Self.place)/disk.img,raw,xvda,rw\" ]",
                    "vif = [ \"bridge=xenbr0\" ]"))
            for device in ["vbd/51712", "vif/0"] {
                try await host.beginHostility(
                    "flip /local/domain/\(number)/device/\(device)/state 1 3 4 5 6 2 99999999999999999999 ''")
            }
            try await expectNeighbourIsServed(withDevice: true)
            for list in ["block-list hostile", "network-list hostile", "block-list --json hostile"] {
                try await Ordeal("list", "\(TestHost.ours) \(list)", on: host).end(within: Self.limit).expect(0)
            }
            let end = try await Ordeal("detach", "\(TestHost.ours) block-detach hostile xvda", on: host)
                .end(within: Self.limit)
            // Whether its backend has ever been closed when the time was up is the guest's choice.
            end.expect(0, 1, words: end.exitCode == 0 ? "" : "cannot detach vbd 51712")
            try await destroy("hostile")
            try await host.endHostility()
        }

        @Test func aGuestFillsItsNodesToQuota() async throws {
            try await prepare()
            let number = try await start(.idle("hostile", .pv))
            let filled = try await host.require(
                "python3 \(Self.place)/hostile.py fill /local/domain/\(number)/attr/vif")
            #expect((Int(filled.stdout.split(separator: "\n").first ?? "") ?? 0) > 900, "\(filled)")
            try await expectNeighbourIsServed()
            for command in ["list --ip", "list --ip --json", "pause hostile", "unpause hostile", "rename hostile full"]
            {
                let end = try await Ordeal("command", "\(TestHost.ours) \(command)", on: host).end(within: Self.limit)
                #expect(end.exitCode == 0 && end.peak < Ordeal.End.memoryLimit, "\(end)")
            }
            let trees = ["/local/domain/\(number)/device", "/local/domain/0/backend", "/libxl/\(number)"]
            var before: [[String]] = []
            for tree in trees { before.append(try await host.store(tree)) }
            let end = try await Ordeal(
                "attach", "\(TestHost.ours) block-attach full \(Self.place)/disk.img,raw,xvdb,rw", on: host
            ).end(within: Self.limit)
            // The C xenstored lets dom0 write what the guest must not.
            end.expect(0, 1, words: end.exitCode == 0 ? "" : "quota")
            if end.exitCode != 0 {
                for (tree, rows) in zip(trees, before) { #expect(try await host.store(tree) == rows) }
            }
            await host.dropAtEnd("full")
            try await destroy("full")
        }

        /// Its QEMU refuses to eject, so that each request is one to answer, and fills its log.
        @Test func aGuestFloodsEjectRequests() async throws {
            try await prepare()
            let guest = GuestConfiguration.hvm(
                "hostile", "vnc = 0", "device_model_override = \"\(Self.place)/qemu\"",
                "disk = [ \"\(Self.place)/cd.img,raw,hdc,ro,cdrom\" ]")
            // Its QEMU would not serve it if it ran.
            let number = try await start(guest, "-p")
            let monitor = try await host.require("pgrep -o -f 'create -q -p \(guest.path)'").stdout
            try await host.beginHostility("flood /local/domain/\(number)/device/vbd/5632/eject eject")
            let log = "/var/log/xen/xl-hostile.log"
            try await host.wait(until: "[ $(grep -c 'the drawer is glued' \(log)) -ge 3 ]")
            try await expectNeighbourIsServed(withDevice: true)
            try await host.wait(until: "[ -e /var/log/xen/qemu-dm-hostile.log.1 ]")
            let peak = try await host.require(
                "awk '/VmHWM/ { print $2 }' /proc/\(monitor.split(separator: "\n").first ?? "")/status")
            #expect((Int(peak.stdout.split(separator: "\n").first ?? "") ?? .max) < Ordeal.End.memoryLimit, "\(peak)")
            let lines = try await host.require("grep -c 'the drawer is glued' \(log)").stdout
            #expect((Int(lines.split(separator: "\n").first ?? "") ?? .max) <= 100, "\(lines)")
            // A guest writes no more when it is being destroyed.
            try await host.endHostility()
            try await destroy("hostile")
        }

        // MARK: Device models

        /// What a QEMU sends in place of an answer, and what is said of it.
        private static let manners: KeyValuePairs = [
            "one endless line": "QEMU sent a message of more than 1048576 bytes",
            "endless events": "QEMU sent more than 10000 events and no answer",
            "an answer to another": "QEMU sent what was not asked for: an answer to the command 1",
            "another type": "QEMU sent what is no answer", "a deep answer": "nested deeper than",
            "no text": "QEMU sent what is no answer", "a second greeting": "a greeting of QEMU 7.2.0",
            "a long refusal": "QEMU says: \\x1b[31m", "the end": "QEMU closed the connection",
        ]

        @Test func aQEMUSendsNoAnswer() async throws {
            try await prepare()
            // Nothing asks whether the socket is that of a QEMU.
            let number = try await start(.idle("hostile", .pv))
            let words = Self.manners.map { "'\($0.key)'" }.joined(separator: " ")
            try await host.beginHostility("qmp /run/xen/qmp-libxl-\(number) \(words)")
            try await host.wait(until: "[ -S /run/xen/qmp-libxl-\(number) ]")
            for (manner, message) in Self.manners {
                let ordeal = try await Ordeal(
                    "qmp", "\(TestHost.ours) qemu-monitor-command hostile 'info status'", on: host)
                if manner == "endless events" { try await expectNeighbourIsServed() }
                try await ordeal.end(within: Self.limit).expect(1, words: message)
            }
            try await destroy("hostile")
            try await host.endHostility()
        }

        @Test(.enabled(if: TestHost.isFull, isLong))
        func aQEMUDoesNotStart() async throws {
            try await prepare()
            try await host.setWaits(["device_model": 6])
            for (program, words) in [
                ("last-words", "the device model"), ("silence", "cannot wait any longer for the device model to run"),
            ] {
                let guest = GuestConfiguration.hvm(
                    "hostile", "vnc = 0", "device_model_override = \"\(Self.place)/\(program)\"")
                try await guest.place(on: host)
                await host.dropLog(of: guest)
                let before = try await Residue(of: host)
                let ordeal = try await Ordeal("create", "\(TestHost.ours) create -q \(guest.path)", on: host)
                try await expectNeighbourIsServed()
                try await ordeal.end(within: Self.limit).expect(3, words: words)
                let left = before.differences(to: try await Residue(of: host)).filter { !$0.contains("log") }
                #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            }
        }

        // MARK: Driver domains

        @Test func aDriverDomainRewritesItsBackends() async throws {
            try await prepare()
            let driver = try await start(.idle("driver", .pv, "driver_domain = 1"))
            _ = try await start(.idle("hostile", .pv))
            try await host.beginHostility("rewrite /local/domain/\(driver)/backend")
            let disk = "vdev=xvdb,backend=driver,format=raw,target=/nowhere"
            let attach = try await Ordeal("attach", "\(TestHost.ours) block-attach hostile \(disk)", on: host)
            try await expectNeighbourIsServed(withDevice: true)
            // Whether its state has ever looked right is the driver domain's choice.
            let attached = try await attach.end(within: Self.limit)
            attached.expect(0, 1, words: attached.exitCode == 0 ? "" : "cannot attach vbd 51728")
            try await Ordeal("list", "\(TestHost.ours) block-list hostile", on: host).end(within: Self.limit).expect(0)
            if attached.exitCode == 0 {
                let end = try await Ordeal("detach", "\(TestHost.ours) block-detach hostile xvdb", on: host)
                    .end(within: Self.limit)
                end.expect(0, 1, words: end.exitCode == 0 ? "" : "cannot detach vbd 51728")
            }
            try await destroy("hostile")
            try await host.endHostility()
            try await destroy("driver")
        }

        // MARK: Scripts

        /// They hold all that the script was given, its lock too, in its group and out of it.
        @Test func aScriptLeavesProcessesBehind() async throws {
            try await prepare()
            _ = try await start(.idle("hostile", .pv))
            let disk = "script=\(Self.place)/forking,vdev=xvdb,format=raw,target=\(Self.place)/disk.img"
            // Less than the time for which a script that still ran would be waited for.
            for command in ["block-attach hostile \(disk)", "block-detach -f hostile xvdb"] {
                try await Ordeal("fork", "\(TestHost.ours) \(command)", on: host).end(within: .seconds(35)).expect(0)
            }
            try await destroy("hostile")
            try await host.endHostility()
        }

        @Test func aScriptPrintsBinary() async throws {
            try await prepare()
            _ = try await start(.idle("hostile", .pv))
            let disk = "script=\(Self.place)/shouting,vdev=xvdb,format=raw,target=x"
            let before = try await Residue(of: host)
            try await Ordeal("shout", "\(TestHost.ours) block-attach hostile \(disk)", on: host)
                .end(within: Self.limit).expect(1, words: "it exited with status 1: \\x1b[2J\\x07")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            try await destroy("hostile")
        }

        // MARK: What stalls

        /// All at once, as each takes its time.
        @Test func whatStallsIsLeftInTime() async throws {
            try await prepare()
            try await host.setWaits(["hotplug": 5, "qmp": 6, "migration_stall": 8])
            try await freeze()
            let one = try await start(.idle("one", .pv))
            let two = try await start(.idle("two", .pv, "disk = [ \"\(Self.place)/disk.img,raw,xvda,rw\" ]"))
            _ = try await start(.idle("driver", .pv))
            _ = try await startMoving()
            for (number, manner) in [(one, "no answer"), (two, "one byte a second")] {
                try await host.beginHostility("qmp /run/xen/qmp-libxl-\(number) '\(manner)'")
                try await host.wait(until: "[ -S /run/xen/qmp-libxl-\(number) ]")
            }
            let ours = TestHost.ours
            let script = "script=\(Self.place)/stuck,vdev=xvdb,format=raw,target=x"
            let stuck = try await Ordeal("stuck", "\(ours) block-attach one \(script)", on: host)
            let unheard = try await Ordeal("unheard", "\(ours) block-detach two xvda", on: host)
            let remote = "vdev=xvdb,backend=driver,format=raw,target=/nowhere"
            let silent = try await Ordeal("silent", "\(ours) block-attach moved \(remote)", on: host)
            let mute = try await Ordeal("mute", "\(ours) qemu-monitor-command one 'info status'", on: host)
            let drip = try await Ordeal("drip", "\(ours) qemu-monitor-command two 'info status'", on: host)
            try await expectNeighbourIsServed(withDevice: true)
            try await mute.end(within: Self.limit).expect(1, words: "in vain for its answer to \"qmp_capabilities\"")
            try await drip.end(within: Self.limit).expect(1, words: "in vain for its greeting")
            try await unheard.end(within: Self.limit).expect(1, words: "cannot detach vbd 51712", "in 10")
            try await silent.end(within: Self.limit).expect(1, words: "cannot attach vbd 51728", "in domain")
            try await expectStalledMigration("part 2000000", "the other side has taken nothing of the suspended guest")
            try await stuck.end(within: Self.limit).expect(1, words: "it waits in the kernel", "in state D")
            try await expectNeighbourIsServed()
            try await host.require(Self.thawing)
            try await destroy("one", "two", "moved", "driver")
            try await host.endHostility()
        }

        /// A file system that nobody can write to until it is thawed: whoever tries waits where no signal reaches him.
        private func freeze() async throws {
            await host.atEnd(Self.thawing)
            try await host.require(
                """
                cd \(Self.place) && mkdir frozen && truncate -s 16M frozen.img && mke2fs -q -t ext4 frozen.img &&
                mount -o loop frozen.img frozen && fsfreeze -f frozen
                """)
        }

        private static let thawing =
            """
            ! mountpoint -q \(place)/frozen || { fsfreeze -u \(place)/frozen
                while pgrep -f \(place)/stuck > /dev/null; do sleep 0.2; done; umount \(place)/frozen; }
            """

        // MARK: Migrations

        /// A guest that is suspended when it is asked to be.
        private func startMoving() async throws -> Int {
            await host.atEnd("rm -f /var/lib/xen/migration-arrival.*")
            let number = try await start(.idle("moved", .pvh))
            _ = try await host.ask(.obey, "\(number)")
            return number
        }

        /// The migration fails with these words, and the guest goes on.
        ///
        /// - Parameter manner: what the other side does.
        private func expectStalledMigration(
            _ manner: String, _ words: String, _ options: String = "--no-live --skip-check"
        ) async throws {
            let number = try await host.domain("moved")
            let ordeal = try await Ordeal(
                "move", "\(TestHost.ours) migrate \(options) -s \(Self.place)/ssh moved here",
                environment: "MANNER='\(manner)'", on: host)
            try await expectNeighbourIsServed()
            try await ordeal.end(within: Self.limit).expect(1, words: words)
            #expect(try await host.domain("moved") == number, "\(manner)")
            let list = try await host.guests().filter { $0.name.hasPrefix("moved") }
            #expect(list.count == 1 && list.first?.letters.contains(#/^[r-][b-]----$/#) == true, "\(manner): \(list)")
            try await host.wait(until: "! pgrep -f 'hostile.py receiver'", timeout: Self.limit)
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aMigrationsOtherSideStallsAtEachPoint() async throws {
            try await prepare()
            _ = try await startMoving()
            try await host.setWaits([
                "migration_stall": 8, "migration_silence": 15, "migration_arrival": 15, "migration_start": 10,
                "migration_answer": 8,
            ])
            let live = "--live --skip-check"
            try await expectStalledMigration("check", "it has not ended in 8", "--no-live")
            try await expectStalledMigration("refuses", "cannot reach the other host", "--no-live")
            try await expectStalledMigration("part 0", "has taken nothing of the suspended guest")
            try await expectStalledMigration("part 0", "has taken nothing of the", live)
            try await expectStalledMigration("all", "has not brought the ready message in 15")
            try await expectStalledMigration("granted", "has not brought the success/failure report message in 10")
            try await expectStalledMigration("count", "was truncated reading ready message")
            try await destroy("moved")
        }
    }
}
