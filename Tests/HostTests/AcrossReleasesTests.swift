import Testing

extension HostTests {
    /// Guests move from a host with Xen 4.17 to one with 4.20, as for an upgrade, running or saved; the way back is
    /// refused.
    @Suite(.release(.debian12), .peer(.debian13)) struct AcrossReleases {
        let hosts: HostPair
        private var here: TestHost { hosts.here }
        private var there: TestHost { hosts.there }

        init() throws { hosts = try HostPair() }

        @Test(
            .enabled(if: TestHost.isFull, "migrations over ssh take minutes in emulation"),
            arguments: Migration.directions)
        func memoryDiskAndNetworkGoOn(_ direction: MovingGuest.Direction) async throws {
            try await hosts.move(direction)
        }

        static let file = "/root/across.saved"

        private func placeGuest(on host: TestHost) async throws -> GuestConfiguration {
            let guest = GuestConfiguration.hvm(
                "across", "disk = [ \"/root/guests/boot.iso,raw,hdc,ro,cdrom\" ]", "serial = \"pty\"")
            for host in [here, there] {
                await host.dropAtEnd("across", files: Self.file)
                await host.atEnd("rm -f /var/log/xen/*across*")
            }
            try await guest.place(on: host)
            return guest
        }

        private static let tools = TestHost.isFull ? SaveRestore.tools : [TestHost.ours]

        @Test(arguments: tools, tools)
        func aSavedGuestIsRestoredThere(_ saver: String, _ restorer: String) async throws {
            try await hosts.connect(to: restorer)
            let guest = try await placeGuest(on: here)
            try await here.require("\(saver) create -q -e \(guest.path)", timeout: .seconds(240))
            try await here.waitForScreenMemory(of: "across")
            try await here.require(
                "\(saver) save across \(Self.file) && scp -q \(Self.file) there:\(Self.file)", timeout: .seconds(300))
            try await there.require("\(restorer) restore -e \(Self.file)", timeout: .seconds(300))
            let status = try await there.ours("qemu-monitor-command across 'info status'").stdout
            #expect(status.contains("VM status: running"), "\(status)")
            let (ours, theirs) = (try await there.ours("list -l across"), try await there.upstream("list -l across"))
            #expect(ours.stdout == theirs.stdout, "\(ours.stdout.lineDifferences(to: theirs.stdout))")
            try await there.require("\(TestHost.ours) destroy across")
        }

        @Test(.enabled(if: TestHost.isFull, "unit tests know the words"))
        func theWayBackIsRefused() async throws {
            let back = HostPair(here: there, there: here)
            try await back.connect(to: TestHost.ours)
            let guest = try await placeGuest(on: there)
            try await there.require("\(TestHost.ours) create -q -e \(guest.path)", timeout: .seconds(240))
            let check = try await there.ours("migrate --check across there")
            let migration = try await there.ours("migrate across there")
            #expect(check.exitCode == 1 && migration.exitCode == 1)
            for said in [check.stdout, migration.stderr] {
                #expect(said.contains("Xen: the domain comes from Xen 4.20, and this is the older 4.17"), "\(said)")
            }
            try await there.require(
                "\(TestHost.ours) save across \(Self.file) && scp -q \(Self.file) there:\(Self.file)",
                timeout: .seconds(300))
            let restored = try await here.ours("restore -e \(Self.file)")
            #expect(restored.exitCode != 0)
            #expect(
                restored.stderr.contains("it was saved by Xen 4.20, and this host runs the older 4.17"), "\(restored)")
            #expect(try await here.guests().isEmpty)
        }
    }
}
