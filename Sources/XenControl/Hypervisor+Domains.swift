import CXen
import Glibc
import XenTypes

extension Hypervisor {
    /// Makes a domain without memory and vCPUs, paused.
    ///
    /// - Parameter domain: the number wanted, or nil for any.
    /// - Returns: the domain's number.
    package func createDomain(_ creation: DomainCreation, as domain: DomainID? = nil) throws(HypervisorError)
        -> DomainID
    {
        var words = creation.words(for: try release())
        var number = (domain ?? .any).rawValue
        try call("create", domain) { raw in
            words.withUnsafeMutableBytes { bytes in
                // libxc reads as much as its release's structure has.
                xc_domain_create(raw, &number, bytes.baseAddress?.assumingMemoryBound(to: xen_domctl_createdomain.self))
            }
        }
        return DomainID(number)
    }

    /// Destroys a domain and frees its memory, which may take long.
    package func destroyDomain(_ domain: DomainID) throws(HypervisorError) {
        try call("destroy", domain) { xc_domain_destroy($0, domain.rawValue) }
    }

    /// Pauses a domain; each pause needs an unpause.
    package func pauseDomain(_ domain: DomainID) throws(HypervisorError) {
        try call("pause", domain) { xc_domain_pause($0, domain.rawValue) }
    }

    package func unpauseDomain(_ domain: DomainID) throws(HypervisorError) {
        try call("unpause", domain) { xc_domain_unpause($0, domain.rawValue) }
    }

    /// Sets a domain's state to shut down, without asking the guest.
    package func shutDownDomain(_ domain: DomainID, reason: ShutdownReason) throws(HypervisorError) {
        try call("shut down", domain) { xc_domain_shutdown($0, domain.rawValue, Int32(reason.rawValue)) }
    }

    /// Lets a domain go on that has shut down to suspend.
    ///
    /// - Parameter cooperative: the guest's suspend call returns 1, so that it knows that it was not restored;
    ///   the guest must support this.
    package func resumeDomain(_ domain: DomainID, cooperative: Bool) throws(HypervisorError) {
        try call("resume", domain) { xc_domain_resume($0, domain.rawValue, cooperative ? 1 : 0) }
    }

    package func softResetDomain(_ domain: DomainID) throws(HypervisorError) {
        try call("reset", domain) { xc_domain_soft_reset($0, domain.rawValue) }
    }

    /// All domains, in the order of their numbers.
    package func domains() throws(HypervisorError) -> [DomainInfo] {
        var result: [DomainInfo] = []
        var next: UInt32 = 0
        let batch = 1024
        while true {
            let found = try domains(from: next, limit: batch)
            result += found
            guard found.count == batch, let last = found.last, last.domain.rawValue >= next else { return result }
            next = last.domain.rawValue + 1
        }
    }

    /// One domain; nil when there is none with this number.
    package func info(of domain: DomainID) throws(HypervisorError) -> DomainInfo? {
        try domains(from: domain.rawValue, limit: 1).first { $0.domain == domain }
    }

    private func domains(from first: UInt32, limit: Int) throws(HypervisorError) -> [DomainInfo] {
        let buffer = UnsafeMutableBufferPointer<xc_domaininfo_t>.allocate(capacity: limit)
        defer { buffer.deallocate() }
        let count = try call("list domains") {
            xc_domain_getinfolist($0, first, UInt32(limit), buffer.baseAddress)
        }
        return buffer.prefix(Int(count)).map { DomainInfo($0) }
    }

    /// Writes a domain's memory and vCPU state to a file in Xen's ELF core format.
    package func dumpCore(of domain: DomainID, to path: String) throws(HypervisorError) {
        try call("write the core dump \(path) of", domain) { xc_domain_dumpcore($0, domain.rawValue, path) }
    }

    /// What can be signalled to a vCPU (`XEN_DOMCTL_SENDTRIGGER_*` in `xen/domctl.h`).
    package enum Trigger: UInt32, Sendable, CaseIterable {
        case nmi, reset, initialize, power, sleep
    }

    package func sendTrigger(_ trigger: Trigger, to domain: DomainID, vcpu: UInt32) throws(HypervisorError) {
        try call("send a trigger to", domain) {
            xc_domain_send_trigger($0, domain.rawValue, trigger.rawValue, vcpu)
        }
    }

    /// Lets a domain (a device model's) act on another as the control domain does.
    package func setTarget(of domain: DomainID, to target: DomainID) throws(HypervisorError) {
        try call("set the target of", domain) { xc_domain_set_target($0, domain.rawValue, target.rawValue) }
    }

    /// Gives a domain another UUID.
    package func setUUID(_ uuid: XenUUID, of domain: DomainID) throws(HypervisorError) {
        var bytes = uuid.bytes
        try call("set the UUID of", domain) { raw in
            bytes.withUnsafeMutableBufferPointer { xc_domain_sethandle(raw, domain.rawValue, $0.baseAddress) }
        }
    }

    /// Bytes of a guest's machine word: 4 or 8.
    package func guestWidth(of domain: DomainID) throws(HypervisorError) -> UInt32 {
        var width: UInt32 = 0
        try call("find the word size of", domain) { xc_domain_get_guest_width($0, domain.rawValue, &width) }
        return width
    }

    /// The layout of the guest's shared rings, such as "x86_64-abi" (`xen/io/protocols.h`).
    package func nativeProtocol(of domain: DomainID) throws(HypervisorError) -> String {
        let raw = try raw()
        guard let name = xc_domain_get_native_protocol(raw, domain.rawValue) else {
            throw Self.lastError("find the ring layout of", domain, code: errno)
        }
        return String(cString: name)
    }

    /// Lets a domain be debugged with `xen-gdbsx`.
    package func setDebugging(_ enabled: Bool, of domain: DomainID) throws(HypervisorError) {
        try call("set the debugging of", domain) { xc_domain_setdebugging($0, domain.rawValue, enabled ? 1 : 0) }
    }
}
