import Foundation
import Testing

extension HostTests {
    /// What programs are told: outcomes, errors and chosen fields.
    @Suite struct Outcomes {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private func document(_ text: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
        }

        /// All that stands on standard error is a document a line; the last one tells what went wrong.
        private func error(_ result: CommandResult) throws -> [String: Any] {
            let lines = try result.stderr.split(separator: "\n").map { try document(String($0)) }
            let error = try #require(lines.last?["error"] as? [String: Any], "\(result)")
            #expect(error["exit_code"] as? Int == result.exitCode)
            #expect(lines.dropLast().allSatisfy { $0["event"] != nil })
            return error
        }

        @Test func whatActsAnswersWithWhatItDid() async throws {
            let guest = GuestConfiguration.idle("outcome", .pv)
            try await guest.place(on: host)
            let made = try document(try await host.require("\(TestHost.ours) create --json -q \(guest.path)").stdout)
            let number = try await host.domain(guest.name)
            #expect(made["domid"] as? Int == number)
            for command in ["pause", "unpause", "mem-max", "destroy"] {
                let words = command == "mem-max" ? "outcome 8" : "outcome"
                let answer = try document(try await host.require("\(TestHost.ours) \(command) --json \(words)").stdout)
                #expect(answer["command"] as? String == command)
                #expect(answer["domid"] as? Int == number && answer["domids"] as? [Int] == [number])
                #expect(try #require(answer["duration_ms"] as? Int) >= 0)
            }
            let gone = try await host.ours("destroy --json outcome")
            #expect(try error(gone)["code"] as? String == "domain_not_found")
            #expect(gone.stdout.isEmpty)
        }

        @Test func aFailureBringsItsEvidence() async throws {
            try await host.write(
                "#!/bin/sh\nexec 2>> /var/log/xen/xen-hotplug.log\necho 'no bridge today' >&2\nexit 1\n",
                to: "/root/no-bridge")
            try await host.require("chmod +x /root/no-bridge")
            await host.atEnd("rm -f /root/no-bridge")
            let guest = GuestConfiguration.idle("evidence", .pv, "vif = [ \"script=/root/no-bridge\" ]")
            try await guest.place(on: host)
            let error = try error(try await host.ours("create --json -q \(guest.path)"))
            #expect(error["code"] as? String == "hotplug_failed")
            let evidence = try #require(error["evidence"] as? [String: Any])
            #expect((evidence["lines"] as? [String])?.last == "no bridge today")
            let explained = try await host.require("\(TestHost.ours) explain hotplug_failed").stdout
            #expect(explained.hasPrefix("hotplug_failed: "))
        }

        /// What an agent in the guest would write.
        @Test func addressesAreShown() async throws {
            let guest = GuestConfiguration.idle("addressed", .pv, "vif = [ \"\" ]")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            let attr = "/local/domain/\(try await host.domain(guest.name))/attr/vif/0"
            try await host.require(
                """
                xenstore-write \(attr)/ipv4/0 192.0.2.7 \(attr)/ipv4/1 "$(printf 'a\\033[2J')" \(attr)/ipv6/0 2001:DB8::7
                """)
            let table = try await host.require("\(TestHost.ours) list --ip addressed").stdout
            #expect(table.hasSuffix(" 192.0.2.7,2001:db8::7\n"))
            let bare = try await host.require("\(TestHost.ours) list -o name,addresses.address addressed").stdout
            #expect(bare == "addressed\t192.0.2.7,2001:db8::7\n")
            let names = try await host.require("\(TestHost.ours) list -o name").stdout
            #expect(names == "Domain-0\naddressed\n")
            let started = try await host.require(
                "\(TestHost.ours) list --json --fields started_at_s,state_reason addressed")
            #expect(started.stdout.contains("\"state_reason\": null"))
            #expect(!started.stdout.contains("\"started_at_s\": null"))
            #expect(try await host.ours("list --fields nosuch").exitCode == 2)
        }
    }
}
