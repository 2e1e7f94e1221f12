import Testing

extension HostTests {
    /// What cannot work is refused with upstream's exit code, one clear message, and a host as it was.
    @Suite struct BadInput {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        struct Refusal: Sendable, CustomTestStringConvertible {
            let what: String
            /// Configuration lines in place of, or added to, those of the idle PV guest.
            let lines: [String]
            /// What the message must name.
            let names: [String]
            /// What we exit with; nil for upstream's code.
            var exitCode: Int?
            var testDescription: String { what }
        }

        static let kernel = "kernel = \"/root/guests/idle-pv\""
        static let refusals: [Refusal] = [
            Refusal(what: "missing kernel", lines: ["kernel = \"/root/nosuch\""], names: ["/root/nosuch"]),
            Refusal(what: "kernel is a directory", lines: ["kernel = \"/root\""], names: ["/root"]),
            Refusal(what: "kernel is no image", lines: ["kernel = \"/etc/passwd\""], names: ["/etc/passwd"]),
            Refusal(what: "truncated kernel", lines: ["kernel = \"/root/short\""], names: ["/root/short"]),
            Refusal(what: "missing ramdisk", lines: [kernel, "ramdisk = \"/root/nosuch\""], names: ["/root/nosuch"]),
            Refusal(
                what: "missing disk image", lines: [kernel, "disk = [ \"/root/nosuch.img,raw,xvda,rw\" ]"],
                names: ["/root/nosuch.img"]),
            Refusal(
                what: "missing bridge", lines: [kernel, "vif = [ \"bridge=nosuchbr\" ]"], names: ["nosuchbr"]),
            Refusal(
                what: "missing script", lines: [kernel, "vif = [ \"script=nosuch-script\" ]"],
                names: ["nosuch-script"]),
            Refusal(what: "too little memory on the host", lines: [kernel, "memory = 900000"], names: ["memory"]),
            Refusal(what: "too many vCPUs", lines: [kernel, "vcpus = 100000"], names: ["vcpus"], exitCode: 1),
            Refusal(what: "no such pool", lines: [kernel, "pool = \"nosuchpool\""], names: ["nosuchpool"]),
            Refusal(what: "unfinished list", lines: [kernel, "disk = [ \"a\""], names: ["bad.cfg"]),
        ]
        static let essential = ["missing kernel", "truncated kernel", "missing disk image", "missing bridge"]

