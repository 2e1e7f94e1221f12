import DomainModel
import Glibc
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Creates a domain, up to but without letting it run.
    ///
    /// When a step fails, or the task is cancelled, everything done so far is taken back before this throws.
    ///
    /// - Parameters:
    ///   - given: as the user gave it, without defaults.
    /// - Returns: the domain's number and the configuration that was stored for it.
    public func create(
        _ given: DomainConfiguration, options: CreateOptions = CreateOptions()
    ) async throws(ToolstackError) -> (domain: DomainID, configuration: DomainConfiguration) {
        var creation = try Creation(new: given, options, self)
        do {
            return try await creation.run()
        } catch {
            await creation.undo.unwind(self)
            if let error = error as? ToolstackError { throw creation.failure(from: error) }
            let name = given.createInfo.name ?? ""
            guard error is CancellationError else {
                throw ToolstackError(.fail, "cannot create domain \(name)", underlying: error)
            }
            throw ToolstackError(.aborted, "cannot create domain \(name)", cause: "interrupted")
        }
    }
}

/// One creation of a domain.
struct Creation {
    /// A part of it, which first says how it is taken back.
    struct Part: Sendable {
        /// What plans call it: two names are for what goes side by side, none for what only looks.
        let steps: [CreatePlan.Step]
        /// Known before the first part is performed.
        let takesPlace: @Sendable (Creation) -> Bool
        let perform: @Sendable (inout Creation) async throws -> Void

        init(
            _ steps: CreatePlan.Step..., if takesPlace: @escaping @Sendable (Creation) -> Bool = { _ in true },
            _ perform: @escaping @Sendable (inout Creation) async throws -> Void
        ) {
            (self.steps, self.takesPlace, self.perform) = (steps, takesPlace, perform)
        }
    }

    static let all = making + connecting + finishing

    /// As far as the domain is built and known to the store.
    static let making = [
        Part(.lockMemory, if: { $0.options.balloonsControlDomain }) { try await $0.lockMemory() },
        Part(.freeMemory, if: { $0.options.balloonsControlDomain }) { try await $0.freeMemory() },
        Part(.checkHost) { try await $0.checkHost() },
        Part(.makeDomain) { try $0.makeDomain() },
        Part(.writeFirstNodes) { try $0.enterStore() },
        Part(.runBootloader, if: { $0.runsBootloader }) { try await $0.chooseKernel() },
        Part(.prepareGuest) { try await $0.prepareGuest() },
        Part(.startDeviceModel, if: { EarlyDeviceModel.isPossible(for: $0.build) }) { try $0.startDeviceModel() },
        Part(.buildGuest, if: { $0.build.origin == .boot }) { try await $0.buildGuest() },
        Part(.restoreMemory, if: { $0.build.origin == .restore && !$0.attachesCardsAhead }) {
            try await $0.restoreMemory()
        },
        Part(.attachCards, .restoreMemory, if: { $0.attachesCardsAhead }) { try await $0.restoreMemory() },
        Part(.introduce) { try await $0.introduce() },
    ]

    /// Everything that a domain has besides memory and processors.
    static let connecting = [
        Part { try $0.planDevices() },
        Part(.start9PDaemon, if: { $0.uses9PDaemon }) { try await $0.toolstack.startP9Daemon(for: $0.build.domain) },
        Part(.writeDeviceNodes) { try $0.writeDeviceNodes() },
        Part(.attachDisks, if: { $0.startsDeviceModelLate && !$0.scriptedDisks.isEmpty }) {
            try await $0.attachDisks()
        },
        Part(.attachDevices, if: { !$0.startsDeviceModelLate }) { try await $0.attachDevices() },
        Part(.startDeviceModel, .attachDevices, if: { $0.startsDeviceModelLate }) { try await $0.attachDevices() },
        Part(.startStubDomain, if: { $0.hasStubDomain }) { try await $0.startStubDomain() },
        Part(.writeDeviceNodes, if: { $0.hasDevicesAfterStubDomain }) { try $0.writeDeviceNodes() },
        Part(.attachDevices, if: { $0.hasDevicesAfterStubDomain }) { try await $0.attachDevices() },
        Part(.attachUSBDevices, if: { $0.hasUSB }) {
            try await USBPassthrough($0.toolstack).attachAll($0.build, undo: &$0.undo)
        },
        Part(.attachPCIDevices, if: { !$0.build.configuration.pciDevices.isEmpty }) {
            try await PCIPassthrough($0.toolstack).attachAll($0.build, undo: &$0.undo)
        },
        Part(.grantIOAccess, if: { $0.usesHostIO }) { try GuestBuilder($0.toolstack).grantIOAccess($0.build) },
    ]

