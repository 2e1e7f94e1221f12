import HostSimulator
import Synchronization
import SystemPackage
import Testing
import XenStore
import XenTypes

@testable import XenToolstack

/// Disks and cards connected without scripts, on a kernel in memory.
@Suite struct NativeHotplugTests {
    private let host: SimulatedHost
    private let kernel = FakeKernel()
    private let scripts = FakeScripts()
    private let disk = DeviceAddress(domain: DomainID(4), kind: .vbd, id: 51712)
    private let card = DeviceAddress(domain: DomainID(4), kind: .vif, id: 0)

    init() throws { host = try SimulatedHost() }

    private var hotplug: NativeHotplug {
        NativeHotplug(
            host.toolstack, scripts: scripts, storage: kernel, network: { [kernel] () throws(Errno) in kernel },
            recognise: { $0.string.hasSuffix("block") ? .block : $0.string.hasSuffix("bridge") ? .vifBridge : nil })
    }

    private func run(
        _ action: HotplugScript.Action, _ device: DeviceAddress, part: HotplugScript.Part = .backend,
        script: String? = nil, _ nodes: [String: String]
    ) async throws {
        let store = host.toolstack.store
        try store.perform(nodes.map { .write(device.backend / $0.key, $0.value) })
        let script = try HotplugScript(action, device, part: part) { key throws(ToolstackError) in
            key == "script" ? script ?? (device.kind == .vbd ? "/x/block" : "/x/vif-bridge") : nodes[key]
        }
        try await hotplug.run(try #require(script))
    }

    private func node(_ key: String, of device: DeviceAddress) throws -> String? {
        try host.toolstack.store.read(device.backend / key)
    }

    // MARK: Disks

    private let file = ["params": "/image", "mode": "w", "state": "2"]

    @Test func aFileGetsALoopDeviceThatStays() async throws {
        kernel.nodes["/image"] = .file
        try await run(.connect, disk, file)
        #expect(try node("node", of: disk) == "/dev/loop3")
        #expect(try node("physical-device", of: disk) == "7:3")
        #expect(try node("physical-device-path", of: disk) == "/dev/loop3")
        #expect(try node("hotplug-status", of: disk) == "connected")
        #expect(kernel.log == ["attach /image", "keep /dev/loop3"])
        try await run(.disconnect, disk, file)
        #expect(kernel.log.last == "detach /dev/loop3")
        #expect(scripts.runs.isEmpty)
    }

    @Test func aFileThatIsGoneLeavesNoLoopDevice() async throws {
        try await run(.disconnect, disk, file.merging(["node": "/dev/loop3"]) { $1 })
        #expect(kernel.log == ["detach /dev/loop3"])
    }

    @Test func aDeviceOfTheHostIsUsedAsItIs() async throws {
        kernel.nodes["/dev/vg/disk"] = HostNode(kind: .block(DeviceNumber(major: 253, minor: 17)), path: "/dev/dm-17")
        let nodes = ["params": "/dev/vg/disk", "mode": "r"]
        try await run(.connect, disk, nodes)
        #expect(try node("physical-device", of: disk) == "fd:11")
        #expect(try node("physical-device-path", of: disk) == "/dev/dm-17")
        #expect(try node("node", of: disk) == nil)
        try await run(.disconnect, disk, nodes)
        #expect(kernel.log == [] && scripts.runs.isEmpty)
    }

    @Test func whatIsConnectedAlreadyStaysSo() async throws {
        kernel.nodes["/image"] = .file
        try await run(.connect, disk, file.merging(["physical-device": "7:1"]) { $1 })
        #expect(kernel.log == [] && scripts.runs.isEmpty)
    }

    @Test(arguments: [("/nothing", "w"), ("relative", "w"), ("/directory", "r")])
    func whatNeedsOtherWordsIsTheScripts(_ path: String, _ mode: String) async throws {
        kernel.nodes["/directory"] = HostNode(kind: .other, path: "/directory")
        try await run(.connect, disk, ["params": path, "mode": mode, "state": "2"])
        #expect(scripts.runs == ["/x/block add"])
    }

    private func expectRefusal(_ words: String, _ nodes: [String: String], status: String = "busy") async throws {
        await #expect { try await run(.connect, disk, nodes) } throws: {
            "\($0)".contains(words)
        }
        #expect(try node("hotplug-status", of: disk) == status)
        #expect(try node("hotplug-error", of: disk)?.contains(words) == true)
        #expect(try node("physical-device", of: disk) == nil)
        #expect(!kernel.log.contains { $0.hasPrefix("keep") })
        // Nobody holds the lock.
        #expect(try FileLock.acquireIfFree(host.toolstack.paths.hotplugLocks.appending("block")) != nil)
    }

