import Foundation
import Testing

extension HostTests {
    /// Commands that talk with QEMU, on HVM guests of upstream's making: each leaves the store, the stored
    /// configuration and QEMU as upstream's does, and each tool goes on where the other left off.
    @Suite(.processors(2), .enabled(if: TestHost.isFull, "HVM guests take minutes in emulation")) struct HVMCommands {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private func qemu(_ domain: Int, _ command: String) async throws -> String {
            try await host.askQEMU(of: domain, command)
        }

        /// All that a change of a CD can leave behind. An empty drive's `params` differ, as README says.
        private func drives(_ domain: Int) async throws -> String {
            let store = try await host.require("store-ls | grep -E '/(5632|5696)(/| )'").stdout
            let stored = try await host.require(
                "\(TestHost.upstream) list -l \(domain) | sed -n '/\"disks\"/,/\\]/p'"
            ).stdout
            // QEMU numbers sets of descriptors as it finds free numbers.
            let blocks = try await qemu(domain, "query-block").replacing(#/\/dev\/fdset\/[0-9]+/#, with: "/dev/fdset/N")
            return store.replacing("params = \"aio:\"", with: "params = \"\"") + stored + blocks
        }

        @Test func cdsChangeAsWithUpstream() async throws {
            let domain = try await host.makeHVMGuest("cds")
            let device = try await host.makeLoopDevice("/root/device.iso")
            let steps = [
                "cd-insert cds hdc /root/third.iso", "cd-eject cds hdc", "cd-insert cds 5632 \(device)",
                "cd-eject cds hdd", "cd-insert cds hdd /root/third.iso", "cd-insert cds hdc /root/first.iso",
                "cd-insert cds hdd /root/second.iso",
            ]
            for step in steps {
                let before = try await drives(domain)
                #expect(try await host.ours(step).exitCode == 0, "\(step)")
                let ours = try await drives(domain)
                #expect(ours != before, "\(step)")
                // The same once more, by upstream's: nothing is different then.
                if step.contains("5632") { continue }
                #expect(try await host.upstream(step).exitCode == 0, "\(step)")
                let theirs = try await drives(domain)
                #expect(ours == theirs, "\(step): \(ours.lineDifferences(to: theirs))")
            }
        }

        @Test func eachToolEjectsWhatTheOtherInserted() async throws {
            let domain = try await host.makeHVMGuest("mixed-cds")
            for (one, other) in [(TestHost.ours, TestHost.upstream), (TestHost.upstream, TestHost.ours)] {
                try await host.require("\(one) cd-insert mixed-cds hdc /root/third.iso")
                try await host.require("\(other) cd-eject mixed-cds hdc")
                #expect(try await !qemu(domain, "query-block").contains("/dev/fdset/"))
                try await host.require("\(other) cd-insert mixed-cds hdc /root/first.iso")
                try await host.require("\(one) cd-eject mixed-cds hdc")
                #expect(try await !qemu(domain, "query-block").contains("/dev/fdset/"))
            }
            // Both at once: one after the other, and all agree on what came last.
            let both = try await host.run(
                """
                \(TestHost.ours) cd-insert mixed-cds hdc /root/first.iso & one=$!
                \(TestHost.upstream) cd-insert mixed-cds hdc /root/third.iso & two=$!
                \(TestHost.ours) cd-insert mixed-cds hdc /root/third.iso; three=$?
                wait $one && wait $two && [ $three = 0 ]
                """)
            #expect(both.exitCode == 0)
            let state = try await drives(domain)
            let stored = try #require(state.firstMatch(of: #/"pdev_path": "(/root/[a-z]+.iso)"/#)?.output.1)
            #expect(state.contains("5632/params = \"aio:\(stored)\""))
            #expect(state.contains("\"virtual-size\": 1048576"))
        }

        @Test func faultyChangesAreRefusedAndChangeNothing() async throws {
            let domain = try await host.makeHVMGuest("faulty-cds")
            try await host.require("qemu-img create -q -f qcow2 /root/image.qcow2 1M")
            await host.atEnd("rm -f /root/image.qcow2")
            let before = try await drives(domain)
            for (command, words) in [
                ("cd-insert faulty-cds hdc /root/nosuch.iso", "No such file"),
                ("cd-insert faulty-cds hdc /root", "is a directory"),
                ("cd-insert faulty-cds hdc /dev/null", "neither a file nor a block device"),
                ("cd-insert faulty-cds hdb /root/third.iso", "it has hdc, hdd"),
                ("cd-insert faulty-cds nonsense /root/third.iso", "no virtual device"),
                ("cd-insert --format qcow2 faulty-cds hdc /root/third.iso", "QEMU says"),
                ("cd-eject faulty-cds hda", "it has hdc, hdd"), ("cd-eject 0 hdc", "only HVM guests"),
            ] {
                let result = try await host.ours(command)
                #expect(result.exitCode == 1, "\(command)")
                #expect(result.stderr.contains(words), "\(command)")
            }
            let dry = try await host.ours("-N cd-insert faulty-cds hdc /root/third.iso")
            #expect(dry.exitCode == 0 && dry.stdout.contains("third.iso"))
            #expect(try await drives(domain) == before)
            try await host.require("\(TestHost.ours) cd-insert --format qcow2 faulty-cds hdc /root/image.qcow2")
            #expect(try await qemu(domain, "query-block").contains("\"drv\": \"qcow2\""))
        }

        @Test func theGuestEjectsACD() async throws {
            let domain = try await host.makeHVMGuest("ejects")
            try await host.require(
                "XL_MONITOR_DOMAIN=\(domain) setsid \(TestHost.ours) > /root/ejects.log 2>&1 < /dev/null &")
            await host.atEnd("rm -f /root/ejects.log")
            try await host.wait(until: "grep -q Waiting /root/ejects.log")
            let request = "/local/domain/\(domain)/device/vbd/5632/eject"
            try await host.require("xenstore-write \(request) eject")
            try await host.wait(until: "grep -q 'ejected the CD in hdc' /root/ejects.log")
            #expect(try await host.require("xenstore-read \(request)").stdout == "\n")
            let state = try await drives(domain)
            #expect(state.contains("5632/params = \"\"") && !state.contains("\"pdev_path\": \"/root/first.iso\""))
            // What is inserted would stand between. The backend for Xen's own driver keeps its medium.
            #expect(state.contains(#/"device": "ide-5632",\s+"io-status"/#), "\(state)")
            // The monitor notices QEMU's death, and goes when the domain goes.
            try await host.require("kill -9 $(xenstore-read /local/domain/\(domain)/image/device-model-pid)")
            try await host.wait(until: "grep -q 'device model of domain \(domain) ejects has ended' /root/ejects.log")
            #expect(try await host.run("cat /root/ejects.log").stdout.contains("is leave"))
            #expect(try await host.ours("qemu-monitor-command ejects 'info status'").stderr.contains("has ended"))
            try await host.require("\(TestHost.ours) destroy ejects")
            try await host.wait(until: "grep -q 'has been destroyed' /root/ejects.log")
        }

        @Test func vcpusAreSetAsWithUpstream() async throws {
            let domain = try await host.makeHVMGuest("plugged")
            func state() async throws -> [String] {
                let shown = "sed -n '/avail_vcpus/,/\\]/p'"
                return [
                    try await host.require("xenstore-ls -f /local/domain/\(domain)/cpu").stdout,
                    try await host.require("\(TestHost.upstream) list -l plugged | \(shown)").stdout,
                    try await host.require("\(TestHost.ours) list -l plugged | \(shown)").stdout,
                    try await qemu(domain, "query-cpus-fast").replacing(#/"thread-id": [0-9]{2,}/#, with: ""),
                ]
            }
            try await host.require("\(TestHost.ours) vcpu-set plugged 2")
            let ours = try await state()
            #expect(ours[0].contains("cpu/1/availability = \"online\""))
            #expect(ours[1] == ours[2] && ours[1].contains("1"))
            #expect(ours[3].contains("\"cpu-index\": 1"))
            try await host.require("\(TestHost.upstream) vcpu-set plugged 2")
            #expect(try await state() == ours)
            try await host.require("\(TestHost.upstream) vcpu-set -i plugged 3 && \(TestHost.ours) vcpu-set plugged 1")
            #expect(try await state()[0].contains("cpu/1/availability = \"offline\""))
            try await sameExitCodes(
                ["plugged 0", "plugged 4", "plugged x", "nosuch 1", "-i plugged 9"], of: "vcpu-set")
        }

        /// `x` and other words that are no numbers are usage errors here.
        private func sameExitCodes(_ operands: [String], of command: String) async throws {
            for operand in operands {
                let arguments = "\(command) \(operand)"
                let theirs = try await host.recordedExitCode(arguments, as: arguments)
                let ours = try await host.ours("\(command) \(operand)").exitCode
                #expect(ours == theirs || (ours == 2 && operand.hasSuffix(" x")), "\(command) \(operand)")
            }
        }

        @Test func memoryIsSetAsWithUpstream() async throws {
            let hvm = try await host.makeHVMGuest("memory-hvm")
            let pv = GuestConfiguration.idle("memory-pv", .pv, "maxmem = 64")
            let pvh = GuestConfiguration.idle("memory-pvh", .pvh)
            for guest in [pv, pvh] {
                try await guest.place(on: host)
                try await host.require("\(TestHost.upstream) create -q -p -e \(guest.path)")
            }
            for (name, sizes, between) in [
                ("memory-hvm", ["48", "49152k"], "56"), ("memory-pv", ["8"], "6"), ("memory-pvh", ["4"], "3"),
            ] {
                let domain = name == "memory-hvm" ? hvm : try await host.domain(name)
                func state(after command: String, by tool: String) async throws -> [String] {
                    // Something else first, so that each has something to do.
                    try await host.require(
                        "\(TestHost.upstream) mem-max \(name) 100 && \(TestHost.upstream) mem-set \(name) \(between)")
                    try await host.require("\(tool) \(command)")
                    let more = try await host.require(
                        """
                        xenstore-read $(xenstore-read /local/domain/\(domain)/vm)/memory
                        \(TestHost.ours) list --json \(name) | grep max_memory
                        """)
                    let nodes = try await host.store("/local/domain/\(domain)/memory").map { row in
                        row.replacing("/domain/\(domain)/", with: "/domain/DOMID/")
                            .replacing("r\(domain))", with: "rDOMID)")
                    }
                    return nodes + more.lines.map(String.init)
                }
                for (size, command) in sizes.flatMap({ size in ["mem-set", "mem-max"].map { (size, $0) } }) {
                    let arguments = "\(command) \(name) \(size)"
                    let theirs = try await Oracle.answer(arguments) {
                        try await state(after: arguments, by: TestHost.upstream)
                    }
                    #expect(try await state(after: arguments, by: TestHost.ours) == theirs, "\(arguments)")
                }
                try await sameExitCodes(["\(name) 1000g", "\(name) 1q", "nosuch 4"], of: "mem-set")
                // An empty text is 0 to upstream.
                for (size, code) in [("''", 1), ("-1", 2)] {
                    #expect(try await host.ours("mem-set \(name) \(size)").exitCode == code, "\(size)")
                }
                try await sameExitCodes(["\(name) 0", "\(name) 1q", "nosuch 4"], of: "mem-max")
            }
        }

        @Test func qemuAnswersTheSame() async throws {
            let domain = try await host.makeHVMGuest("asked")
            // Terminals and sockets.
            let normalised = { (text: String) in
                text.replacing(/\/dev\/pts\/[0-9]+/, with: "/dev/pts/N")
                    .replacing("qmp-libxl-\(domain)", with: "qmp-libxl-DOMID")
                    .replacing("qmp-libxenstat-\(domain)", with: "qmp-libxenstat-DOMID")
            }
            for command in ["info version", "info status", "info chardev", "nonsense", "help eject"] {
                let arguments = "qemu-monitor-command asked '\(command)'"
                let theirs = try await host.recorded(arguments, normalise: normalised)
                let ours = try await host.ours(arguments)
                #expect(normalised(ours.stdout) == theirs.stdout && ours.exitCode == theirs.exitCode, "\(command)")
            }
            #expect(try await host.ours("qemu-monitor-command 0 'info status'").stderr.contains("no QEMU"))
            #expect(try await host.ours("qemu-monitor-command asked").exitCode == 2)
        }

        @Test func triggersReachTheGuest() async throws {
            let domain = try await host.makeHVMGuest("triggered")
            for trigger in ["nmi", "power", "POWER", "sleep"] {
                try await host.require(
                    "\(TestHost.ours) trigger triggered \(trigger) && \(TestHost.upstream) trigger triggered \(trigger)"
                )
            }
            for (command, words) in [
                ("trigger triggered init", "Function not implemented"),
                ("trigger triggered nmi 7", "its last vCPU is 2"),
                ("trigger triggered bogus", "Invalid trigger"), ("sysrq triggered hh", "Invalid sysrq"),
                ("button-press triggered reset", "invalid button"), ("trigger 0 s3resume", "only HVM guests"),
            ] {
                let result = try await host.ours(command)
                #expect(result.exitCode == 1 && result.stderr.contains(words), "\(command)")
            }
            try await host.require("\(TestHost.ours) button-press triggered power")
            try await host.require("\(TestHost.ours) sysrq triggered h")
            let node = "/local/domain/\(domain)/control/sysrq"
            #expect(
                try await host.require("store-ls /local/domain/\(domain)/control").stdout.contains(
                    "sysrq = \"h\""))
            let permissions = try await host.require("store-ls | grep '^\(node) '").stdout
            try await host.require("\(TestHost.upstream) sysrq triggered h")
            #expect(try await host.require("store-ls | grep '^\(node) '").stdout == permissions)
            // A guest without drivers hears of buttons only.
            let plain = try await host.ours("shutdown triggered")
            #expect(plain.exitCode == 1 && plain.stderr.contains("-F"))
            try await host.require(
                "\(TestHost.ours) shutdown -F triggered && \(TestHost.upstream) shutdown -F triggered")
            try await host.require("\(TestHost.ours) reboot -F triggered")
            #expect(try await host.state(of: "triggered")?.contains("s") == true)
            #expect(try await host.require("\(TestHost.ours) list --json triggered").stdout.contains("\"reboot\""))
        }

        @Test func viewersAreStartedAsByUpstream() async throws {
            let domain = try await host.makeHVMGuest("viewed")
            try await host.placeViewer()
            try await host.require("xenstore-write /local/domain/\(domain)/console/vnc-pass 'se cret'")
            for options in ["", "-a", "--autopass", "--vncviewer-autopass"] {
                let theirs = try await Oracle.answer("options: \(options)") {
                    let result = try await host.run(
                        "VNCVIEWER=/root/viewer \(TestHost.upstream) vncviewer \(options) viewed < /dev/null")
                    return RecordedResult(exitCode: result.exitCode, stdout: result.stdout)
                }
                let ours = try await host.run(
                    "VNCVIEWER=/root/viewer \(TestHost.ours) vncviewer \(options) viewed < /dev/null")
                #expect(ours.stdout == theirs.stdout && ours.exitCode == theirs.exitCode, "\(options)")
                #expect(ours.stdout.contains("127.0.0.1:0") && ours.stdout.contains("se cret") == !options.isEmpty)
            }
            let absent = try await host.run("VNCVIEWER=/nonexistent \(TestHost.ours) vncviewer viewed")
            #expect(absent.exitCode == 1 && absent.stderr.contains("No such file"))
            #expect(try await host.ours("vncviewer 0").stderr.contains("no VNC display"))
        }

        @Test func theSerialLineIsAConsole() async throws {
            let domain = try await host.makeHVMGuest("serial")
            for arguments in ["serial", "-t serial serial", "-t serial -n 0 serial"] {
                func program(_ tool: String) async throws -> String {
                    try await host.run(
                        """
                        timeout 20 script -qc 'exec \(tool) console \(arguments)' /dev/null < /dev/zero > /dev/null 2>&1 &
                        for try in $(seq 100); do ps -eo args | grep '^/usr/lib/xen.*/xenconsole ' && break; sleep 0.1; done
                        pkill -x xenconsole; wait
                        """
                    ).stdout.replacing(" \(domain) ", with: " DOMID ")
                }
                let theirs = try await Oracle.answer(arguments) { try await program(TestHost.upstream) }
                #expect(theirs.contains("--type serial"))
                #expect(try await program(TestHost.ours) == theirs)
            }
        }

        @Test(arguments: ["leave", "preserve", "destroy"])
        func theMonitorActsOnTheEndOfQEMU(_ reaction: String) async throws {
            let guest = GuestConfiguration.idle("loses-qemu", .pv, "vfb = [ \"vnc=1\" ]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/xl-loses-qemu.log* /var/log/xen/qemu-dm-loses-qemu.log*")
            try await host.require(
                "cp -p /etc/xen/xl.conf /root/kept.conf && echo 'on_device_model_exit=\"\(reaction)\"' >> /etc/xen/xl.conf"
            )
            await host.atEnd("mv /root/kept.conf /etc/xen/xl.conf")
            try await host.require(
                "for try in 1 2 3 4; do ! \(TestHost.ours) create -q \(guest.path) || exit 0; done; exit 1",
                timeout: .seconds(300))
            let domain = try await host.domain("loses-qemu")
            let home = "/local/domain/\(domain)"
            #expect(try await host.require("xenstore-read \(home)/console/vnc-port").stdout == "5900\n")
            try await host.require("kill -9 $(xenstore-read \(home)/image/device-model-pid)")
            let log = "/var/log/xen/xl-loses-qemu.log"
            try await host.wait(until: "grep -q 'end of a device model is \(reaction)' \(log)")
            switch reaction {
            case "destroy": try await host.wait(until: "grep -q 'Domain \(domain) has been destroyed' \(log)")
            case "preserve":
                try await host.wait(for: "a pause") {
                    try await ["--p---", "-bp---"].contains(host.state(of: "loses-qemu"))
                }
            default: #expect(try await host.state(of: "loses-qemu") == "-b----")
            }
        }

        @Test func aFramebuffersAddressIsNotedAsByUpstream() async throws {
            let guest = GuestConfiguration.idle("screen", .pv, "vfb = [ \"vnc=1,vncdisplay=7\" ]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/qemu-dm-screen.log*")
            let theirs = try await Oracle.answer("nodes") { try await address(of: guest, by: TestHost.upstream) }
            #expect(try await address(of: guest, by: TestHost.ours) == theirs)
            #expect(theirs.contains { $0.contains("vnc-port = \"5907\"") })
        }

        private func address(of guest: GuestConfiguration, by tool: String) async throws -> [String] {
            try await host.require(
                "for try in 1 2 3 4; do ! \(tool) create -q -e -p \(guest.path) || exit 0; done; exit 1",
                timeout: .seconds(300))
            let domain = try await host.domain(guest.name)
            let nodes = try await host.store("/local/domain/\(domain)/console").filter { $0.contains("/console/vnc") }
            try await host.require("\(tool) destroy \(guest.name)")
            return nodes.map {
                $0.replacing("domain/\(domain)/", with: "domain/N/").replacing("r\(domain))", with: "rN)")
            }
        }

        /// Debian's QEMU has no cipher for passwords; what QEMU says must not be lost, and nothing may stay.
        @Test func aFramebuffersPasswordIsSetOrTheReasonTold() async throws {
            let guest = GuestConfiguration.idle("secret", .pv, "vfb = [ \"vnc=1,vncpasswd=secret\" ]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/qemu-dm-secret.log*")
            let result = try await host.ours("create -q -e -p \(guest.path)")
            guard result.exitCode == 0 else {
                #expect(result.stderr.contains("Cipher backend does not support DES"))
                return
            }
            let domain = try await host.domain("secret")
            #expect(
                try await host.require("xenstore-read /local/domain/\(domain)/console/vnc-pass").stdout == "secret\n")
        }
    }
}
