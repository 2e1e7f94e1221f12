import DomainModel
import XenControl
import XenStore
import XenTypes
import YajlJSON

/// What creating a domain will do, computed without doing any of it.
public struct CreatePlan: Sendable, Encodable {
    /// What a creation does on the host (`Creation.all`), and `unpause`, which is left to whoever created the domain.
    public enum Step: String, Sendable, Encodable, CaseIterable {
        /// Held until the domain is made: creations for which dom0 gives up memory take turns.
        case lockMemory = "lock_memory"
        /// Lets dom0 give up what the host lacks.
        case freeMemory = "free_memory"
        /// Finds what plainly cannot work.
        case checkHost = "check_host"
        /// Makes the empty domain.
        case makeDomain = "make_domain"
        /// Writes its first nodes, its name among them.
        case writeFirstNodes = "write_first_nodes"
        /// Has the bootloader find the kernel.
        case runBootloader = "run_bootloader"
        /// vCPUs, their placement, limits, event channels.
        case prepareGuest = "prepare_guest"
        /// Goes on beside what follows, at the latest until devices are attached.
        case startDeviceModel = "start_device_model"
        /// Fills its memory and sets up its processors.
        case buildGuest = "build_guest"
        /// Beside the restoring: network cards that nothing comes to before the guest sends.
        case attachCards = "attach_cards"
        /// Takes both from an image.
        case restoreMemory = "restore_memory"
        /// Makes it known to xenstored.
        case introduce
        /// Starts the daemon of directories that it does not share with others.
        case start9PDaemon = "start_9p_daemon"
        /// Writes the nodes of its devices.
        case writeDeviceNodes = "write_device_nodes"
        /// Those that scripts make and the device model opens.
        case attachDisks = "attach_disks"
        /// Connects its devices.
        case attachDevices = "attach_devices"
        /// The domain that runs the device model, from its making to the device model's readiness.
        case startStubDomain = "start_stub_domain"
        /// Gives it USB devices of the machine.
        case attachUSBDevices = "attach_usb_devices"
        /// Gives it PCI devices of the machine.
        case attachPCIDevices = "attach_pci_devices"
        /// Gives it ports, interrupts and memory of the machine.
        case grantIOAccess = "grant_io_access"
        /// Stores its configuration.
        case storeConfiguration = "store_configuration"
        /// Waits for its console.
        case awaitConsole = "await_console"
        /// Lets it run.
        case unpause
    }

    /// A node of the store.
    public struct Node: Sendable, Encodable {
        /// The node.
        public var path: String
        /// What is written.
        public var value: String
        /// As `xenstore-ls -p` shows them; nil where they are the parent's.
        public var permissions: String?

        enum CodingKeys: String, CodingKey { case path, value, permissions }

        init(_ node: StoreNode) {
            path = node.path.description
            value = node.value ?? ""
            permissions = node.permissions?.description
        }
    }

    /// The arguments with which the hypervisor makes the domain.
    public struct Arguments: Sendable, Encodable {
        /// `XEN_DOMCTL_CDF_*` of `xen/domctl.h`.
        public var flags: UInt32
        /// Most virtual CPUs.
        public var maximumVCPUs: UInt32
        /// The highest number of an event channel.
        public var maximumEventChannelPort: UInt32
        /// The highest version of its grant table.
        public var maximumGrantVersion: UInt32
        /// Number of its CPU pool.
        public var cpupool: UInt32
        /// `XEN_X86_EMU_*` of `xen/arch-x86/xen.h`.
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
        /// QEMU's path.
        public var program: String
        /// Without the program itself.
        public var arguments: [String]
        /// What its environment has besides the toolstack's.
        package var environment: JSONValue
        /// Where its output goes.
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
    /// The domain's name.
    public var name: String
    /// The domain's UUID.
    public var uuid: String
    /// The domain's type, in libxl's words.
    public var type: String
    /// What must be free before the domain is made.
    public var neededMemoryKiB: UInt64
    /// Without what other domains have claimed for themselves.
    public var freeMemoryKiB: UInt64
    /// In the order in which they begin.
    public var steps: [Step]
    /// What the hypervisor is asked for.
    public var arguments: Arguments
    /// In the order in which they are written. What is known only once the guest is built is 0 here.
    public var nodes: [Node]
    /// nil when the domain needs none, or has it in a stub domain.
    public var deviceModel: DeviceModel?
    /// What is amiss and does not keep the domain from being created.
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
}

// These are written as null, too.
extension KeyedEncodingContainer<CreatePlan.CodingKeys> {
    fileprivate mutating func encodeIfPresent(_ value: CreatePlan.DeviceModel?, forKey key: Key) throws {
        try encode(value, forKey: key)
    }
}

extension KeyedEncodingContainer<CreatePlan.Node.CodingKeys> {
    fileprivate mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        try encode(value, forKey: key)
    }
}

extension Toolstack {
    /// What `create` would say of a configuration before it looks for room.
    ///
    /// - Returns: what has no effect on this host, and why the domain cannot be, or nil.
    public func objections(to given: DomainConfiguration) -> (warnings: [String], refusal: ToolstackError?) {
        var warnings: [String] = []
        do throws(ToolstackError) {
            var creation = try Creation(new: given, CreateOptions(), self)
            try creation.complete { warnings.append($0) }
            return (warnings, nil)
        } catch {
            return (warnings, error)
        }
    }

    /// Plans the creation of a domain on this host as it is now.
    public func plan(
        _ given: DomainConfiguration, options: CreateOptions = CreateOptions()
    ) async throws(ToolstackError) -> CreatePlan {
        var creation = try Creation(new: given, options, self)
        var warnings: [String] = []
        try creation.complete { warnings.append($0) }
        creation.build.domain = try nextDomainID()
        creation.build.deviceModelFeatures = try await deviceModelFeatures(for: creation.build.configuration)
        let build = creation.build
        let model = Self.deviceModel(build, paths)
        let limits: Preflight.Limits
        do { limits = try creation.limits() } catch {
            throw ToolstackError(.fail, "cannot find how much memory is free", underlying: error)
        }
        return CreatePlan(
            assumedDomainID: build.domain.rawValue, name: build.configuration.createInfo.name ?? "",
            uuid: build.uuid.description, type: build.type.name, neededMemoryKiB: creation.neededMemoryKiB,
            freeMemoryKiB: limits.freeKB ?? 0, steps: creation.steps,
            arguments: CreatePlan.Arguments(creation.arguments),
            nodes: (try nodes(of: build) + (model?.nodes ?? [])).map { CreatePlan.Node($0) },
            deviceModel: model.map { CreatePlan.DeviceModel($0, paths) },
            warnings: warnings + (model?.warnings ?? []), problems: try creation.problems(limits).map { "\($0)" })
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
