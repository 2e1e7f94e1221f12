import Testing

extension HostTests {
    /// Every command for HVM guests once, on one guest: what runs each time. `HVMCommands` tries them in their variants.
    @Suite(.processors(2)) struct HVMEssentials {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test func eachCommandDoesItsJob() async throws {
            let domain = try await host.makeHVMGuest("once")
            let home = "/local/domain/\(domain)"
            try await host.require("\(TestHost.ours) cd-insert once hdc /root/third.iso")
            #expect(try await host.askQEMU(of: domain, "query-block").contains("\"file\": \"/dev/fdset/"))
            try await host.require("\(TestHost.upstream) cd-eject once hdc")
            try await host.require("\(TestHost.upstream) cd-insert once hdd /root/third.iso")
            try await host.require("\(TestHost.ours) cd-eject once hdd")
            #expect(try await !host.askQEMU(of: domain, "query-block").contains("\"file\": \"/dev/fdset/"))
            try await host.require("\(TestHost.ours) vcpu-set once 2 && \(TestHost.ours) mem-set once 48")
            func settings() async throws -> [String] {
                try await host.require("xenstore-read \(home)/cpu/1/availability \(home)/memory/target").lines
                    .map(String.init)
            }
            let online = try await settings()
            #expect(online.first == "online")
            let theirs = try await Oracle.answer("two vCPUs, 48 MiB") {
                try await host.require("\(TestHost.upstream) vcpu-set once 2 && \(TestHost.upstream) mem-set once 48")
                return try await settings()
            }
            #expect(online == theirs)
            let document = try await host.recorded("list -l once") { try $0.withoutIdentity(of: domain) }
            let ours = try await host.ours("list -l once").stdout.withoutIdentity(of: domain)
            #expect(ours == document.stdout, "\(ours.lineDifferences(to: document.stdout))")
            #expect(try await host.ours("qemu-monitor-command once 'info status'").stdout.contains("VM status: "))
            try await host.placeViewer()
            #expect(
                try await host.run("VNCVIEWER=/root/viewer \(TestHost.ours) vncviewer once < /dev/null").stdout
                    .contains("127.0.0.1:0"))
            try await endings(domain)
            try await host.require("\(TestHost.ours) destroy once")
        }

        /// Buttons and signals: a paused guest hears none, but the hypervisor and the store do.
        private func endings(_ domain: Int) async throws {
            try await host.require(
                """
                for command in 'trigger once nmi' 'button-press once power' 'sysrq once h' 'shutdown -F once'; do
                    \(TestHost.ours) $command || exit 1
                done
                """)
            #expect(try await host.require("xenstore-read /local/domain/\(domain)/control/sysrq").stdout == "h\n")
            try await host.require("\(TestHost.ours) reboot -F once")
            #expect(try await host.ours("list --json once").stdout.contains("\"reboot\""))
        }
    }
}
