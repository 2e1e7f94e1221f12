import CXen
import Glibc
import Synchronization
import XenControl
import XenTypes

/// A domain as the simulated hypervisor knows it.
public struct SimulatedDomain: Hashable, Sendable {
    public var uuid: [UInt8]
    public var isHVM: Bool
    /// New domains are paused once.
    public var pauseCount = 1
    public var shutdownReason: UInt8?
    public var pool: UInt32 = 0
    /// The number of its security label.
    public var ssid: UInt32 = 0
    /// The mode of its alternate views, their number in the upper half; nil where a release has no argument for them.
    public var altp2m: UInt32?
    /// `XEN_X86_EMU_*`.
    public var emulation: UInt32 = 0
    public var maximumVCPUs: UInt32 = 0
    public var maximumPages: UInt64 = 0
    public var pages: UInt64 = 0
    public var claimedPages: UInt64 = 0
    public var ports: Set<UInt32> = []
    public var suspendPort: UInt32?
    package var memoryMap: [MemoryRegion] = []
    /// Frames of the host's devices, which it may use.
    public var ioMemory: Set<Range<UInt64>> = []
    /// Of the host, which it has.
    public var interrupts: Set<UInt32> = []
    public var parameters: [UInt32: UInt64] = [:]
    public var share = SimulatedShare()
    /// What else was set, by the call that did.
    public var settings: [String: [UInt64]] = [:]
    /// Whether the guest was told when it was last resumed, 0 or 1. It is as it was before otherwise.
    public var lastResume: Int32?
    /// Its memory, of which the builder and the streams keep nothing but a text.
    public var content = ""

    public init(uuid: [UInt8], isHVM: Bool) {
        self.uuid = uuid
        self.isHVM = isHVM
    }
}

/// The hypervisor in memory: what stands in for libxenctrl's calls (`HypervisorCalls.swift`) acts on this.
public final class SimulatedHypervisor: Sendable {
    public struct Machine: Sendable {
        public var domains: [UInt32: SimulatedDomain] = [
            0: SimulatedDomain(uuid: Array(repeating: 0, count: 16), isHVM: false)
        ]
        public var totalPages: UInt64 = 1 << 20
        public var freePages: UInt64 = 1 << 19
        public var cpus: UInt32 = 4
        public var sockets: UInt32 = 1
        /// The one pool's (`XEN_SCHEDULER_*` in `xen/domctl.h`): credit2.
        public var scheduler: UInt32 = 6
        /// The time slice, the rate limit and the migration delay of the pool.
        public var poolSettings: [UInt32] = [30, 1000, 0]
        /// nil for a processor without Platform Shared Resources.
        public var resources: SimulatedResources?
        /// Whether Flask enforces its policy; nil for a hypervisor without Flask.
        public var flaskEnforces: Bool?
        public var flaskPolicy: [UInt8] = []
        /// The numbers of the labels that the policy has.
        public var flaskLabels: [String: UInt32] = [:]
        /// Whether PCI devices can be assigned to domains.
        public var hasIOMMU = false
        /// The domains that have PCI devices, by libxc's numbers of these; the control domain has the others.
        public var deviceOwners: [UInt32: UInt32] = [:]
        var lastDomain: UInt32 = 0
        /// Mappings of guests' pages that are open in this process, by their addresses.
        var mappings: [UInt: UInt32] = [:]

        public func domain(_ number: UInt32) throws(Errno) -> SimulatedDomain {
            guard let domain = domains[number] else { throw .noSuchDomain }
            return domain
        }
    }

    /// An errno value that a call fails with.
    public struct Errno: Error {
        public let code: Int32
        public init(_ code: Int32) { self.code = code }
        public static let noSuchDomain = Errno(ESRCH)
        public static let noMemory = Errno(ENOMEM)
        public static let invalid = Errno(EINVAL)
    }

    let faults: Faults
    let release: XenRelease
    private let state = Mutex(Machine())
    private let observers = Mutex<[@Sendable (_ event: Event, _ domain: UInt32) -> Void]>([])

    /// Domains of different hosts have different numbers, so that a number says which host is meant.
    public let firstDomain: UInt32
    private static let range: UInt32 = 60
    private static let used = Mutex<Set<UInt32>>([])

    init(faults: Faults, release: XenRelease) {
        self.faults = faults
        self.release = release
        let first = Self.used.withLock { used in
            let numbers = stride(from: UInt32(1), to: 32000, by: UInt32.Stride(Self.range))
            guard let first = numbers.first(where: { !used.contains($0) }) else {
                preconditionFailure("more simulated hosts at once than there are numbers of domains for")
            }
            used.insert(first)
            return first
        }
        firstDomain = first
        state.withLock { $0.lastDomain = first - 1 }
    }

    deinit { _ = Self.used.withLock { $0.remove(firstDomain) } }

    /// Whether there are numbers for more domains.
    var hasRoom: Bool { state.withLock(\.lastDomain) < firstDomain + Self.range - 10 }

    /// Looks at the machine, and changes it as guests and other programs do.
    public func access<Value>(_ body: (inout Machine) throws(Errno) -> Value) throws(Errno) -> Value {
        try state.withLock { machine throws(Errno) in try body(&machine) }
    }

