import Foundation
import Testing

extension HostTests {
    /// Commands about what a hypervisor may be built or started without, and about channels.
    @Suite struct HostCommands {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private static let commands = [
            "sharing", "sharing 0", "sharing Domain-0", "sharing nosuch", "sharing 4711", "claims", "getenforce",
            "setenforce", "setenforce 1", "setenforce 0", "setenforce enforcing", "setenforce PERMISSIVE",
            "setenforce 2",
            "loadpolicy", "loadpolicy /nosuch", "loadpolicy /root", "loadpolicy /etc/passwd", "psr-hwinfo",
            "psr-hwinfo -m", "psr-hwinfo --cmt", "psr-hwinfo -a", "psr-hwinfo -b", "psr-hwinfo -ab", "psr-hwinfo -x",
            "psr-cmt-attach", "psr-cmt-attach 0", "psr-cmt-attach nosuch", "psr-cmt-detach", "psr-cmt-detach 0",
            "psr-cmt-detach nosuch", "psr-cmt-show", "psr-cmt-show x", "psr-cmt-show cache-occupancy",
            "psr-cmt-show total-mem-bandwidth", "psr-cmt-show local-mem-bandwidth 0",
            "psr-cmt-show cache-occupancy nosuch",
            "psr-cmt-show cache-occupancy 0 0", "psr-cat-set", "psr-cat-set 0", "psr-cat-set 0 1", "psr-cat-set 0 1 2",
            "psr-cat-set -l 2 0 0xf", "psr-cat-set -l 4 0 1", "psr-cat-set -c -d 0 1", "psr-cat-set -c 0 1",
            "psr-cat-set -d 0 1", "psr-cat-set -s 0 0 1", "psr-cat-set nosuch 1", "psr-cat-show", "psr-cat-show -l 2",
            "psr-cat-show -l 1", "psr-cat-show 0", "psr-cat-show nosuch", "psr-cat-show 0 0", "psr-mba-set 0 1",
            "psr-mba-set -s 0 0 1", "psr-mba-set nosuch 1", "psr-mba-show", "psr-mba-show 0", "psr-mba-show nosuch",
            "psr-mba-show 0 0", "channel-list", "channel-list 0", "channel-list nosuch", "set-parameters",
            "set-parameters nosuch=1", "set-parameters nonosuch",
        ]

        private func normalised(_ text: String) -> String { text.replacing(#/ [0-9]+\.[0-9]/#, with: " SECONDS") }

        @Test func answersAreUpstreams() async throws {
            for command in Self.commands {
                let theirs = try await host.recorded(command, normalise: normalised)
                let ours = try await host.ours(command)
                #expect(ours.exitCode == theirs.exitCode, "exit code of \(command): \(ours.stderr)")
                #expect(ours.exitCode == 0 || !ours.stderr.isEmpty || !ours.stdout.isEmpty, "\(command) says why")
                // What is shown comes with other codes, too; help is each tool's own.
                guard theirs.exitCode != 2, !theirs.stdout.hasPrefix("Usage") else { continue }
                #expect(normalised(ours.stdout) == theirs.stdout, "answer of \(command)")
            }
        }

        @Test func usageErrorsAreTwo() async throws {
            for command in ["sharing a b", "claims x", "psr-mba-set 0", "psr-cat-set 0 x", "psr-mba-set -s x 0 1"] {
                #expect(try await host.ours(command).exitCode == 2, "\(command)")
            }
        }

        @Test(arguments: [
            ("getenforce", "CONFIG_XSM_FLASK"), ("setenforce 1", "CONFIG_XSM_FLASK"),
            ("loadpolicy /etc/passwd", "CONFIG_XSM_FLASK"), ("sharing", "CONFIG_MEM_SHARING"),
            ("psr-cmt-attach 0", "psr=cmt"), ("psr-cat-show", "psr=cat"), ("psr-mba-set 0 1", "psr=mba"),
            ("set-parameters nosuch=1", "guest_loglvl"),
        ])
        func whatIsMissingIsNamed(_ command: String, _ words: String) async throws {
            #expect(try await host.ours(command).stderr.contains(words))
        }

        @Test func parametersAreSetAsByUpstream() async throws {
            await host.atEnd("\(TestHost.upstream) set-parameters 'guest_loglvl=none/warning console_timestamps=none'")
            for words in [
                "guest_loglvl=all", "'guest_loglvl=info  console_timestamps=boot'", "noconsole_timestamps", "''",
            ] {
                let theirs = try await Oracle.answer(words) { try await parameters(set: words, by: TestHost.upstream) }
                #expect(try await parameters(set: words, by: TestHost.ours) == theirs, "\(words)")
            }
            // The one that is not known keeps all from being set.
            let before = try await parameters(set: "guest_loglvl=error", by: TestHost.ours)
            #expect(try await parameters(set: "'guest_loglvl=all nosuch=1'", by: TestHost.ours).hasPrefix("1"))
            #expect(try await parameters(set: "guest_loglvl=error", by: TestHost.upstream) == before)
        }

        private func parameters(set words: String, by tool: String) async throws -> String {
            let result = try await host.run("\(tool) set-parameters \(words)")
            let values = try await host.require(
                "for name in guest_loglvl console_timestamps; do xenhypfs cat /params/$name; done"
            ).stdout
            return "\(result.exitCode) \(result.stdout)\(values)"
        }

        @Test func channelsAreListedAsByUpstream() async throws {
            let guest = GuestConfiguration.idle(
                "channels", .pv,
                "channel = [ \"connection=pty,name=org.a\", \"connection=socket,path=/run/channels,name=org.b\" ]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /run/channels")
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            let theirs = try await host.upstream("channel-list channels")
            let ours = try await host.ours("channel-list channels")
            #expect(ours.stdout == theirs.stdout)
            #expect(ours.stdout.contains("/dev/pts/"))
            let json = try await host.require("\(TestHost.ours) channel-list --json channels").stdout
            let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
            #expect(list.map { $0["name"] as? String } == ["org.a", "org.b"])
            #expect(list.last?["path"] as? String == "/run/channels")
        }

        @Test(arguments: ["sharing --json", "claims --json", "getenforce --json", "psr-hwinfo --json"])
        func jsonIsOneDocument(_ command: String) async throws {
            let answer = try await host.ours(command)
            let value = try JSONSerialization.jsonObject(with: Data(answer.stdout.utf8))
            #expect(value is [Any] || value is [String: Any])
        }
    }
}
