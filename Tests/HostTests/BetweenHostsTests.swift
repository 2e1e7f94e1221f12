import Testing

extension HostTests {
    /// A running guest moves over ssh from one host to another, with either tool at each end.
    @Suite(.peer) struct BetweenHosts {
        let hosts: HostPair
        private var here: TestHost { hosts.here }
        private var there: TestHost { hosts.there }

        init() throws { hosts = try HostPair() }

        @Test(arguments: TestHost.isFull ? Migration.directions : [Migration.directions[2]])
        func memoryDiskAndNetworkGoOn(_ direction: MovingGuest.Direction) async throws {
            try await hosts.move(direction)
        }

        @Test func aCheckTellsWhatTheOtherHostLacks() async throws {
            try await hosts.connect(to: TestHost.ours)
            try await here.startIdleGuestWithItsOwnBridge()
            let other = GuestConfiguration.idle("moved", .pv)
            try await other.place(on: there)
            try await there.require("\(TestHost.ours) create -q -e \(other.path)")
            let check = try await here.ours("migrate --check moved there")
            let migration = try await here.ours("migrate --no-live moved there")
            #expect(check.exitCode == 1 && migration.exitCode == 1)
            for (subject, text) in [
                ("disk xvda", "/root/moved.img: No such file or directory"),
                ("vif 0", "there is no bridge \"movedbr\""), ("name", "has the name \"moved\""),
            ] {
                for said in [check.stdout, migration.stderr] {
                    #expect(said.contains("\(subject): "), "\(said)")
                    #expect(said.contains(text), "\(said)")
                }
            }
            #expect(check.stdout.hasSuffix("Domain moved cannot migrate to there.\n"), "\(check)")
            let evacuation = try await here.ours("evacuate --dry-run --no-live there")
            #expect(evacuation.exitCode == 1)
            #expect(evacuation.stdout.contains(#/^moved \(\d+ MiB\) stays: there: /#), "\(evacuation)")
            // Clocks of emulated hosts drift apart, which is a warning.
            for line in check.lines where line.hasPrefix("problem: ") {
                #expect(evacuation.stdout.contains(line.dropFirst("problem: ".count)), "\(evacuation)")
            }
            #expect(try await here.state(of: "moved") == "-b----")
        }

        @Test(.enabled(if: TestHost.isFull, "migrations of HVM guests over ssh take minutes in emulation"))
        func evacuationTakesWhatCanGoAndGoesOnWithTheRest() async throws {
            try await hosts.connect(to: TestHost.ours)
            for name in ["one", "two", "fixed"] {
                let guest = GuestConfiguration.hvm(
                    name, "disk = [ \"/root/guests/boot.iso,raw,hdc,ro,cdrom\" ]",
                    name == "fixed" ? "nomigrate = 1" : "vcpus = 1")
                try await guest.place(on: here)
                try await here.require("\(TestHost.ours) create -q -e \(guest.path)")
                await there.dropAtEnd(name)
            }
            await there.atEnd("rm -f /var/log/xen/*one* /var/log/xen/*two*")
            await here.atEnd("rm -f /var/log/xen/*one* /var/log/xen/*two* /var/log/xen/*fixed*")
            let dry = try await here.ours("evacuate --dry-run there")
            #expect(dry.exitCode == 1)
            #expect(dry.lines.count == 3, "\(dry)")
            // 64 MiB, and the paging memory.
            for name in ["one", "two"] { #expect(dry.stdout.contains("\(name) (74 MiB) goes to there\n"), "\(dry)") }
            #expect(dry.stdout.contains("fixed (74 MiB) stays: cannot save domain "), "\(dry)")
            #expect(dry.stdout.contains("its configuration has nomigrate=1"), "\(dry)")
            #expect(try await here.guests().count == 3)

            // One of the names is taken there.
            try await GuestConfiguration.idle("two", .pv).place(on: there)
            try await there.require("\(TestHost.upstream) create -q -e two.cfg")
            let first = try await here.ours("evacuate --parallel 2 nowhere there", timeout: .seconds(300))
            #expect(first.exitCode == 1)
            #expect(first.stdout.contains("nowhere: host: cannot reach the other host"), "\(first)")
            #expect(first.stdout.contains("has the name \"two\""), "\(first)")
            #expect(first.stdout.hasSuffix("1 of 3 guests were migrated.\n"), "\(first)")
            #expect(try await there.exists("one"))
            #expect(try await !here.exists("one"))

            try await there.require("\(TestHost.upstream) destroy two")
            let second = try await here.ours("evacuate --except 'fix*' --json there", timeout: .seconds(300))
            #expect(second.exitCode == 0)
            let table = "jq -r '.[] | [.name, .host, .migrated] | @csv'"
            let moved = try await here.run("printf %s \(second.stdout.shellQuoted) | \(table)")
            #expect(moved.stdout == "\"two\",\"there\",true\n", "\(second)")
            #expect(try await here.guests().count == 1)
            #expect(try await here.domain("fixed") > 0)
        }

        /// What goes wrong on the other host before the guest's memory is on its way, or meanwhile.
        struct Mishap: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var isEarly = false
            var spoil: String
            var mend: String
        }

        static let mishaps = [
            Mishap(
                testDescription: "no script for the bridge", isEarly: true,
                spoil: "mv /etc/xen/scripts/vif-bridge /root/",
                mend: "mv /root/vif-bridge /etc/xen/scripts/"),
            Mishap(
                testDescription: "no memory left",
                spoil: """
                    free=$(\(TestHost.upstream) info free_memory)
                    sed -i "s/^memory.*/memory = $((free - 32))/" large.cfg
                    \(TestHost.upstream) create -q -e large.cfg
                    """,
                mend: "\(TestHost.upstream) destroy large"),
            Mishap(
                testDescription: "no room on the disk",
                spoil: "mount -t tmpfs -o size=4k,nr_inodes=1 none /var/lib/xen", mend: "umount /var/lib/xen"),
        ]

        @Test(.enabled(if: TestHost.isFull, "a slow migration for each"), arguments: mishaps)
        func theGuestGoesOnHereAfter(_ mishap: Mishap) async throws {
            try await hosts.connect(to: TestHost.ours)
            let guest = try await hosts.start(.pvh)
            try await there.write(GuestConfiguration.idle("large", .pv).text, to: "/root/large.cfg")
            await there.atEnd("rm -f /root/large.cfg")
            await there.atEnd(mishap.mend)
            let before = try await Residue(of: there)
            if mishap.isEarly { try await there.require(mishap.spoil) }
            await here.atEnd("rm -f /root/migrate.*")
            try await here.require(
                """
                (setsid sh -c '\(TestHost.ours) migrate --skip-check --bandwidth 8 moved there > /root/migrate.log 2>&1
                    echo $? > /root/migrate.code' > /dev/null 2>&1 < /dev/null &)
                """)
            if !mishap.isEarly {
                try await there.wait(for: "a copy's beginning") { try await there.exists("moved--incoming") }
                try await there.require(mishap.spoil)
            }
            try await here.wait(until: "[ -s /root/migrate.code ]", timeout: .seconds(400))
            let log = try await here.require("cat /root/migrate.code /root/migrate.log").stdout
            #expect(log.hasPrefix("1\n"), "\(log)")
            #expect(log.contains("migration target: Domain creation failed"), "\(log)")
            try await there.require(mishap.mend)
            let left = before.differences(to: try await Residue(of: there))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            #expect(try await here.domain("moved") == guest.domain)
            try await guest.expectMemory()
        }
    }
}