    static let finishing = [
        // While xenconsoled does its part.
        Part(.storeConfiguration) { try $0.record() },
        Part(.awaitConsole) { try await $0.awaitConsole() },
    ]

    let toolstack: Toolstack
    /// Becomes the stored configuration.
    var given: DomainConfiguration
    let options: CreateOptions
    /// Without a number until the domain is made.
    var build: DomainBuild
    var undo = UndoStack()
    /// Keeps other creations from taking away what dom0 gives up until this one has it.
    private var lock: RecordLock?
    /// The device model, if it has been started before the devices are attached.
    var deviceModel: EarlyDeviceModel?
    /// What has been attached before the other devices.
    var attached: Set<DeviceAddress> = []
    /// All devices.
    var devices: [DevicePlan] = []
    /// Those that are attached next.
    var waiting: [DevicePlan] = []
    /// Where scripts put the disks that they made, by the disks' numbers.
    var madeDisks: [Int32: String] = [:]

    /// Whether the configuration has passed: from then on libxl knows one error code only, and so do its clients.
    private var isAccepted = false

    var hypervisor: Hypervisor { toolstack.hypervisor }
    /// What plans print, and `run` does.
    var steps: [CreatePlan.Step] { Self.all.filter { $0.takesPlace(self) }.flatMap(\.steps) }
    var arguments: DomainCreation { DomainCreation(build.configuration, uuid: build.uuid, release: build.release) }
    var neededMemoryKiB: UInt64 { MemorySizing.neededKB(build.info, type: build.type) }

    init(_ given: DomainConfiguration, _ options: CreateOptions, _ toolstack: Toolstack) {
        (self.given, self.options, self.toolstack) = (given, options, toolstack)
        build = DomainBuild(configuration: given, domain: .invalid, uuid: .zero, release: toolstack.paths.release)
    }

    /// The creation of a domain that a user wants, or that comes out of an image.
    init(
        new given: DomainConfiguration, _ options: CreateOptions, _ toolstack: Toolstack
    ) throws(ToolstackError) {
        self.init(given, options, toolstack)
        if !Self.isGuestNumber(given.createInfo.domainID) { self.given.createInfo.domainID = options.numbering.stored }
        guard let image = options.image else { return }
        if image.stream.position != nil { try image.requireRelease(upTo: toolstack.paths.release) }
        self.given.keepWhatOlderReleasesGave(on: toolstack.paths.release)
    }

    func failure(from error: ToolstackError) -> ToolstackError {
        var error = error
        if isAccepted, error.code != .aborted { error.code = .fail }
        return error
    }

    mutating func run() async throws -> (domain: DomainID, configuration: DomainConfiguration) {
        try complete()
        defer { lock?.release() }
        try await perform(Self.all)
        return (build.domain, given)
    }

    mutating func perform(_ parts: [Part]) async throws {
        defer { build.closeFiles() }
        for part in parts.filter({ $0.takesPlace(self) }) { try await part.perform(&self) }
    }

    mutating func complete() throws(ToolstackError) {
        try complete { [logger = toolstack.logger] in logger.warning("\($0)") }
    }

