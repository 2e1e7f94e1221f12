import Testing

extension HostTests {
    /// Guests that stand still in memory and go on, and guests that are reset in place.
    @Suite struct Suspensions {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test(arguments: GuestConfiguration.Kind.paravirtual)
        func aGuestGoesOnWhereItStood(_ kind: GuestConfiguration.Kind) async throws {
            let guest = GuestConfiguration.linux("still", kind)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain("still")
            try await host.waitUntilSuspendable(domain)
            _ = try await host.inGuest(domain, "echo kept > /kept")
            for _ in 0..<2 {
                try await host.require("\(TestHost.ours) suspend still")
                #expect(try await host.state(of: "still") == "---ss-")
                try await host.require("\(TestHost.ours) resume still")
                #expect(try await host.inGuest(domain, "cat /kept").contains("kept"))
            }
            let again = try await host.ours("resume still")
            #expect(again.exitCode == 1 && again.stderr.contains("it is not suspended"), "\(again)")
            try await host.require("\(TestHost.ours) destroy still")
        }

        @Test func aGuestThatCannotSuspendGoesOn() async throws {
            let guest = GuestConfiguration.idle("still", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e -p \(guest.path)")
            let result = try await host.ours("suspend still")
            #expect(result.exitCode == 1 && result.stderr.contains("paused"), "\(result)")
            #expect(try await host.ours("suspend 0").exitCode == 1)
            try await host.require("\(TestHost.ours) destroy still")
        }

        @Test(.enabled(if: TestHost.isFull, "the guest takes minutes in emulation"))
        func anHVMGuestIsResetInPlace() async throws {
            var guest = GuestConfiguration.hvm("reset", HVMGuests.disk)
            guest.lines += HVMGuests.lines
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)", timeout: .seconds(240))
            let domain = try await host.domain("reset")
            let serial = try await host.followSerial(of: guest)
            try await host.require("\(TestHost.ours) unpause reset")
            try await host.wait(until: "grep -q 'guest: ready' \(serial)", timeout: .seconds(240))
            try await host.end(domain, reason: 5)
            try await host.wait(for: "the guest's going on") {
                try await host.state(of: "reset")?.contains(#/^(r-|-b)----$/#) == true
            }
            #expect(try await host.domain("reset") == domain)
            let log = try await host.require("cat /var/log/xen/xl-reset.log").stdout
            #expect(log.contains("Action for shutdown reason code 5 is soft-reset"), "\(log)")
            // The guest still runs what it ran: it starts anew when it is told so on its serial line.
            try await host.require("printf r > $(xenstore-read /local/domain/\(domain)/serial/0/tty)")
            try await host.wait(for: "a new domain", timeout: .seconds(300)) {
                try await host.guests().contains { $0.name == "reset" && $0.number != domain }
            }
            try await host.require("\(TestHost.ours) destroy reset")
        }

        @Test func quotasNeedALaterStore() async throws {
            for arguments in ["xenstore-quota-get -g", "xenstore-quota-set 0 nodes=7"] {
                let result = try await host.ours(arguments)
                #expect(result.exitCode == 1 && result.stderr.contains("Xen 4.21"), "\(result)")
            }
            #expect(try await host.ours("info -x xenstore_features").stdout == "0x00000000\n")
        }
    }
}
