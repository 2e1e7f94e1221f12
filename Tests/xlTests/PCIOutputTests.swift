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
        #expect(TableColumn.table(PCIListCommand.columns, of: [device]) == "Vdev Device\n05.2 0000:1a:1f.2")
        let text = try YajlEncoder(layout: .pretty).encode([FieldDocument(device, PCIListCommand.fields)])
        #expect(try JSONSchema(named: "pci-list").problems(in: text) == [])
        func value(_ name: String) throws -> JSONValue? {
            let document = try YajlEncoder().encode(FieldDocument(device, PCIListCommand.fields))
            return try YajlDecoder().decode(JSONValue.self, from: document)[name]
        }
        #expect(try value("permissive")?.bool == true && value("power_mgmt")?.bool == true)
        #expect(try value("msitranslate")?.bool == false && value("rdm_policy")?.string == "relaxed")
        // What nobody would write.
        for options in [nil, "", ",", "=", "permissive", "permissive=1=1"] {
            device.options = options
            #expect(try value("permissive")?.bool == false)
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
        let text = try YajlEncoder(layout: .pretty).encode(FieldDocument.list(devices, PCIAssignableListCommand.fields))
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
        let text = PCICheckCommand.text(check)
        #expect(text.hasPrefix("0000:1a:1f.2 (8086:10d3, class 020000) cannot be given to a guest as things are\n"))
        #expect(text.contains("  obstacle: this host uses it: it is the only network card that is connected, eth0\n"))
        #expect(text.contains("    Remedy: modprobe xen-pciback\n"))
        let json = try YajlEncoder(layout: .pretty).encode([FieldDocument(check, PCICheckCommand.fields)])
        #expect(try JSONSchema(named: "pci-check").problems(in: json) == [])
        // The same device on a host that is ready for it.
        try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in machine.hasIOMMU = true }
        try host.sysfs.addDriver("pciback")
        try host.sysfs.addDevice("0000:1a:00.0", driver: "e1000e")
        try host.sysfs.addInterface("eth1", of: "0000:1a:00.0")
        #expect(try host.toolstack.check(Self.address).isFit)
    }
}
