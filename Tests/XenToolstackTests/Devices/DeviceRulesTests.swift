import DomainModel
import Glibc
import Synchronization
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DiskBackendTests {
    private func choose(
        _ file: HostFile, type: DomainType = .pv, release: XenRelease = XenRelease(4, 17),
        _ change: (inout DiskDevice) -> Void
    ) throws(ToolstackError) -> DiskBackend {
        var disk = DiskDevice()
        disk.virtualDevice = "xvda"
        disk.physicalPath = "/images/disk"
        disk.format = .raw
        disk.isWritable = true
        change(&disk)
        let context = DeviceContext(domain: .invalid, type: type, scripts: "/etc/xen/scripts", release: release) {
            path in
            path == "/images/disk" ? file : .regular([.read, .execute])
        }
        try DiskClass.complete(&disk, context)
        return disk.backend
    }

    private let usable = HostFile.regular([.read, .write])

    @Test func formatDecides() throws {
        #expect(try choose(usable) { _ in } == .phy)
        #expect(try choose(.block([.read, .write])) { _ in } == .phy)
        for format in [DiskFormat.qcow, .qcow2, .vhd, .qed] {
            #expect(try choose(usable) { $0.format = format } == .qdisk)
        }
        #expect(try choose(usable) { $0.backend = .qdisk } == .qdisk)
        // A character device, a pipe: QEMU may make something of it.
        #expect(try choose(.other) { _ in } == .qdisk)
    }

    @Test func scriptsAndOtherDomainsAreNotLookedAt() throws {
        #expect(try choose(.missing("gone")) { $0.script = "block-iscsi" } == .phy)
        #expect(
            try choose(.missing("gone")) { $0.backendDomainID = DomainID(3) } == .phy)
        #expect(
            try choose(.missing("gone")) {
                $0.physicalPath = "nbd:unix:/run/nbd"
                $0.backend = .qdisk
            } == .qdisk)
    }

    @Test func emptyDrives() throws {
        #expect(
            try choose(.missing("gone")) {
                $0.format = .empty
                $0.isCDROM = true
                $0.physicalPath = nil
            } == .qdisk)
        #expect(throws: ToolstackError.self) {
            try choose(usable) {
                $0.format = .empty
                $0.physicalPath = nil
            }
        }
        #expect(throws: ToolstackError.self) {
            try choose(usable) {
                $0.format = .empty
                $0.isCDROM = true
            }
        }
    }

    @Test(arguments: [
        (HostFile.missing("No such file or directory"), "No such file or directory"),
        (.directory, "it is a directory"),
        (.regular([]), "it cannot be read"),
        (.regular(.read), "it cannot be written"),
    ])
    func unusableImages(_ file: HostFile, _ cause: String) throws {
        let error = #expect(throws: ToolstackError.self) { try choose(file) { _ in } }
        #expect(error?.code == .invalid)
        #expect(error?.cause == cause)
        #expect(error?.message == "cannot attach disk xvda: the image /images/disk cannot be used")
        #expect(error?.domain == nil)
    }

    @Test func backendsThatCannot() throws {
        #expect(throws: ToolstackError.self) {
            try choose(usable) {
                $0.backend = .phy
                $0.format = .qcow2
            }
        }
        #expect(throws: ToolstackError.self) {
            try choose(usable) {
                $0.backend = .qdisk
                $0.script = "block-iscsi"
            }
        }
        #expect(throws: ToolstackError.self) { try choose(usable) { $0.backend = .tap } }
        #expect(throws: ToolstackError.self) { try choose(usable) { $0.specification = .virtio } }
        #expect(throws: ToolstackError.self) { try choose(usable) { $0.physicalPath = "" } }
    }

    @Test func drawnAddressesAreFree() throws {
        let addresses = try (0..<4).map { try #require(MACAddress("00:16:3e:00:00:0\($0)")) }
        let lot = Mutex([0, 1, 0, 2, 2, 3].map { addresses[$0] })
        let draw = AddressDraw(
            random: { lot.withLock { $0.isEmpty ? addresses[0] : $0.removeFirst() } },
            taken: { $0 == .control ? [addresses[1]] : [] })
        #expect(draw.draw(servedBy: .control) == addresses[0])
        #expect(draw.draw(servedBy: .control) == addresses[2])
        #expect(draw.draw(servedBy: DomainID(3)) == addresses[2])
        #expect(draw.draw(servedBy: .control) == addresses[3])
        #expect(draw.draw(servedBy: .control) == nil)
    }

    @Test func namesOfTheSameDisk() {
        var one = DiskDevice()
        var other = DiskDevice()
        (one.virtualDevice, other.virtualDevice) = ("xvdb", "51728")
        #expect(DiskClass.isSame(one, other))
        other.virtualDevice = "xvdc"
        #expect(!DiskClass.isSame(one, other))
        (one.virtualDevice, other.virtualDevice) = ("nonsense", "rubbish")
        #expect(!DiskClass.isSame(one, other))
    }

    @Test func scriptsMustBeThere() throws {
        var context = DevicePlanTests.context(5, .pv)
        context.inspect = { $0 == "/etc/xen/scripts/block" ? .regular(.read) : .regular([.read, .write]) }
        var disk = DiskDevice()
        (disk.virtualDevice, disk.physicalPath, disk.format) = ("xvda", "/images/disk", .raw)
        let error = #expect(throws: ToolstackError.self) { try DiskClass.complete(&disk, context) }
        #expect(error?.message == "cannot attach disk xvda: the script /etc/xen/scripts/block is not executable")
    }
}

