import DomainModel
import SystemPackage
import XenControl
import XenTypes

/// A file the guest boots from.
public struct BootFile: Sendable, Hashable {
    /// Where the file is or, for a bootloader's output, was; this is what the store shows.
    public var path: FilePath
    /// Open for reading when the name is already gone, as a bootloader's output is.
    /// Owned by the creation, which closes it at its end.
    public var descriptor: FileDescriptor?

    public init(path: FilePath, descriptor: FileDescriptor? = nil) {
        self.path = path
        self.descriptor = descriptor
    }

    /// What to hand to code that opens files by name.
    public var openablePath: FilePath {
        if let descriptor { FilePath("/proc/self/fd/\(descriptor.rawValue)") } else { path }
    }
}

/// What is known of a domain while it is being made: each step reads what the steps before it found out
/// and adds its own findings (libxl's `libxl__domain_build_state`).
public struct DomainBuild: Sendable {
    /// How the memory image comes to be.
    public enum Origin: Sendable, Hashable {
        /// From the configured kernel or firmware.
        case boot
        /// From a saved or migrated image.
        case restore
        /// From the same domain's memory after a soft reset.
        case softReset
    }

    /// The ring page and event channel that connect the guest to a service.
    public struct Ring: Sendable, Hashable {
        /// The domain that serves it.
        public var server: DomainID = .control
        /// The guest's end of the event channel.
        public var port: UInt32 = 0
        /// The frame number of the page: machine frame for PV, guest frame otherwise.
        public var frame: UInt64 = 0

        public init() {}
    }

    /// The configuration with every default applied; later steps write down what they chose,
    /// such as the NUMA placement.
    public var configuration: DomainConfiguration
    /// None (`invalid`) until it is made.
    public internal(set) var domain: DomainID
    /// The domain's UUID.
    public let uuid: XenUUID
    /// The hypervisor's.
    public let release: XenRelease
    /// Whether it boots or comes out of an image.
    public var origin: Origin

    /// The kernel to boot; nil until it is known, and where there is none.
    public var kernel: BootFile?
    /// The kernel's initial RAM disk.
    public var ramdisk: BootFile?
    /// The kernel's command line.
    public var commandLine: String?

    /// Where the device model's state is that it goes on from; nil for a guest that starts anew.
    public var deviceModelState: FilePath?

    /// Options of the QEMU that the domain gets, which differ between QEMU's releases.
    var deviceModelFeatures = QEMUFeatures.classic

    /// Where the consoles of a stub domain go, by their numbers; empty for every other domain.
    var consoleOutputs: [String?] = []

    /// XenStore's ring.
    public var store = Ring()
    /// The first console's ring.
    public var console = Ring()

    /// Tables that hvmloader passes on to an HVM guest, where the builder put them.
    var firmwareTables: (acpi: GuestImage.Module?, smbios: GuestImage.Module?) = (nil, nil)

    /// The host's clock just before the image was built, for `start_time`: seconds and microseconds since 1970.
    public var startTime: (seconds: Int, microseconds: Int) = (0, 0)

    public init(
        configuration: DomainConfiguration, domain: DomainID, uuid: XenUUID,
        release: XenRelease = XenRelease.supported.lowerBound,
        origin: Origin = .boot
    ) {
        self.configuration = configuration
        self.domain = domain
        self.uuid = uuid
        self.release = release
        self.origin = origin
    }

    /// Its places in the store.
    public var paths: DomainPaths { DomainPaths(domain) }
}
