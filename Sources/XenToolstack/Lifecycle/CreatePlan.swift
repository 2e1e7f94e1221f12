import DomainModel
import XenControl
import XenStore
import XenTypes
import YajlJSON

/// What creating a domain will do, computed without doing any of it.
public struct CreatePlan: Sendable, Encodable {
    /// The steps of `Toolstack.create`, in their order.
    public enum Step: String, Sendable, Encodable {
        case freeMemory = "free_memory"
        case makeDomain = "make_domain"
        case writeFirstNodes = "write_first_nodes"
        case runBootloader = "run_bootloader"
        case buildGuest = "build_guest"
        case introduce
        case attachDevices = "attach_devices"
        /// Beside the devices: after those that it opens, before those that it makes.
        case startDeviceModel = "start_device_model"
        /// The domain that runs the device model, from its making to the device model's readiness.
        case startStubDomain = "start_stub_domain"
        case awaitConsole = "await_console"
        case storeConfiguration = "store_configuration"
        case unpause
    }

    /// A node of the store.
    public struct Node: Sendable, Encodable {
        public var path: String
        public var value: String
        /// As `xenstore-ls -p` shows them; nil where they are the parent's.
        public var permissions: String?

        enum CodingKeys: String, CodingKey { case path, value, permissions }

        init(_ node: StoreNode) {
            path = node.path.description
            value = node.value ?? ""
            permissions = node.permissions?.description
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(path, forKey: .path)
            try container.encode(value, forKey: .value)
            try container.encode(permissions, forKey: .permissions)
        }
    }

    /// The arguments with which the hypervisor makes the domain.
    public struct Arguments: Sendable, Encodable {
        public var flags: UInt32
        public var maximumVCPUs: UInt32
        public var maximumEventChannelPort: UInt32
        public var maximumGrantVersion: UInt32
        public var cpupool: UInt32
        public var emulationFlags: UInt32

        enum CodingKeys: String, CodingKey {
            case flags
            case maximumVCPUs = "maximum_vcpus"
            case maximumEventChannelPort = "maximum_event_channel_port"
            case maximumGrantVersion = "maximum_grant_version"
            case cpupool
            case emulationFlags = "emulation_flags"
        }
    }

    /// The QEMU that will be started.
    public struct DeviceModel: Sendable, Encodable {
        public var program: String
        /// Without the program itself.
        public var arguments: [String]
        /// What its environment has besides the toolstack's.
        public var environment: JSONValue
        public var logFile: String
        /// Whether it gets few rights (`dm_restrict`).
        public var isRestricted: Bool

        enum CodingKeys: String, CodingKey {
            case program, arguments, environment
            case logFile = "log_file"
            case isRestricted = "restricted"
        }
    }

    /// The number that the nodes are written for; the domain's own is known only when it is made.
    public var assumedDomainID: UInt32
    public var name: String
    public var uuid: String
    public var type: String
    /// What must be free before the domain is made.
    public var neededMemoryKiB: UInt64
    public var freeMemoryKiB: UInt64
    public var steps: [Step]
    public var arguments: Arguments
    /// In the order in which they are written. What is known only once the guest is built is 0 here.
    public var nodes: [Node]
    /// nil when the domain needs none, or has it in a stub domain.
    public var deviceModel: DeviceModel?
    public var warnings: [String]
    /// What speaks against it, in words.
    public var problems: [String]

    enum CodingKeys: String, CodingKey {
        case assumedDomainID = "assumed_domid"
        case name, uuid, type
        case neededMemoryKiB = "needed_memory_kib"
        case freeMemoryKiB = "free_memory_kib"
        case steps, arguments, nodes
        case deviceModel = "device_model"
        case warnings, problems
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(assumedDomainID, forKey: .assumedDomainID)
        try container.encode(name, forKey: .name)
        try container.encode(uuid, forKey: .uuid)
        try container.encode(type, forKey: .type)
        try container.encode(neededMemoryKiB, forKey: .neededMemoryKiB)
        try container.encode(freeMemoryKiB, forKey: .freeMemoryKiB)
        try container.encode(steps, forKey: .steps)
        try container.encode(arguments, forKey: .arguments)
        try container.encode(nodes, forKey: .nodes)
        // Written as null, too.
        try container.encode(deviceModel, forKey: .deviceModel)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(problems, forKey: .problems)
    }
}

