import Foundation
import Testing

extension HostTests {
    /// `xl config` on a real host: what a file names and the host lacks, and the configurations of running domains.
    @Suite struct ConfigCommands {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private struct Findings: Equatable {
            /// Line, severity, code and key of each.
            var problems: [String]
            var exit: Int
        }

        /// What `config check --host --json` finds.
        private func check(_ lines: [String], _ options: String = "") async throws -> Findings {
            try await host.write(lines.joined(separator: "\n") + "\n", to: "/root/check.cfg")
            await host.atEnd("rm -f /root/check.cfg")
            let result = try await host.ours("config check --host --json \(options) /root/check.cfg")
            let document = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any]
            let files = document?["files"] as? [[String: Any]]
            let found = files?.first?["diagnostics"] as? [[String: Any]] ?? []
            let problems = found.map { problem in
                let line = (problem["location"] as? [String: Any])?["line"] as? Int ?? 0
                return "\(line) \(problem["severity"] ?? "") \(problem["code"] ?? "") \(problem["key"] ?? "")"
            }
            return Findings(problems: problems, exit: result.exitCode)
        }

        @Test func everythingThatTheHostLacksIsFound() async throws {
            let guest = GuestConfiguration.idle("taken", .pv, "vif = [ \"mac=00:16:3f:00:00:44\" ]")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            let uuid = try await host.require("xenstore-read /local/domain/\(try await host.domain("taken"))/vm").stdout
                .firstMatch(of: #/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#)?.output.0
            try await host.makeDisk("/root/there.img")
            let clean = [
                "name='fresh'", "kernel='/root/guests/vmlinuz'", "ramdisk='/root/guests/initramfs'", "memory=64",
                "disk=['/root/there.img,raw,xvda,rw']", "vif=['bridge=xenbr0']", "pool='Pool-0'",
            ]
            let none = try await check(clean)
            #expect(none == Findings(problems: [], exit: 0))
            let bad: [(line: String, problem: String)] = [
                ("name='taken'", "error host-in-use name"), ("kernel='/root/nosuch'", "error host-missing kernel"),
                ("ramdisk='/root'", "error host-missing ramdisk"), ("memory=900000", "error host-shortage memory"),
                ("vcpus=64", "warning host-shortage vcpus"), ("uuid='\(uuid ?? "")'", "error host-in-use uuid"),
                ("pool='nosuch'", "error host-missing pool"), ("bootloader='nosuch'", "error host-missing bootloader"),
                ("disk=['/root/nosuch.img,raw,xvda,rw'", "error host-missing disk"),
                (", 'vdev=xvdb,script=block-nosuch,target=x'", "error host-missing disk"),
                (", 'vdev=xvdc,backend=nosuch,target=x' ]", "error host-missing disk"),
                ("vif=['bridge=nosuch'", "error host-missing vif"), (",'bridge=eth0'", "error host-missing vif"),
                (",'script=vif-nosuch'", "error host-missing vif"),
                (",'mac=00:16:3f:00:00:44,bridge=xenbr0' ]", "error host-in-use vif"),
                ("pci=['ff:1f.7'", "error host-missing pci"), (", '00:00.0']", "error host-missing pci"),
            ]
            let result = try await check(bad.map(\.line))
            #expect(result.problems == bad.enumerated().map { "\($0.offset + 1) \($0.element.problem)" })
            #expect(result.exit == 1)
            try await host.require("\(TestHost.ours) destroy taken")
        }

        @Test func warningsAreErrorsWhereThatIsWanted() async throws {
            let lines = ["name='strict'", "kernel='/root/guests/vmlinuz'", "memory=64", "vcpus=8"]
            let warned = try await check(lines)
            #expect(warned == Findings(problems: ["4 warning host-shortage vcpus"], exit: 0))
            let strict = try await check(lines, "--strict")
            #expect(strict == Findings(problems: warned.problems, exit: 1))
        }

        /// The lines that `config diff` prints.
        private func difference(_ a: String, _ b: String) async throws -> [String] {
            let result = try await host.ours("config diff \(a) \(b)")
            let lines = result.lines.map(String.init)
            #expect(result.exitCode == (lines.isEmpty ? 0 : 1), "\(result)")
            #expect(result.stderr == "")
            return lines
        }

        @Test(arguments: [TestHost.ours, TestHost.upstream], [GuestConfiguration.Kind.pv, .pvh])
        func aRunningDomainIsShownAndCompared(_ maker: String, _ kind: GuestConfiguration.Kind) async throws {
            let guest = GuestConfiguration.idle(
                "shown", kind, "vcpus = 2", "maxvcpus = 3", "on_reboot = \"destroy\"",
                "disk = [ \"/root/shown.img,raw,xvda,rw\" ]", "vif = [ \"mac=00:16:3f:00:00:45,bridge=xenbr0\" ]")
            try await guest.place(on: host)
            try await host.makeDisk("/root/shown.img")
            try await host.require("\(maker) create -q \(guest.path)")
            // Nothing has changed since the file was read.
            #expect(try await difference(guest.path, "shown") == [])
            #expect(try await difference("shown", guest.path) == [])
            // What is shown makes the same domain again.
            try await host.require("\(TestHost.ours) config show shown > /root/again.cfg")
            await host.atEnd("rm -f /root/again.cfg /root/other.cfg")
            #expect(try await difference("/root/again.cfg", "shown") == [])
            #expect(try await host.ours("config check --strict /root/again.cfg").exitCode == 0)
            // What changes while it runs is seen.
            try await host.require("\(maker) rename shown renamed")
            await host.dropAtEnd("renamed")
            let device = try await host.makeLoopDevice("/root/more.img")
            try await host.require("\(maker) block-attach renamed \(device),raw,xvdc,rw")
            let changed = try await difference(guest.path, "renamed")
            let marks = changed.map { line in String(line.prefix { $0 != " " }) }.filter { $0.count > 1 }
            #expect(marks == ["-name", "+name", "-disk", "+disk"])
            #expect(changed.contains { $0.contains(device) }, "\(changed)")
            let show = try await host.ours("config show --json renamed").stdout
            let document = try JSONSerialization.jsonObject(with: Data(show.utf8)) as? [String: Any]
            #expect((document?["disks"] as? [Any])?.count == 2)
            try await host.require("\(maker) destroy renamed")
            // And so it can be made again from what was shown.
            try await host.require("\(TestHost.ours) create -q /root/again.cfg && \(TestHost.ours) destroy shown")
        }

        @Test func twoDomainsAreCompared() async throws {
            let first = GuestConfiguration.idle("first", .pv, "vif = [ \"mac=00:16:3f:00:00:46\" ]")
            let second = GuestConfiguration.idle("second", .pv, "vcpus = 2", "vif = [ \"mac=00:16:3f:00:00:47\" ]")
            try await first.place(on: host)
            try await second.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(first.path)")
            try await host.require("\(TestHost.upstream) create -q \(second.path)")
            let lines = try await difference("first", "second")
            let marks = lines.filter { !$0.contains("uuid") }.map { line in String(line.prefix { $0 != " " }) }
            #expect(marks == ["-name", "+name", "+vcpus", "-vif", "+vif"])
            let json = try await host.ours("config diff --json first second").stdout
            let document = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            let keys = (document?["differences"] as? [[String: Any]])?.compactMap { $0["key"] as? String } ?? []
            #expect(Set(keys) == ["name", "uuid", "vcpus", "vif"])
            #expect(try await difference("first", "first") == [])
            #expect(try await host.ours("config show nosuch").exitCode == 1)
            try await host.require("\(TestHost.ours) destroy second && \(TestHost.upstream) destroy first")
        }

        @Test func filesThatAreNoneAreRefusedAtOnce() async throws {
            try await host.require("mkfifo /root/fifo.cfg; head -c 1048577 /dev/zero | tr '\\0' '#' > /root/big.cfg")
            await host.atEnd("rm -f /root/fifo.cfg /root/big.cfg /root/nul.cfg /root/deep.cfg /root/bytes.cfg")
            try await host.require(
                """
                printf 'name="x"\\000\\n' > /root/nul.cfg
                { printf 'name="x"\\nkernel="/k"\\nx='; printf '[%.0s' $(seq 65); printf ']%.0s' $(seq 65); echo; } > /root/deep.cfg
                head -c 65536 /root/guests/vmlinuz > /root/bytes.cfg
                """)
            for (file, word) in [
                ("/root", "directory"), ("/root/fifo.cfg", "FIFO"), ("/root/big.cfg", "1 MiB"),
                ("/root/nul.cfg", "NUL"),
                ("/root/deep.cfg", "64"), ("/root/bytes.cfg", "bytes.cfg:1"), ("/nosuch", "No such file"),
                ("/dev/zero", "device"),
            ] {
                for command in ["config check", "create -n -q", "config show"] {
                    let refused = try await host.ours("\(command) \(file)", timeout: .seconds(20))
                    #expect((1...6).contains(refused.exitCode), "\(command) \(file): exit \(refused.exitCode)")
                    #expect((refused.stdout + refused.stderr).contains(word), "\(command) \(file): \(refused.stderr)")
                }
            }
        }
    }
}
