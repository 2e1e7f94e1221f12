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
        var creation = Creation(toolstack: self, given: given, options: options)
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

/// One creation of a domain: its steps in their order, each of which first says how it is taken back.
struct Creation {
    let toolstack: Toolstack
    /// Becomes the stored configuration.
    var given: DomainConfiguration
    let options: CreateOptions
    var undo = UndoStack()
    /// The device model, if it has been started before the devices are attached.
    var deviceModel: EarlyDeviceModel?
    /// What has been attached before the other devices.
    var attached: Set<DeviceAddress> = []

    /// Whether the configuration has passed: from then on libxl knows one error code only, and so do its clients.
    private var isAccepted = false

    private var hypervisor: Hypervisor { toolstack.hypervisor }

    init(toolstack: Toolstack, given: DomainConfiguration, options: CreateOptions) {
        self.toolstack = toolstack
        self.given = given
        self.options = options
    }

    func failure(from error: ToolstackError) -> ToolstackError {
        var error = error
        if isAccepted, error.code != .aborted { error.code = .fail }
        return error
    }

    mutating func run() async throws -> (domain: DomainID, configuration: DomainConfiguration) {
        if !Self.isGuestNumber(given.createInfo.domainID) { given.createInfo.domainID = options.numbering.stored }
        if let image = options.image {
            if image.stream.position != nil { try image.requireRelease(upTo: toolstack.paths.release) }
            given.keepWhatOlderReleasesGave(on: toolstack.paths.release)
        }
        let configuration = try completeConfiguration()
        let lock = try await reserveMemory(for: configuration)
        defer { lock?.release() }
        try checkNeeds(of: configuration)
        let features = try await toolstack.deviceModelFeatures(for: configuration)
        var build = try await makeDomain(configuration)
        build.deviceModelFeatures = features
        try enterStore(build)
        try await fillMemory(&build)
        try await attachDevices(&build)
        // While xenconsoled does its part.
        let stored = try record(build)
        try await awaitConsole(build)
        return (build.domain, stored)
    }

    /// The first steps for the domain of a device model: as far as it is built and known to the store.
    mutating func makeStubDomain() async throws -> DomainBuild {
        let configuration = try completeConfiguration()
        try checkNeeds(of: configuration)
        var build = try await makeDomain(configuration)
        try enterStore(build)
        try await fillMemory(&build)
        return build
    }

    mutating func completeConfiguration() throws -> DomainConfiguration {
        guard given.createInfo.name?.isEmpty == false else {
            throw ToolstackError(
                .invalid, "cannot create the domain", cause: "its configuration has no name", remedy: "set name=")
        }
        let host = try toolstack.capabilities(for: given)
        let defaults = try ConfigurationDefaults.apply(to: given, on: host)
        for warning in defaults.warnings { toolstack.logger.warning("\(warning)") }
        isAccepted = true
        var configuration = defaults.configuration
        configuration.createInfo.uuid = configuration.createInfo.uuid ?? XenUUID.random()
        try DeviceEngine(toolstack).complete(&configuration)
        return configuration
    }

    /// Lets dom0 give up what the domain needs and the host lacks. The lock keeps other creations from taking
    /// it away until this one has it.
    private mutating func reserveMemory(for configuration: DomainConfiguration) async throws -> RecordLock? {
        guard options.balloonsControlDomain else { return nil }
        let lock = try await RecordLock.acquire(
            options.lockFile ?? toolstack.paths.lock, logger: toolstack.logger)
        // Upstream computes the need on the configuration that it stores, which so gets the defaults.
        given = configuration
        try await toolstack.freeMemory(
            kib: MemorySizing.neededKB(configuration.buildInfo, type: configuration.createInfo.type))
        return lock
    }

    /// Finds out what plainly cannot work before anything is made.
    private func checkNeeds(of configuration: DomainConfiguration) throws {
        let host = try hypervisor.physicalInfo()
        let free = host.freePages &+ host.scrubPages
        let limits = Preflight.Limits(
            freeKB: free > host.outstandingPages ? (free - host.outstandingPages) * 4 : 0,
            cpus: Int(host.maximumCPUID) + 1)
        try Preflight.check(configuration, limits: limits, paths: toolstack.paths, boots: options.image == nil)
    }

