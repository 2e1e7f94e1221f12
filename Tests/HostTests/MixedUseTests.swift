import Testing

extension HostTests {
    /// Each tool lists, renames, pauses, attaches to, shuts down and destroys the other's domains.
    @Suite struct MixedUse {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test(arguments: [(TestHost.ours, TestHost.upstream), (TestHost.upstream, TestHost.ours)])
        func oneToolsDomainIsTheOthersToo(_ maker: String, _ other: String) async throws {
            let guest = GuestConfiguration.idle("mixed", .pv)
            try await guest.place(on: host)
            let device = try await host.makeLoopDevice("/root/mixed.img")
            try await host.require("\(maker) create -q \(guest.path)")
            let domain = try await host.domain("mixed")
            let uuid = try await host.require("xenstore-read /local/domain/\(domain)/vm").stdout.dropFirst(4)
                .split(separator: "\n").first.map(String.init)
            try await host.require("\(other) pause mixed")
            #expect(try await host.require("\(maker) list mixed").stdout.contains(#/[r-][b-]p---/#))
            try await host.require("\(other) unpause mixed")
            try await host.require("\(other) block-attach mixed \(device),raw,xvdc,rw")
            #expect(try await host.require("\(maker) block-list mixed").stdout.contains("51744"))
            #expect(try await host.require("\(maker) list -l mixed").stdout.contains("xvdc"))
            try await host.require("\(other) network-attach mixed mac=00:16:3f:00:00:09 bridge=xenbr0")
            #expect(try await host.require("\(maker) network-list mixed").stdout.contains("00:16:3f:00:00:09"))
            try await host.require("\(maker) network-detach mixed 0")
            try await host.require("\(maker) block-detach -f mixed xvdc")
            if maker == TestHost.ours {
                // Upstream's own detach leaves the entry in the stored configuration.
                #expect(try await !host.require("\(other) list -l mixed").stdout.contains("xvdc"))
            }
            try await host.require("\(other) rename mixed mingled")
            await host.dropAtEnd("mingled")
            #expect(try await host.require("\(maker) domname \(domain)").stdout == "mingled\n")
            #expect(uuid?.isEmpty == false)
            try await host.require("\(other) destroy mingled")
            try await host.wait(until: "! pgrep -f 'xl create -q \(guest.path)'")
        }

        @Test(arguments: [TestHost.ours, TestHost.upstream])
        func theMonitorActsOnAGuestsEndAndHeedsTheOthersCommands(_ maker: String) async throws {
            let other = maker == TestHost.ours ? TestHost.upstream : TestHost.ours
            let guest = GuestConfiguration.linux("watched", .pvh, "on_reboot = \"restart\"")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/xl-watched.log*")
            try await host.require("\(maker) create -q \(guest.path)")
            let first = try await host.domain("watched")
            try await host.wait(
                until: "xenstore-exists /local/domain/\(first)/control/feature-reboot && "
                    + "[ \"$(xenstore-read /local/domain/\(first)/control/feature-reboot)\" = 1 ]",
                timeout: .seconds(180))
            try await host.require("\(other) reboot watched", timeout: .seconds(120))
            try await host.wait(for: "a new domain", timeout: .seconds(300)) {
                try await host.guests().contains { $0.name == "watched" && $0.number != first }
            }
            try await host.require("\(other) destroy watched")
            try await host.wait(until: "! pgrep -f 'xl create -q \(guest.path)'")
        }
    }
}
