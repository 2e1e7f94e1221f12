import DomainModel
import HostSimulator
import SystemPackage
import Testing
import XenStore
import XenTypes
import YajlJSON

@testable import XenToolstack

/// What a plan says is what a creation does.
@Suite struct CreatePlanTests {
    typealias Step = CreatePlan.Step

    @Test func everyStepIsPartOfACreationOrLeftToItsCaller() {
        #expect(Set(Creation.all.flatMap(\.steps)).union([.unpause]) == Set(Step.allCases))
    }

    @Test func whatThereIsNotIsNullInJSON() async throws {
        let host = try SimulatedHost()
        let text = try YajlEncoder().encodeText(await host.toolstack.plan(try host.pvhGuest()))
        #expect(text.contains("\"device_model\": null"))
        #expect(text.contains("\"permissions\": null"))
    }

    // MARK: Steps

    /// A domain on a host of its own.
    struct Scene {
        let host: SimulatedHost
        let toolstack: Toolstack
        let given: DomainConfiguration
        var options = CreateOptions()
        /// Opens the image that is restored, anew each time.
        var image: (() throws -> SavedImage)?

        init(_ configure: (SimulatedHost) throws -> DomainConfiguration) throws {
            host = try SimulatedHost()
            (toolstack, given) = (host.toolstack, try configure(host))
        }

        init(_ host: SimulatedHost, _ toolstack: Toolstack, _ given: DomainConfiguration) {
            (self.host, self.toolstack, self.given) = (host, toolstack, given)
        }

        /// Plans and creates.
        ///
        /// - Returns: what was planned and what was asked of the host.
        func run() async throws -> (planned: [Step], points: [Faults.Point], domain: DomainID) {
            var options = options
            options.image = try image?()
            let plan = try await toolstack.plan(given, options: options)
            #expect(plan.problems == [])
            options.image = try image?()
            host.faults.start()
            let domain = try await toolstack.create(given, options: options).domain
            host.faults.stop()
            return (plan.steps, host.faults.points, domain)
        }
    }

    /// How the first request of each step begins. Locks and checks leave no request that nothing else makes.
    private static func beginnings(_ planned: [Step], of domain: DomainID) -> [(step: Step, request: String)] {
        let backends = "/local/domain/0/backend"
        let (disk, card) = ("store WATCH \(backends)/vbd/\(domain)/", "store WATCH \(backends)/vif/\(domain)/")
        let cardNodes = "store WRITE \(backends)/vif/\(domain)/"
        let hasStubDomain = planned.contains(.startStubDomain)
        let cardsAreAhead = planned.contains(.attachCards)
        var rows: [(Step, String)] = [
            (.freeMemory, "store WRITE /local/domain/0/memory/target"),
            (.makeDomain, "hypercall xc_domain_create"),
            (.writeFirstNodes, "store WRITE /local/domain/\(domain)/name"),
            (.runBootloader, "process posix_spawn bootloader"),
            (.prepareGuest, "hypercall xc_domain_max_vcpus \(domain)"),
            (.buildGuest, "hypercall xc_dom_allocate"),
            (.restoreMemory, "hypercall xc_domain_restore \(domain)"),
            (.introduce, "store INTRODUCE \(domain)"),
            (.writeDeviceNodes, "store WRITE \(backends)/console/\(domain)/"),
            (.attachDevices, hasStubDomain || cardsAreAhead ? disk : card),
            (.startStubDomain, "hypercall xc_domain_set_target"),
            (.grantIOAccess, "hypercall xc_domain_ioport_permission \(domain)"),
            (.storeConfiguration, "file rename lib/userdata-n.\(domain)."),
            (.awaitConsole, "store WATCH /local/domain/\(domain)/console/tty"),
        ]
        if cardsAreAhead { rows.append((.attachCards, cardNodes)) }
        if hasStubDomain {
            rows += [(.writeDeviceNodes, cardNodes), (.attachDevices, card)]
        } else {
            // A stub domain's consoles have a device model, too.
            rows.append((.startDeviceModel, "process posix_spawn qemu"))
        }
        if planned.contains(.attachDisks) { rows.append((.attachDisks, disk)) }
        return rows
    }

    private static func performed(_ points: [Faults.Point], planned: [Step], of domain: DomainID) -> [Step] {
        var rest = beginnings(planned, of: domain)
        return points.compactMap { point in
            let text = point.description
            guard let index = rest.firstIndex(where: { text.hasPrefix($0.request) }) else { return nil }
            return rest.remove(at: index).step
        }
    }

