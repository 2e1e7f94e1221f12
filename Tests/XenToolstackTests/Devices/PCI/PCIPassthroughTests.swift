import DomainConfig
import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenControl
import XenStore
import XenTypes
import YajlJSON

@testable import XenToolstack

/// PCI devices of guests, on a simulated host.
@Suite struct PCIPassthroughTests {
    private static let card = PCIDeviceAddress(segment: 0, bus: 0, devfn: 4 << 3)
    private static let second = PCIDeviceAddress(segment: 0, bus: 0, devfn: 5 << 3)

    private static func host(
        timeouts: (inout Timeouts) -> Void = { _ in }
    ) async throws -> SimulatedHost {
        let host = try SimulatedHost(timeouts: timeouts)
        try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in machine.hasIOMMU = true }
        for driver in ["pciback", "e1000e"] { try host.sysfs.addDriver(driver) }
        for number in 4...6 {
            try host.sysfs.addDevice("0000:00:0\(number).0", driver: "e1000e", files: ["reset": ""])
        }
        for address in [card, second] { try await host.toolstack.makeAssignable(address, name: nil) }
        return host
    }

    private static func owner(of device: PCIDeviceAddress, _ host: SimulatedHost) -> UInt32? {
        (try? host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in
            machine.deviceOwners[device.machineSBDF]
        }) ?? nil
    }

    private func device(_ word: String) throws -> PCIDevice {
        try PCISpec.parse(bytes: Array(word.utf8), into: PCIDevice()).value
    }

    private func error(_ body: () async throws -> Void) async -> ToolstackError? {
        do { try await body() } catch { return error as? ToolstackError }
        return nil
    }

    /// What upstream's xl 4.17 writes, but for what the kernel adds.
    @Test func aGuestIsMadeWithADeviceAsUpstreamDoes() async throws {
        let host = try await Self.host()
        let given = try host.pvGuest("pci=['00:04.0,permissive=1']")
        let before = host.snapshot
        let domain = try await host.toolstack.create(given).domain
        let nodes = host.snapshot.nodes.filter { $0.key.contains("/pci/") }
        let (back, front) = ("/local/domain/0/backend/pci/\(domain)", "/local/domain/\(domain)/device/pci")
        let (ours, guests) = ("(n0,r\(domain))", "(n\(domain),r0)")
        var expected = [
            "\(back)/0": " \(ours)", "\(back)/0/dev-0": "0000:00:04.0 \(ours)",
            "\(back)/0/domain": "guest \(ours)", "\(back)/0/frontend": "\(front)/0 \(ours)",
            "\(back)/0/frontend-id": "\(domain) \(ours)", "\(back)/0/key-0": "0000:00:04.0 \(ours)",
            "\(back)/0/num_devs": "1 \(ours)", "\(back)/0/online": "1 \(ours)",
            "\(back)/0/opts-0": "msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict \(ours)",
            "\(back)/0/state": "4 \(ours)", "\(back)/0/state-0": "1 \(ours)", "\(back)": " (n0)",
            "\(front)/0": " \(guests)", "\(front)/0/backend": "\(back)/0 \(guests)",
            "\(front)/0/backend-id": "0 \(guests)", "\(front)/0/state": "1 \(guests)",
            "/libxl/pci/0000-00-04-0/domid": "\(domain) (n0)",
        ]
        for (path, text) in before.nodes where path.hasPrefix("/libxl/pci/") { expected[path] = text }
        #expect(nodes == expected)
        #expect(Self.owner(of: Self.card, host) == domain.rawValue)
        #expect(host.hypervisor.domains[domain.rawValue]?.interrupts == [20])
        #expect(host.sysfs.written.contains("bus/pci/drivers/pciback/permissive 0000:00:04.0"))
        #expect(host.sysfs.written.contains("bus/pci/devices/0000:00:04.0/reset 1"))
        #expect(try host.toolstack.storedConfiguration(of: domain)?.pciDevices.first?.rdmPolicy == .strict)
        #expect(try PCIPassthrough(host.toolstack).devices(of: domain).map(\.address) == [Self.card])
        #expect(try host.toolstack.assignablePCIDevices().map(\.function.address) == [Self.second])

        try await host.toolstack.destroy(domain)
        #expect(Self.owner(of: Self.card, host) == DomainID.io.rawValue)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func devicesComeAndGoWhileAGuestRuns() async throws {
        let host = try await Self.host()
        let passthrough = PCIPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("passthrough='enabled'"))
        let before = host.snapshot
        try await passthrough.attach(device("00:04.0"), to: domain)
        let one = host.snapshot
        try await passthrough.attach(device("00:05.0"), to: domain)
        #expect(try passthrough.devices(of: domain).map(\.address) == [Self.card, Self.second])
        #expect(try host.toolstack.storedConfiguration(of: domain)?.pciDevices.count == 2)
        // The first goes, and the second takes its number.
        try await passthrough.detach(device("00:04.0"), from: domain, isForced: false)
        #expect(try passthrough.devices(of: domain).map(\.address) == [Self.second])
        let back: StorePath = "/local/domain/0/backend/pci/\(domain)/0"
        #expect(
            try host.toolstack.store.read([back / "num_devs", back / "dev-0", back / "dev-1"]) == [
                "1", "0000:00:05.0", nil,
            ])
        #expect(Self.owner(of: Self.card, host) == DomainID.io.rawValue)
        try await passthrough.attach(device("00:04.0"), to: domain)
        try await passthrough.detach(device("00:05.0"), from: domain, isForced: false)
        #expect(host.snapshot.nodes == one.nodes)
        try await passthrough.detach(device("00:04.0"), from: domain, isForced: false)
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
        #expect(
            await error { try await passthrough.detach(device("00:04.0"), from: domain, isForced: true) }?.code
                == .notFound)
    }

    @Test func aGuestThatKeepsADeviceLosesItByForceAlone() async throws {
        let host = try await Self.host { $0.deviceDestroy = .milliseconds(50) }
        let passthrough = PCIPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("pci=['00:04.0']"))
        let before = host.snapshot
        host.backends.silence("pci")
        let failure = await error { try await passthrough.detach(device("00:04.0"), from: domain, isForced: false) }
        #expect(failure?.code == .timedOut)
        #expect(host.snapshot.changes(since: before) == [])
        try await passthrough.detach(device("00:04.0"), from: domain, isForced: true)
        #expect(try passthrough.devices(of: domain) == [])
        #expect(Self.owner(of: Self.card, host) == DomainID.io.rawValue)
        #expect(try host.toolstack.storedConfiguration(of: domain)?.pciDevices == [])
    }

    @Test func whatCannotBeGivenIsRefusedAndLeavesNothing() async throws {
        let host = try await Self.host()
        let passthrough = PCIPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("passthrough='enabled'"))
        let before = host.snapshot
        let causes = [
            "00:09.0": "there is no such device", "00:06.0": "it is not assignable: pciback does not hold it",
            "00:04.*": "they need a slot of their own there",
        ]
        for (word, cause) in causes {
            #expect(await error { try await passthrough.attach(device(word), to: domain) }?.cause == cause)
        }
        #expect(await error { try await passthrough.attach(device("name=none"), to: domain) }?.code == .notFound)
        #expect(host.snapshot.changes(since: before) == [])
        try await passthrough.attach(device("00:04.0"), to: domain)
        let again = await error { try await passthrough.attach(device("00:04.0"), to: domain) }
        #expect(again?.cause == "domain \(domain) has it")
        let twice = try host.configuration("name='two'\ntype='pv'\nmemory=64\nkernel='/k'\npci=['00:05.0','00:05.0']")
        #expect(
            await error { _ = try await host.toolstack.create(twice) }?.message
                == "cannot give 0000:00:05.0 to the guest twice")
    }

    @Test func aSeizedDeviceGoesBackToItsDriverWhenItCannotBeGiven() async throws {
        let host = try await Self.host { $0.deviceInitialise = .milliseconds(50) }
        let passthrough = PCIPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("passthrough='enabled'"))
        let before = host.snapshot
        host.backends.silence("pci")
        let failure = await error {
            try await passthrough.attach(device("00:06.0,seize=1"), to: domain)
        }
        #expect(failure?.code == .timedOut)
        #expect(host.sysfs.driver(of: "0000:00:06.0") == "e1000e")
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
        #expect(host.hypervisor.domains[domain.rawValue]?.interrupts == [])
    }

    @Test func settingsOfTheConfigurationReachTheBackend() async throws {
        let host = try await Self.host()
        let lines = "pci_msitranslate=1\npci_power_mgmt=1"
        let given = try host.pvGuest("pci=['00:04.0','00:05.0,msitranslate=0,power_mgmt=0,permissive=1']\n\(lines)")
        let domain = try await host.toolstack.create(given).domain
        let back: StorePath = "/local/domain/0/backend/pci/\(domain)/0"
        #expect(
            try host.toolstack.store.read([back / "opts-0", back / "opts-1"]) == [
                "msitranslate=1,power_mgmt=1,permissive=0,rdm_policy=strict",
                "msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict",
            ])
    }

    @Test func aPVHGuestCanHaveNone() async throws {
        let host = try await Self.host()
        let given = try host.pvhGuest("pci=['00:04.0']")
        let before = host.snapshot
        host.faults.start()
        let refusal = await error { _ = try await host.toolstack.create(given) }
        #expect(refusal?.message == "devices cannot be passed through to PVH guests")
        #expect(!host.faults.points.contains { $0.name.hasPrefix("xc_domain_create") }, "nothing is made for it")
        #expect(host.snapshot.changes(since: before) == [])
        let domain = try await host.start(try host.pvhGuest())
        let running = host.snapshot
        let failure = await error { try await PCIPassthrough(host.toolstack).attach(device("00:04.0"), to: domain) }
        #expect(failure?.code == .notSupported && failure?.cause == "it is a PVH guest")
        #expect(host.snapshot.changes(since: running) == [])
    }

    // MARK: Graphics

    /// The old frame buffer, from 0xA0000 on, in frames.
    private static let frameBuffer: Range<UInt64> = 0xA0..<0xC0

    /// What an HVM guest has that gets Intel's graphics, another VGA controller, or a card that is none.
    @Test(
        arguments: [
            ("00:02.0", "gfx_passthru=1", true), ("00:02.0", "gfx_passthru='igd'", true),
            ("00:03.0", "gfx_passthru='igd'", true), ("00:04.0", "gfx_passthru='igd'", false),
            ("00:02.0", "gfx_passthru=0", false), ("00:02.0", "", false),
        ] as [(String, String, Bool)])
    func theFrameBufferGoesWithAGraphicsCard(_ place: String, _ line: String, _ hasIt: Bool) async throws {
        let host = try await Self.host()
        for number: UInt8 in 2...3 {
            try host.sysfs.addDevice(
                "0000:00:0\(number).0", driver: "e1000e", classCode: "0x030000", files: ["reset": ""])
            let address = PCIDeviceAddress(segment: 0, bus: 0, devfn: number << 3)
            try await host.toolstack.makeAssignable(address, name: nil, isForced: true)
        }
        let domain = try await host.toolstack.create(try host.hvmGuest("pci=['\(place)']\n\(line)")).domain
        let guest = try #require(host.hypervisor.domains[domain.rawValue])
        #expect(guest.ioMemory.contains(Self.frameBuffer) == hasIt)
        #expect(guest.ioMemory.contains(0xFEB80..<0xFEBA0), "the device's own memory")
        let words = host.toolstack.deviceModelStatus(of: domain).commandLine
        #expect(words?.contains { $0.contains("igd-passthru=on") } == !["", "gfx_passthru=0"].contains(line))
        #expect(host.qemu.devices(of: domain.rawValue).contains { $0.hasPrefix("pci-pt-") })
        try await host.toolstack.destroy(domain)
    }

    @Test func aCardThatIsNotIntelsOwnIsNoPrimaryOne() async throws {
        let host = try await Self.host()
        let given = try host.hvmGuest("pci=['00:04.0']\ngfx_passthru=1")
        let before = host.snapshot
        let refusal = await error { _ = try await host.toolstack.create(given) }
        #expect(refusal?.description.contains("gfx_passthru=1 is for Intel's own graphics at 00:02.0") == true)
        #expect(host.snapshot.changes(since: before) == [])
    }

    // MARK: Values

    @Test func allFunctionsGoToOneSlotFunctionZeroLast() throws {
        let present = (0..<3).map { PCIDeviceAddress(segment: 0, bus: 1, devfn: 2 << 3 | $0) }
        let all = try PassedFunction.all(of: device("01:02.*@5"), at: present[0], present: present)
        #expect(all.map(\.address.function) == [2, 1, 0])
        #expect(all.map(\.virtualDevfn) == [0x2A, 0x29, 0x28])
        let one = try PassedFunction.all(of: device("01:02.1@5"), at: present[1], present: present)
        #expect(one.map(\.virtualDevfn) == [0x28])
    }

    @Test func qemuIsAskedInItsOwnTypes() throws {
        let function = PassedFunction(
            address: PCIDeviceAddress(segment: 0, bus: 0x1A, devfn: 0xFA), virtualDevfn: 0x5 << 3,
            device: try device("1a:1f.2@5,permissive=1"))
        let text = try YajlEncoder(layout: .compact).encode(JSONValue.object(PCIPassthrough.arguments(for: function)))
        #expect(
            String(decoding: text, as: UTF8.self) == """
                {"driver":"xen-pci-passthrough","id":"pci-pt-1a_1f.2","hostaddr":"0000:1a:1f.2","addr":"5.0","permissive":true}
                """)
    }

    @Test func whatQEMUAnswersIsNotTrusted() throws {
        func place(_ text: String) throws -> UInt32? {
            try PCIBus.place(of: "x", in: try YajlDecoder().decode(JSONValue.self, from: Array(text.utf8)))
        }
        #expect(try place(#"[{"devices":[{"qdev_id":"y"},{"qdev_id":"x","slot":5,"function":1}]}]"#) == 0x29)
        for nothing in ["[]", "{}", "null", #"[{"devices":7}]"#, #"[{"devices":[{"qdev_id":"y"}]}]"#] {
            #expect(try place(nothing) == nil)
        }
        for wrong in ["32", "-1", "\"5\"", "null", "9223372036854775807"] {
            #expect(throws: QMPError.self) {
                try place(#"[{"devices":[{"qdev_id":"x","slot":\#(wrong),"function":0}]}]"#)
            }
        }
    }
}