@Suite struct DeviceAddressTests {
    @Test func records() throws {
        let address = try #require(
            DeviceAddress(
                domain: DomainID(7), kind: .vbd, id: 51728, backendPath: "/local/domain/0/backend/qdisk/7/51728"))
        #expect(address.backendKind == .qdisk)
        #expect(address.frontend == "/local/domain/7/device/vbd/51728")
        #expect(address.record == "/libxl/7/device/vbd/51728")
        #expect(address.backend == "/local/domain/0/backend/qdisk/7/51728")
    }

    @Test(arguments: [
        "", "/", "/local/domain/0/backend/vbd/7", "/local/domain/0/backend/vbd/7/1/", "/local/domain/0/backend/vbd/8/1",
        "/local/domain/0/backend/vbd/7/2", "/local/domain/32752/backend/vbd/7/1", "/local/domain/-1/backend/vbd/7/1",
        "/local/domain/0/backend/nonsense/7/1", "/local/domain/99999999999999999999/backend/vbd/7/1",
        "/libxl/7/device/vbd/7/1", "local/domain/0/backend/vbd/7/1", "/local/domain/0/backend/../vbd/7/1",
    ])
    func recordsThatAreNone(_ path: String) {
        #expect(DeviceAddress(domain: DomainID(7), kind: .vbd, id: 1, backendPath: path) == nil)
    }
}

@Suite struct HotplugScriptTests {
    private func script(
        _ kind: DeviceKind, _ action: HotplugScript.Action, _ nodes: [String: String]
    ) throws(ToolstackError) -> HotplugScript? {
        let device = DeviceAddress(domain: DomainID(12), kind: .vif, id: 1, backendKind: kind)
        return try HotplugScript(action, device) { nodes[$0] }
    }

