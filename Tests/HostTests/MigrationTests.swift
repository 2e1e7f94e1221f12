import Testing

extension HostTests {
    /// A running guest moves between ours and upstream's `xl`, here on one host, with memory, disk and network intact.
    @Suite struct Migration {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Where the hypervisor lacks shadow paging, as Debian's does, nobody can send a PV guest while it runs; upstream's
        /// xl cannot send it at all.
        static let directions: [MovingGuest.Direction] = {
            let (ours, upstream) = (TestHost.ours, TestHost.upstream)
            let pairs = [(ours, ours), (ours, upstream), (upstream, ours), (upstream, upstream)]
            return [GuestConfiguration.Kind.pv, .pvh, .hvm].flatMap { kind in
                pairs.filter { kind != .pv || $0.0 == ours }
                    .map { MovingGuest.Direction(kind: kind, sender: $0.0, receiver: $0.1) }
            }
        }()

        private func start(_ kind: GuestConfiguration.Kind) async throws -> MovingGuest {
            await host.atEnd("rm -f /var/log/xen/*moved* /var/lib/xen/migration-arrival.*")
            return try await MovingGuest("moved", kind, by: TestHost.ours, on: host)
        }

        @Test(arguments: TestHost.isFull ? directions : Array(directions.prefix(2).suffix(1)))
        func memoryDiskAndNetworkGoOn(_ direction: MovingGuest.Direction) async throws {
            let guest = try await start(direction.kind)
            let result = try await host.require(
                """
                \(direction.sender) migrate \(direction.kind == .pv ? "--no-live" : "") -s '' moved \\
                    '\(direction.receiver) migrate-receive -e' 2>&1
                """, timeout: .seconds(600))
            for line in [
                "migration target: Ready to receive domain.", "Saving to migration stream new xl format (info 0x3/0x0/",
                "Loading new save file <incoming migration stream> (new xl fmt info 0x3/0x0/",
                "migration target: Transfer complete, requesting permission to start domain.",
                "migration sender: Target has acknowledged transfer.",
                "migration sender: Giving target permission to start.",
                "migration target: Got permission, starting domain.",
                "migration target: Domain started successsfully.",
                "migration sender: Target reports successful startup.", "Migration successful.",
            ] {
                #expect(result.stdout.contains(line), "\(line)")
            }
            #expect(try await !host.exists("moved--migratedaway"))
            try await guest.expectWhole()
            guard direction.kind == .hvm else { return }
            let status = try await host.ours("qemu-monitor-command moved 'info status'").stdout
            #expect(status.contains("VM status: running"), "\(status)")
        }

