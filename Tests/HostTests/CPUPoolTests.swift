import Foundation
import Testing

extension HostTests {
    /// CPU pools: the same answers, the same nodes, and each tool handles the other's pools.
    @Suite(.processors(2)) struct CPUPools {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Puts the host back to its one pool with both processors, whatever a test did.
        private func restoreAtEnd() async {
            await host.atEnd(
                """
                for pool in $(xenstore-list /local/pool); do
                    [ $pool = 0 ] || \(TestHost.upstream) cpupool-destroy $pool
                done
                [ "$(xenstore-read /local/pool/0/name)" = Pool-0 ] || \(TestHost.upstream) cpupool-rename 0 Pool-0
                \(TestHost.upstream) cpupool-cpu-add Pool-0 all 2> /dev/null
                """)
        }

        /// Frees a processor for pools of a test.
        private func freeOne() async throws {
            await restoreAtEnd()
            try await host.require("\(TestHost.upstream) cpupool-cpu-remove Pool-0 1")
        }

        @Test func answersAreUpstreams() async throws {
            try await freeOne()
            try await host.write("name = 'from-file'\nsched = 'credit'\ncpus = '1'\n", to: "/root/pool.cfg")
            await host.atEnd("rm -f /root/pool.cfg")
            let commands = [
                "cpupool-list", "cpupool-list -c", "cpupool-list Pool-0", "cpupool-list nosuch",
                "cpupool-create -n /root/pool.cfg", "-N cpupool-create /root/pool.cfg sched='\"credit2\"'",
                "cpupool-create -n name='\"words\"'", "cpupool-create -n name='\"words\"' nodes='[0]'",
                "cpupool-create -n name='\"words\"' cpus='[\"1\"]'", "cpupool-create -n name='\"Pool-0\"'",
                "cpupool-create -n name='\"words\"' sched='\"nosuch\"'", "cpupool-create -n", "cpupool-create /nosuch",
                "cpupool-destroy nosuch", "cpupool-destroy Pool-0", "cpupool-rename nosuch other",
                "cpupool-migrate nosuch Pool-0", "cpupool-migrate 0 nosuch", "cpupool-cpu-add nosuch 1",
                "cpupool-cpu-add Pool-0 x", "cpupool-cpu-remove nosuch 1", "cpupool-cpu-remove Pool-0",
            ]
            for command in commands {
                let (theirs, ours) = (try await host.recorded(command), try await host.ours(command))
                #expect(ours.exitCode == theirs.exitCode, "exit code of \(command): \(ours.stderr)")
                guard theirs.exitCode == 0 else { continue }
                #expect(ours.stdout == theirs.stdout, "answer of \(command)")
            }
        }

        @Test func aPoolsNodesAreUpstreams() async throws {
            try await freeOne()
            let theirs = try await Oracle.answer("a pool") { try await traces(ofPoolBy: TestHost.upstream) }
            #expect(try await traces(ofPoolBy: TestHost.ours) == theirs)
            #expect(theirs.contains("made"))
        }

        /// What a tool says of a pool that it makes, what upstream's shows of it, and its nodes.
        private func traces(ofPoolBy tool: String) async throws -> String {
            let said = try await host.require("\(tool) cpupool-create name='\"made\"' cpus='\"1\"'").stdout
            let list = try await host.require("\(TestHost.upstream) cpupool-list -c").stdout
            let tree = try await host.store("/local/pool").joined(separator: "\n")
                .replacing(/\/local\/pool\/[1-9][0-9]*/, with: "/local/pool/N")
            try await host.require("\(tool) cpupool-destroy made")
            return (said + list + tree).withoutUUIDs
        }

        @Test(arguments: [(TestHost.ours, TestHost.upstream), (TestHost.upstream, TestHost.ours)])
        func oneToolsPoolIsTheOthersToo(_ maker: String, _ other: String) async throws {
            try await freeOne()
            let guest = GuestConfiguration.idle("pooled", .pv)
            try await guest.place(on: host)
            try await host.require("\(maker) cpupool-create name='\"shared\"'")
            try await host.require("\(other) cpupool-cpu-add shared 1")
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            try await host.require("\(other) cpupool-migrate pooled shared")
            #expect(try await host.require("\(maker) list -c pooled").stdout.contains("shared"))
            try await host.require("\(other) cpupool-rename shared renamed")
            #expect(try await host.require("\(maker) cpupool-list renamed").stdout.contains(#/renamed +1 /#))
            #expect(try await host.run("\(maker) cpupool-destroy renamed").exitCode == 1)
            try await host.require("\(maker) cpupool-migrate pooled Pool-0")
            try await host.require("\(other) cpupool-cpu-remove renamed 1 && \(maker) cpupool-destroy renamed")
            try await host.require("\(TestHost.ours) destroy pooled")
        }

        @Test func whatCannotBeDoneIsToldAndLeavesNothing() async throws {
            await restoreAtEnd()
            let before = try await pools()
            for (command, words) in [
                ("cpupool-create name='\"x\"' cpus='\"1\"'", ["cpu 1", "not free"]),
                ("cpupool-create name='\"x\"' nodes='[7]'", ["no free cpu"]),
                ("cpupool-create name='\"x\"' sched='\"sedf\"'", ["x", "sedf"]),
                ("cpupool-create name='\"\"'", ["name"]),
                ("cpupool-destroy 0", ["Pool-0", "domains"]), ("cpupool-rename Pool-0 ''", ["name"]),
                ("cpupool-cpu-add Pool-0 5", ["cpu 5"]), ("cpupool-cpu-remove Pool-0 5", ["cpu 5"]),
                ("cpupool-cpu-remove Pool-0 0-x", ["0-x"]),
            ] {
                let refused = try await host.ours(command)
                #expect(refused.exitCode == 1, "\(command)")
                for word in words { #expect(refused.stderr.contains(word), "\(command): \(refused.stderr)") }
            }
            #expect(try await pools() == before)
            // Both processors of the pool are in it already: nothing to do, and no failure.
            try await host.require("\(TestHost.ours) cpupool-cpu-add Pool-0 0-1")
        }

        /// All that is known of the pools.
        private func pools() async throws -> [String] {
            try await host.store("/local/pool") + [host.require("\(TestHost.upstream) cpupool-list -c").stdout]
        }

        @Test func aSplitOfOneNodeNamesThePool() async throws {
            await restoreAtEnd()
            try await host.require("\(TestHost.ours) cpupool-numa-split")
            #expect(try await host.require("\(TestHost.upstream) cpupool-list -c").stdout.contains(#/Pool-node0 +0,1/#))
            try await host.require("\(TestHost.upstream) cpupool-rename Pool-node0 Pool-0")
            try await host.require("\(TestHost.upstream) cpupool-cpu-remove Pool-0 1")
            try await host.require("\(TestHost.ours) cpupool-create name='\"second\"'")
            #expect(try await host.ours("cpupool-numa-split").exitCode == 1)
        }

        @Test func documentsNameTheSameFacts() async throws {
            try await freeOne()
            let made = try await host.require("\(TestHost.ours) cpupool-create --json name='\"j\"' nodes='[0]'").stdout
            let pool = try JSONSerialization.jsonObject(with: Data(made.utf8)) as? [String: Any]
            #expect(pool?["name"] as? String == "j" && pool?["cpus"] as? [Int] == [1])
            let list = try await host.require("\(TestHost.ours) cpupool-list --json").stdout
            let pools = try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]]
            #expect(pools?.map { $0["name"] as? String } == ["Pool-0", "j"])
            #expect(pools?.last?["id"] as? Int == pool?["id"] as? Int)
            #expect(pools?.first?["domains"] as? Int == 1)
        }
    }
}
