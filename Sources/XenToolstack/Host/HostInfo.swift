import DomainModel
import Glibc
import XenControl
import XenTypes

/// What `xl info` tells of a host.
public struct HostInfo: Hashable, Sendable {
    /// The control domain's kernel (uname(2)).
    public struct Kernel: Hashable, Sendable {
        /// The host's name.
        public var host: String
        /// The kernel's release.
        public var release: String
        /// The kernel's version.
        public var version: String
        /// The machine's architecture.
        public var machine: String

        public init(host: String, release: String, version: String, machine: String) {
            self.host = host
            self.release = release
            self.version = version
            self.machine = machine
        }
    }

    /// The layout of CPUs, memory and devices.
    public struct Topology: Hashable, Sendable {
        /// Each processor's place, by number.
        public var cpus: [CPUTopology]
        /// The devices that Linux knows, in its order, with their NUMA nodes.
        public var devices: [(address: PCIDeviceAddress, node: UInt32?)] {
            zip(addresses, deviceNodes).map { ($0, $1) }
        }
        /// Each NUMA node, by number.
        public var nodes: [NUMANode]
        var addresses: [PCIDeviceAddress]
        var deviceNodes: [UInt32?]

        public init(cpus: [CPUTopology], devices: [(address: PCIDeviceAddress, node: UInt32?)], nodes: [NUMANode]) {
            self.cpus = cpus
            self.nodes = nodes
            addresses = devices.map(\.address)
            deviceNodes = devices.map(\.node)
        }
    }

    /// The control domain's kernel.
    public var kernel: Kernel
    /// Processors and memory.
    public var physical: PhysicalInfo
    /// Pages that sharing between guests has freed.
    public var sharingFreedPages: UInt64
    /// Frames that guests share.
    public var sharingUsedFrames: UInt64
    /// CPUs that belong to no pool.
    public var freeCPUs: Int
    /// The hypervisor's version.
    public var version: XenVersion
    /// The scheduler's name; nil when it is none that this release knows.
    public var scheduler: String?
    /// The places of processors, memory and devices; nil where they were not asked for.
    public var topology: Topology?
    /// What xenstored has (`XENSTORE_SERVER_FEATURE_*`), where that was asked for; 0 where it cannot say.
    public var storeFeatures: UInt32?

    public init(
        kernel: Kernel, physical: PhysicalInfo, sharingFreedPages: UInt64, sharingUsedFrames: UInt64, freeCPUs: Int,
        version: XenVersion, scheduler: String?, topology: Topology? = nil
    ) {
        self.kernel = kernel
        self.physical = physical
        self.sharingFreedPages = sharingFreedPages
        self.sharingUsedFrames = sharingUsedFrames
        self.freeCPUs = freeCPUs
        self.version = version
        self.scheduler = scheduler
        self.topology = topology
    }
}

extension Toolstack {
    /// What the host is and has.
    ///
    /// - Parameters:
    ///   - topology: also asks for the layout of CPUs, memory and devices.
    ///   - asksStore: also asks xenstored for its features.
    public func hostInfo(topology: Bool, store asksStore: Bool = false) throws(ToolstackError) -> HostInfo {
        do {
            let scheduler = Int32(exactly: try hypervisor.schedulerID()).flatMap { DomainModel.Scheduler(rawValue: $0) }
            var info = HostInfo(
                kernel: kernel(), physical: try hypervisor.physicalInfo(),
                sharingFreedPages: try orNone { () throws(HypervisorError) in try hypervisor.sharingFreedPages() },
                sharingUsedFrames: try orNone { () throws(HypervisorError) in try hypervisor.sharingUsedFrames() },
                freeCPUs: try hypervisor.freeCPUs().count, version: try hypervisor.version(),
                scheduler: scheduler?.name, topology: topology ? try self.topology() : nil)
            if asksStore { info.storeFeatures = try supportedStoreFeatures() ?? 0 }
            return info
        } catch {
            throw ToolstackError(.fail, "cannot read the host's properties", underlying: error)
        }
    }

    /// A count that a hypervisor without memory sharing does not have.
    private func orNone(_ count: () throws(HypervisorError) -> Int) throws(HypervisorError) -> UInt64 {
        do {
            return UInt64(clamping: try count())
        } catch {
            guard error.code == ENOSYS || error.code == EOPNOTSUPP else { throw error }
            return 0
        }
    }

    private func kernel() -> HostInfo.Kernel {
        var names = utsname()
        uname(&names)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return HostInfo.Kernel(
            host: text(names.nodename), release: text(names.release), version: text(names.version),
            machine: text(names.machine))
    }

    private func topology() throws(HypervisorError) -> HostInfo.Topology {
        let addresses = Self.pciDevices(in: "/sys/bus/pci/devices")
        let nodes = try hypervisor.nodes(of: addresses)
        return HostInfo.Topology(
            cpus: try hypervisor.cpuTopology(), devices: Array(zip(addresses, nodes)),
            nodes: try hypervisor.numaNodes())
    }

    /// The devices in a directory of sysfs, in its order; none when it is not there.
    private static func pciDevices(in path: String) -> [PCIDeviceAddress] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var devices: [PCIDeviceAddress] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let address = PCIDeviceAddress(name) { devices.append(address) }
        }
        return devices
    }
}

extension PCIDeviceAddress {
    /// Parses sysfs' form: segment:bus:device.function, in hexadecimal digits.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let segment = UInt16(parts[0], radix: 16), let bus = UInt8(parts[1], radix: 16) else {
            return nil
        }
        let place = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard place.count == 2, let device = UInt8(place[0], radix: 16), device < 32,
            let function = UInt8(place[1], radix: 16), function < 8
        else { return nil }
        self.init(segment: segment, bus: bus, devfn: device << 3 | function)
    }
}