    private func check(_ scene: Scene, includes some: [Step]) async throws {
        let (planned, points, domain) = try await scene.run()
        #expect(Set(planned).isSuperset(of: some))
        let performed = Self.performed(points, planned: planned, of: domain)
        let expected = planned.filter { ![.lockMemory, .checkHost].contains($0) }
        // They go on beside what follows, which may be first to ask something of the host.
        let beside: Set<Step> = [.startDeviceModel, .attachCards]
        #expect(performed.filter { !beside.contains($0) } == expected.filter { !beside.contains($0) })
        for step in beside where expected.contains(step) || performed.contains(step) {
            let place = try #require(expected.firstIndex(of: step))
            let begin = try #require(performed.firstIndex(of: step))
            let before = try #require(performed.firstIndex(of: expected[place - 1]))
            #expect(begin > before)
        }
        try await scene.toolstack.destroy(domain)
    }

    @Test func ofAPVGuest() async throws {
        let scene = try Scene { try $0.pvGuest("\(try $0.disk())\n\(try $0.card())\nioports=['2f8-2ff']") }
        try await check(scene, includes: [.buildGuest, .attachDevices, .grantIOAccess])
    }

    @Test func ofAPVHGuest() async throws {
        try await check(try Scene { try $0.pvhGuest(try $0.card()) }, includes: [.buildGuest, .attachDevices])
    }

    @Test func ofAnHVMGuestWhoseDeviceModelStartsEarly() async throws {
        let scene = try Scene { try $0.hvmGuest("\(try $0.disk())\n\(try $0.card())") }
        let steps = try await scene.toolstack.plan(scene.given).steps
        let start = try #require(steps.firstIndex(of: .startDeviceModel))
        #expect(steps[start + 1] == .buildGuest)
        try await check(scene, includes: [.startDeviceModel])
    }

    @Test func ofAnHVMGuestWhoseDeviceModelWaitsForADisk() async throws {
        let scene = try Scene { host in
            let disk = try host.disk().replacing("format=raw", with: "format=raw,script=block")
            return try host.hvmGuest("\(disk)\n\(try host.card())")
        }
        let steps = try await scene.toolstack.plan(scene.given).steps
        let disks = try #require(steps.firstIndex(of: .attachDisks))
        #expect(steps[(disks + 1)...].starts(with: [.startDeviceModel, .attachDevices]))
        try await check(scene, includes: [.attachDisks, .startDeviceModel])
    }

    @Test func ofAGuestWithABootloader() async throws {
        let scene = try Scene { host in
            var given = try host.bootloaderGuest()
            given.nics = try host.pvGuest(try host.card()).nics
            return given
        }
        try await check(scene, includes: [.runBootloader, .buildGuest])
    }

