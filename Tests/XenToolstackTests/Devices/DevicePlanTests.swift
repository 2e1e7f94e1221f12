import DomainModel
import Testing
import XenStore
import XenTypes

@testable import XenToolstack

/// The planned nodes against those that upstream's toolstack wrote for the same configuration.
@Suite struct DevicePlanTests {
    /// Every path is a script; every image is a file that can be written.
    static func context(_ domain: UInt32, _ type: DomainType) -> DeviceContext {
        var context = DeviceContext(
            domain: DomainID(domain), type: type, scripts: "/etc/xen/scripts", release: XenRelease(4, 17)
        ) { _ in
            .regular([.read, .write, .execute])
        }
        context.nativeProtocol = type == .pv ? "x86_64-abi" : nil
        return context
    }

    static func plans<Class: DeviceClass>(
        _: Class.Type, _ devices: [Class.Device], _ context: DeviceContext
    ) throws -> [DevicePlan] {
        var devices = devices
        Class.assignNumbers(&devices, taken: [])
        return try devices.indices.map { index in
            try Class.complete(&devices[index], context)
            return try Class.plan(devices[index], index: index, context)
        }
    }

    /// Compares values and effective permissions, and that there is nothing more and nothing less.
    static func expectEqual(_ plans: [DevicePlan], _ upstream: String) {
        var expected: [String: String] = [:]
        for line in upstream.split(separator: "\n") {
            guard let equals = line.firstRange(of: " = ") else { continue }
            expected[String(line[..<equals.lowerBound])] = String(line[equals.upperBound...])
        }
        var planned: [String: String] = [:]
        for plan in plans {
            var permissions: [StorePath: String] = [plan.address.record: "n0"]
            planned[plan.address.record.description] = #"""   (n0)"#
            for node in plan.nodes {
                var parent = node.path.parent
                while let path = parent, permissions[path] == nil {
                    guard path != plan.address.frontend, path != plan.address.backend else { break }
                    parent = path.parent
                }
                // The store makes directories on the way, with what their parents have.
                var missing = node.path.parent
                while let path = missing, path.components.count > plan.address.frontend.components.count,
                    planned[path.description] == nil, let parent, let inherited = permissions[parent]
                {
                    planned[path.description] = "\"\"   (\(inherited))"
                    missing = path.parent
                }
                let effective = node.permissions?.description ?? parent.flatMap { permissions[$0] } ?? "?"
                permissions[node.path] = effective
                planned[node.path.description] = "\"\(node.value ?? "")\"   (\(effective))"
            }
        }
        for (path, value) in expected {
            // Backends and scripts go on from what the toolstack wrote.
            if path.contains("/backend/"), path.hasSuffix("/state") { continue }
            if path.hasSuffix("/hotplug-status") || path.hasSuffix("/console/tty") { continue }
            #expect(planned[path] == value, "\(path)")
        }
        for path in planned.keys { #expect(expected[path] != nil, "\(path) is not upstream's") }
    }

    @Test func onlyCardsThatAreBridgedHereAreAttachedAheadOfMemory() throws {
        let context = Self.context(5, .pvh)
        var nics = (0..<6).map { _ in NICDevice() }
        for (index, script) in ["vif-openvswitch", "vif-route", "/root/vif-bridge", "vif-nat"].enumerated() {
            nics[index + 1].script = script
        }
        nics[5].backendDomainID = DomainID(3)
        let plans = try Self.plans(NICClass.self, nics, context)
        #expect(plans.map { NICClass.isBridged($0, context) } == [true, true, false, false, false, false])
    }

    private func disk(_ vdev: String, _ path: String, _ change: (inout DiskDevice) -> Void = { _ in }) -> DiskDevice {
        var disk = DiskDevice()
        disk.virtualDevice = vdev
        disk.physicalPath = path
        disk.format = .raw
        disk.isWritable = true
        change(&disk)
        return disk
    }

    private func nic(_ mac: String, _ change: (inout NICDevice) -> Void = { _ in }) -> NICDevice {
        var nic = NICDevice()
        nic.mac = MACAddress(mac)
        nic.script = "/root/devices/dumpenv"
        change(&nic)
        return nic
    }

    @Test func pvGuest() throws {
        var context = Self.context(20, .pv)
        context.console.port = 2
        context.console.frame = 1_782_274
        let disks = [
            disk("xvda1", "/root/devices/raw.img") {
                $0.directIOSafe = true
                $0.discardEnable = false
            },
            disk("hda", "/root/devices/raw2.img") { $0.backend = .qdisk },
            disk("xvdc", "/root/devices/raw3.img") {
                $0.isCDROM = true
                $0.isRemovable = true
                $0.isWritable = false
            },
            disk("xvdd", "foo") { $0.script = "/root/devices/dumpenv" },
        ]
        var share = P9Device()
        (share.tag, share.path, share.securityModel) = ("share", "/tmp", "none")
        var keyboard = VKBDevice()
        keyboard.backendType = .qemu
        keyboard.uniqueID = "u1"
        (keyboard.featureAbsPointer, keyboard.featureMultiTouch) = (true, true)
        (keyboard.width, keyboard.height) = (800, 600)
        (keyboard.multiTouchWidth, keyboard.multiTouchHeight, keyboard.multiTouchNumContacts) = (100, 50, 3)
        let nics = [
            nic("00:16:3e:01:02:03") { $0.gatewayDevice = "xenbr0" },
            nic("00:16:3e:01:02:04") { $0.interfaceName = "vfoo" },
        ]
        let plans =
            try Self.plans(DiskClass.self, disks, context) + Self.plans(NICClass.self, nics, context)
            + Self.plans(P9Class.self, [share], context) + Self.plans(VKBClass.self, [keyboard], context)
            + [FirstConsole.plan(context)]
        Self.expectEqual(plans, UpstreamNodes.pvGuest)
        #expect(plans.filter { $0.handshake == .backend }.map(\.address.backendKind) == [.vbd, .vbd, .vbd, .vif, .vif])
    }

    @Test func theDaemonsSharesAreServedByIt() throws {
        var share = P9Device()
        (share.type, share.path, share.securityModel, share.maxFiles) = (.xen9pfsd, "/srv", "none", 7)
        var context = Self.context(8, .pvh)
        #expect(throws: ToolstackError.self) { try Self.plans(P9Class.self, [share], context) }
        context.release = XenRelease(4, 19)
        let plan = try #require(try Self.plans(P9Class.self, [share], context).first)
        #expect(plan.address.backend.description == "/local/domain/0/backend/xen_9pfs/8/0")
        #expect(plan.address.frontend.description == "/local/domain/8/device/9pfs/0")
        #expect(plan.handshake == .backend && plan.backendValue("max-files") == "7")
        #expect(plan.backendValue("auto-delete") == "0" && plan.backendValue("max-space") == "0")
        #expect(!P9Class.needsDeviceModel(share))
        share.type = .qemu
        #expect(throws: ToolstackError.self, "QEMU has no such limits") {
            try Self.plans(P9Class.self, [share], context)
        }
    }

