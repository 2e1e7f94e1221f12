import Testing

extension HostTests {
    /// QEMU in a domain of its own. Debian has no kernel with a QEMU in it, so that both tools give up in the end; what
    /// they made until then is compared.
    @Suite(.enabled(if: TestHost.isFull, "a stub domain that does not start takes half a minute")) struct StubDomains {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let cases: [String: [String]] = [
            "nothing more": [],
            "disks, a card, serial lines": [
                "disk = [ \"/root/hvm.img,raw,hda,rw\", \"/root/guests/boot.iso,raw,hdc,ro,cdrom\" ]",
                "vif = [ \"mac=00:16:3f:00:00:21,bridge=xenbr0\" ]", "serial = [ \"pty\", \"null\" ]", "vcpus = 2",
            ],
            "no screen, a command line": ["vnc = 0", "stubdomain_cmdline = \"quiet\"", "max_grant_frames = 40"],
        ]

        @Test(arguments: cases.keys.sorted())
        func isIntroducedAsByUpstream(_ name: String) async throws {
            var guest = GuestConfiguration.hvm(
                "stubbed", "device_model_version = \"qemu-xen\"", "device_model_stubdomain_override = 1",
                "stubdomain_kernel = \"/root/guests/idle-pv\"",
                "stubdomain_ramdisk = \"/root/guests/boot.img\"", "stubdomain_memory = 8")
            guest.lines += try #require(Self.cases[name])
            try await host.placeHVMFiles()
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            await host.atEnd(
                "rm -f /root/stub.log /var/log/xen/qmp-proxy-stubbed-dm.log* /var/log/xen/qemu-dm-stubbed-dm.log*")
            let theirs = try await Oracle.answer(name) {
                var theirs = try await introduction(of: guest, by: TestHost.upstream)
                // What it leaves of a stub domain that does not start.
                try await host.run("for d in stubbed-dm stubbed; do \(TestHost.upstream) destroy $d; done")
                theirs.end = ""
                return theirs
            }
            let before = try await Residue(of: host)
            var ours = try await introduction(of: guest, by: TestHost.ours)
            // Every domain of ours has it.
            let version = "/libxl/STUB/dm-version = \"qemu_xen\"   (n0)"
            #expect(ours.store.contains(version))
            ours.store.removeAll { $0 == version }
            #expect(ours.store == theirs.store, "\(difference(Set(ours.store), Set(theirs.store)))")
            #expect(ours.proxy == theirs.proxy)
            #expect(ours.end.contains("stub domain stubbed-dm") && ours.end.contains("exit 3"), "\(ours.end)")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
        }

        private struct Introduction: Codable, Equatable {
            /// The nodes that came with both domains, sorted.
            var store: [String] = []
            /// The command line of the monitor's proxy.
            var proxy = ""
            /// What the tool said in the end.
            var end = ""
        }

        private func difference(_ ours: Set<String>, _ theirs: Set<String>) -> String {
            (ours.subtracting(theirs).sorted().map { "ours:     \($0)" }
                + theirs.subtracting(ours).sorted().map { "upstream: \($0)" }).joined(separator: "\n")
        }

        /// Has a tool create the guest, looks when the stub domain runs, and waits until the tool has given up.
        private func introduction(of guest: GuestConfiguration, by tool: String) async throws -> Introduction {
            var seen = Introduction()
            let before = Set(try await host.store())
            try await host.require(
                """
                (setsid sh -c '\(tool) create -q -e \(guest.path); echo exit $?' > /root/stub.log 2>&1 < /dev/null &)
                """)
            try await host.wait(for: "the stub domain", timeout: .seconds(300)) {
                if try await host.ask(.run, "grep -q ^exit /root/stub.log").exitCode == 0 { return true }
                guard let stub = try await host.guests().first(where: { $0.name == "stubbed-dm" }) else { return false }
                let nodes = try await host.store("/local/domain/0/device-model/\(stub.number)")
                return stub.letters == "-b----" && nodes.contains { $0.contains("/qmp-proxy-state = \"running\"") }
            }
            let (domain, stub) = (try await host.domain("stubbed"), try await host.domain("stubbed-dm"))
            let listing = try await host.store()
            func vm(_ number: Int) throws -> String {
                let head = "/local/domain/\(number)/vm = \""
                let row = try #require(listing.first { $0.hasPrefix(head) })
                return String(row.dropFirst(head.count).prefix { $0 != "\"" })
            }
            let names = [(domain, try vm(domain), "GUEST"), (stub, try vm(stub), "STUB")]
            let rows = try listing.filter { !before.contains($0) }.compactMap { try normalised($0, names) }
            seen.store = Set(rows).sorted()
            seen.proxy =
                try normalised(
                    try await host.require(
                        "tr '\\0' ' ' < /proc/$(xenstore-read /local/domain/\(stub)/image/qmp-proxy-pid)/cmdline"
                    ).stdout, names) ?? ""
            try await host.wait(until: "grep -q ^exit /root/stub.log", timeout: .seconds(300))
            seen.end = try await host.require("cat /root/stub.log").stdout
            return seen
        }

        /// A node with both domains' numbers and UUIDs, and what comes by chance, replaced by names.
        private func normalised(
            _ row: String, _ names: [(number: Int, vm: String, name: String)]
        ) throws -> String? {
            if row.hasPrefix("/tool/") || row.contains("/memory/target") { return nil }
            var row = row.replacing(#/00:16:3e(:[0-9a-f]{2}){3}/#, with: "MAC")
            for (number, vm, name) in names {
                if let uuid = vm.split(separator: "/").last { row = row.replacing(uuid, with: name) }
                // In paths, permissions, values that are a domain, and names of interfaces and sockets.
                let place = try Regex(
                    "(domain/|libxl/|device-model/|backend/[a-z0-9_]+/|[(,][nrwb]|(?:domid|-id) = \"|vif|qmp-libxl-"
                        + "|(?:target|dm-argv/002) = \"|qemu-save\\.| )\(number)(?![0-9])")
                row = row.replacing(place) { "\($0.output[1].substring ?? "")\(name)" }
            }
            return row.replacing(
                #/(?<path>(pid|ring-ref|event-channel|port|start_time|node|physical-device|tty|page-ref|path)) = "[^"]+"/#
            ) { "\($0.path) = …" }
        }
    }
}