    @Test func aFileThatAnotherGuestWritesToIsRefused() async throws {
        kernel.nodes["/image"] = .file
        kernel.loops = [BoundLoop(device: DeviceNumber(major: 7, minor: 1), file: HostNode.identity)]
        let other = try await host.start(try host.pvGuest())
        let theirs = DeviceAddress(domain: other, kind: .vbd, id: 51728)
        try host.toolstack.store.perform([
            .write(DomainPaths(other).guest / "vm", "/vm/other"), .write(theirs.backend / "physical-device", "7:1"),
            .write(theirs.backend / "mode", "w"),
        ])
        try await expectRefusal("domain \(other) writes to it (vbd 51728)", file)
        // The same guest, on its way from one domain to another.
        try host.toolstack.store.write(DomainPaths(disk.domain).guest / "vm", "/vm/other")
        try await run(.connect, disk, file)
        #expect(try node("physical-device", of: disk) == "7:3")
    }

    @Test func aReadOnlyFileIsNotWrittenTo() async throws {
        kernel.nodes["/image"] = HostNode(kind: .regular(HostNode.identity), path: "/image", isWritable: false)
        try await expectRefusal("read-only", file)
        try await run(.connect, disk, file.merging(["mode": "r"]) { $1 })
        #expect(kernel.log == ["attach /image r", "keep /dev/loop3"])
    }

    @Test func aBackendThatIsGoneGetsNothing() async throws {
        kernel.nodes["/image"] = .file
        try await expectRefusal("not waiting", file.merging(["state": "5"]) { $1 }, status: "error")
    }

    @Test(arguments: ["loops", "attach"])
    func aKernelThatRefusesIsTold(_ what: String) async throws {
        kernel.nodes["/image"] = .file
        kernel.failing = what
        try await expectRefusal("\(Errno.noSpace)", file, status: "error")
    }

    /// Until it is kept, the loop device loses its file with the process.
    @Test func aLoopDeviceThatCannotBeKeptIsLetGo() async throws {
        kernel.nodes["/image"] = .file
        kernel.failing = "keep"
        await #expect(throws: ToolstackError.self) { try await run(.connect, disk, file) }
        #expect(kernel.log == ["attach /image", "let go /dev/loop3"])
    }

    // MARK: Cards

    private let bridged = ["bridge": "xenbr0", "state": "2"]

    private func makeInterfaces() {
        kernel.links = [
            "xenbr0": .link(2, isBridge: true), "vif4.0": .link(9), "vif4.0-emu": .link(10), "eth0": .link(3),
        ]
    }

    @Test func aCardBecomesAPortOfItsBridge() async throws {
        makeInterfaces()
        try await run(.connect, card, bridged)
        #expect(
            kernel.log == ["9 up false", "9 address", "9 addresses", "9 mtu 9000", "9 master 2", "9 up true"])
        #expect(try host.toolstack.store.read(card.frontend / "mtu") == "9000")
        #expect(try node("hotplug-status", of: card) == "connected")
        kernel.clearLog()
        kernel.links["vif4.0"]?.master = 2
        try await run(.disconnect, card, bridged)
        #expect(kernel.log == ["9 up false", "9 master 0"])
        #expect(scripts.runs.isEmpty)
    }

    @Test func aCardsOwnMTUAndNameCount() async throws {
        makeInterfaces()
        try await run(.connect, card, bridged.merging(["mtu": "1400", "vifname": "web"]) { $1 })
        #expect(
            kernel.log == [
                "9 name web", "9 up false", "9 address", "9 addresses", "9 mtu 1400", "9 master 2", "9 up true",
            ])
        #expect(try host.toolstack.store.read(card.frontend / "mtu") == "1400")
    }

    @Test func theTapOfAnEmulatedCardGetsNoNodes() async throws {
        makeInterfaces()
        try await run(.connect, card, part: .emulation, bridged.merging(["type": "vif_ioemu"]) { $1 })
        #expect(kernel.log.first == "10 up false" && kernel.log.last == "10 up true")
        #expect(try node("hotplug-status", of: card) == nil)
        #expect(try host.toolstack.store.read(card.frontend / "mtu") == nil)
    }

    @Test(arguments: [
        ["bridge": ""], ["bridge": "nosuch"], ["bridge": "eth0"], ["bridge": "xenbr0", "vifname": "eth0"], [:],
    ])
    func whatTheScriptRefusesIsTheScripts(_ nodes: [String: String]) async throws {
        makeInterfaces()
        try await run(.connect, card, nodes)
        #expect(scripts.runs == ["/x/vif-bridge online"] && kernel.log.isEmpty)
    }

    @Test func anInterfaceThatIsGoneIsOnNoBridge() async throws {
        try await run(.disconnect, card, bridged)
        #expect(kernel.log == [] && scripts.runs.isEmpty)
    }

    @Test(arguments: ["up", "addresses", "master"])
    func aPortThatCannotBeMadeIsTold(_ what: String) async throws {
        makeInterfaces()
        kernel.failing = what
        await #expect { try await run(.connect, card, bridged) } throws: {
            "\($0)".contains("cannot put vif4.0 on bridge xenbr0")
        }
        #expect(try node("hotplug-status", of: card) == "error")
    }

    @Test func otherScriptsAreRun() async throws {
        try await run(.connect, disk, script: "/x/block-iscsi", file)
        try await run(.connect, card, script: "/x/vif-route", bridged)
        #expect(scripts.runs == ["/x/block-iscsi add", "/x/vif-route online"])
    }
}

