import DomainModel
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Asks a guest to use its first vCPUs and to leave the others alone; an HVM guest's new ones are plugged in first.
    ///
    /// - Parameter count: from 1 to the number that the domain was made with.
    /// - Throws: `invalid` for another count, or what QEMU says.
    public func setOnlineVCPUs(_ count: UInt32, of domain: DomainID) async throws(ToolstackError) {
        let info = try info(of: domain)
        let all = info.maximumVCPUID.map { Int(clamping: UInt64($0) + 1) } ?? 0
        guard let wanted = Int(exactly: count), (1...max(1, all)).contains(wanted), all > 0 else {
            throw ToolstackError(
                .fail, "cannot give domain \(domain) \(count) vCPUs", domain: domain,
                cause: all > 0 ? "it can use from 1 to \(all)" : "it has none",
                remedy: all > 0 ? "more need a higher maxvcpus= when it is created" : nil)
        }
        if try type(of: domain) == .hvm { try await plugVCPUs(Bitmap(0..<wanted), of: domain) }
        try writeAvailability(ofFirst: wanted, of: all, in: domain)
    }

    /// Tells a domain's kernel, through the store, which of its vCPUs to use: the `count` first ones of `all`.
    func writeAvailability(ofFirst count: Int, of all: Int, in domain: DomainID) throws(ToolstackError) {
        let cpu = DomainPaths(domain).guest / "cpu"
        do {
            try store.transaction { transaction throws(StoreError) in
                for vcpu in 0..<all {
                    try transaction.write(cpu / vcpu / "availability", vcpu < count ? "online" : "offline")
                }
            }
        } catch {
            throw ToolstackError(
                .fail, "cannot set the vCPUs of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Sets which CPUs a vCPU may use (hard) and prefers (soft); nil leaves that as it is.
    ///
    /// - Parameters:
    ///   - vcpu: nil means all of the domain's.
    ///   - overriding: also takes back what the guest's kernel has set for a while in its place.
    public func setAffinity(
        hard: Bitmap?, soft: Bitmap?, ofVCPU vcpu: UInt32?, of domain: DomainID, overriding: Bool = false
    ) throws(ToolstackError) {
        let info = try info(of: domain)
        guard let last = info.maximumVCPUID, vcpu.map({ $0 <= last }) ?? true else {
            throw ToolstackError(
                .invalid, "cannot pin vCPU \(vcpu ?? 0) of domain \(domain)", domain: domain,
                cause: info.maximumVCPUID.map { "its last vCPU is \($0)" } ?? "it has no vCPUs")
        }
        for vcpu in vcpu.map({ $0...$0 }) ?? 0...last {
            do {
                let result = try hypervisor.setAffinity(
                    hard: hard, soft: soft, ofVCPU: vcpu, of: domain, overriding: overriding)
                if soft != nil, result.soft.isEmpty {
                    logger.warning(
                        "none of the CPUs that vCPU \(vcpu) of domain \(domain) prefers can be had: only those that it may use count"
                    )
                }
            } catch {
                throw ToolstackError(
                    .fail, "cannot pin vCPU \(vcpu) of domain \(domain)", domain: domain, underlying: error)
            }
        }
    }
}