    /// Applies all defaults, from which on it is known what takes place.
    mutating func complete(warn: (String) -> Void) throws(ToolstackError) {
        guard given.createInfo.name?.isEmpty == false else {
            throw ToolstackError(
                .invalid, "cannot create the domain", cause: "its configuration has no name", remedy: "set name=")
        }
        let host = try toolstack.capabilities(for: given)
        let defaults = try ConfigurationDefaults.apply(to: given, on: host)
        defaults.warnings.forEach(warn)
        isAccepted = true
        var configuration = defaults.configuration
        let uuid = configuration.createInfo.uuid ?? .random()
        configuration.createInfo.uuid = uuid
        try DeviceEngine(toolstack).complete(&configuration, for: build.domain)
        build = DomainBuild(
            configuration: configuration, domain: build.domain, uuid: uuid, release: toolstack.paths.release,
            origin: options.image == nil ? .boot : .restore)
    }

    // MARK: What the host must have

    /// What this host has for a domain. What others have claimed for themselves is not free.
    func limits() throws(HypervisorError) -> Preflight.Limits {
        let host = try hypervisor.physicalInfo()
        let free = host.freePages &+ host.scrubPages
        return Preflight.Limits(
            freeKB: free > host.outstandingPages ? (free - host.outstandingPages) * 4 : 0,
            cpus: Int(host.maximumCPUID) + 1)
    }

    /// What `run` would refuse, one thing after the other.
    func problems(_ limits: Preflight.Limits) throws(ToolstackError) -> [ToolstackError] {
        var (limits, problems) = (limits, [ToolstackError]())
        func note(_ check: () throws(ToolstackError) -> Void) {
            do throws(ToolstackError) { try check() } catch { problems.append(error) }
        }
        if options.balloonsControlDomain, case let free = try toolstack.freeMemoryKiB(), free < neededMemoryKiB {
            // Dom0 will have given up the rest when that is looked at.
            limits.freeKB = nil
            note { () throws(ToolstackError) in try toolstack.checkControlDomain(givesUp: neededMemoryKiB - free) }
        }
        problems += Preflight.problems(
            build.configuration, limits: limits, paths: toolstack.paths, boots: build.origin == .boot)
        note { () throws(ToolstackError) in try checkIdentity(in: toolstack.store) }
        return problems
    }

    private mutating func lockMemory() async throws {
        lock = try await RecordLock.acquire(options.lockFile ?? toolstack.paths.lock, logger: toolstack.logger)
    }

    /// Lets dom0 give up what the domain needs and the host lacks.
    private mutating func freeMemory() async throws {
        // Upstream computes the need on the configuration that it stores, which so gets the defaults.
        given = build.configuration
        try await toolstack.freeMemory(kib: neededMemoryKiB)
    }

    private mutating func checkHost() async throws {
        try Preflight.check(
            build.configuration, limits: try limits(), paths: toolstack.paths, boots: build.origin == .boot)
        build.deviceModelFeatures = try await toolstack.deviceModelFeatures(for: build.configuration)
    }

    // MARK: The domain and its first nodes

    /// Makes the empty domain under a number that no other domain had just now.
    private mutating func makeDomain() throws {
        let history = DomainIDHistory(paths: toolstack.paths, timeouts: toolstack.timeouts)
        let wanted = build.configuration.createInfo.domainID
        let fixed = Self.isGuestNumber(wanted) ? wanted : nil
        while true {
            try Task.checkCancellation()
            guard let domain = try make(fixed) else { continue }
            let before = undo
            undo.push("domain \(domain)") { [toolstack] in try await toolstack.endDomain(domain).get() }
            if try !history.isRecent(domain) {
                build.domain = domain
                return
            }
            try hypervisor.destroyDomain(domain)
            // The number may be another domain's by now.
            undo = before
            guard fixed == nil else {
                throw ToolstackError(
                    .fail, "cannot create a domain with number \(domain)", domain: domain,
                    cause: "another domain had it until a moment ago",
                    remedy: "wait \(toolstack.timeouts.domainIDReuse.components.seconds) seconds or use another number")
            }
        }
    }

