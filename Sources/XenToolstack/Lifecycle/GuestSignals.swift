import DomainModel
import Glibc
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Sends a domain what a button, a line or a sleeping machine's alarm would.
    ///
    /// - Parameter vcpu: the vCPU concerned; buttons have none.
    /// - Throws: `invalid` for a vCPU that the domain lacks; `notSupported` for what its kind of guest has nothing like.
    public func send(_ trigger: DomainModel.Trigger, to domain: DomainID, vcpu: UInt32 = 0) async throws(ToolstackError)
    {
        let info = try info(of: domain)
        guard info.maximumVCPUID.map({ vcpu <= $0 }) ?? false else {
            throw ToolstackError(
                .invalid, "cannot send the trigger \(trigger) to vCPU \(vcpu) of domain \(domain)", domain: domain,
                cause: info.maximumVCPUID.map { "its last vCPU is \($0)" } ?? "it has no vCPUs")
        }
        if trigger == .s3resume { return try await wake(domain) }
        do {
            if trigger == .reset, try type(of: info) == .hvm { return try reset(domain) }
            guard let signal = Self.signals[trigger] else {
                throw ToolstackError(.invalid, "there is no trigger \(trigger)", domain: domain)
            }
            try hypervisor.sendTrigger(signal, to: domain, vcpu: vcpu)
        } catch {
            let isRefused = (error as? HypervisorError).map { [EINVAL, ENOSYS].contains($0.code) } ?? false
            throw ToolstackError(
                isRefused ? .notSupported : .fail, "cannot send the trigger \(trigger) to domain \(domain)",
                domain: domain, underlying: error,
                remedy: isRefused ? "the hypervisor has it for other guests or machines only" : nil)
        }
    }

    private static let signals: [DomainModel.Trigger: Hypervisor.Trigger] = [
        .power: .power, .sleep: .sleep, .nmi: .nmi, .`init`: .initialize, .reset: .reset,
    ]

    /// Ends a guest as its reset button would: it starts again if that is what follows a reboot.
    ///
    /// On x86 the hypervisor knows no such button.
    private func reset(_ domain: DomainID) throws {
        do { try hypervisor.sendTrigger(.reset, to: domain, vcpu: 0) } catch {
            guard error.code == ENOSYS else { throw error }
            try hypervisor.shutDownDomain(domain, reason: .reboot)
        }
    }

    /// Asks a guest's kernel for what the magic SysRq key does there.
    ///
    /// - Parameter letter: an ASCII character.
    public func sendSysRq(_ letter: Character, to domain: DomainID) throws(ToolstackError) {
        _ = try info(of: domain)
        do { try store.write(DomainPaths(domain).guest / "control/sysrq", String(letter)) } catch {
            throw ToolstackError(.fail, "cannot send a sysrq to domain \(domain)", domain: domain, underlying: error)
        }
    }
}