    /// The variables are those that a script of upstream's got (`env`).
    @Test func disk() throws {
        let script = try #require(try script(.vbd, .connect, ["script": "/s/block"]))
        #expect(script.arguments == ["add"])
        #expect(
            script.environment == [
                "script": "/s/block", "XENBUS_TYPE": "vbd", "XENBUS_PATH": "backend/vbd/12/1",
                "XENBUS_BASE_PATH": "backend",
            ])
        #expect(try self.script(.vbd, .disconnect, ["script": "/s/block"])?.arguments == ["remove"])
    }

    @Test func network() throws {
        let nodes = ["script": "/s/vif", "gatewaydev": "xenbr0", "vifname": "foo", "type": "vif"]
        let script = try #require(try script(.vif, .connect, nodes))
        #expect(script.arguments == ["online", "type_if=vif"])
        #expect(
            script.environment == [
                "script": "/s/vif", "XENBUS_TYPE": "vif", "XENBUS_PATH": "backend/vif/12/1",
                "XENBUS_BASE_PATH": "backend", "netdev": "xenbr0", "vif": "vif12.1",
            ])
        #expect(try self.script(.vif, .disconnect, nodes)?.arguments == ["offline", "type_if=vif"])
    }

    @Test func others() throws {
        #expect(try script(.qdisk, .connect, [:]) == nil)
        #expect(try script(.vtpm, .connect, [:]) == nil)
        #expect(throws: ToolstackError.self) { try script(.vif, .connect, [:]) }
    }
}

@Suite struct LogFileTests {
    @Test func generations() throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let log = LogFile("qemu-dm-web", in: directory)
        defer {
            for number in 0..<12 { unlink("\(log.path)" + (number == 0 ? "" : ".\(number)")) }
            rmdir(directory.string)
        }
        for number in 0..<13 {
            let file = try log.open()
            _ = try file.closeAfter { try file.writeAll("run \(number)\n".utf8) }
        }
        #expect(log.lastLines() == "run 12")
        #expect(try Files.read(FilePath("\(log.path).10"), limit: 100) == Array("run 2\n".utf8))
        #expect(try Files.read(FilePath("\(log.path).11"), limit: 100) == nil)
    }

    /// A guest can make its QEMU write what it likes.
    @Test func oneLongLineIsNotSaidWhole() throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let log = LogFile("qemu-dm-web", in: directory)
        defer {
            unlink(log.path.string)
            rmdir(directory.string)
        }
        let file = try log.open()
        _ = try file.closeAfter { try file.writeAll([UInt8](repeating: 0x61, count: 100_000) + "\nlast\n".utf8) }
        #expect(log.lastLines() == String(repeating: "a", count: 1000) + "… / last")
        #expect(log.evidence?.lines.allSatisfy { $0.count <= 1001 } == true)
    }

    /// As QEMU writes, which appends, and as one does that goes on where it was.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func staysSmall(_ appends: Bool) async throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let log = LogFile("qemu-dm-web", in: directory)
        defer {
            for number in 0..<12 { unlink("\(log.path)" + (number == 0 ? "" : ".\(number)")) }
            rmdir(directory.string)
        }
        let file = try FileDescriptor.open(
            log.path, .writeOnly, options: appends ? [.create, .append] : .create,
            permissions: [.ownerRead, .ownerWrite])
        defer { try? file.close() }
        func kilobytes() -> Int {
            var status = stat()
            return stat(log.path.string, &status) == 0 ? Int(status.st_blocks) / 2 : -1
        }
        let keeper = Task { await LogFile.keepSmall([log, LogFile("none", in: directory)]) }
        for round in 1...2 {
            let line = Array("round \(round) \(String(repeating: "x", count: 991))\n".utf8)
            for _ in 0..<3000 { _ = try file.writeAll(line) }
            while kilobytes() > 1024 { try await idle(for: .milliseconds(20)) }
            let copy = try #require(try Files.read(FilePath("\(log.path).1"), limit: 2 << 20))
            #expect(copy.count == LogFile.limit)
            #expect(copy.suffix(line.count).elementsEqual(line))
        }
        keeper.cancel()
        await keeper.value
        #expect(access("\(log.path).2", F_OK) == 0 && access("\(log.path).3", F_OK) != 0)
    }

    @Test func staysInItsDirectory() {
        #expect(LogFile("qemu-dm-a/../../b", in: "/var/log/xen").path == "/var/log/xen/domain.log")
    }
}
