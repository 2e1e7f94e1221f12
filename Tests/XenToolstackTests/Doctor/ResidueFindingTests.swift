import SystemPackage
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct ResidueFindingTests {
    private let five = DomainID(5)
    private let nine = DomainID(9)
    private let healthy = SampleHost.healthy

    private func backend(
        _ kind: DeviceKind, of domain: DomainID, owner: DomainID = .control
    ) -> StoreSight.Backend {
        StoreSight.Backend(owner: owner, kind: kind, domain: domain, id: 0, state: "4", online: "1")
    }

    @Test func theNodesOfADomainThatIsNoMoreAreRemovedTogether() throws {
        let host = healthy.with { store in
            store.homes[DomainID(9)] = StoreSight.Home(name: "gone", machine: "/vm/\(SampleHost.other)")
            store.machines.append("\(SampleHost.other)")
            store.add(backend(.vbd, of: nine))
        }
        let finding = try #require(host.findings.first)
        #expect(host.findings.count == 1 && finding.code == "store-nodes-left")
        #expect(finding.repair == .removeTraces(nine) && finding.explanation.contains("vbd 0"))
        // libxl's own works need nothing of it; another toolstack's may.
        #expect(host.with(SampleHost.xl(900, "create", "x")).findings.first?.hindrance == nil)
        let foreign = SampleHost.process(900, "xenopsd", ["xenopsd"], opensHypervisor: true)
        #expect(host.with(foreign).findings.first { $0.code == finding.code }?.hindrance != nil)
    }

    @Test func aDomainThatEndedMeanwhileIsNoResidue() {
        var host = healthy.with { $0.homes[DomainID(9)] = StoreSight.Home(name: "ending") }
        host.earlierDomains.append(SeenDomain(nine, uuid: SampleHost.other))
        #expect(host.findings.isEmpty)
    }

    @Test func treesThatNoDomainHasAreFound() {
        #expect(healthy.with { $0.machines.append("\(SampleHost.other)") }.codes == ["store-machine-left"])
        #expect(healthy.with { $0.machines.append("no-uuid") }.findings.isEmpty)
        let stray = healthy.with { $0.strayHomes = [.init(name: "mycard"), .init(name: "x y", isOfScript: false)] }
        #expect(stray.codes == ["store-stray-node", "store-stray-node"])
        #expect(stray.findings.map(\.repair) == [.removeStrayHome("mycard"), nil])
        #expect(stray.findings.map(\.severity) == [.problem, .note])
        #expect(stray.findings[1].remedy == "xenstore-rm '/local/domain/x y'")
        #expect(healthy.with { $0.pools[3] = .some("old") }.codes == ["pool-name-left"])
        #expect(healthy.with { $0.isCutShort = true }.codes == ["store-cut-short"])
    }

    @Test func aPoolWithoutANameIsDestroyedOnlyWhenItIsEmpty() {
        var host = healthy
        host.pools.append(SeenPool(id: 2, domains: 0, cpus: 0))
        #expect(host.codes == ["pool-half-made"])
        #expect(host.findings.first?.repair == .destroyPool(2))
        host.pools[1].cpus = 1
        #expect(host.codes == ["pool-half-made"] && host.findings.first?.repair == nil)
    }

    @Test func aBackendWithoutARecordIsTakenAway() throws {
        let gone = try #require(healthy.with { $0.backends.append(backend(.vif, of: nine)) }.findings.first)
        #expect(gone.code == "device-backend-left")
        #expect(gone.repair == .removeBackend(DeviceAddress(domain: nine, kind: .vif, id: 0)))
        let driver = healthy.with { $0.backends.append(backend(.vif, of: nine, owner: DomainID(6))) }
        #expect(driver.codes == ["device-backend-left"] && driver.findings.first?.repair == nil)
        // A domain that has no records at all is another toolstack's.
        let foreign = healthy.with { store in
            store.records[DomainID(6)] = nil
            store.backends.append(backend(.vif, of: DomainID(6)))
        }
        #expect(foreign.findings.isEmpty)
    }

    @Test func devicesOfLivingGuestsAreJudgedWhileNobodyChangesThem() {
        func host(_ change: (inout StoreSight.Backend) -> Void) -> HostSnapshot {
            var device = backend(.vif, of: five)
            change(&device)
            return healthy.with { $0.add(device) }
        }
        #expect(host { $0.state = "2" }.findings.isEmpty)
        #expect(host { $0.state = "1" }.codes == ["device-unserved"])
        #expect(host { $0.hotplugStatus = "error" }.codes == ["device-script-failed"])
        #expect(host { ($0.state, $0.online) = ("5", "0") }.codes == ["device-closing"])
        let attaching = SampleHost.xl(900, "network-attach", "web")
        #expect(host { $0.state = "1" }.with(attaching).findings.isEmpty)
        let lost = healthy.with {
            $0.records[DomainID(5)]?.append(.init(kind: .vif, id: 3, backend: "/local/domain/8/backend/vif/5/3"))
        }
        #expect(lost.codes == ["device-backend-gone"])
        #expect(lost.findings.first?.remedy == "xl network-detach 5 3")
    }

    @Test func aDiskOfDom0IsDetachedUnlessItsConfigurationNamesIt() {
        var disk = backend(.vbd, of: .control)
        disk.id = 51712
        var host = healthy.with { $0.add(disk) }
        host.controlDisks = []
        #expect(host.codes == ["control-disk"] && host.findings.first?.consent == .general)
        host.controlDisks = [51712]
        #expect(host.findings.first?.consent == .named)
        let loader = SampleHost.process(
            700, "python3", ["python3", "pygrub", "--output=/var/lib/xen/bootloader.7.out"], parent: 900)
        #expect(host.with(SampleHost.xl(900, "create", "x")).with(loader).findings.isEmpty)
    }

    @Test func aLoopDeviceIsFreedOnlyWhenResidueUsedIt() {
        var host = healthy
        let loop = SeenLoop(identity: .init(number: 4, file: "/srv/x.img"))
        host.loops.append(loop)
        #expect(host.codes == ["loop-device-left"] && host.findings.first?.repair == nil)
        #expect(host.findings.first?.severity == .note)
        host.abandonedLoops = [loop.identity]
        #expect(host.findings.first?.repair == .freeLoop(loop.identity))
        #expect(host.findings.first?.severity == .problem)
        for change in [\SeenLoop.clearsItself, \.isSpecial, \.isHeld] {
            var other = host
            other.loops[1][keyPath: change] = true
            #expect(other.findings.isEmpty)
        }
        var user = SampleHost.process(900, "dd", ["dd"])
        user.opened = ["/dev/loop4"]
        #expect(host.with(user).findings.isEmpty)
    }

    @Test(arguments: [("vif9.0", true), ("vif9.1-emu", true), ("vif5.0", false), ("vif9", false), ("vifx.0", false)])
    func interfacesOfDomainsThatAreNoMoreAreFound(name: String, isLeft: Bool) {
        var host = healthy
        host.interfaces.append(SeenInterface(name: name, index: 30, kind: .tap))
        #expect(host.codes == (isLeft ? ["interface-left"] : []))
        // Its QEMU takes it along.
        #expect(host.with(SampleHost.qemu(900, nine)).codes == ["device-model-left"])
    }

    @Test func processesThatServeNobodyAreEnded() {
        #expect(
            healthy.with(SampleHost.qemu(900, nine)).findings.first?.repair
                == .endProcess(.init(id: 900, start: 900)))
        #expect(healthy.with(SampleHost.qemu(900, DomainID(6))).codes == ["device-model-left"])
        var ended = healthy
        ended.processes.removeAll { $0.id == 601 }
        #expect(ended.codes == ["device-model-ended"])
        let loader = SampleHost.process(
            900, "python3", ["python3", "pygrub", "--output=/var/lib/xen/bootloader.9.out"])
        #expect(healthy.with(loader).codes == ["bootloader-left"])
        var script = SampleHost.process(900, "block", ["/bin/bash", "/etc/xen/scripts/block", "add"])
        script.script = "backend/vbd/9/51712"
        #expect(healthy.with(script).codes == ["script-left"])
    }

    @Test func aConsoleThatIsNotServedIsTold() {
        let host = healthy.with {
            $0.homes[DomainID(5)]?.wantsTerminal = true
            $0.homes[DomainID(5)]?.startTime = SampleHost.time - 61
        }
        #expect(host.codes == ["console-unserved"])
        let served = host.with { $0.homes[DomainID(5)]?.hasTerminal = true }
        let young = host.with { $0.homes[DomainID(5)]?.startTime = SampleHost.time - 59 }
        #expect(served.findings.isEmpty && young.findings.isEmpty)
    }

    @Test func nobodysWordAloneMakesAProcessQEMU() {
        var forged = SampleHost.qemu(900, nine)
        forged.opensHypervisor = false
        #expect(healthy.with(forged).findings.isEmpty)
    }

    @Test func filesAreFoundByNumberAndUUID() throws {
        var host = healthy
        func add(_ name: String) { host.files.append(SeenFile(path: SampleHost.lib.appending(name), modified: 1)) }
        add("userdata-d.5.\(SampleHost.other).libxl-json")
        add("userdata-l.5.\(SampleHost.other).domain-userdata-lock")
        add("bootloader.9.d")
        add("qemu-save.9")
        add("userdata-d.0.\(XenUUID.zero).libxl-json")
        add("userdata-x")
        #expect(host.codes == ["files-left", "files-left"])
        let repairs = host.findings.map(\.repair)
        #expect(
            repairs == [
                .removeFiles(Array(host.files[2...3].map(\.path)), domain: five, uuid: SampleHost.other),
                .removeFiles(Array(host.files[4...5].map(\.path)), domain: nine, uuid: nil),
            ])
    }

    @Test func whatABootloaderWroteIsRemovedOnceTheDomainIsMade() {
        var host = healthy
        host.files.append(SeenFile(path: SampleHost.lib.appending("bootloader.5.d"), modified: 1))
        #expect(host.codes == ["bootloader-files-left"])
        host.files.removeFirst()
        #expect(!host.codes.contains("bootloader-files-left"))
    }

    @Test func aSaveThatNobodyGoesOnWithIsRemoved() {
        var host = healthy
        var file = SeenFile(path: "/srv/.web.Ab3dEf", modified: 7)
        file.isUnfinishedSave = true
        host.files.append(file)
        #expect(host.findings.map(\.repair) == [.removeSave("/srv/.web.Ab3dEf", modified: 7)])
        host.files[host.files.count - 1].mayBeShared = true
        #expect(host.findings.map(\.repair) == [nil])
        var saving = SampleHost.process(900, "xl", ["xl", "list"])
        saving.opened = ["/srv/.web.Ab3dEf"]
        #expect(host.with(saving).findings.isEmpty)
    }

    @Test(arguments: [
        "userdata-l.5.\(SampleHost.web).libxl-device-changes-lock", "userdata-n.0.\(XenUUID.zero).libxl-json",
    ])
    func whatAKilledCommandLeftOfALivingDomainIsRemoved(_ name: String) throws {
        var host = healthy
        let path = SampleHost.lib.appending(name)
        host.files.append(SeenFile(path: path, modified: 1))
        let finding = try #require(host.findings.first)
        #expect(host.codes == ["files-unfinished"] && finding.severity == .note)
        let (domain, uuid) = name.contains(".5.") ? (DomainID(5), SampleHost.web) : (.control, .zero)
        #expect(finding.repair == .removeUnfinished(path, domain: domain, uuid: uuid))
        host.locks.append(SeenLock(path: path, holder: 1))
        #expect(!host.codes.contains("files-unfinished"))
    }

    @Test func stoppedDaemonsAndLocksAreTold() {
        var host = healthy
        host.processes[1].state = "T"
        #expect(host.codes == ["xenconsoled-missing"])
        host.processes.remove(at: 1)
        #expect(host.codes == ["xenconsoled-missing"])
        host = healthy
        host.locks = [SeenLock(path: "/var/lock/xl", holder: 500)]
        #expect(host.findings.isEmpty)
        host.processes[3].state = "T"
        #expect(host.codes == ["domain-unwatched", "lock-held"])
        host = healthy
        host.locks = [SeenLock(path: "/var/lock/xl", realPath: "/run/lock/xl", holder: 901)]
        #expect(host.findings.isEmpty)
        var heir = SampleHost.process(902, "sleep", ["sleep", "9"])
        heir.opened = ["/run/lock/xl"]
        #expect(host.with(heir).findings.map(\.who) == ["sleep 9 (process 902)"])
        host = healthy
        host.processes[5].state = "T"
        #expect(host.codes == ["device-model-stopped"])
    }

    @Test func whatDom0LacksIsTold() {
        var host = healthy
        host.resources.missingModules = [.init(name: "xen-gntdev")]
        host.resources.availableKB = 1 << 10
        host.resources.hasFreeLoop = false
        host.resources.processorPressure = .init(minute: 90, fiveMinutes: 90)
        host.resources.diskPressure = .init(minute: 90, fiveMinutes: 10)
        #expect(host.codes == ["module-missing", "memory-short", "loop-devices-short", "processor-short"])
        #expect(host.findings.allSatisfy { $0.severity == .problem })
    }

    @Test func aDriverThatIsLoadedOnDemandIsNotMissed() throws {
        var host = healthy
        host.resources.missingModules = [.init(name: "xen-netback", isInstalled: true), .init(name: "xen-blkback")]
        #expect(host.findings.isEmpty)
        host.resources.missingModules[0].isInstalled = false
        #expect(host.codes == ["module-missing"] && host.findings.first?.severity == .note)
        var device = backend(.vif, of: five)
        device.state = "1"
        let waiting = try #require(host.with { $0.add(device) }.findings.first)
        #expect(waiting.code == "device-unserved" && waiting.explanation.contains("xen-netback, is not there"))
    }

    @Test func aUSBDeviceThatNoGuestHasIsGivenBack() {
        var host = healthy
        host.usbDevicesLeft = ["3-1.2"]
        #expect(host.codes == ["usb-device-left"])
        #expect(host.findings.first?.repair == .returnUSBDevice("3-1.2"))
        // Who attaches one notes its drivers before it is a guest's.
        #expect(host.with(SampleHost.xl(900, "usbdev-attach", "web")).findings.isEmpty)
    }

    @Test func anEmulatedControllerNeedsNoBackend() {
        func host(_ kind: DeviceKind) -> HostSnapshot {
            healthy.with { $0.records[five, default: []].append(.init(kind: kind, id: 0, backend: "")) }
        }
        #expect(host(.vusb).findings.isEmpty)
        #expect(host(.vif).codes == ["device-backend-gone"])
    }
}
