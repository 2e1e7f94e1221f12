/// The guests' kernels, as far as they answer the toolstack: they take requests in `control/shutdown`.
public enum SimulatedGuests {
    /// `SHUTDOWN_*` in `xen/sched.h`.
    private static let reasons: [String: UInt8] = ["poweroff": 0, "reboot": 1, "suspend": 2]

    static func serve(_ store: SimulatedStore, _ hypervisor: SimulatedHypervisor) {
        store.add { [weak hypervisor] path, store in
            guard path.hasSuffix("/control/shutdown") else { return }
            let words = path.split(separator: "/").map(String.init)
            guard words.count == 5, words.starts(with: ["local", "domain"]), words[3...] == ["control", "shutdown"],
                let domain = UInt32(words[2]), let reason = store.read(path).flatMap({ reasons[$0] }),
                let hypervisor, let guest = hypervisor.domains[domain], guest.pauseCount == 0,
                guest.shutdownReason == nil
            else { return }
            store.write(path, "")
            _ = try? hypervisor.access { $0.domains[domain]?.shutdownReason = reason }
            store.fire("@releaseDomain")
        }
    }
}