    /// Makes the empty domain under a number that no other domain had just now.
    private mutating func makeDomain(_ configuration: DomainConfiguration) async throws -> DomainBuild {
        let uuid = configuration.createInfo.uuid ?? .zero
        let arguments = DomainCreation(configuration, uuid: uuid, release: toolstack.paths.release)
        let history = DomainIDHistory(paths: toolstack.paths, timeouts: toolstack.timeouts)
        let wanted = configuration.createInfo.domainID
        let fixed = Self.isGuestNumber(wanted) ? wanted : nil
        while true {
            try Task.checkCancellation()
            guard let domain = try make(arguments, fixed) else { continue }
            let before = undo
            undo.push("domain \(domain)") { [toolstack] in try await toolstack.endDomain(domain).get() }
            if try !history.isRecent(domain) {
                return DomainBuild(
                    configuration: configuration, domain: domain, uuid: uuid, release: toolstack.paths.release,
                    origin: options.image == nil ? .boot : .restore)
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
    private func make(_ arguments: DomainCreation, _ fixed: DomainID?) throws -> DomainID? {
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
    mutating func enterStore(_ build: DomainBuild) throws {
        let name = build.configuration.createInfo.name ?? ""
        undo.push("nodes of domain \(build.domain)") { [toolstack] in toolstack.removeNodes(of: build.domain) }
        try UserData(of: build.domain, uuid: build.uuid, paths: toolstack.paths).removeNotes()
        try toolstack.arrivals().begin(build.domain, build.uuid, isArriving: options.image?.isArriving == true)
        let nodes = build.initialNodes()
        try toolstack.store.transaction(mapError: { Self.storeFailure(build, $0) }) {
            [toolstack, options] transaction throws(ToolstackError) in
            try toolstack.checkName(name, for: build.domain, in: transaction)
            try toolstack.checkUUID(of: build, mayBeShared: options.image?.isArriving == true, in: transaction)
            do throws(StoreError) {
                let old = [build.paths.guest, DomainPaths.vm(build.uuid), build.paths.libxl]
                try transaction.apply(nodes, removing: old)
            } catch {
                throw Self.storeFailure(build, error)
            }
        }
    }

    static func storeFailure(_ build: DomainBuild, _ error: StoreError) -> ToolstackError {
        ToolstackError(
            .fail, "cannot write the nodes of domain \(build.domain)", domain: build.domain, underlying: error)
    }

    /// Waits for the console's terminal, then tells whoever wants to connect.
    func awaitConsole(_ build: DomainBuild) async throws {
        let node = build.paths.guest / "console/tty"
        try await toolstack.store.wait(
            for: "the console of domain \(build.domain) to get a terminal", domain: build.domain, watching: [node],
            within: toolstack.timeouts.consoleTerminal
        ) { [store = toolstack.store] in
            try store.read(node)?.isEmpty == false ? .reached(()) : .pending("no \(node)")
        }
        options.consoleAvailable?(build.domain)
    }

    /// Stores the configuration, with which a restart, a migration and other toolstacks go on.
    mutating func record(_ build: DomainBuild) throws -> DomainConfiguration {
        if build.configuration.buildInfo.execSSIDRef != 0 {
            try hypervisor.relabelDomain(build.domain, sid: build.configuration.buildInfo.execSSIDRef)
        }
        let stored = given.recording(build.configuration, on: build.release)
        undo.push("files of domain \(build.domain)") { [toolstack] in toolstack.removeFiles(of: build.domain) }
        try toolstack.withUserData(of: build.domain, uuid: build.uuid) { data throws(ToolstackError) in
            try data.write(stored)
        }
        return stored
    }
}

extension Toolstack {
    /// - Throws: `invalid` when another domain uses the same `/vm` tree, which this one would tear down.
    func checkUUID(
        of build: DomainBuild, mayBeShared: Bool, in transaction: StoreTransaction
    ) throws(ToolstackError) {
        // A domain that arrives by migration can meet itself, when the two hosts are one.
        guard !mayBeShared else { return }
        let others: [DomainID]
        do {
            others = try transaction.domains(using: DomainPaths.vm(build.uuid)).filter { $0 != build.domain }
        } catch {
            throw Creation.storeFailure(build, error)
        }
        for other in others where (try? hypervisor.info(of: other)) != nil {
            throw ToolstackError(
                .invalid, "cannot give domain \(build.domain) the UUID \(build.uuid)", domain: build.domain,
                cause: "domain \(other) has it already",
                remedy: "choose another uuid, or leave it out")
        }
    }
}
