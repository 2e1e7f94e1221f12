import CXen
import XenTypes

/// The hypervisor's version and how it was built.
public struct XenVersion: Hashable, Sendable {
    public var major: UInt32
    public var minor: UInt32
    /// The rest of the version with its leading dot, such as ".5".
    public var extra: String
    public var compiler: String
    public var compileBy: String
    public var compileDomain: String
    public var compileDate: String
    /// Guest types, with spaces between and at the end of the text.
    public var capabilities: String
    public var changeset: String
    public var commandLine: String
    /// Start of the hypervisor's own virtual addresses.
    public var virtualStart: UInt64
    /// In bytes.
    public var pageSize: UInt32
    /// In hexadecimal digits; empty when the hypervisor was built without one.
    public var buildID: String
}

/// The machine (`xen_sysctl_physinfo` in `xen/sysctl.h`).
public struct PhysicalInfo: Hashable, Sendable {
    /// `XEN_SYSCTL_PHYSCAP_*`.
    public struct Capabilities: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let hvm = Capabilities(rawValue: 1 << 0)
        public static let pv = Capabilities(rawValue: 1 << 1)
        /// Devices can be passed through.
        public static let directIO = Capabilities(rawValue: 1 << 2)
        public static let hap = Capabilities(rawValue: 1 << 3)
        public static let shadow = Capabilities(rawValue: 1 << 4)
        public static let iommuHAPPageTableShare = Capabilities(rawValue: 1 << 5)
        public static let vmtrace = Capabilities(rawValue: 1 << 6)
        public static let vpmu = Capabilities(rawValue: 1 << 7)
        public static let grantTableV1 = Capabilities(rawValue: 1 << 8)
        public static let grantTableV2 = Capabilities(rawValue: 1 << 9)
    }

    public var threadsPerCore: UInt32
    public var coresPerSocket: UInt32
    public var onlineCPUs: UInt32
    public var maximumCPUID: UInt32
    public var nodes: UInt32
    public var maximumNodeID: UInt32
    public var cpuKHz: UInt32
    public var capabilities: Capabilities
    /// Bits that only an ARM hypervisor gives a meaning so far (`XEN_SYSCTL_PHYSCAP_ARM_*`).
    public var archCapabilities: UInt32
    public var totalPages: UInt64
    public var freePages: UInt64
    /// Free pages that must be cleaned before they are used.
    public var scrubPages: UInt64
    /// Pages claimed by domains that are being built.
    public var outstandingPages: UInt64
    public var maximumMFN: UInt64
    /// Eight words of CPU features.
    public var hardwareCapabilities: [UInt32]

    init(_ info: xc_physinfo_t) {
        threadsPerCore = info.threads_per_core
        coresPerSocket = info.cores_per_socket
        onlineCPUs = info.nr_cpus
        maximumCPUID = info.max_cpu_id
        nodes = info.nr_nodes
        maximumNodeID = info.max_node_id
        cpuKHz = info.cpu_khz
        capabilities = Capabilities(rawValue: info.capabilities)
        archCapabilities = info.arch_capabilities
        totalPages = info.total_pages
        freePages = info.free_pages
        scrubPages = info.scrub_pages
        outstandingPages = info.outstanding_pages
        maximumMFN = info.max_mfn
        hardwareCapabilities = withUnsafeBytes(of: info.hw_cap) { Array($0.bindMemory(to: UInt32.self)) }
    }
}

/// Where a CPU sits; nil for a number of which there is no CPU.
public struct CPUTopology: Hashable, Sendable {
    public var core: UInt32?
    public var socket: UInt32?
    public var node: UInt32?
}

/// A NUMA node; sizes are nil for a number of which there is no node.
public struct NUMANode: Hashable, Sendable {
    /// In bytes.
    public var size: UInt64?
    /// In bytes.
    public var free: UInt64?
    /// The distance to each node, by number; 10 to itself.
    public var distances: [UInt32?]
}

/// A PCI device's address.
public struct PCIDeviceAddress: Hashable, Sendable, CustomStringConvertible {
    public var segment: UInt16
    public var bus: UInt8
    /// Device in the upper five bits, function in the lower three.
    public var devfn: UInt8

    public init(segment: UInt16, bus: UInt8, devfn: UInt8) {
        self.segment = segment
        self.bus = bus
        self.devfn = devfn
    }

    /// The number by which libxc names the device: segment, bus and devfn from high to low bits.
    public var machineSBDF: UInt32 { UInt32(segment) << 16 | UInt32(bus) << 8 | UInt32(devfn) }

    public var device: UInt8 { devfn >> 3 }
    public var function: UInt8 { devfn & 7 }

    /// Sysfs' form: segment:bus:device.function, in hexadecimal digits.
    public var description: String { text(":", ".") }

    /// The four numbers in hexadecimal digits.
    public func text(_ separator: String, _ last: String) -> String {
        func digits(_ number: some BinaryInteger, _ width: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        let numbers = [digits(segment, 4), digits(bus, 2), digits(device, 2)]
        return numbers.joined(separator: separator) + last + digits(function, 1)
    }
}