    @Test func ofAGuestWithAStubDomain() async throws {
        let host = try SimulatedHost()
        let kernel = try host.kernel()
        let given = try host.hvmGuest(
            """
            device_model_stubdomain_override=1
            device_model_version='qemu-xen'
            stubdomain_kernel='\(kernel)'
            stubdomain_ramdisk='\(kernel)'
            \(try host.disk())
            \(try host.card())
            """)
        try host.addProgram("vchan-socket-proxy", "read never < '\(host.root)/never'")
        // Both QEMU inside and the proxy of its monitor say that they run when the proxy has been started.
        host.store.add { path, store in
            let words = path.split(separator: "/")
            guard path.hasSuffix("/image/qmp-proxy-pid"), let stub = UInt32(words[2]).map({ DomainID($0) }),
                let guest = store.read("/local/domain/\(stub)/target").flatMap({ UInt32($0) })
            else { return }
            store.write("\(StubDomainPlan.proxyStatePath(stub))", "running")
            store.write("\(StubDomainPlan.devicePath(stub, for: DomainID(guest)) / "state")", "running")
        }
        let before = host.snapshot
        let scene = Scene(host, host.toolstack, given)
        let attaching: [Step] = [.writeDeviceNodes, .attachDevices]
        #expect(
            try await host.toolstack.plan(given).steps.suffix(7) == attaching + [.startStubDomain] + attaching
                + [.storeConfiguration, .awaitConsole])
        try await check(scene, includes: [.startStubDomain])
        #expect(host.snapshot.changes(since: before) == [])
    }

    private func restoration(isCheckpointed: Bool) async throws -> Scene {
        let host = try SimulatedHost()
        let given = try host.pvGuest("\(try host.disk())\n\(try host.card())")
        let domain = try await host.start(given)
        let stored = try #require(try host.toolstack.storedConfiguration(of: domain))
        try await host.save(domain)
        let path = host.image
        var scene = Scene(host, host.toolstack, stored)
        // The header is read first, as a restoration does.
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        _ = try await SaveFileHeader.read(
            from: try StreamDescriptor(duplicating: file, for: .reading), name: "image")
        let start = try file.seek(offset: 0, from: .current)
        scene.image = {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            try file.seek(offset: start, from: .start)
            var image = SavedImage(stream: try StreamDescriptor(duplicating: file, for: .reading))
            image.isCheckpointed = isCheckpointed
            return image
        }
        return scene
    }

    /// It runs elsewhere until it is lost there.
    @Test func ofAGuestThatIsProtectedByCheckpoints() async throws {
        let scene = try await restoration(isCheckpointed: true)
        var options = scene.options
        options.image = try scene.image?()
        #expect(try await !scene.toolstack.plan(scene.given, options: options).steps.contains(.attachCards))
        try await check(scene, includes: [.restoreMemory, .attachDevices])
    }

    @Test func ofAGuestWhoseCardsAreAttachedAheadOfItsMemory() async throws {
        let scene = try await restoration(isCheckpointed: false)
        try await check(scene, includes: [.attachCards, .restoreMemory, .attachDevices])
    }

    // MARK: Memory of dom0

    /// - Parameter kib: what dom0 has.
    private static func crowd(_ host: SimulatedHost, kib: UInt64) throws {
        try host.hypervisor.access { machine in
            machine.domains[0]?.pages = kib / 4
            machine.freePages = 2048
        }
        host.store.add { [weak host] path, store in
            guard path == "/local/domain/0/memory/target", let target = store.read(path).flatMap({ UInt64($0) }) else {
                return
            }
            _ = try? host?.hypervisor.access { machine in
                let pages = machine.domains[0]?.pages ?? 0
                guard pages > target / 4 else { return }
                machine.domains[0]?.pages = target / 4
                machine.freePages += pages - target / 4
            }
        }
    }

    @Test func ofAGuestForWhichDom0GivesUpMemory() async throws {
        var scene = try Scene { host in
            try Self.crowd(host, kib: 1 << 20)
            return try host.pvGuest("\(try host.disk())\n\(try host.card())")
        }
        scene.options.balloonsControlDomain = true
        let steps = try await scene.toolstack.plan(scene.given, options: scene.options).steps
        #expect(steps.starts(with: [.lockMemory, .freeMemory, .checkHost, .makeDomain]))
        try await check(scene, includes: [.freeMemory])
        #expect(try await !scene.toolstack.plan(scene.given).steps.contains(.freeMemory))
    }

    // MARK: Problems

    /// What is wrong with a host or a configuration, in words.
    private static let obstacles:
        [String: @Sendable (SimulatedHost, inout DomainConfiguration, inout CreateOptions) async throws -> Void] = [
            "memory": { _, given, _ in
                given.buildInfo.maxMemKB = 64 << 20
                given.buildInfo.targetMemKB = 64 << 20
            },
            "memory that another domain has claimed": { host, _, _ in
                try host.hypervisor.access { $0.domains[0]?.claimedPages = $0.freePages - 1000 }
            },
            "CPUs": { _, given, _ in given.buildInfo.vcpuHardAffinity = [[9]] },
            "a kernel and memory": { _, given, _ in
                given.buildInfo.kernel = "/nonexistent/kernel"
                given.buildInfo.maxMemKB = 1 << 10
            },
            "name": { host, given, _ in _ = try await host.start(given) },
            "UUID": { host, given, _ in
                given.createInfo.uuid = .random()
                var other = given
                other.createInfo.name = "other"
                _ = try await host.start(other)
            },
            "memory of dom0": { host, _, options in
                options.balloonsControlDomain = true
                try Self.crowd(host, kib: 160 << 10)
            },
        ]

    @Test(arguments: obstacles.keys.sorted())
    func whatAPlanFindsWrongIsWhatACreationRefuses(_ name: String) async throws {
        let obstruct = try #require(Self.obstacles[name])
        let host = try SimulatedHost()
        var given = try host.pvGuest()
        var options = CreateOptions()
        #expect(try await host.toolstack.plan(given, options: options).problems == [])
        try await obstruct(host, &given, &options)
        let before = host.snapshot
        let problems = try await host.toolstack.plan(given, options: options).problems
        #expect(problems.count == (name.contains(" and ") ? 2 : 1))
        #expect(host.snapshot.changes(since: before) == [])
        let (wanted, chosen) = (given, options)
        let error = await #expect(throws: ToolstackError.self) {
            try await host.toolstack.create(wanted, options: chosen)
        }
        #expect(error?.description == problems.joined(separator: "; "))
        #expect(host.snapshot.changes(since: before) == [])
    }
}
