import Synchronization

/// The programs and drivers that answer in the store: the backends of all domains, and xenconsoled.
public final class SimulatedBackends: Sendable {
    private let silent = Mutex<Set<String>>([])

    /// - Parameter kinds: of the devices that the kernel serves, or QEMU and daemons without a word from the test.
    init(
        _ store: SimulatedStore,
        kinds: Set<String> = ["vbd", "vif", "9pfs", "xen_9pfs", "vtpm", "pci", "vusb", "qusb"]
    ) {
        store.add { [self] path, store in
            guard path.hasPrefix("/local/domain/") else { return }
            let words = path.split(separator: "/").map(String.init)
            serveConsole(words, &store)
            guard words.count == 8, words[3] == "backend", words[7] == "state",
                kinds.contains(words[4]) || words[2] != "0" && words[4] == "qdisk",
                !silent.withLock({ $0.contains(words[4]) })
            else { return }
            switch store.read(path) {
            // As if its guest had connected at once.
            case "1" where words[4] == "pci", "7" where words[4] == "pci": store.write(path, "4")
            case "1": store.write(path, "2")
            case "5": store.write(path, "6")
            default: break
            }
        }
    }

    /// Lets the backends of a kind answer nothing any more.
    public func silence(_ kind: String) { silent.withLock { _ = $0.insert(kind) } }

    /// A process was started that is to be `xen-9pfsd`, which tells that it runs.
    func startP9Daemon(_ store: SimulatedStore) {
        guard !silent.withLock({ $0.contains("xen_9pfs") }) else { return }
        store.access { $0.write("/local/domain/0/libxl/xen-9pfs/state", "running") }
    }

    /// xenconsoled opens a terminal for a console whose ring it finds.
    private func serveConsole(_ words: [String], _ store: inout SimulatedStore.Access) {
        guard words.count == 5, words.starts(with: ["local", "domain"]), words[3] == "console",
            words[4] == "ring-ref" || words[4] == "port", let domain = UInt32(words[2]), store.isIntroduced(domain)
        else { return }
        let console = "/local/domain/\(domain)/console"
        guard store.read(console + "/type") == "xenconsoled", store.read(console + "/ring-ref") != nil,
            store.read(console + "/port") != nil, store.read(console + "/tty") == ""
        else { return }
        store.write(console + "/tty", "/dev/pts/\(domain)")
    }
}