        @Test(arguments: refusals.filter { TestHost.isFull || essential.contains($0.what) })
        func isRefusedWithoutResidue(_ refusal: Refusal) async throws {
            var guest = GuestConfiguration.idle("bad", .pv)
            guest.lines = ["memory = 4"] + refusal.lines
            try await guest.place(on: host)
            try await host.require("head -c 2000 /root/guests/idle-pv > /root/short")
            await host.atEnd("rm -f /root/short")
            let ours = try await host.ours("create -q \(guest.path)")
            #expect(ours.exitCode != 0)
            for name in refusal.names { #expect(ours.stderr.contains(name), "\(ours.stderr)") }
            #expect(ours.stderr.split(separator: "\n").count <= 6, "one message: \(ours.stderr)")
            let theirs = try await host.recordedExitCode("create -q \(guest.path)", as: refusal.what)
            #expect(ours.exitCode == refusal.exitCode ?? theirs)
        }

        @Test func ofTwoCreatesOfOneNameExactlyOneWins() async throws {
            let guest = GuestConfiguration.idle("twin", .pv)
            try await guest.place(on: host)
            let result = try await host.require(
                """
                \(TestHost.ours) create -q \(guest.path) 2> one.err & one=$!
                \(TestHost.ours) create -q \(guest.path) 2> two.err & two=$!
                wait $one; a=$?; wait $two; b=$?; echo $a $b; cat one.err two.err >&2; rm -f one.err two.err
                """)
            let codes = result.stdout.split(separator: "\n").first?.split(separator: " ").map(String.init) ?? []
            #expect(codes.filter { $0 == "0" }.count == 1, "\(result)")
            #expect(try await host.guests().filter { $0.name == "twin" }.count == 1)
            try await host.require("\(TestHost.ours) destroy twin")
        }

        /// The start of Debian's kernel, with the end missing: from the boot sector's middle to almost all of it.
        @Test(arguments: TestHost.isFull ? [100, 512, 600, 4096, 100_000, 8_000_000] : [600, 8_000_000])
        func aTruncatedKernelIsRefused(bytes: Int) async throws {
            let guest = GuestConfiguration(
                name: "bad", kind: .pvh, lines: ["memory = 64", "kernel = \"/root/short\""])
            try await guest.place(on: host)
            try await host.require("head -c \(bytes) /root/guests/vmlinuz > /root/short")
            await host.atEnd("rm -f /root/short")
            let ours = try await host.ours("create -q \(guest.path)")
            #expect(ours.stderr.contains("/root/short"), "\(ours.stderr)")
            let theirs = try await host.recordedExitCode("create -q \(guest.path)", as: "\(bytes) bytes")
            #expect(ours.exitCode == theirs)
        }

        @Test func aKernelOfAnotherMachineIsRefused() async throws {
            let guest = GuestConfiguration(name: "bad", kind: .pv, lines: ["memory = 4", "kernel = \"/root/arm\""])
            try await guest.place(on: host)
            // EM_AARCH64 in the ELF header's e_machine.
            try await host.require(
                """
                cp /root/guests/idle-pv /root/arm
                printf '\\267\\000' | dd of=/root/arm bs=1 seek=18 conv=notrunc status=none
                """)
            await host.atEnd("rm -f /root/arm")
            let ours = try await host.ours("create -q \(guest.path)")
            let theirs = try await host.recordedExitCode("create -q \(guest.path)", as: "exit code")
            #expect(ours.exitCode == theirs)
            #expect(ours.stderr.contains("/root/arm"), "\(ours.stderr)")
        }

        /// Signals at moments that are spread over the whole of a create with a bootloader, disks and a network card.
        @Test func aStoppedCreateLeavesNothing() async throws {
            let guest = GuestConfiguration(
                name: "stopped", kind: .pv,
                lines: [
                    "memory = 128", "bootloader = \"pygrub\"", "vif = [ \"bridge=xenbr0\" ]",
                    "disk = [ \"/root/stopped.qcow2,qcow2,xvda,rw\", \"/root/stopped.img,raw,xvdb,rw\" ]",
                ])
            try await guest.place(on: host)
            try await host.makeBootDisk("/root/stopped")
            let create = "\(TestHost.ours) create -q -p \(guest.path)"
            let whole = try await host.require(create).duration
            try await host.require("\(TestHost.ours) destroy stopped")
            let before = try await Residue(of: host)
            let moments = TestHost.isFull ? 14 : 4
            for moment in 0..<moments {
                let (signal, number) = [("TERM", 15), ("INT", 2), ("HUP", 1)][moment % 3]
                let delay = whole * (Double(moment) + 0.5) / Double(moments)
                let code = try await host.require(
                    """
                    env --default-signal=INT \(create) & pid=$!
                    sleep \(delay / .seconds(1)); kill -\(signal) $pid 2> /dev/null; wait $pid; echo $?
                    """
                ).stdout
                let isThere = try await host.exists("stopped")
                // One that has ended before its signal came has made its domain.
                #expect(code == (isThere ? "0\n" : "\(128 + number)\n"), "after \(delay)")
                if isThere { try await host.require("\(TestHost.ours) destroy stopped") }
                let left = before.differences(to: try await Residue(of: host))
                #expect(left.isEmpty, "after SIG\(signal) at \(delay):\n\(left.joined(separator: "\n"))")
            }
        }

        @Test(arguments: ["list", "create -q -e"])
        func aSilentXenstoredIsToldInTime(_ command: String) async throws {
            let guest = GuestConfiguration.idle("unheard", .pv)
            try await guest.place(on: host)
            let operand = command == "list" ? "" : guest.path
            let result = try await host.run(
                """
                store=$(pidof oxenstored xenstored); kill -STOP $store
                timeout 30 \(TestHost.ours) \(command) \(operand); code=$?
                kill -CONT $store; exit $code
                """)
            #expect(result.exitCode != 0 && result.exitCode != 124, "\(result)")
            #expect(result.stderr.contains("xenstored has not answered for 8 seconds"), "\(result.stderr)")
        }

        @Test func commandsThatNeedNoHypervisorWorkWithoutOne() async throws {
            let guest = GuestConfiguration.idle("nowhere", .pv)
            try await guest.place(on: host)
            // Another user may open neither the hypervisor nor the store.
            try await host.require(
                "cp \(TestHost.ours) /tmp/xl && chmod 755 /tmp/xl && cp \(guest.path) /tmp/nowhere.cfg")
            await host.atEnd("rm -f /tmp/xl /tmp/nowhere.cfg")
            let asNobody = "setpriv --reuid 65534 --clear-groups /tmp/xl"
            for command in ["help", "create -n /tmp/nowhere.cfg", "-N create /tmp/nowhere.cfg", "list --help"] {
                #expect(try await host.run("\(asNobody) \(command)").exitCode == 0, "\(command)")
            }
            let refused = try await host.run("\(asNobody) list")
            #expect(refused.exitCode == 1)
            #expect(refused.stderr.contains("root"), "\(refused.stderr)")
        }
    }
}
