import Testing

extension HostTests {
    /// What one tool saves, the other restores; what fails leaves the guest as it was.
    @Suite struct SaveRestore {
        private static let isLong: Comment = "saves and restores of whole guests take minutes in emulation"

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let file = "/root/saved"
        static let tools = [TestHost.ours, TestHost.upstream]

        private func start(
            _ kind: GuestConfiguration.Kind, by tool: String = TestHost.upstream
        ) async throws -> MovingGuest {
            await host.atEnd("rm -f \(Self.file) \(Self.file)-2")
            return try await MovingGuest("saved", kind, by: tool, on: host)
        }

        private static let kinds: [GuestConfiguration.Kind] = [.pv, .pvh, .hvm]

        private static let directions: [Direction] = {
            var directions: [Direction] = []
            for kind in kinds {
                for (saver, restorer) in [(0, 0), (0, 1), (1, 0)] {
                    directions.append(Direction(saver: tools[saver], restorer: tools[restorer], kind: kind))
                }
            }
            return directions
        }()

        struct Direction: Sendable, CustomTestStringConvertible {
            var saver: String
            var restorer: String
            var kind: GuestConfiguration.Kind
            var testDescription: String { "\(kind): \(saver) to \(restorer)" }
        }

        @Test(arguments: TestHost.isFull ? directions : Array(directions.prefix(3).suffix(1)))
        func memoryDiskAndNetworkGoOn(_ direction: Direction) async throws {
            let guest = try await start(direction.kind)
            // Both map each page by itself, which takes the kernel of Debian 13 minutes here.
            if direction.kind == .pv, host.release == .debian12 { try await expectCoreDumpAsUpstreams() }
            try await host.require("\(direction.saver) save saved \(Self.file)", timeout: .seconds(300))
            #expect(try await !host.exists("saved"))
            // Upstream's own judge of streams.
            try await host.require(
                "PYTHONPATH=$(echo /usr/lib/xen-*/lib/python) /usr/lib/xen-*/bin/verify-stream-v2 -i \(Self.file) -f xl",
                timeout: .seconds(300))
            try await host.require("\(direction.restorer) restore -e \(Self.file)", timeout: .seconds(300))
            try await guest.expectWhole()
        }

        /// Upstream's save and ours begin with the same configuration, and both tools make the same domain of it.
        @Test(.enabled(if: TestHost.isFull, isLong), arguments: kinds)
        func leavesWhatUpstreamLeaves(_ kind: GuestConfiguration.Kind) async throws {
            let domain = try await start(kind).domain
            for (tool, file) in [(TestHost.ours, Self.file), (TestHost.upstream, Self.file + "-2")] {
                try await host.require("\(tool) save -c saved \(file)", timeout: .seconds(300))
            }
            #expect(try await host.domain("saved") == domain, "the guest stays")
            let head = "head -c 16384 FILE | sed 's/LibxlFmt.*//' | head -n -1 | md5sum"
            #expect(
                try await host.require(head.replacing("FILE", with: Self.file)).stdout
                    == host.require(head.replacing("FILE", with: Self.file + "-2")).stdout)
            #expect(try await host.require("stat -c %a \(Self.file)").stdout == "600\n")
            try await host.require("\(TestHost.upstream) destroy saved")
            let theirs = try await Oracle.answer("\(kind), its store") {
                try await storeRestored(by: TestHost.upstream)
            }
            let differences = try await storeRestored(by: TestHost.ours).differences(to: theirs)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        }

