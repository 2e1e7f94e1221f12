import DomainModel
import Glibc
import HostSimulator
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

/// What a creation does otherwise from one release to the next.
@Suite struct ReleaseTests {
    private static let releases = (17...22).map { XenRelease(4, $0) }

    /// Makes a domain, which stays paused.
    private func make(
        on release: XenRelease, _ configure: (SimulatedHost) throws -> DomainConfiguration
    ) async throws -> (host: SimulatedHost, domain: DomainID, made: SimulatedDomain) {
        let host = try SimulatedHost(release: release)
        let domain = try await host.toolstack.create(try configure(host)).domain
        return (host, domain, try #require(host.hypervisor.domains[domain.rawValue]))
    }

    /// The hypervisor of 4.22 takes one number alone for any, and reads its own structure.
    @Test(arguments: releases) func aDomainIsMadeUnderAnyNumber(_ release: XenRelease) async throws {
        let (host, domain, made) = try await make(on: release) { try $0.pvGuest() }
        #expect(domain == DomainID(host.hypervisor.firstDomain))
        #expect(!made.isHVM && made.pool == 0 && made.emulation == 0)
        let hypervisor = host.toolstack.hypervisor
        let wanted = DomainID(domain.rawValue + 5)
        #expect(try hypervisor.createDomain(DomainCreation(), as: wanted) == wanted)
        for taken in [wanted, .firstReserved, DomainID(0xFFFF), .invalid] {
            #expect {
                try hypervisor.createDomain(DomainCreation(), as: taken)
            } throws: {
                ($0 as? HypervisorError)?.code == EEXIST
            }
        }
    }

    @Test(
        arguments: [(17, nil), (18, nil), (19, 2), (20, 2), (21, 10 << 16 | 2), (22, 10 << 16 | 2)]
            as [(UInt16, UInt32?)])
    func alternateViewsAreAskedForInTheReleasesWay(_ minor: UInt16, _ argument: UInt32?) async throws {
        let (_, _, made) = try await make(on: XenRelease(4, minor)) { try $0.hvmGuest("altp2m='external'") }
        #expect(made.altp2m == argument)
        #expect(made.parameters[HVMParameter.altp2m.rawValue] == (argument == nil ? 2 : nil))
    }

    @Test(arguments: releases) func interruptsAsEventsAreGivenByTheReleasesDefault(_ release: XenRelease) async throws {
        func hasThem(_ line: String) async throws -> Bool {
            let emulation = try await make(on: release) { try $0.hvmGuest(line) }.made.emulation
            return EmulationFlags(rawValue: emulation).contains(.usePIRQ)
        }
        #expect(try await hasThem("") == !release.leavesOutPIRQs)
        #expect(try await hasThem("hvm_pirq=1"))
        #expect(try await !hasThem("hvm_pirq=0"))
    }

    /// So that a guest that boots another kernel by kexec still has them.
    @Test(arguments: releases) func theTablesOfAPVHGuestAreKept(_ release: XenRelease) async throws {
        let map = try await make(on: release) { try $0.pvhGuest() }.made.memoryMap
        let kinds = map.map(\.kind)
        #expect(kinds.filter { $0 == (release.keepsACPITables ? .nvs : .acpi) }.count == 3, "\(map)")
        #expect(kinds.filter { $0 == (release.keepsACPITables ? .acpi : .nvs) } == [], "\(map)")
        #expect(kinds.first == .ram && map.first?.size == 64 << 20)
        let without = try await make(on: release) { try $0.pvhGuest("acpi=0") }.made.memoryMap
        #expect(without.map(\.kind) == [.ram, .reserved])
    }

    @Test(arguments: releases) func hvmloaderLearnsHowThePlatformDeviceIsCached(_ release: XenRelease) async throws {
        for (line, value) in [("", "1"), ("xen_platform_pci_bar_uc=0", "0"), ("xen_platform_pci_bar_uc=1", "1")] {
            let (host, domain, _) = try await make(on: release) { try $0.hvmGuest(line) }
            let node = "/local/domain/\(domain)/hvmloader/pci/xen-platform-pci-bar-uc"
            let read = host.store.access { $0.read(node) }
            #expect(read == (release.choosesPlatformDeviceCaching ? value : nil), "\(line)")
        }
    }
}

/// Security labels of guests, which are numbers to the hypervisor.
@Suite struct SecurityLabelTests {
    private static let (built, runs) = ("system_u:system_r:domU_t_build", "system_u:system_r:domU_t")

    private func host() throws -> SimulatedHost {
        let host = try SimulatedHost()
        try host.hypervisor.access { machine in
            machine.flaskEnforces = true
            machine.flaskLabels = [Self.built: 21, Self.runs: 22]
        }
        return host
    }

    /// A domain with two labels is built under the one and runs under the other.
    @Test(
        arguments: [
            ("seclabel='\(runs)'", 22, false), ("init_seclabel='\(built)'", 21, false),
            ("init_seclabel='\(built)'\nseclabel='\(runs)'", 22, true),
        ] as [(String, UInt32, Bool)])
    func becomeNumbers(_ lines: String, _ number: UInt32, _ isChanged: Bool) async throws {
        let host = try host()
        let given = try host.pvGuest(lines)
        host.faults.start()
        let domain = try await host.toolstack.create(given).domain
        #expect(host.hypervisor.domains[domain.rawValue]?.ssid == number)
        let calls = host.faults.points.map(\.name)
        #expect(calls.contains("xc_flask_relabel_domain \(domain)") == isChanged)
        #expect(calls.filter { $0 == "xc_flask_context_to_sid" }.count == (isChanged ? 2 : 1))
    }

    @Test func oneThatThePolicyDoesNotHaveIsRefused() async throws {
        let host = try host()
        // The label ends where the hypervisor is told, neither before nor after.
        for label in [Self.runs + "x", String(Self.runs.dropLast()), ""] {
            #expect(throws: HypervisorError.self) { try host.toolstack.hypervisor.flaskSID(of: label) }
        }
        let given = try host.pvGuest("seclabel='no:such:label'")
        let before = host.snapshot
        let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
        #expect(error?.message.contains(#"the security policy has no label "no:such:label""#) == true)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aHypervisorWithoutFlaskHasNone() async throws {
        let host = try SimulatedHost()
        let domain = try await host.toolstack.create(try host.pvGuest("seclabel='\(Self.runs)'")).domain
        #expect(host.hypervisor.domains[domain.rawValue]?.ssid == 12, "that of every guest")
        #expect(host.log.lines.contains { $0.contains("has no effect: this hypervisor runs without XSM") })
    }
}