extension Toolstack {
    /// Plans the creation of a domain on this host as it is now.
    public func plan(
        _ given: DomainConfiguration, options: CreateOptions = CreateOptions()
    ) async throws(ToolstackError) -> CreatePlan {
        let defaults = try ConfigurationDefaults.apply(to: given, on: capabilities(for: given))
        var configuration = defaults.configuration
        try DeviceEngine(self).complete(&configuration)
        let uuid = configuration.createInfo.uuid ?? .random()
        var build = DomainBuild(
            configuration: configuration, domain: try nextDomainID(), uuid: uuid, release: paths.release)
        build.deviceModelFeatures = try await deviceModelFeatures(for: configuration)
        let model = Self.deviceModel(build, paths)
        let need = MemorySizing.neededKB(configuration.buildInfo, type: configuration.createInfo.type)
        let creation = DomainCreation(configuration, uuid: uuid, release: paths.release)
        return CreatePlan(
            assumedDomainID: build.domain.rawValue, name: configuration.createInfo.name ?? "", uuid: uuid.description,
            type: configuration.createInfo.type.name, neededMemoryKiB: need, freeMemoryKiB: try freeMemoryKiB(),
            steps: Self.steps(configuration, options), arguments: CreatePlan.Arguments(creation),
            nodes: (try nodes(of: build) + (model?.nodes ?? [])).map { CreatePlan.Node($0) },
            deviceModel: model.map { CreatePlan.DeviceModel($0, paths) },
            warnings: defaults.warnings + (model?.warnings ?? []),
            problems: Preflight.problems(configuration, limits: try limits(options), paths: paths).map { "\($0)" })
    }

    /// Limits that a new domain must keep to. With ballooning, the free memory is none.
    func limits(_ options: CreateOptions) throws(ToolstackError) -> Preflight.Limits {
        Preflight.Limits(
            freeKB: options.balloonsControlDomain ? nil : try freeMemoryKiB(), cpus: topology()?.cpuCount)
    }

    private func nodes(of build: DomainBuild) throws(ToolstackError) -> [StoreNode] {
        let devices = try DeviceEngine(self).plans(
            for: build, nativeProtocol: KernelFile.nativeProtocol(build.configuration.buildInfo.kernel))
        return build.initialNodes() + PostBuildNodes.nodes(build) + devices.flatMap(\.nodes)
    }

    private func nextDomainID() throws(ToolstackError) -> DomainID {
        do {
            return DomainID((try hypervisor.domains().last?.domain.rawValue ?? 0) + 1)
        } catch {
            throw ToolstackError(.fail, "cannot list the domains", underlying: error)
        }
    }

    /// - Returns: nil also for one that cannot be started, which is among the problems.
    private static func deviceModel(_ build: DomainBuild, _ paths: HostPaths) -> DeviceModelPlan? {
        guard DeviceModelPlan.needed(by: build.configuration) else { return nil }
        var places: [Int32: String] = [:]
        for disk in build.configuration.disks {
            // Only the script knows where the disk will be.
            if let script = disk.script, let number = DiskClass.number(of: disk) {
                places[Int32(clamping: number)] = "(from \(script))"
            }
        }
        return try? DeviceModelPlan(build, paths, scriptedDisks: places)
    }

    private static func steps(_ configuration: DomainConfiguration, _ options: CreateOptions) -> [CreatePlan.Step] {
        var steps: [CreatePlan.Step] = options.balloonsControlDomain ? [.freeMemory] : []
        steps += [.makeDomain, .writeFirstNodes]
        if configuration.buildInfo.bootloader != nil, configuration.createInfo.type != .hvm {
            steps.append(.runBootloader)
        }
        steps += [.buildGuest, .introduce, .attachDevices]
        if DeviceModelPlan.runsInStubDomain(configuration) { steps.append(.startStubDomain) }
        if DeviceModelPlan.needed(by: configuration) { steps.append(.startDeviceModel) }
        return steps + [.awaitConsole, .storeConfiguration, .unpause]
    }
}

extension CreatePlan.DeviceModel {
    init(_ plan: DeviceModelPlan, _ paths: HostPaths) {
        self.init(
            program: plan.program.string, arguments: plan.arguments,
            environment: .object(plan.environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }),
            logFile: LogFile(plan.logName, in: paths.log).path.string, isRestricted: plan.isRestricted)
    }
}

extension CreatePlan.Arguments {
    init(_ creation: DomainCreation) {
        self.init(
            flags: creation.flags.rawValue, maximumVCPUs: creation.maximumVCPUs,
            maximumEventChannelPort: creation.maximumEventChannelPort,
            maximumGrantVersion: creation.maximumGrantVersion, cpupool: creation.cpupool,
            emulationFlags: creation.emulation.rawValue)
    }
}