    @Test func tapdisksDisksHaveItsBackend() throws {
        let disk = disk("xvda", "/root/a.vhd") {
            $0.backend = .tap
            $0.format = .vhd
        }
        var context = Self.context(8, .pv)
        #expect(throws: ToolstackError.self) { try Self.plans(DiskClass.self, [disk], context) }
        context.release = XenRelease(4, 20)
        let plan = try #require(try Self.plans(DiskClass.self, [disk], context).first)
        #expect(plan.address.backend.description == "/local/domain/0/backend/vbd3/8/51712")
        #expect(plan.backendValue("params") == "vhd:/root/a.vhd" && plan.backendValue("type") == "vbd3")
        #expect(plan.backendValue("script") == "/etc/xen/scripts/block-tap" && plan.handshake == .backend)
    }

    @Test func keyboardsOfHVMGuestsCountFromSomeReleaseOn() {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .hvm
        configuration.buildInfo.hvm = HVMBuildInfo()
        configuration.buildInfo.hvm?.vkbDevice = true
        configuration.vkbs = [VKBDevice(), VKBDevice()]
        configuration.vfbs = [VFBDevice()]
        func keyboards(_ minor: UInt16) -> Int {
            let devices = DeviceEngine.devices(of: configuration, on: XenRelease(4, minor))
            #expect(devices.vfbs.isEmpty)
            return devices.vkbs.count
        }
        #expect(keyboards(18) == 1)
        #expect(keyboards(19) == 2)
        configuration.vkbs = []
        #expect(keyboards(19) == 1)
        configuration.buildInfo.hvm?.vkbDevice = false
        #expect(keyboards(19) == 0)
    }

    @Test func scriptsCanReadTheVirtualLANs() throws {
        let nic = nic("00:16:3e:01:02:03") { $0.vlan = "10/20" }
        let plan = try #require(try Self.plans(NICClass.self, [nic], Self.context(8, .pv)).first)
        #expect(plan.backendValue("vlan") == "10/20")
    }

    @Test func framebuffer() throws {
        var vfb = VFBDevice()
        vfb.vnc.enable = true
        vfb.vnc.listen = "0.0.0.0"
        Self.expectEqual(
            try Self.plans(VFBClass.self, [vfb], Self.context(21, .pv)), UpstreamNodes.framebuffer)
        vfb.vnc.password = "secret"
        try VFBClass.complete(&vfb, Self.context(21, .pv))
        let plans = try Self.plans(VFBClass.self, [vfb], Self.context(21, .pv))
        #expect(plans.first?.backendValue("vncpasswd") == "secret")
    }

