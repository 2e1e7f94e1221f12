import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct DomainReferenceTests {
    @Test func tellsNumbersFromNames() throws {
        #expect(try DomainReference("12") == .number(DomainID(12)))
        #expect(try DomainReference("web-1") == .name("web-1", nil))
        let uuid = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(try DomainReference(uuid) == .name(uuid, XenUUID(uuid)))
    }

    @Test(arguments: ["", "32752", "4294967296", "99999999999999999999"])
    func refuses(_ text: String) {
        #expect(throws: ToolstackError.self) { try DomainReference(text) }
    }
}

@Suite struct UUIDBearerTests {
    private let uuid = XenUUID.random()

    private func bearer(_ number: UInt32, _ change: (inout UUIDBearer) -> Void = { _ in }) -> UUIDBearer {
        var bearer = UUIDBearer(
            domain: DomainID(number), isDying: false, vm: DomainPaths.vm(uuid).description, name: "guest")
        change(&bearer)
        return bearer
    }

    private func choice(_ bearers: UUIDBearer...) -> DomainID? { UUIDBearer.choice(of: uuid, among: bearers) }

    @Test func isTheOneThatLives() {
        let zombie = bearer(1) { ($0.isDying, $0.vm, $0.name) = (true, nil, nil) }
        let preserved = bearer(2) { $0.vm = DomainPaths.vm(.random()).description }
        #expect(choice(zombie, preserved, bearer(3)) == DomainID(3))
        #expect(choice(zombie, preserved) == nil)
        #expect(choice(bearer(4) { ($0.vm, $0.name) = (nil, nil) }) == DomainID(4))
        #expect(choice() == nil)
    }

    @Test func isNotYetTheCopyThatArrives() {
        let arriving = bearer(1) { $0.name = "guest--incoming" }
        #expect(choice(arriving, bearer(2)) == DomainID(2))
        #expect(choice(arriving) == DomainID(1))
    }
}

@Suite struct HostValueTests {
    @Test func readsStartTimes() {
        #expect(Toolstack.startTime("1700000000.25") == 1_700_000_000)
        #expect(Toolstack.startTime("1700000000") == 1_700_000_000)
        #expect(Toolstack.startTime("") == nil)
        #expect(Toolstack.startTime("-5") == nil)
        #expect(Toolstack.startTime("99999999999999999999") == nil)
    }

    @Test func readsDeviceAddresses() {
        #expect(PCIDeviceAddress("0000:1a:1f.2") == PCIDeviceAddress(segment: 0, bus: 0x1A, devfn: 0xFA))
        for text in ["", "0000:1a:1f", "0000:1a:20.0", "0000:1a:1f.8", "10000:00:00.0", "a:b", "0000:00:00.0.1"] {
            #expect(PCIDeviceAddress(text) == nil)
        }
    }
}
