import Foundation
import Testing

extension HostTests {
    /// Commands that show something answer as upstream's do, and in JSON that names the same facts.
    @Suite struct Commands {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Lines whose times or memory move between two commands.
        private func steady(_ text: String) -> String {
            text.replacing(#/[0-9]+\.[0-9]\b/#, with: "SECONDS")
                .replacing(#/[0-9]+ days, +|[0-9]{1,2}:[0-9]{2}:[0-9]{2}/#, with: "UPTIME")
                .replacing(#/\ [r-][b-][p-][s-]/#, with: " STATE").replacing(#/\ +/#, with: " ")
                .replacing(#/\ (r--|-b-|---)\ /#, with: " STATE ")
                .replacing(#/up [0-9]+:[0-9]{2},/#, with: "up UPTIME,")
                // dom0's vCPUs run where they like.
                .replacing(#/Domain-0 0 ([0-9]) [0-9] STATE /#) { "Domain-0 0 \($0.1) CPU STATE " }
        }

        private let guest = GuestConfiguration.idle(
            "answers", .pv, "vcpus = 2", "maxvcpus = 3", "vif = [ \"mac=00:16:3f:00:00:03\" ]",
            "uuid = \"1b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5d\"")

        @Test func answersAreUpstreams() async throws {
            try await compare(
                guest,
                [
                    "list", "list answers", "list DOMID", "list -- answers", "list -v", "list -c", "list -Z",
                    "list -l answers", "list nosuch", "domid answers", "domid nosuch", "domname DOMID", "domname 4711",
                    "vm-list", "vcpu-list nosuch", "uptime", "uptime -s answers", "info xen_version", "info nosuch",
                    "block-list answers", "network-list answers", "network-list nosuch", "pause nosuch",
                    "rename nosuch other", "destroy nosuch", "destroy 0", "destroy", "list --nosuch", "nosuch",
                    "-N list", "block-detach answers xvdz", "network-detach answers 7", "shutdown nosuch",
                ])
        }

        @Test(.processors(2)) func answersAboutProcessorsAreUpstreams() async throws {
            var guest = guest
            guest.lines.append("cpus = \"1\"")
            try await compare(guest, ["list -n", "list -l answers", "vcpu-list", "vcpu-list answers", "info nr"])
        }

        /// Compares answers to commands; `DOMID` in them is the guest's number.
        private func compare(_ guest: GuestConfiguration, _ commands: [String]) async throws {
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            let domain = try await host.domain(guest.name)
            // After its name, before it, in parentheses, in the path of a backend, as all there is.
            let number = try Regex(
                "(answers +|\"domid\": |\\(|/vif/|\\A)\(domain)(?= +[0-9]|,|\\)|/0|\\n\\z)|\\b\(domain)(?= +answers)")
            let normalised = { (text: String) in
                steady(text.replacing(number) { "\($0.output[1].substring ?? "")DOMID" })
            }
            for command in commands {
                let arguments = command.replacing("DOMID", with: "\(domain)")
                let theirs = try await host.recorded(arguments, as: command, normalise: normalised)
                let ours = try await host.ours(arguments)
                #expect(ours.exitCode == theirs.exitCode, "exit code of \(command)")
                guard theirs.exitCode == 0 else { continue }
                #expect(normalised(ours.stdout) == theirs.stdout, "answer of \(command)")
            }
        }

        /// It grows with all that happens on the host: both tools read it at one time.
        @Test func theHypervisorsLogIsUpstreams() async throws {
            let (theirs, ours) = (try await host.upstream("dmesg"), try await host.ours("dmesg"))
            #expect(ours.exitCode == theirs.exitCode)
            #expect(ours.stdout == theirs.stdout)
        }

        /// What the hardware, the hypervisor and the kernel are is the host's: both tools are asked on one.
        @Test(.processors(2)) func infoHasUpstreamsLines() async throws {
            let theirs = try await host.upstream("info -n").stdout
            let ours = try await host.ours("info -n").stdout
            let moving = ["free_memory", "cpu_mhz"]
            func kept(_ text: String) -> [Substring] {
                text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
                    !moving.contains { line.hasPrefix($0) }
                }
            }
            #expect(kept(ours) == kept(theirs))
        }

        @Test func theNameOfAMissingDomainIsSaidInTheWordsThatClientsLookFor() async throws {
            let missing = try await host.ours("list nosuch")
            #expect(missing.stderr.contains("nosuch is an invalid domain identifier"))
            let empty = try await host.ours("pause ''")
            #expect(empty.exitCode == 1)
            #expect(try await host.state(of: "Domain-0") == "r-----")
        }

        @Test func aDomainAnswersToItsUUID() async throws {
            let uuid = "1b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5c"
            let guest = GuestConfiguration.idle("by-uuid", .pvh, "uuid = \"\(uuid)\"")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            #expect(try await host.ours("domid \(uuid)").stdout == "\(try await host.domain("by-uuid"))\n")
            try await host.require("\(TestHost.ours) unpause \(uuid) && \(TestHost.ours) destroy \(uuid)")
        }

        @Test func jsonIsOneDocument() async throws {
            let guest = GuestConfiguration.idle("json", .pv, "vif = [ \"\" ]")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            for command in [
                "list --json", "info --json", "vcpu-list --json", "vm-list --json", "uptime --json",
                "block-list --json json", "network-list --json json",
            ] {
                let answer = try await host.ours(command)
                #expect(answer.exitCode == 0, "\(command)")
                let value = try? JSONSerialization.jsonObject(with: Data(answer.stdout.utf8))
                #expect(value is [Any] || value is [String: Any], "\(command)")
                #expect(!answer.stdout.contains("\": \"0\""), "numbers are numbers: \(command)")
            }
            try await host.require("\(TestHost.ours) destroy json")
        }
    }
}
