import Foundation
import Testing

extension HostTests {
    /// The options of `create`, beside upstream's.
    @Suite struct CreateOptions {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private static let tools = [TestHost.upstream, TestHost.ours]
        private let guest = GuestConfiguration.idle("options", .pv)
        private let runs = "\(TestHost.upstream) list options 2> /dev/null | grep -q 'b----'"
        private let hasMonitor = "pgrep -f 'xl create.* /root/options.cfg'"

        @Test(arguments: tools)
        func aConsoleCanBeLeft(_ tool: String) async throws {
            try await guest.place(on: host)
            let result = try await host.onTerminal("\(tool) create -c \(guest.path)", .until(runs), .type("\u{1D}"))
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await host.run("\(runs) && \(hasMonitor)").exitCode == 0, "the guest and its monitor stay")
            try await host.require("\(tool) destroy options")
        }

        @Test(arguments: tools)
        func aConsoleEndsWithItsGuest(_ tool: String) async throws {
            try await guest.place(on: host)
            let result = try await host.onTerminal(
                "\(tool) create -c \(guest.path)", .until(runs), .until("\(TestHost.upstream) destroy options"))
            #expect(result.exitCode == 0, "\(result)")
            try await host.wait(until: "! \(hasMonitor)")
        }

        @Test(.enabled(if: TestHost.isFull), arguments: GuestConfiguration.Kind.paravirtual)
        func theConsoleShowsTheGuestsFirstWords(_ kind: GuestConfiguration.Kind) async throws {
            var guest = GuestConfiguration.linux("options", kind)
            guest.lines.removeAll { $0.hasPrefix("extra") }
            guest.lines.append("extra = \"console=hvc0 earlyprintk=xen\"")
            try await guest.place(on: host)
            let result = try await host.onTerminal(
                "\(TestHost.ours) create -c \(guest.path)", .expect("Linux version"), .type("\u{1D}"))
            #expect(result.exitCode == 0)
            #expect(result.stdout.contains("Linux version"), "\(result)")
            try await host.require("\(TestHost.ours) destroy options")
        }

        @Test func ctrlCBeforeTheGuestRunsLeavesNothing() async throws {
            try await guest.place(on: host)
            let result = try await host.onTerminal(
                "\(TestHost.ours) create -c \(guest.path)", .expect("Parsing"), .type("\u{03}"))
            // Whoever types late has started the guest, and then talks to it: the terminal's end closes its console.
            #expect([130, 0, 129].contains(result.exitCode), "\(result)")
            if result.exitCode == 130 { #expect(try await host.upstream("domid options").exitCode != 0) }
        }

        @Test func theForegroundSaysWhatHappens() async throws {
            try await guest.place(on: host)
            var said: [String] = []
            for tool in Self.tools {
                let result = try await host.run(
                    """
                    \(tool) create -F \(guest.path) & pid=$!
                    until \(runs); do sleep 0.2; done; \(TestHost.upstream) destroy options; wait $pid
                    """)
                #expect(result.exitCode == 0)
                said.append(
                    (result.stdout + result.stderr).replacing(#/domid [0-9]+|Domain [0-9]+|pid [0-9]+/#, with: "N"))
            }
            #expect(said.first == said.last)
        }

        @Test func withoutAMonitorPausedAndQuiet() async throws {
            try await guest.place(on: host)
            for tool in Self.tools {
                let result = try await host.run("\(tool) create -e -p -q -f \(guest.path)")
                #expect(result.exitCode == 0)
                #expect(result.stdout + result.stderr == "")
                #expect(try await host.run(hasMonitor).exitCode != 0)
                #expect(try await host.upstream("list options").stdout.contains("--p---"))
                try await host.require("\(tool) destroy options")
            }
            let loud = try await host.ours("create -e \(guest.path)")
            #expect(loud.stderr == "Parsing config from \(guest.path)\n")
        }

        /// Upstream's xl up to 4.21 makes as many masks as the file says vCPUs, and so none for the one vCPU of a file
        /// that does not say it (mended by its 4b71a86eaa).
        @Test(arguments: [("vcpus = 1", true), ("", false)])
        func masksOfTheHostsConfigurationCount(_ line: String, _ upstreamMasks: Bool) async throws {
            let guest = GuestConfiguration.idle("options", .pv, line)
            try await guest.place(on: host)
            try await host.require(
                "cp /etc/xen/xl.conf /root/xl.conf.kept; echo 'vm.cpumask=\"1\"' >> /etc/xen/xl.conf")
            await host.atEnd("mv /root/xl.conf.kept /etc/xen/xl.conf")
            for tool in Self.tools {
                for option in ["", "-i"] {
                    try await host.require("\(tool) create -e -q \(option) \(guest.path)")
                    let affinity = try await host.require(
                        "\(TestHost.upstream) vcpu-list options | awk 'NR > 1 { print $(NF-2), $NF }'"
                    ).stdout
                    let isMasked = option.isEmpty && (upstreamMasks || tool == TestHost.ours)
                    #expect(affinity == (isMasked ? "1 all\n" : "all all\n"), "\(tool) \(option)")
                    try await host.require("\(tool) destroy options")
                }
            }
        }

        /// Nodes that a plan cannot know: they are the hypervisor's, the daemons' and the clock's.
        private static let unknown = ["/tty", "/port", "/ring-ref", "/start_time", "/state", "/hotplug-status"]

        @Test func aPlanIsWhatThenHappens() async throws {
            let guest = GuestConfiguration.idle(
                "options", .pvh, "vcpus = 2", "uuid = \"5b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5d\"",
                "disk = [ \"/root/plan.img,raw,xvda,rw\" ]", "vif = [ \"mac=00:16:3f:00:00:04\" ]")
            try await guest.place(on: host)
            try await host.makeDisk("/root/plan.img")
            let text = try await host.require("\(TestHost.ours) create -q --plan \(guest.path)").stdout
            let plan = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let assumed = try #require(plan["assumed_domid"] as? Int)
            let nodes = try #require(plan["nodes"] as? [[String: Any]])
            #expect((plan["problems"] as? [String]) == [])
            #expect(try await host.upstream("domid options").exitCode != 0)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            let domain = try await host.domain("options")
            // The plan can only guess the number that Xen will give.
            let number = try Regex("\\b\(domain)\\b")
            let store = Set(
                try await host.require("store-ls").lines.map { line in
                    line.replacing(#/ +\(/#, with: " (").replacing(number, with: "\(assumed)")
                })
            var missing: [String] = []
            var last: [String: [String: Any]] = [:]
            for node in nodes { if let path = node["path"] as? String { last[path] = node } }
            for (path, node) in last where !Self.unknown.contains(where: { path.hasSuffix($0) }) {
                let row = "\(path) = \"\(node["value"] as? String ?? "")\""
                if !store.contains(where: { $0.hasPrefix(row) }) { missing.append(row) }
            }
            #expect(missing.isEmpty, "\(missing.sorted().joined(separator: "\n"))")
            try await host.require("\(TestHost.ours) destroy options")
        }
    }
}