private final class FakeScripts: HotplugRunner {
    private let state = Mutex<[String]>([])
    var runs: [String] { state.withLock { $0 } }
    func run(_ script: HotplugScript) async throws(ToolstackError) {
        state.withLock { $0.append("\(script.path) \(script.arguments[0])") }
    }
}

extension HostNode {
    fileprivate static let identity = FileIdentity(fileSystem: 0xfe00, inode: 7)
    fileprivate static let file = HostNode(kind: .regular(identity), path: "/image")
}

extension NetworkLink {
    fileprivate static func link(_ index: UInt8, isBridge: Bool = false) -> NetworkLink {
        let kind: [UInt8] = isBridge ? [16, 0, 18, 0, 11, 0, 1, 0] + Array("bridge".utf8) + [0, 0] : []
        let body: [UInt8] = [0, 0, 1, 0, index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 4, 0, 0x28, 0x23, 0, 0]
        guard let link = NetworkLink(([UInt8](repeating: 0, count: 16) + body + kind)[...]) else {
            preconditionFailure("the test's own bytes are wrong")
        }
        return link
    }
}

/// Loop devices and interfaces in memory.
private final class FakeKernel: StorageKernel, NetworkKernel {
    private struct State {
        var nodes: [FilePath: HostNode] = [:]
        var loops: [BoundLoop] = []
        var links: [String: NetworkLink] = [:]
        var failing: String?
        var log: [String] = []
    }

    private let state = Mutex(State())

    var nodes: [FilePath: HostNode] {
        get { state.withLock(\.nodes) }
        set { state.withLock { $0.nodes = newValue } }
    }
    var loops: [BoundLoop] {
        get { state.withLock(\.loops) }
        set { state.withLock { $0.loops = newValue } }
    }
    var links: [String: NetworkLink] {
        get { state.withLock(\.links) }
        set { state.withLock { $0.links = newValue } }
    }
    var failing: String? {
        get { state.withLock(\.failing) }
        set { state.withLock { $0.failing = newValue } }
    }
    var log: [String] { state.withLock(\.log) }
    func clearLog() { state.withLock { $0.log = [] } }

    private func perform(_ what: String, _ line: String? = nil) throws(Errno) {
        let fails = state.withLock { state in
            if state.failing == what { return true }
            if let line { state.log.append(line) }
            return false
        }
        if fails { throw .noSpace }
    }

    func node(at path: FilePath) throws(Errno) -> HostNode? { nodes[path] }
    func mountedDevices() throws(Errno) -> [MountedDevice] { [] }
    func boundLoops() throws(Errno) -> [BoundLoop] {
        try perform("loops")
        return loops
    }
    func attachLoop(_ file: FilePath, isReadOnly: Bool) throws(Errno) -> any AttachedLoop {
        try perform("attach", "attach \(file)\(isReadOnly ? " r" : "")")
        return Loop(kernel: self)
    }
    func detachLoop(_ path: FilePath) throws(Errno) { try perform("detach", "detach \(path)") }

    private final class Loop: AttachedLoop {
        let path: FilePath = "/dev/loop3"
        let device = DeviceNumber(major: 7, minor: 3)
        private let kernel: FakeKernel
        private let isKept = Mutex(false)
        init(kernel: FakeKernel) { self.kernel = kernel }
        deinit { if !isKept.withLock({ $0 }) { try? kernel.perform("let go", "let go \(path)") } }
        func keep() throws(Errno) {
            try kernel.perform("keep", "keep \(path)")
            isKept.withLock { $0 = true }
        }
    }

    func link(named name: String) throws(Errno) -> NetworkLink? { links[name] }
    func removeAddresses(of index: UInt32) throws(Errno) { try perform("addresses", "\(index) addresses") }
    func change(_ link: UInt32, _ change: LinkChange) throws(Errno) {
        switch change {
        case .isUp(let isUp): try perform("up", "\(link) up \(isUp)")
        case .address: try perform("address", "\(link) address")
        case .mtu(let mtu): try perform("mtu", "\(link) mtu \(mtu)")
        case .name(let name): try perform("name", "\(link) name \(name)")
        case .master(let master): try perform("master", "\(link) master \(master)")
        }
    }
}
