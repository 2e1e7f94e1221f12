import DomainModel
import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

/// Every request of an operation to the host fails in turn; then all is as it was before, or as the operation leaves it.
@Suite(.serialized) struct FaultTests {
    private func check(
        _ name: String, known: [FaultSweep.Known] = [], atLeast points: [Faults.Kind: Int],
        _ prepare: @escaping @Sendable () async throws -> FaultSweep.Scene
    ) async throws {
        let report = try await FaultSweep(name, known: known, prepare: prepare).run()
        #expect(report.complaints.isEmpty, "\(report.complaints.joined(separator: "\n"))")
        for (kind, count) in points { #expect(report.points[kind, default: 0] >= count, "\(kind.rawValue)") }
    }

    /// A host on which no wait is long that nobody ends.
    private static func host() throws -> SimulatedHost {
        try SimulatedHost {
            $0.deviceModelStart = .milliseconds(500)
            $0.deviceDestroy = .milliseconds(200)
        }
    }

    /// The creation of a guest, which is then destroyed.
    private static func creation(
        _ configure: @Sendable (SimulatedHost) throws -> DomainConfiguration
    ) throws -> FaultSweep.Scene {
        let host = try Self.host()
        let given = try configure(host)
        return FaultSweep.Scene(host) {
            _ = try await host.toolstack.create(given)
        } afterSuccess: {
            for domain in host.hypervisor.domains.keys where domain != 0 {
                try await host.toolstack.destroy(DomainID(domain))
            }
        }
    }

    @Test func creationOfAPVGuest() async throws {
        try await check("create pv", atLeast: [.store: 100, .hypercall: 20, .process: 2, .file: 5]) {
            try Self.creation { try $0.pvGuest("\(try $0.disk())\n\(try $0.card())") }
        }
    }

    @Test func creationOfAPVHGuest() async throws {
        try await check("create pvh", atLeast: [.store: 50, .hypercall: 20]) {
            try Self.creation { try $0.pvhGuest() }
        }
    }

    @Test func creationOfAnHVMGuest() async throws {
        try await check("create hvm", atLeast: [.store: 100, .hypercall: 20, .process: 3]) {
            try Self.creation { try $0.hvmGuest("\(try $0.disk())\n\(try $0.card())") }
        }
    }

    @Test func creationByABootloader() async throws {
        try await check("create with bootloader", atLeast: [.process: 2]) {
            try Self.creation { try $0.bootloaderGuest() }
        }
    }

    @Test func destruction() async throws {
        try await check("destroy", atLeast: [.store: 30, .hypercall: 3, .process: 2]) {
            let host = try Self.host()
            let given = try host.pvGuest("\(try host.disk())\n\(try host.card())")
            let clean = host.snapshot
            let domain = try await host.start(given)
            // What it could not remove, a second one does.
            let again: @Sendable () async throws -> Void = {
                if host.hypervisor.domains[domain.rawValue] != nil { try await host.toolstack.destroy(domain) }
            }
            return FaultSweep.Scene(
                host, clean: clean, operation: { try await host.toolstack.destroy(domain) }, afterSuccess: again,
                afterFailure: again)
        }
    }

    @Test func attachingADisk() async throws {
        try await check("attach disk", atLeast: [.store: 30, .process: 1, .file: 5]) {
            let host = try Self.host()
            let domain = try await host.start(try host.pvGuest())
            let disk = try host.pvGuest(try host.disk()).disks[0]
            let engine = DeviceEngine(host.toolstack)
            return FaultSweep.Scene(host) {
                try await engine.attach(DiskClass.self, disk, to: domain)
            } afterSuccess: {
                let address = try engine.devices(of: domain, kinds: [.vbd])[0]
                try await engine.detach(DiskClass.self, address, force: .never)
            }
        }
    }

    @Test func attachingACard() async throws {
        try await check("attach card", atLeast: [.store: 30, .process: 1, .file: 5]) {
            let host = try Self.host()
            let domain = try await host.start(try host.pvGuest())
            let card = try host.pvGuest(try host.card()).nics[0]
            let engine = DeviceEngine(host.toolstack)
            return FaultSweep.Scene(host) {
                try await engine.attach(NICClass.self, card, to: domain)
            } afterSuccess: {
                let address = try engine.devices(of: domain, kinds: [.vif])[0]
                try await engine.detach(NICClass.self, address, force: .never)
            }
        }
    }

    @Test func detachingADisk() async throws {
        try await check("detach disk", atLeast: [.store: 20, .process: 1]) {
            let host = try Self.host()
            let domain = try await host.start(try host.pvGuest())
            let disk = try host.pvGuest(try host.disk()).disks[0]
            let clean = host.snapshot
            let engine = DeviceEngine(host.toolstack)
            try await engine.attach(DiskClass.self, disk, to: domain)
            let detach: @Sendable () async throws -> Void = {
                let address = DeviceAddress(
                    domain: domain, kind: .vbd, id: 51712, backendDomain: .control, backendKind: .vbd)
                try await engine.detach(DiskClass.self, address, force: .never)
            }
            return FaultSweep.Scene(host, clean: clean, operation: detach, afterSuccess: {}, afterFailure: detach)
        }
    }

    @Test func saving() async throws {
        try await check("save", atLeast: [.store: 10, .hypercall: 5, .file: 3]) {
            let host = try Self.host()
            let domain = try await host.start(try host.pvGuest("\(try host.disk())\n\(try host.card())"))
            let running = host.snapshot
            return FaultSweep.Scene(host) {
                try await host.save(domain)
            } complaints: { hasFailed in
                // Either the file counts, or the guest.
                let changes = host.snapshot.changes(since: running)
                if hasFailed { return changes }
                let isGone = host.hypervisor.domains[domain.rawValue] == nil
                let hasFile = host.snapshot.files["lib/guest.save"] != nil
                return isGone && hasFile && host.connected.isEmpty ? [] : changes
            }
        }
    }

    @Test func restoring() async throws {
        try await check("restore", atLeast: [.store: 100, .hypercall: 15, .process: 2]) {
            let host = try Self.host()
            let given = try host.pvGuest("\(try host.disk())\n\(try host.card())")
            try await host.save(try await host.start(given))
            return FaultSweep.Scene(host) {
                _ = try await host.restore()
            } afterSuccess: {
                for domain in host.hypervisor.domains.keys where domain != 0 {
                    try await host.toolstack.destroy(DomainID(domain))
                }
            }
        }
    }

    private static let stick = "hostbus=3,hostaddr=17"

    /// A host with a stick of two interfaces, and the kernel's backend for it.
    private static func hostWithUSB() throws -> SimulatedHost {
        let host = try host()
        for driver in ["usb-storage", "usbback"] { try host.sysfs.addUSBDriver(driver) }
        try host.sysfs.addUSBDevice("3-1", bus: 3, address: 17, drivers: ["usb-storage", "usb-storage"])
        return host
    }

    @Test func creationWithAUSBDevice() async throws {
        try await check("create with USB", atLeast: [.store: 100, .file: 11]) {
            let host = try Self.hostWithUSB()
            let given = try host.pvGuest("usbdev=['\(Self.stick)']")
            return FaultSweep.Scene(host) {
                _ = try await host.toolstack.create(given)
            } afterSuccess: {
                for domain in host.hypervisor.domains.keys where domain != 0 {
                    try await host.toolstack.destroy(DomainID(domain))
                }
            }
        }
    }

    @Test func attachingAUSBDevice() async throws {
        try await check("attach USB", atLeast: [.store: 30, .file: 9]) {
            let host = try Self.hostWithUSB()
            let domain = try await host.start(try host.pvGuest())
            let device = try host.pvGuest("usbdev=['\(Self.stick)']").usbDevices[0]
            let passthrough = USBPassthrough(host.toolstack)
            return FaultSweep.Scene(host) {
                try await passthrough.attach(device, to: domain)
            } afterSuccess: {
                try await passthrough.detachController(0, from: domain)
            }
        }
    }

    @Test func attachingAUSBDeviceOverQMP() async throws {
        try await check("attach USB to hvm", atLeast: [.store: 30, .file: 5]) {
            let host = try Self.hostWithUSB()
            let domain = try await host.start(try host.hvmGuest())
            let device = try host.pvGuest("usbdev=['\(Self.stick)']").usbDevices[0]
            let passthrough = USBPassthrough(host.toolstack)
            return FaultSweep.Scene(host) {
                try await passthrough.attach(device, to: domain)
            } complaints: { hasFailed in
                if !hasFailed { try? await passthrough.detachController(0, from: domain) }
                let left = host.qemu.devices(of: domain.rawValue).filter { $0.hasPrefix("xenusb") }
                let nodes = host.store.contents.keys.filter { $0.contains("/vusb/") }
                let stored = try? host.toolstack.storedConfiguration(of: domain)
                let isStored = stored.map { $0.usbDevices.count + $0.usbControllers.count } ?? 0
                return left + nodes + (isStored == 0 ? [] : ["\(isStored) in the configuration"])
            }
        }
    }

    @Test func detachingAUSBDevice() async throws {
        try await check("detach USB", atLeast: [.store: 15, .file: 7]) {
            let host = try Self.hostWithUSB()
            let domain = try await host.start(try host.pvGuest("usbctrl=['']"))
            let device = try host.pvGuest("usbdev=['\(Self.stick)']").usbDevices[0]
            let clean = host.snapshot
            let passthrough = USBPassthrough(host.toolstack)
            try await passthrough.attach(device, to: domain)
            // What has not been taken can be taken; where drivers have come back, the device is the guest's no more.
            let again: @Sendable () async throws -> Void = {
                let isThere = try passthrough.controllers(of: domain).first?.ports.contains { $0.device != nil }
                if isThere == true { try await passthrough.detach(port: 1, of: 0, from: domain) }
            }
            return FaultSweep.Scene(
                host, clean: clean, operation: { try await passthrough.detach(port: 1, of: 0, from: domain) },
                afterSuccess: {}, afterFailure: again)
        }
    }
}