        @Test func aLivePVGuestThatCannotBeTrackedGoesOn() async throws {
            let guest = GuestConfiguration.idle("moved", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain("moved")
            let result = try await host.ours(
                "migrate -s '' moved '\(TestHost.ours) migrate-receive -e'", timeout: .seconds(200))
            #expect(result.exitCode == 1)
            #expect(result.stderr.contains("Migration failed"), "\(result)")
            #expect(try await host.domain("moved") == domain)
            #expect(try await host.state(of: "moved") == "-b----")
        }

        @Test(arguments: [
            ("echo Welcome", "contained unexpected data instead of banner: \"Welcome\\x0a\""),
            ("exit 7", "was truncated reading banner"), ("exec nonesuch", "exited with error status 127"),
        ])
        func aReceiverThatIsNoneIsTold(_ command: String, _ words: String) async throws {
            let guest = GuestConfiguration.idle("moved", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let result = try await host.ours("migrate -s '' moved '\(command)'")
            #expect(result.exitCode == 1)
            #expect(result.stderr.contains(words), "\(result)")
            #expect(try await host.state(of: "moved") == "-b----")
        }

        /// Says what the host lacks, all at once, before anything moves.
        @Test func aCheckTellsEveryReason() async throws {
            try await host.startIdleGuestWithItsOwnBridge()
            try await host.placeFakeSSH()
            // The other host is this one, seen without its bridge and with the disk elsewhere.
            let fine = try await host.ours("migrate --check -s /root/fake-ssh moved here")
            #expect(fine.exitCode == 0, "\(fine)")
            #expect(fine.stdout.hasSuffix("Domain moved can migrate to here.\n"), "\(fine)")
            try await host.require("mv /root/moved.img /root/moved.img-2; ip link del movedbr")
            let lacking = try await host.ours("migrate --check -s /root/fake-ssh moved here")
            let json = try await host.ours("migrate --check --json -s /root/fake-ssh moved here")
            try await host.require(
                """
                mv /root/moved.img-2 /root/moved.img
                ip link add movedbr type bridge && ip link set movedbr up
                for port in /sys/class/net/vif*; do ip link set ${port##*/} master movedbr; done
                """)
            #expect(lacking.exitCode == 1 && json.exitCode == 1)
            #expect(lacking.stdout.contains("problem: disk xvda: /root/moved.img: No such file"), "\(lacking)")
            #expect(lacking.stdout.contains("problem: vif 0: there is no bridge \"movedbr\""), "\(lacking)")
            #expect(json.stdout.contains("\"can_migrate\": false"), "\(json)")
            // Upstream's xl cannot answer; that is said.
            let mute = try await host.run(
                "XL=\(TestHost.upstream) \(TestHost.ours) migrate --check -s /root/fake-ssh moved here")
            #expect(mute.exitCode == 0)
            #expect(mute.stdout.contains("not checked: the other host: its xl does not answer"), "\(mute)")
        }

        struct Fault: Sendable, CustomTestStringConvertible {
            var victim: String
            var point: String
            var testDescription: String { "\(victim) at \(point)" }
        }

        /// Messages in the order of the handshake, and bytes of the stream, of which there are some 130 million.
        static let faults: [Fault] = {
            let points = [
                "up:0", "up:30", "up:54", "down:0", "down:60", "down:2000", "down:1000000", "down:20000000",
                "down:60000000", "down:120000000", "up:60", "up:88", "go:0", "go:20", "go:44", "up:100", "up:127",
            ]
            let more = [
                47, 500, 3000, 10_000, 100_000, 5_000_000, 10_000_000, 40_000_000, 50_000_000, 80_000_000, 90_000_000,
                100_000_000, 110_000_000,
            ]
            let faults = points.flatMap { point in
                ["line", "receiver", "terminate", "sender"].map { Fault(victim: $0, point: point) }
            }
            return faults
                + more.flatMap { count in
                    ["line", "receiver", "sender"].map { Fault(victim: $0, point: "down:\(count)") }
                }
        }()

        /// After each: one copy, with its memory, that runs or is let go on by `migrate-recover`.
        ///
        /// A PV guest is no prey of the emulation's mistakes, one of which would spoil all; that it is suspended from the
        /// first byte on is no easier.
        @Test(.enabled(if: TestHost.isFull, "a hundred migrations take the better part of an hour in emulation"))
        func exactlyOneCopyOutlivesEveryFault() async throws {
            let guest = try await start(.pv)
            try await host.placeFakeSSH()
            print("What is struck, and when | exit code | then xl migrate-recover | the copy that lives")
            for fault in Self.faults {
                let old = try await host.domain("moved")
                let result = try await host.run(
                    """
                    CUT="\(fault.victim) \(fault.point)" \\
                        \(TestHost.ours) migrate --no-live -e -s /root/fake-ssh moved here
                    code=$?
                    while pgrep -f 'xl migrate-receive' > /dev/null; do sleep 0.5; done
                    exit $code
                    """, timeout: .seconds(600))
                var recovery = ""
                if fault.victim == "sender" {
                    let first = try #require(try await host.guests().first).number
                    recovery = "\(try await host.ours("migrate-recover \(first)").exitCode)"
                }
                let list = try await host.guests()
                #expect(list.count == 1, "\(fault): \(result)\n\(list)")
                let survivor = try await host.domain("moved") == old ? "the old one" : "the new one"
                print("\(fault.testDescription) | \(result.exitCode) | \(recovery) | \(survivor)")
                try await guest.expectMemory(after: "\(fault): \(result)")
            }
        }
    }
}

extension TestHost {
    /// Starts "moved", an idle guest with a disk, and a card on the bridge movedbr.
    func startIdleGuestWithItsOwnBridge() async throws {
        try await makeDisk("/root/moved.img")
        let guest = GuestConfiguration.idle(
            "moved", .pv, "disk = [ \"/root/moved.img,raw,xvda,rw\" ]", "vif = [ \"bridge=movedbr\" ]")
        atEnd("ip link del movedbr")
        try await require("ip link add movedbr type bridge && ip link set movedbr up")
        try await guest.place(on: self)
        try await require("\(Self.ours) create -q -e \(guest.path)")
    }

    /// A command in the place of ssh that leads to this very host; `CUT` breaks the receiver that it starts.
    func placeFakeSSH() async throws {
        try await write(FaultScripts.cut, to: "/root/cut.py")
        try await write(FaultScripts.mute, to: "/root/mute.py")
        try await write(FaultScripts.ssh, to: "/root/fake-ssh")
        try await require("chmod 755 /root/fake-ssh")
        atEnd("rm -f /root/cut.py /root/mute.py /root/fake-ssh")
    }
}