    /// - Returns: nil when the random number that was tried is taken.
    private func make(_ fixed: DomainID?) throws -> DomainID? {
        let isRandom = fixed == nil && given.createInfo.domainID == CreateOptions.Numbering.random.stored
        let number =
            isRandom ? DomainID(UInt32.random(in: 1..<DomainID.firstReserved.rawValue)) : fixed
        do {
            return try hypervisor.createDomain(arguments, as: number)
        } catch {
            if isRandom, error.code == EEXIST { return nil }
            throw ToolstackError(
                .fail, "cannot make domain \(given.createInfo.name ?? "")", cause: "\(error)",
                remedy: error.code == EINVAL
                    ? "xl dmesg may say which setting the hypervisor refuses" : nil)
        }
    }

    static func isGuestNumber(_ domain: DomainID) -> Bool { domain != .control && domain.isReal }

    /// Writes the first nodes in one transaction, in which no other domain can take the same name.
    mutating func enterStore() throws {
        undo.push("nodes of domain \(build.domain)") { [toolstack, domain = build.domain] in
            toolstack.removeNodes(of: domain)
        }
        try UserData(of: build.domain, uuid: build.uuid, paths: toolstack.paths).removeNotes()
        try toolstack.arrivals().begin(build.domain, build.uuid, isArriving: options.image?.isArriving == true)
        let nodes = build.initialNodes()
        try toolstack.store.transaction(mapError: { storeFailure($0) }) { transaction throws(ToolstackError) in
            try checkIdentity(in: transaction)
            do throws(StoreError) {
                let old = [build.paths.guest, DomainPaths.vm(build.uuid), build.paths.libxl]
                try transaction.apply(nodes, removing: old)
            } catch {
                throw storeFailure(error)
            }
        }
    }

    /// - Throws: `invalid` when another domain has the same name, or uses the same `/vm` tree, which this one would tear
    ///   down.
    private func checkIdentity(in store: some StoreAccess) throws(ToolstackError) {
        try toolstack.checkName(build.configuration.createInfo.name ?? "", for: build.domain, in: store)
        // A domain that arrives by migration can meet itself, when the two hosts are one.
        guard options.image?.isArriving != true else { return }
        let others: [DomainID]
        do { others = try store.domains(using: DomainPaths.vm(build.uuid)).filter { $0 != build.domain } } catch {
            throw storeFailure(error)
        }
        for other in others where (try? hypervisor.info(of: other)) != nil {
            throw ToolstackError(
                .invalid, "cannot give domain \(build.domain) the UUID \(build.uuid)", domain: build.domain,
                cause: "domain \(other) has it already",
                remedy: "choose another uuid, or leave it out")
        }
    }

    func storeFailure(_ error: StoreError) -> ToolstackError {
        ToolstackError(
            .fail, "cannot write the nodes of domain \(build.domain)", domain: build.domain, underlying: error)
    }

    // MARK: The end

    /// Stores the configuration, with which a restart, a migration and other toolstacks go on.
    private mutating func record() throws {
        if build.info.execSSIDRef != 0 { try hypervisor.relabelDomain(build.domain, sid: build.info.execSSIDRef) }
        given = given.recording(build.configuration, on: build.release)
        undo.push("files of domain \(build.domain)") { [toolstack, domain = build.domain] in
            toolstack.removeFiles(of: domain)
        }
        try toolstack.withUserData(of: build.domain, uuid: build.uuid) { data throws(ToolstackError) in
            try data.write(given)
        }
    }

    /// Waits for the console's terminal, then tells whoever wants to connect.
    private func awaitConsole() async throws {
        let node = build.paths.guest / "console/tty"
        try await toolstack.wait(
            for: "the console of domain \(build.domain) to get a terminal", domain: build.domain, watching: [node],
            within: toolstack.timeouts.consoleTerminal
        ) { [store = toolstack.store] in
            try store.read(node)?.isEmpty == false ? .reached(()) : .pending("no \(node)")
        }
        options.consoleAvailable?(build.domain)
    }
}
