import HostSimulator
import Testing
import XenControl
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

@Suite struct PCIOutputTests {
    private static let address = PCIDeviceAddress(segment: 0, bus: 0x1A, devfn: 0xFA)

    @Test func devicesOfADomainAsUpstreamPrintsThem() throws {
        var device = PassedPCIDevice(domain: DomainID(3), address: Self.address, virtualDevfn: 0x2A)
        device.options = "msitranslate=0,power_mgmt=1,permissive=1,rdm_policy=relaxed"
        #expect(DeviceTable.pciDevices([device]) == "Vdev Device\n05.2 0000:1a:1f.2")
        let text = try YajlEncoder(layout: .pretty).encode([PassedPCIJSON(device)])
        #expect(try JSONSchema(named: "pci-list").problems(in: text) == [])
        let json = PassedPCIJSON(device)
        #expect(json.permissive && json.powerManagement && !json.msitranslate && json.rdmPolicy == "relaxed")
        // What nobody would write.
        for options in [nil, "", ",", "=", "permissive", "permissive=1=1"] {
            device.options = options
            #expect(!PassedPCIJSON(device).permissive)
        }
    }

    @Test func assignableDevicesFollowTheirSchema() async throws {
        let host = try SimulatedHost()
        for driver in ["pciback", "e1000e"] { try host.sysfs.addDriver(driver) }
        try host.sysfs.addDevice("0000:1a:1f.2", driver: "e1000e")
        try host.sysfs.addDevice("0000:1a:1f.3", driver: "pciback")
        try await host.toolstack.makeAssignable(Self.address, name: "spare")
        let devices = try host.toolstack.assignablePCIDevices()
        #expect(devices.count == 2)
        let text = try YajlEncoder(layout: .pretty).encode(devices.map(AssignablePCIJSON.init))
        #expect(try JSONSchema(named: "pci-assignable-list").problems(in: text) == [])
    }

    @Test func checksSayInWordsWhatIsInTheWay() throws {
        let host = try SimulatedHost()
        try host.sysfs.addDriver("e1000e")
        try host.sysfs.addDevice("0000:1a:1f.2", driver: "e1000e")
        try host.sysfs.addInterface("eth0", of: "0000:1a:1f.2")
        let check = try host.toolstack.check(Self.address)
        #expect(!check.isFit)
        #expect(check.findings.filter { $0.severity == .obstacle }.map(\.code) == ["no-iommu", "no-pciback", "vital"])
        #expect(check.findings.contains { $0.code == "no-reset" && $0.severity == .warning })
        let text = PCICheckJSON.text(check)
        #expect(text.hasPrefix("0000:1a:1f.2 (8086:10d3, class 020000) cannot be given to a guest as things are\n"))
        #expect(text.contains("  obstacle: this host uses it: it is the only network card that is connected, eth0\n"))
        #expect(text.contains("    Remedy: modprobe xen-pciback\n"))
        let json = try YajlEncoder(layout: .pretty).encode([PCICheckJSON(check)])
        #expect(try JSONSchema(named: "pci-check").problems(in: json) == [])
        // The same device on a host that is ready for it.
        try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in machine.hasIOMMU = true }
        try host.sysfs.addDriver("pciback")
        try host.sysfs.addDevice("0000:1a:00.0", driver: "e1000e")
        try host.sysfs.addInterface("eth1", of: "0000:1a:00.0")
        #expect(try host.toolstack.check(Self.address).isFit)
    }
}
