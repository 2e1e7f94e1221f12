import Foundation
import Testing

extension TestHost {
    /// Where the programs of the packages in `examples` are; nil when they were not built.
    static let examples = ProcessInfo.processInfo.environment["SWIFT_XL_EXAMPLES"].map { folder in
        folder.hasPrefix("/") ? folder : repository.appending(path: folder).path
    }
}

extension HostTests {
    /// The programs in `examples`, which know of this repository what any other package can, on a host without Swift.
    @Suite(.enabled(if: TestHost.examples != nil, "make example-packages builds them"))
    struct ExamplePackages {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private func place(_ program: String) async throws -> String {
            let (folder, path) = (try #require(TestHost.examples), "/root/\(program)")
            await host.atEnd("rm -f \(path) \(path).out")
            try await host.put("\(folder)/\(program)", as: path)
            try await host.require("chmod 755 \(path)")
            return path
        }

        @Test func oneFollowsWhatXLDoes() async throws {
            let (follow, ours) = (try await place("follow"), TestHost.ours)
            let guest = GuestConfiguration.idle("followed", .pvh)
            try await guest.place(on: host)
            let answer = try await host.require(
                """
                \(follow) > \(follow).out 2>&1 & pid=$!
                trap 'kill $pid 2> /dev/null || :' EXIT
                seen() { until [ "$(grep -c "$1" \(follow).out)" -ge $2 ]; do sleep 0.1; done; }
                seen '^Domain-0 (0): running$' 1
                set -e
                \(ours) create -q -e \(guest.path); seen '^followed .*: running$' 1
                \(ours) pause followed; seen '^followed .*: paused$' 1
                \(ours) unpause followed; seen '^followed .*: running$' 2
                \(ours) destroy followed; seen '^followed .*: destroyed$' 1
                kill -TERM $pid; wait $pid
                cat \(follow).out
                """, timeout: .seconds(120))
            var told = answer.stdout.split(separator: "\n").filter { $0.hasPrefix("followed (") }
                .compactMap { $0.split(separator: " ").last }
            // A destruction pauses the domain first, which may be seen.
            if told.suffix(2) == ["paused", "destroyed"] { told.remove(at: told.count - 2) }
            #expect(told == ["created", "running", "paused", "running", "destroyed"], "\(answer)")
        }

        @Test func oneCreatesAGuestAndDestroysItInTime() async throws {
            let guest = GuestConfiguration.idle("brief", .pvh)
            try await guest.place(on: host)
            let result = try await host.run("\(try await place("lifecycle")) \(guest.path) 1")
            let number = try #require(result.stdout.split(separator: " ").dropFirst().first, "\(result)")
            let lines = ["runs", "still runs", "is gone"].map { "domain \(number) \($0)\n" }
            #expect(result.exitCode == 0 && result.stdout == lines.joined(), "\(result)")
        }

        @Test func oneSeesHowAGuestEnds() async throws {
            let (lifecycle, guest) = (try await place("lifecycle"), GuestConfiguration.idle("ending", .pv))
            try await guest.place(on: host)
            try await host.require(
                """
                \(lifecycle) \(guest.path) > \(lifecycle).out 2>&1 &
                until grep -q runs \(lifecycle).out; do sleep 0.1; done
                """)
            try await host.end(try await host.domain("ending"), reason: 0)
            let answer = try await host.wait(until: "grep 'is gone' \(lifecycle).out")
            #expect(answer.stdout.hasSuffix(" is gone\n"))
            let told = try await host.require("cat \(lifecycle).out").stdout
            #expect(told.contains(" has shut down, poweroff\n"), "\(told)")
        }

        @Test func oneThatIsInterruptedLeavesNothing() async throws {
            let (lifecycle, guest) = (try await place("lifecycle"), GuestConfiguration.idle("interrupted", .pvh))
            try await guest.place(on: host)
            let result = try await host.run("timeout --preserve-status -s TERM 8 \(lifecycle) \(guest.path)")
            #expect(result.exitCode == 1 && result.stdout.contains("interrupted"), "\(result)")
            #expect(try await host.upstream("domid interrupted").exitCode != 0)
        }

        @Test func oneSaysWhereAFileIsWrong() async throws {
            let path = "/root/wrong.cfg"
            await host.atEnd("rm -f \(path)")
            try await host.write("name = \"wrong\"\ntype = \"pvh\"\nmemory = ]\n", to: path)
            let result = try await host.run("\(try await place("lifecycle")) \(path)")
            #expect(result.exitCode == 1 && result.stdout.contains("\(path):3:10: error: "), "\(result)")
        }
    }
}