        private func storeRestored(by tool: String) async throws -> StoreSnapshot {
            let before = try await host.store()
            try await host.require("\(tool) restore -p -e \(Self.file)", timeout: .seconds(300))
            let snapshot = try await StoreSnapshot(of: host, domain: host.domain("saved"), since: before)
            try await host.require("\(tool) destroy saved")
            return snapshot
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func pausesAndKeepsTheNumber() async throws {
            let domain = try await start(.pv, by: TestHost.ours).domain
            try await host.require("\(TestHost.ours) save -p -D saved \(Self.file)", timeout: .seconds(300))
            #expect(try await host.state(of: "saved") == "--p---")
            try await host.require("\(TestHost.upstream) destroy saved")
            // A number may be used again a minute after its domain ended.
            try await host.require(
                "sed -i 's/^[0-9]* [0-9]* .*//' /run/xen/domid-history 2>/dev/null; rm -f /run/xen/domid-history")
            let log = try await host.require("\(TestHost.ours) restore -e \(Self.file) 2>&1", timeout: .seconds(300))
            #expect(log.stdout.contains("Loading new save file \(Self.file) (new xl fmt info 0x3/0x0/"))
            #expect(
                log.stdout.contains(" Savefile contains xl domain config in JSON format\nParsing config from <saved>"))
            #expect(try await host.domain("saved") == domain)
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func filesThatAreCutOffOrDamagedAreRefusedWithoutResidue()
            async throws
        {
            _ = try await start(.pv)
            try await host.require("\(TestHost.ours) save saved \(Self.file)", timeout: .seconds(300))
            let size = try #require(Int(try await host.require("stat -c %s \(Self.file)").stdout.dropLast()))
            let before = try await Residue(of: host)
            var points = [0, 10, 40, 47, 50, 60, 500, 3000, size - 1, size - 8, size - 9, size - 30]
            points += (1...8).map { size / 9 * $0 }
            for point in points {
                let result = try await host.run(
                    "head -c \(point) \(Self.file) > \(Self.file)-2; \(TestHost.ours) restore -e \(Self.file)-2",
                    timeout: .seconds(300))
                #expect(result.exitCode == 1, "cut at \(point): \(result)")
                #expect(result.stderr.contains("xl: error: cannot re"), "cut at \(point): \(result)")
            }
            for (offset, byte) in [
                (0, "Y"), (32, "\\004\\003\\002\\001"), (36, "\\377"), (44, "\\377\\377\\377\\377"),
                (48, "\\377\\377\\377\\377"),
            ] {
                let result = try await host.run(
                    """
                    head -c 100000 \(Self.file) > \(Self.file)-2
                    printf '\(byte)' | dd of=\(Self.file)-2 bs=1 seek=\(offset) conv=notrunc 2>/dev/null
                    \(TestHost.ours) restore -e \(Self.file)-2
                    """, timeout: .seconds(300))
                #expect(result.exitCode == 1, "damaged at \(offset): \(result)")
            }
            try await host.require("rm -f \(Self.file)-2")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aSaveThatFailsLeavesTheGuestRunningAndNoFile() async throws {
            let domain = try await start(.pvh).domain
            await host.atEnd("! mountpoint -q /root/small || umount /root/small; rmdir /root/small 2>/dev/null")
            try await host.require("mkdir -p /root/small && mount -t tmpfs -o size=8M none /root/small")
            let full = try await host.ours("save saved /root/small/file", timeout: .seconds(300))
            #expect(full.exitCode == 1)
            #expect(full.stderr.contains("No space left on device"), "\(full)")
            #expect(try await host.require("ls -A /root/small").stdout.isEmpty)
            try await host.require("mount -o remount,ro /root/small")
            #expect(try await host.ours("save saved /root/small/file").stderr.contains("Read-only file system"))
            try await host.require("echo old > \(Self.file)")
            let interrupted = try await host.run(
                """
                \(TestHost.ours) save saved \(Self.file) & pid=$!
                until [ -n "$(find -L /proc/$pid/fd -type f -size +4096k)" ]; do sleep 0.05; done
                kill -TERM $pid; wait $pid
                """, timeout: .seconds(300))
            #expect(interrupted.exitCode == 128 + 15, "\(interrupted)")
            #expect(
                try await host.require("cat \(Self.file); ls -A /root | grep -c '^.saved' || true").stdout == "old\n0\n"
            )
            #expect(try await host.domain("saved") == domain)
            #expect(try await host.inGuest(domain, "echo alive").contains("alive"))
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aGuestThatIgnoresTheRequestGoesOn() async throws {
            let guest = GuestConfiguration.idle("saved", .pvh)
            try await guest.place(on: host)
            try await host.require("\(TestHost.upstream) create -q -e \(guest.path)")
            let domain = try await host.domain("saved")
            let twice = try await host.run(
                """
                \(TestHost.ours) save saved \(Self.file) 2> first.log & pid=$!
                until [ "$(xenstore-read /local/domain/\(domain)/control/shutdown)" = suspend ]; do
                    kill -0 $pid || break
                    sleep 0.1
                done
                \(TestHost.ours) save saved \(Self.file)-2; echo "second $?"
                wait $pid; echo "first $?"; cat first.log; rm -f first.log
                """, timeout: .seconds(200))
            #expect(twice.stdout.contains("second 1\nfirst 1\n"), "\(twice)")
            #expect(twice.stdout.contains("has not answered the request on control/shutdown"), "\(twice)")
            #expect(twice.stderr.contains("it is being saved or migrated already"), "\(twice)")
            #expect(try await host.require("xenstore-read /local/domain/\(domain)/control/shutdown").stdout == "\n")
            try await host.require("[ ! -e \(Self.file) ] && [ ! -e \(Self.file)-2 ] && ! ls /root/.saved.*")
            #expect(try await host.state(of: "saved") == "-b----")
        }

        private func expectCoreDumpAsUpstreams() async throws {
            await host.atEnd("rm -f /root/core-1 /root/core-2")
            try await host.require(
                """
                \(TestHost.ours) dump-core saved /root/core-1
                \(TestHost.upstream) dump-core saved /root/core-2
                """, timeout: .seconds(300))
            let files = try await host.require("stat -c '%s %a' /root/core-1 /root/core-2").lines
            #expect(files.count == 2 && files.first == files.last, "\(files)")
            #expect(try await host.require("head -c 4 /root/core-1").stdout.hasSuffix("ELF"))
        }
    }
}
