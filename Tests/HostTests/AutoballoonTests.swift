import Testing

extension HostTests {
    /// Memory that a new guest lacks is taken from dom0 when xl.conf says so, as upstream takes it. How much that is
    /// depends on what the host has at that moment: both tools are asked on one host.
    @Suite(.enabled(if: TestHost.isFull, "the host's memory is filled first")) struct Autoballoon {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test func takesFromDom0WhatUpstreamTakes() async throws {
            let guest = GuestConfiguration(
                name: "balloon", kind: .pvh, lines: ["kernel = \"/root/guests/idle-pvh\"", "memory = 128"])
            try await guest.place(on: host)
            try await giveBack()
            try await fill(leaving: 64)
            var targets: [String: String] = [:]
            for tool in [TestHost.upstream, TestHost.ours] {
                try await setAutoballoon("off")
                let refusal = try await host.run("\(tool) create -q -e \(guest.path)")
                #expect(refusal.exitCode != 0)
                #expect(try await !host.exists("balloon"))
                try await setAutoballoon("on")
                try await host.require("\(tool) create -q -e \(guest.path)", timeout: .seconds(300))
                targets[tool] = try await host.require("xenstore-read /local/domain/0/memory/target").stdout
                try await host.require("\(tool) destroy balloon")
                try await giveBack()
            }
            #expect(targets[TestHost.ours] == targets[TestHost.upstream])
        }

        /// Leaves so many MiB of the host's memory free.
        private func fill(leaving rest: Int) async throws {
            let text = try await host.require("\(TestHost.upstream) info free_memory").stdout
            let free = try #require(Int(text.filter(\.isNumber)))
            let filler = GuestConfiguration(
                name: "filler", kind: .pvh,
                lines: ["kernel = \"/root/guests/idle-pvh\"", "memory = \(free - rest - 64)", "shadow_memory = 32"])
            try await filler.place(on: host)
            try await host.require("\(TestHost.upstream) create -q -e \(filler.path)", timeout: .seconds(300))
        }

        private func setAutoballoon(_ word: String) async throws {
            await host.atEnd("if [ -e /etc/xen/xl.conf.saved ]; then mv /etc/xen/xl.conf.saved /etc/xen/xl.conf; fi")
            try await host.require(
                """
                [ -e /etc/xen/xl.conf.saved ] || cp /etc/xen/xl.conf /etc/xen/xl.conf.saved
                { cat /etc/xen/xl.conf.saved; echo 'autoballoon="\(word)"'; } > /etc/xen/xl.conf
                """)
        }

        /// dom0 gets back what it had, 1,536 MiB.
        private func giveBack() async throws {
            // Upstream keeps the size in a place that other domains have.
            await host.atEnd("xenstore-rm /vm/00000000-0000-0000-0000-000000000000 2>/dev/null || true")
            try await host.require("\(TestHost.upstream) mem-set 0 1536")
            try await host.wait(
                until: "[ \"$(\(TestHost.upstream) list 0 | awk 'NR == 2 { print $3 }')\" -ge 1535 ]",
                timeout: .seconds(120))
        }
    }
}
