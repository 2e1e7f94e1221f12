import CXen
import XenTypes

/// The hypervisor's version and how it was built.
public struct XenVersion: Hashable, Sendable {
    /// The first number.
    public var major: UInt32
    /// The second number.
    public var minor: UInt32
    /// The rest of the version with its leading dot, such as ".5".
    public var extra: String
    /// What it was compiled with.
    public var compiler: String
    /// Who compiled it.
    public var compileBy: String
    /// Where it was compiled.
    public var compileDomain: String
    /// When it was compiled.
    public var compileDate: String
    /// Guest types, with spaces between and at the end of the text.
    public var capabilities: String
    /// What it was compiled from.
    public var changeset: String
    /// Its command line.
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

        /// HVM guests.
        public static let hvm = Capabilities(rawValue: 1 << 0)
        /// PV guests.
        public static let pv = Capabilities(rawValue: 1 << 1)
        /// Devices can be passed through.
        public static let directIO = Capabilities(rawValue: 1 << 2)
        /// A second level of page tables in the processor.
        public static let hap = Capabilities(rawValue: 1 << 3)
        /// Shadow page tables.
        public static let shadow = Capabilities(rawValue: 1 << 4)
        /// The processor's page tables for the IOMMU, too.
        public static let iommuHAPPageTableShare = Capabilities(rawValue: 1 << 5)
        /// Processor traces of guests.
        public static let vmtrace = Capabilities(rawValue: 1 << 6)
        /// Performance counters for guests.
        public static let vpmu = Capabilities(rawValue: 1 << 7)
        /// Grant tables of version 1.
        public static let grantTableV1 = Capabilities(rawValue: 1 << 8)
        /// Grant tables of version 2.
        public static let grantTableV2 = Capabilities(rawValue: 1 << 9)
    }

    /// Threads of a core.
    public var threadsPerCore: UInt32
    /// Cores of a socket.
    public var coresPerSocket: UInt32
    /// Processors that run.
    public var onlineCPUs: UInt32
    /// The highest number of a processor.
    public var maximumCPUID: UInt32
    /// NUMA nodes.
    public var nodes: UInt32
    /// The highest number of a node.
    public var maximumNodeID: UInt32
    /// Frequency of the processors, in kHz.
    public var cpuKHz: UInt32
    /// What guests can have here.
    public var capabilities: Capabilities
    /// Bits that only an ARM hypervisor gives a meaning so far (`XEN_SYSCTL_PHYSCAP_ARM_*`).
    public var archCapabilities: UInt32
    /// All memory, in pages of 4 KiB.
    public var totalPages: UInt64
    /// Free memory, in pages of 4 KiB.
    public var freePages: UInt64
    /// Free pages that must be cleaned before they are used.
    public var scrubPages: UInt64
    /// Pages claimed by domains that are being built.
    public var outstandingPages: UInt64
    /// The highest number of a page.
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
    /// Its core; nil for a processor that does not run.
    public var core: UInt32?
    /// Its socket; nil for a processor that does not run.
    public var socket: UInt32?
    /// Its NUMA node; nil for a processor that does not run.
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
    /// The segment, which Linux calls domain.
    public var segment: UInt16
    /// The bus.
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

    /// The slot, 0 to 31.
    public var device: UInt8 { devfn >> 3 }
    /// The function, 0 to 7.
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