    @Test func smallClasses() throws {
        let context = Self.context(14, .pvh)
        var vtpm = VTPMDevice()
        vtpm.uuid = XenUUID("6a6f5a0b-1111-2222-3333-444455556666")
        var keyboard = VKBDevice()
        keyboard.backendType = .linux
        let plans =
            try Self.plans(VTPMClass.self, [vtpm], context) + Self.plans(PVCallsClass.self, [PVCallsDevice()], context)
            + Self.plans(VKBClass.self, [keyboard], context)
        Self.expectEqual(plans, UpstreamNodes.smallClasses)
    }

    @Test func soundCard() throws {
        var card = VSndDevice()
        (card.shortName, card.longName) = ("VCard", "Virtual sound card")
        card.params.bufferSize = 65536
        card.params.sampleRates = [8000, 11025]
        var playback = VSndStream()
        (playback.uniqueID, playback.type) = ("s0", .p)
        playback.params.channelsMin = 1
        playback.params.sampleFormats = [.s8, .u8]
        var capture = VSndStream()
        (capture.uniqueID, capture.type) = ("s1", .c)
        var pcm = VSndPCM()
        pcm.name = "dev1"
        pcm.streams = [playback, capture]
        card.pcms = [pcm]
        Self.expectEqual(try Self.plans(VSndClass.self, [card], Self.context(17, .pvh)), UpstreamNodes.soundCard)
    }

    @Test func display() throws {
        var display = VDisplDevice()
        display.backendAllocates = true
        for (id, width, height) in [("id0", 800, 600), ("id1", 640, 480)] as [(String, UInt32, UInt32)] {
            var connector = DisplayConnector()
            (connector.uniqueID, connector.width, connector.height) = (id, width, height)
            display.connectors.append(connector)
        }
        let plan = try #require(try Self.plans(VDisplClass.self, [display], Self.context(5, .pv)).first)
        #expect(
            plan.readOnlyFrontend == [
                .init("be-alloc", "1"), .init("0/resolution", "800x600"), .init("0/unique-id", "id0"),
                .init("1/resolution", "640x480"), .init("1/unique-id", "id1"),
            ])
    }

    @Test func channelsFollowTheFirstConsole() throws {
        var first = ChannelDevice()
        (first.name, first.connection, first.deviceID) = ("a", .pty, 0)
        var second = ChannelDevice()
        (second.name, second.connection, second.deviceID) = ("b", .socket(path: "/run/b"), 1)
        let plans = try Self.plans(ChannelClass.self, [first, second], Self.context(5, .pv))
        #expect(plans.map(\.address.id) == [1, 2])
        #expect(plans[0].address.frontend == "/local/domain/5/device/console/1")
        #expect(plans[1].backendValue("path") == "/run/b")
        #expect(plans[1].readOnlyFrontend.contains(.init("output", "chardev:libxl-channel2")))
    }

    @Test func rateMTUAndAddress() throws {
        var nic = NICDevice()
        nic.mac = MACAddress("00:16:3e:01:02:04")
        nic.mtu = 1400
        (nic.rateBytesPerInterval, nic.rateIntervalMicroseconds) = (500_000, 50_000)
        nic.ip = "10.0.0.9"
        nic.trusted = false
        let plan = try #require(try Self.plans(NICClass.self, [nic], Self.context(7, .pvh)).first)
        #expect(plan.backendValue("rate") == "500000,50000")
        #expect(plan.backendValue("mtu") == "1400")
        #expect(plan.backendValue("ip") == "10.0.0.9")
        #expect(plan.backendValue("script") == "/etc/xen/scripts/vif-bridge")
        #expect(plan.frontend.contains(.init("trusted", "0")))
        #expect(plan.readOnlyFrontend == [.init("mtu", "1400")])
    }

    @Test func randomAddressesAreXens() throws {
        for _ in 0..<100 {
            let bytes = try #require(MACAddress.randomXen()).bytes
            #expect(bytes.prefix(3) == [0x00, 0x16, 0x3E])
            #expect(bytes[3] < 0x80)
        }
    }

    @Test func numbersThatAreFree() {
        var nics = [NICDevice(), NICDevice(), NICDevice()]
        nics[1].deviceID = 4
        NICClass.assignNumbers(&nics, taken: [])
        #expect(nics.map(\.deviceID) == [5, 4, 6])
        var more = [NICDevice()]
        NICClass.assignNumbers(&more, taken: [0, 7])
        #expect(more[0].deviceID == 8)
        var last = [NICDevice()]
        NICClass.assignNumbers(&last, taken: [UInt32(Int32.max)])
        #expect(last[0].deviceID == nil)
        #expect(throws: ToolstackError.self) {
            try NICClass.plan(last[0], index: 0, Self.context(5, .pv))
        }
    }
}
