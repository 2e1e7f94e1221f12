import DomainModel
import XenTypes

/// What a host answers about the things that a configuration names.
public protocol HostFacts {
    /// Folder of the hotplug scripts that are named without one.
    var scriptDirectory: String { get }
    /// Folder of the toolstack's own programs, such as `pygrub`.
    var programDirectory: String { get }
    /// Memory that no domain has, in KiB; nil when it is not known.
    var freeMemoryKiB: UInt64? { get }
    /// All memory of the host, in KiB; nil when it is not known.
    var totalMemoryKiB: UInt64? { get }
    /// Processors that are online; nil when it is not known.
    var onlineCPUs: Int? { get }

    /// Why a file cannot be read, or nil when it can.
    func readingProblem(_ path: String) -> String?
    /// Why a program cannot be run, or nil when it can.
    func runningProblem(_ path: String) -> String?
    /// Whether there is a bridge of that name, which `vif-bridge` can use.
    func hasBridge(_ name: String) -> Bool
    /// Whether there is a CPU pool of that name.
    func hasCPUPool(_ name: String) -> Bool
    /// Whether a name, number or UUID stands for a domain.
    func hasDomain(_ text: String) -> Bool
    /// The domain that has a name, UUID or hardware address already.
    func domain(named name: String) -> DomainID?
    /// The running domain with this UUID; nil for none.
    func domain(with uuid: XenUUID) -> DomainID?
    /// The running domain with a card of this address; nil for none.
    func domain(using address: MACAddress) -> DomainID?
    /// Why a PCI device cannot be given to a guest, or nil when it can.
    func assignmentProblem(_ device: PCIDevice) -> String?
    /// Why a device of the host's USB cannot be given to a guest, or nil when it can.
    func assignmentProblem(_ device: USBDevice) -> String?
}
