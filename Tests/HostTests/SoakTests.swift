import Foundation
import Testing

extension HostTests {
    /// Endurance: guests of each type live and die many times over, eight at a time, and then many live at once. Nothing
    /// grows, and commands that are about one guest do as much among many as with one.
    ///
    /// `make soak` runs it.
    @Suite(.enabled(if: TestHost.soak != nil, "make soak runs it"), .processors(2))
    struct Soak {
        /// What the program in the host prints a line of, each with the fields of one kind.
        private struct Line: Decodable {
            var sample: String?
            var nodes, processes, descriptors, loops, interfaces, files, watcherDescriptors: Int?
            var watcherKib, freeMib: Int?
            var failure: String?
            var calls: String?
            var guests, count: Int?
        }

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Runs the program, shows what it says when it says it, and gives that back.
        private func soak(_ cycles: Int, _ crowd: Int) async throws -> [Line] {
            let program = TestHost.repository.appending(path: "Tests/XenHost/tools/soak").path
            try await host.put(program, as: "/root/soak")
            await host.atEnd("rm -f /root/soak* /root/crowd.cfg /var/log/xen/*soak-* /var/log/xen/*crowd-*")
            for name in ["soak-*", "crowd-*", "witness", "other"] {
                await host.dropAtEnd(name, files: "/root/\(name).cfg")
            }
            try await host.setWaits([
                "device": 300, "device_close": 300, "device_change": 600, "hotplug": 300, "device_model": 600,
                "qmp": 300,
                "watcher": 300, "suspend": 300, "shutdown": 300, "console": 300, "device_model_state": 300,
            ])
            try await host.require(
                """
                setsid python3 /root/soak \(cycles) \(crowd) > /root/soak.out 2>&1 < /dev/null &
                echo $! > /root/soak.pid
                """)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            var lines: [Line] = []
            var isRunning = true
            while isRunning {
                // Rarely: eight workers leave little time to whoever looks at them.
                let look = "sleep 15; kill -0 $(< /root/soak.pid)"
                isRunning = try await host.ask(.run, look, timeout: .seconds(600)).exitCode == 0
                let text = try await host.ask(.run, "tail -n +\(lines.count + 1) /root/soak.out").stdout
                for line in text.split(separator: "\n") {
                    print(line)
                    guard let decoded = try? decoder.decode(Line.self, from: Data(line.utf8)) else {
                        throw HostError.commandFailed(try await host.run("cat /root/soak.out"))
                    }
                    lines.append(decoded)
                }
            }
            return lines
        }

        @Test func nothingGrows() async throws {
            let (cycles, crowd) = try #require(TestHost.soak)
            let lines = try await soak(cycles, crowd)
            for line in lines { if let failure = line.failure { Issue.record("\(failure)") } }
            let samples = lines.filter { $0.sample != nil }
            let (first, last) = (try #require(samples.first), try #require(samples.last))
            try #require(last.sample == "after the crowd", "it came to its end")
            let counts: [(name: String, value: KeyPath<Line, Int?>)] = [
                ("nodes", \.nodes), ("processes", \.processes), ("daemons' descriptors", \.descriptors),
                ("loop devices", \.loops), ("interfaces", \.interfaces), ("files", \.files),
                ("the watcher's descriptors", \.watcherDescriptors),
            ]
            for (name, value) in counts {
                let (before, after) = (try #require(first[keyPath: value]), try #require(last[keyPath: value]))
                #expect(after <= before, "\(name)")
            }
            let (before, after) = (try #require(first.watcherKib), try #require(last.watcherKib))
            #expect(after <= before + 256, "the watcher's memory in KiB")
            // The hypervisor gives back what a domain had a moment after it.
            #expect(
                try #require(last.freeMib) >= (try #require(first.freeMib)) - 2, "the hypervisor's free memory in MiB")
            expectFlat(lines, crowd)
        }

        /// A command about one guest, by its number, does not look at the others.
        private func expectFlat(_ lines: [Line], _ crowd: Int) {
            let growing = ["domid", "list", "create", "destroy"]
            for one in lines where one.guests == 1 {
                guard let name = one.calls, !growing.contains(name), let few = one.count else { continue }
                let many = lines.first { $0.calls == name && $0.guests == crowd }?.count
                #expect(
                    many.map { $0 <= few + few / 10 } == true,
                    "\(name): \(few), then \(many.map(String.init) ?? "none")")
            }
        }
    }
}
