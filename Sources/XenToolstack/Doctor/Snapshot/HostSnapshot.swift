import SystemPackage
import XenControl
import XenTypes

/// A host at one moment, as far as the doctor looks at it. Findings are computed from it alone.
///
/// Its parts are gathered one after the other: the domains first and once more at the end, so that what began or ended
/// in between is not taken for residue.
package struct HostSnapshot: Sendable {
    /// Seconds since 1970.
    var time = 0
    /// The domains when the gathering began.
    var earlierDomains: [SeenDomain] = []
    /// The domains when it ended.
    var domains: [SeenDomain] = []
    /// nil when xenstored could not be asked.
    var store: StoreSight?
    /// Why it could not.
    var storeProblem: String?
    var processes: [SeenProcess] = []
    var files: [SeenFile] = []
    var locks: [SeenLock] = []
    var loops: [SeenLoop] = []
    var interfaces: [SeenInterface] = []
    /// Devices of the host's USB that were guests' and have not got their drivers back.
    var usbDevicesLeft: [String] = []
    var pools: [SeenPool] = []
    /// What domains were given to other hosts, and arrived from them.
    var notes: [DomainID: MigrationNote] = [:]
    /// The domains of which nobody has anything to do, by their stored configuration: they are to be left as they are
    /// however they end, or have ended so.
    var needNoMonitor: Set<DomainID> = []
    /// The disks that the control domain's stored configuration names; nil when it cannot be read.
    var controlDisks: Set<UInt32>?
    var resources = HostResources()
    /// Loop devices that a device which is residue used, in this snapshot or in an earlier one of the same treatment.
    var abandonedLoops: Set<SeenLoop.Identity> = []
    /// Where the toolstacks keep their files.
    var lib: FilePath = "/var/lib/xen"
}

/// A domain as the hypervisor has it.
struct SeenDomain: Sendable, Hashable {
    var domain: DomainID
    var uuid: XenUUID
    var flags: DomainInfo.Flags
    var shutdownReason: ShutdownReason?
    var pages: UInt64
    var cpuTime: UInt64

    init(
        _ domain: DomainID, uuid: XenUUID, flags: DomainInfo.Flags = [], shutdownReason: ShutdownReason? = nil,
        pages: UInt64 = 0, cpuTime: UInt64 = 0
    ) {
        self.domain = domain
        self.uuid = uuid
        self.flags = flags
        self.shutdownReason = shutdownReason
        self.pages = pages
        self.cpuTime = cpuTime
    }

    init(_ info: DomainInfo) {
        self.init(
            info.domain, uuid: info.uuid, flags: info.flags, shutdownReason: info.shutdownReason, pages: info.pages,
            cpuTime: info.cpuTime)
    }
}

struct SeenPool: Sendable, Hashable {
    var id: UInt32
    var domains: UInt32
    var cpus: Int
}

/// A file of the toolstacks', or one that looks like an unfinished save.
struct SeenFile: Sendable, Hashable {
    var path: FilePath
    /// Seconds since 1970.
    var modified: Int
    var isUnfinishedSave = false
    /// Whether other hosts can have the file system mounted, too, and a process there the file open.
    var mayBeShared = false

    var name: String { path.lastComponent?.string ?? "" }
}

/// A lock of the toolstacks' that a process holds.
struct SeenLock: Sendable, Hashable {
    var path: FilePath
    /// The path without links, as the kernel shows it of a process that has it open.
    var realPath: String?
    /// The process that took it.
    var holder: Int32
}

struct SeenLoop: Sendable, Hashable {
    struct Identity: Sendable, Hashable {
        var number: UInt32
        var file: String
    }

    var identity: Identity
    /// It goes by itself when nobody has it open.
    var clearsItself = false
    /// It shows a part of the file only, or has partitions: not as block scripts make it.
    var isSpecial = false
    /// It is mounted, swapped on, or other devices are made of it.
    var isHeld = false
}

struct SeenInterface: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A device of a bus has it, such as a backend's.
        case device
        /// Made by a process through /dev/net/tun.
        case tap
        case other
    }

    var name: String
    var index: UInt32
    var kind = Kind.other
    /// The queueing discipline at its root.
    var discipline: String?
}

/// A note on a migration.
enum MigrationNote: Sendable, Hashable {
    /// To this host, and nobody knows yet whether it runs there; a note that cannot be read names none.
    case handedOver(host: String?)
    /// The domain arrived here, and has not been let run.
    case waiting
    /// The domain arrived here, and may have run.
    case arrived
}

/// What the control domain needs for guests, and how short it is of it.
struct HostResources: Sendable, Hashable {
    /// The time that some or all tasks waited, in percent, over the last minute and the last five (`/proc/pressure`).
    struct Pressure: Sendable, Hashable {
        var minute = 0.0
        var fiveMinutes = 0.0
    }

    var totalKB: UInt64 = 0
    var availableKB: UInt64 = 0
    var memoryPressure = Pressure()
    var processorPressure = Pressure()
    var diskPressure = Pressure()
    /// A part of the kernel that is not there.
    struct MissingModule: Sendable, Hashable {
        var name: String
        /// Whether it is part of what the kernel can load; nil when that cannot be looked up.
        var isInstalled: Bool?
    }

    /// The drivers and devices of the kernel that are not there, by the module that has them.
    var missingModules: [MissingModule] = []
    /// Whether a loop device can be had: one that is free, or a new one.
    var hasFreeLoop = true
}
