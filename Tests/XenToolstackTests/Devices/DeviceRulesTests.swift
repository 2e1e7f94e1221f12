import DomainModel
import Glibc
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DiskBackendTests {
    private func choose(
        _ file: HostFile, type: DomainType = .pv, _ change: (inout DiskDevice) -> Void
    ) throws(ToolstackError) -> DiskBackend {
        var disk = DiskDevice()
        disk.virtualDevice = "xvda"
        disk.physicalPath = "/images/disk"
        disk.format = .raw
        disk.isWritable = true
        change(&disk)
        let context = DeviceContext(domain: .invalid, type: type, scripts: "/etc/xen/scripts") { path in
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

@Suite struct DeviceModelPlanTests {
    private func build(_ change: (inout DomainConfiguration) -> Void) -> DomainBuild {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .pv
        configuration.createInfo.name = "web"
        configuration.buildInfo.maxMemKB = 262_144
        change(&configuration)
        return DomainBuild(configuration: configuration, domain: DomainID(8), uuid: .zero)
    }

    private let paths = HostPaths(release: "4.17")

    /// The arguments of upstream's QEMU for a PV guest with a qcow2 disk.
    @Test func plain() throws {
        let plan = try DeviceModelPlan(build { _ in }, paths)
        #expect(plan.program == "/usr/libexec/xen-qemu-system-i386")
        #expect(
            plan.arguments == [
                "-xen-domid", "8", "-no-shutdown", "-chardev",
                "socket,id=libxl-cmd,path=/var/run/xen/qmp-libxl-8,server=on,wait=off", "-mon",
                "chardev=libxl-cmd,mode=control", "-chardev",
                "socket,id=libxenstat-cmd,path=/var/run/xen/qmp-libxenstat-8,server=on,wait=off", "-mon",
                "chardev=libxenstat-cmd,mode=control", "-nodefaults", "-no-user-config", "-xen-attach", "-name", "web",
                "-vnc", "none", "-display", "none", "-nographic", "-machine", "xenpv", "-m", "256",
            ])
        #expect(plan.environment == ["XEN_QEMU_CONSOLE_LIMIT": "1048576"])
        #expect(plan.logName == "qemu-dm-web")
    }

    @Test func framebufferAndChannels() throws {
        let plan = try DeviceModelPlan(
            build {
                var vfb = VFBDevice()
                (vfb.vnc.enable, vfb.vnc.listen, vfb.vnc.findUnused) = (true, "0.0.0.0", true)
                vfb.keymap = "de"
                $0.vfbs = [vfb]
                var channel = ChannelDevice()
                (channel.name, channel.connection) = ("c", .socket(path: "/run/a,b"))
                $0.channels = [channel]
                $0.buildInfo.extra = ["-trace", "x"]
            }, paths)
        let text = plan.arguments.joined(separator: " ")
        #expect(text.contains("-vnc 0.0.0.0:0,to=99 -display none -k de -trace x -machine xenpv -m 256"))
        #expect(!text.contains("-nographic"))
        #expect(text.contains("-chardev socket,id=libxl-channel1,path=/run/a,,b,server=on,wait=off -nodefaults"))
    }

    @Test func need() {
        func isNeeded(_ change: (inout DomainConfiguration) -> Void) -> Bool {
            DeviceModelPlan.needed(by: build(change).configuration)
        }
        var disk = DiskDevice()
        disk.backend = .phy
        #expect(!isNeeded { $0.disks = [disk] })
        disk.backend = .qdisk
        #expect(isNeeded { $0.disks = [disk] })
        disk.backendDomainID = DomainID(2)
        #expect(!isNeeded { $0.disks = [disk] })
        #expect(isNeeded { $0.vfbs = [VFBDevice()] })
        #expect(isNeeded { $0.p9s = [P9Device()] })
        #expect(isNeeded { $0.channels = [ChannelDevice()] })
        #expect(!isNeeded { $0.nics = [NICDevice()] })
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

    @Test func staysInItsDirectory() {
        #expect(LogFile("qemu-dm-a/../../b", in: "/var/log/xen").path == "/var/log/xen/domain.log")
    }
}
