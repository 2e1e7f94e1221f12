import Testing

extension HostTests {
    /// HVM guests that cannot work are refused with one clear message, and the host stays as it was.
    @Suite struct HVMBadInput {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        struct Refusal: Sendable, CustomTestStringConvertible {
            let what: String
            let lines: [String]
            /// What the message must name.
            let names: [String]
            /// Whether upstream's create fails as well; where it does not, its guest dies in silence.
            var isUpstreams = true
            var testDescription: String { what }
        }

        static let refusals: [Refusal] = [
            Refusal(
                what: "missing loader", lines: ["firmware_override = \"/root/nosuch\""], names: ["/root/nosuch"]),
            Refusal(
                what: "truncated loader", lines: ["firmware_override = \"/root/hvm-short\""],
                names: ["/root/hvm-short", "truncated"], isUpstreams: false),
            Refusal(
                what: "loader of another kind", lines: ["firmware_override = \"/root/guests/idle-pv\""],
                names: ["/root/guests/idle-pv"]),
            Refusal(
                what: "missing BIOS", lines: ["bios = \"seabios\"", "bios_path_override = \"/root/nosuch\""],
                names: ["/root/nosuch"]),
            Refusal(
                what: "truncated BIOS", lines: ["bios = \"seabios\"", "bios_path_override = \"/root/hvm-short\""],
                names: ["/root/hvm-short", "bytes"], isUpstreams: false),
            Refusal(
                what: "OVMF of the wrong size",
                lines: ["bios = \"ovmf\"", "bios_path_override = \"/usr/share/OVMF/OVMF_CODE.fd\""],
                names: ["OVMF_CODE.fd", "1966080"], isUpstreams: false),
            Refusal(
                what: "missing ACPI tables", lines: ["acpi_firmware = \"/root/nosuch\""], names: ["/root/nosuch"]),
            Refusal(
                what: "enlightenments without their base", lines: ["viridian = [ \"synic\" ]"], names: ["viridian"]),
            Refusal(
                what: "a CD that is a directory", lines: ["disk = [ \"/root,raw,hdc,ro,cdrom\" ]"], names: ["/root"]),
            Refusal(
                what: "two disks with one number",
                lines: ["disk = [ \"/root/hvm.img,raw,hda,rw\", \"/root/hvm.qcow2,qcow2,hda,rw\" ]"], names: ["disk"]),
            Refusal(
                what: "two disks in one place of the controller",
                lines: ["disk = [ \"/root/hvm.img,raw,hda,rw\", \"/root/hvm.qcow2,qcow2,xvda,rw\" ]"],
                names: ["index=0"]),
            Refusal(
                what: "VNC port in use", lines: ["vncdisplay = 7", "vncunused = 0"], names: ["127.0.0.1:7", "in use"]),
            Refusal(
                what: "a display that is not there", lines: ["vnc = 0", "sdl = 1", "display = \":9\""],
                names: ["device model"]),
            Refusal(
                what: "a device model that ends at once", lines: ["device_model_override = \"/bin/false\""],
                names: ["device model"]),
            Refusal(
                what: "no device model", lines: ["device_model_override = \"/root/nosuch\""], names: ["/root/nosuch"]),
            Refusal(
                what: "less memory than the graphics card has", lines: ["memory = 16", "vga = \"stdvga\""],
                names: ["memory"], isUpstreams: false),
            Refusal(
                what: "missing kernel", lines: ["kernel = \"/root/nosuch\""], names: ["/root/nosuch"]),
        ]
        static let essential = [
            "truncated loader", "OVMF of the wrong size", "a CD that is a directory",
        ]

        @Test(arguments: refusals.filter { TestHost.isFull || essential.contains($0.what) })
        func isRefusedWithoutResidue(_ refusal: Refusal) async throws {
            var guest = GuestConfiguration.hvm("bad-hvm")
            guest.lines = guest.lines.filter { line in
                !refusal.lines.contains { $0.prefix { $0 != " " } == line.prefix { $0 != " " } }
            }
            guest.lines += refusal.lines
            try await guest.place(on: host)
            try await host.placeHVMFiles()
            await host.dropLog(of: guest)
            try await host.require("head -c 100000 /usr/lib/xen-*/boot/hvmloader > /root/hvm-short")
            await host.atEnd("rm -f /root/hvm-short")
            try await host.require(
                "(setsid socat TCP-LISTEN:5907,bind=127.0.0.1,fork /dev/null < /dev/null > /dev/null 2>&1 & echo $! > /root/socat.pid)"
            )
            await host.atEnd("kill $(cat /root/socat.pid); rm -f /root/socat.pid")
            let before = try await Residue(of: host)
            let ours = try await host.ours("create -q \(guest.path)", timeout: .seconds(240))
            #expect(ours.exitCode != 0)
            for name in refusal.names { #expect(ours.stderr.contains(name), "\(ours.stderr)") }
            #expect(ours.stderr.split(separator: "\n").count <= 6, "one message: \(ours.stderr)")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            guard refusal.isUpstreams else { return }
            let theirs = try await host.recordedExitCode("create -q \(guest.path)", as: refusal.what)
            #expect(ours.exitCode == theirs)
        }
    }
}