    public var domains: [UInt32: SimulatedDomain] { state.withLock(\.domains) }
    public var freePages: UInt64 { state.withLock(\.freePages) }
    var openMappings: Int { state.withLock(\.mappings.count) }

    public enum Event: Sendable { case unpaused, shutDown, destroyed }

    /// What happens to domains from now on.
    public func events() -> AsyncStream<(event: Event, domain: UInt32)> {
        let (stream, continuation) = AsyncStream<(event: Event, domain: UInt32)>.makeStream()
        observe { continuation.yield(($0, $1)) }
        return stream
    }

    /// Calls `body` for each event.
    func observe(_ body: @escaping @Sendable (_ event: Event, _ domain: UInt32) -> Void) {
        observers.withLock { $0.append(body) }
    }

    func tell(_ event: Event, _ domain: UInt32) {
        for observer in observers.withLock({ $0 }) { observer(event, domain) }
    }

    /// Ends a guest as it does by itself.
    ///
    /// - Parameter reason: `SHUTDOWN_*` in `xen/sched.h`.
    public func shutDown(_ domain: UInt32, reason: UInt8) {
        let isThere = state.withLock { machine in
            machine.domains[domain]?.shutdownReason = reason
            return machine.domains[domain] != nil
        }
        if isThere { tell(.shutDown, domain) }
    }

    /// A hypercall: counted, may be made to fail, and acts on the machine.
    ///
    /// - Returns: what `body` does, or -1 with errno set.
    func call(_ name: String, _ body: (inout Machine) throws(Errno) -> Int32) -> Int32 {
        if let code = faults.failure(.hypercall, name) {
            errno = code
            return -1
        }
        do throws(Errno) {
            return try access(body)
        } catch {
            errno = error.code
            return -1
        }
    }

    /// A hypercall about one domain.
    func call(
        _ name: String, _ domain: UInt32, _ body: (inout SimulatedDomain) throws(Errno) -> Void = { _ in }
    ) -> Int32 {
        call("\(name) \(domain)") { machine throws(Errno) in
            var found = try machine.domain(domain)
            try body(&found)
            machine.domains[domain] = found
            return 0
        }
    }

    // MARK: Handles

    private struct Opening {
        let thread: pthread_t
        let hypervisor: SimulatedHypervisor
    }

    private struct Handle {
        /// Nil for the handle of somebody who then names a domain.
        weak var hypervisor: SimulatedHypervisor?
        let isBound: Bool
    }

    private static let handles = Mutex<[UInt: Handle]>([:])
    private static let opening = Mutex<Opening?>(nil)
    private static let turn = Mutex(())

    /// The product's way to this hypervisor.
    func connect() throws(HypervisorError) -> Hypervisor {
        let hypervisor = Hypervisor()
        try Self.turn.withLock { _ throws(HypervisorError) in
            Self.opening.withLock { $0 = Opening(thread: pthread_self(), hypervisor: self) }
            defer { Self.opening.withLock { $0 = nil } }
            try hypervisor.open()
        }
        return hypervisor
    }

    /// A new handle: of the hypervisor whose `connect` is at work on this thread, or one that is good for calls that
    /// name a domain.
    ///
    /// - Returns: nil while nothing is simulated.
    static func openHandle() -> OpaquePointer? {
        let opening = opening.withLock { $0 }
        let mine = opening.flatMap { pthread_equal($0.thread, pthread_self()) != 0 ? $0.hypervisor : nil }
        guard mine != nil || !hypervisors.isEmpty else {
            errno = ENOENT
            return nil
        }
        let handle = OpaquePointer(UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16))
        handles.withLock { $0[UInt(bitPattern: handle)] = Handle(hypervisor: mine, isBound: mine != nil) }
        return handle
    }

    static func closeHandle(_ handle: OpaquePointer?) {
        guard let handle, handles.withLock({ $0.removeValue(forKey: UInt(bitPattern: handle)) }) != nil else { return }
        UnsafeMutableRawPointer(handle).deallocate()
    }

    private static var hypervisors: [SimulatedHypervisor] { handles.withLock { $0.values.compactMap(\.hypervisor) } }

    /// - Parameter domain: says who is meant by a handle that belongs to no hypervisor.
    static func of(_ handle: OpaquePointer?, naming domain: UInt32? = nil) -> SimulatedHypervisor? {
        guard let known = handles.withLock({ $0[UInt(bitPattern: handle)] }) else { return nil }
        if known.isBound { return known.hypervisor }
        return hypervisors.first { $0.firstDomain..<$0.firstDomain + range ~= domain ?? 0 }
    }

    /// The hypervisor that has a domain with this port: ports are unique among all.
    static func owning(_ port: UInt32, of domain: UInt32) -> SimulatedHypervisor? {
        hypervisors.first { $0.domains[domain]?.ports.contains(port) == true }
    }

    private static let lastPort = Mutex<UInt32>(0)

    static func newPort() -> UInt32 {
        lastPort.withLock { last in
            last += 1
            return last
        }
    }
}
