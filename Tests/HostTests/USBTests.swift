import Foundation
import Testing

extension HostTests {
    /// USB controllers and lists, as far as a host without a USB device of its own shows them. QEMU serves the
    /// paravirtual ones: Debian's kernels have no backend for them.
    @Suite struct USBControllers {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let cases: [String: GuestConfiguration] = [
            "PV": .idle("usb", .pv, "usbctrl = [ \"type=qusb,version=1,ports=3\", \"\" ]"),
            "PVH": .idle("usb", .pvh, "usbctrl = [ \"type=qusb,ports=31\" ]"),
            "HVM": .hvm("usb", "usbctrl = [ \"version=1\", \"version=3,ports=4\", \"type=qusb\" ]"),
        ]

        /// What the store has of USB, with its permissions and the domain's number replaced.
        private func nodes(_ domain: Int) async throws -> [String] {
            try await host.store().filter { $0.contains("/vusb") || $0.contains("/qusb") || $0.contains("/usbback") }
                // The guest, QEMU and time change these.
                .filter { !$0.contains("/device-model/") }
                .map { row in
                    let place = try Regex("(domain/|libxl/|backend/[vq]usb/|[(,][nrwb])\(domain)(?![0-9])")
                    return row.replacing(place) { "\($0.output[1].substring ?? "")DOMID" }
                        .replacing(#/(?<path>/state) = "[0-9]+"/#) { "\($0.path) = …" }
                        .replacing("frontend-id = \"\(domain)\"", with: "frontend-id = \"DOMID\"")
                }
        }

        private func stored(_ domain: Int) async throws -> String {
            try await host.require(
                "tr -d '\\000' < /var/lib/xen/userdata-d.\(domain).*.libxl-json | grep -A100 usb"
            ).stdout.withoutIdentity(of: domain)
        }

        private struct Seen: Codable, Equatable {
            var nodes: [String]
            var stored: String
            var list: String
        }

        private func seen(_ domain: Int, by tool: String) async throws -> Seen {
            Seen(
                nodes: try await nodes(domain), stored: try await stored(domain),
                list: try await host.require("\(tool) usb-list usb").stdout)
        }

        /// Whether QEMU can serve paravirtual controllers, which it must have been built for.
        private func isServed(_ domain: Int) async throws -> Bool {
            try await host.run("xenstore-exists /local/domain/0/device-model/\(domain)/backends/qusb").exitCode == 0
        }

        @Test(arguments: TestHost.isFull ? cases.keys.sorted() : ["PV"])
        func areMadeAsByUpstream(_ name: String) async throws {
            let guest = try #require(Self.cases[name])
            if guest.kind == .hvm { try await host.placeHVMFiles() }
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            func made(by tool: String) async throws -> Seen {
                try await host.require("\(tool) create -q -p -e \(guest.path)", timeout: .seconds(300))
                let seen = try await seen(try await host.domain("usb"), by: tool)
                try await host.require("\(tool) destroy usb")
                return seen
            }
            let theirs = try await Oracle.answer(name) { try await made(by: TestHost.upstream) }
            let before = try await Residue(of: host)
            let ours = try await made(by: TestHost.ours)
            #expect(ours == theirs)
            #expect(ours.nodes.contains { $0.hasPrefix("/libxl/DOMID/device/vusb/0/type = ") })
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
        }

        /// Upstream's cannot detach a controller that the guest has no driver for.
        @Test(.enabled(if: TestHost.isFull, "each wait for the guest must come to its end"))
        func isDetachedWhicheverToolAttachedIt() async throws {
            let guest = GuestConfiguration.idle("usb", .pv, "usbctrl = [ \"type=qusb\" ]")
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain("usb")
            let before = try await nodes(domain)
            let words = "usbctrl-attach usb type=qusb version=1 ports=3"
            guard try await isServed(domain) else {
                // Neither tool gives a guest what nobody serves.
                #expect(try await host.recordedExitCode(words, as: words) != 0)
                #expect(try await host.ours(words).exitCode == 1)
                #expect(try await nodes(domain) == before)
                return
            }
            let theirs = try await Oracle.answer("attached") {
                try await host.require("\(TestHost.upstream) \(words)")
                let seen = try await seen(domain, by: TestHost.upstream)
                try await host.require("\(TestHost.ours) usbctrl-detach usb 1")
                return seen
            }
            for tool in [TestHost.ours, TestHost.upstream] {
                try await host.require("\(tool) \(words)")
                #expect(try await seen(domain, by: TestHost.ours) == theirs)
                let json = try await host.require("\(TestHost.ours) usb-list --json usb").stdout
                let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
                #expect(list.map { $0["type"] as? String } == ["qusb", "qusb"])
                #expect(list.last?["backend_path"] as? String == "/local/domain/0/backend/qusb/\(domain)/1")
                try await host.require("\(TestHost.ours) usbctrl-detach usb 1")
                #expect(try await nodes(domain) == before)
            }
        }

        @Test func whatCannotBeExitsAsUpstream() async throws {
            let guest = GuestConfiguration.idle("usb", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain("usb")
            for command in [
                "usb-list usb", "usb-list nosuch", "usbctrl-detach usb 9", "usbctrl-detach nosuch 0",
                "usbctrl-attach nosuch", "usbctrl-attach usb version=3", "usbctrl-attach usb ports=32",
                "usbctrl-attach usb type=qusb", "usbdev-detach usb 0 1", "usbdev-attach usb hostbus=99 hostaddr=99",
                "usbdev-attach usb port=1",
            ] {
                let theirs = try await host.recorded(command)
                let ours = try await host.ours(command)
                #expect(ours.stdout == theirs.stdout, "\(command)")
                // Upstream's negative codes wrap around.
                #expect((ours.exitCode == 0) == (theirs.exitCode == 0), "\(command)")
                #expect(try await nodes(domain) == [], "\(command)")
            }
        }

        @Test(.processors(2), .enabled(if: TestHost.isFull, "HVM guests take minutes in emulation"))
        func qemuHasAControllerAlsoAfterARestore() async throws {
            let guest = GuestConfiguration.hvm("usb", "usbctrl = [ \"version=2\", \"version=3,ports=4\" ]")
            try await host.placeHVMFiles()
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)", timeout: .seconds(300))
            try await host.waitForScreenMemory(of: "usb")
            await host.atEnd("rm -f /root/usb.save")
            func tree() async throws -> String {
                try await host.require("\(TestHost.ours) qemu-monitor-command usb 'info qtree'").stdout
            }
            for id in ["xenusb-0", "xenusb-1"] { #expect(try await tree().contains("id \"\(id)\""), "\(id)") }
            try await host.require("\(TestHost.ours) usbctrl-attach usb version=1")
            #expect(try await tree().contains("id \"xenusb-2\""))
            let before = try await tree().split(separator: "\n").filter { $0.contains("addr = ") }
            try await host.require("\(TestHost.ours) save usb /root/usb.save", timeout: .seconds(300))
            try await host.require("\(TestHost.ours) restore /root/usb.save", timeout: .seconds(300))
            #expect(try await tree().split(separator: "\n").filter { $0.contains("addr = ") } == before)
            #expect(
                try await host.require("\(TestHost.ours) usb-list usb").stdout.split(separator: "\n")
                    .filter { $0.contains("devicemodel") }.count == 3)
        }
    }
}
