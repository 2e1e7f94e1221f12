import DomainModel
import Synchronization
import SystemPackage
import XenStore
import XenTypes

/// Holds back what a guest sends until the other side has the checkpoint that it was sent after: nobody may have heard
/// from a guest what its copy does not know.
///
/// Each of its interfaces in dom0 gets a buffer by a script, and is then told of checkpoints without any.
final class NetworkBuffers: Sendable {
    private let toolstack: Toolstack
    private let domain: DomainID
    private let script: FilePath
    private let queues = Mutex<[(interface: String, queue: PlugQueue)]>([])

    init(of domain: DomainID, _ toolstack: Toolstack, _ script: FilePath) {
        (self.domain, self.toolstack, self.script) = (domain, toolstack, script)
    }

    /// Attaches the buffers.
    ///
    /// - Parameter undo: gets their removal.
    func attach(_ undo: inout UndoStack) async throws(ToolstackError) {
        let root = DomainPaths(domain).libxl / "remus"
        undo.push("\(root)") { [toolstack] in try toolstack.store.remove(root) }
        for (name, interface) in try interfaces() {
            let node = root / "netbuf" / name
            undo.push("network buffer of \(interface)") { [self] in try await detach(interface, node) }
            try await run("setup", interface, node)
            let queue: PlugQueue
            do {
                guard let buffer = try toolstack.store.read(node / "ifb"), !buffer.isEmpty else {
                    throw ToolstackError(.fail, "\(script) names no device in \(node)/ifb", domain: domain)
                }
                queue = try PlugQueue(buffer)
            } catch {
                throw ToolstackError(
                    .fail, "cannot hold back what \(interface) sends", domain: domain, underlying: error)
            }
            queues.withLock { $0.append((interface, queue)) }
        }
    }

    /// What is sent from here on waits for the checkpoint after this one.
    func beginCheckpoint() throws(ToolstackError) { try perform(.buffer) }

    /// Lets go what was sent before this checkpoint began.
    func release() throws(ToolstackError) { try perform(.releaseOne) }

    private func perform(_ action: PlugQueue.Action) throws(ToolstackError) {
        for (interface, queue) in queues.withLock({ $0 }) {
            do { try queue.perform(action) } catch {
                throw ToolstackError(
                    .fail, "cannot control the network buffer of \(interface)", domain: domain, cause: "\(error)")
            }
        }
    }

    /// The guest's interfaces in dom0, each with a name of its own in the store. A card that is emulated has two, of
    /// which the guest uses one.
    private func interfaces() throws(ToolstackError) -> [(name: String, interface: String)] {
        var interfaces: [(String, String)] = []
        for card in try DeviceEngine(toolstack).devices(of: domain, kinds: [.vif]) {
            guard card.backendDomain == .control else {
                throw ToolstackError(
                    .notSupported, "cannot hold back what \(card) sends", domain: domain,
                    cause: "its backend is in domain \(card.backendDomain)", remedy: "-n -F goes without")
            }
            do {
                let given = try toolstack.store.read(card.backend / "vifname") ?? "vif\(domain).\(card.id)"
                interfaces.append(("\(card.id)", given))
                if try toolstack.store.read(card.backend / "type") == NICType.vifIoemu.name {
                    interfaces.append(("\(card.id)-emu", QEMUNetwork.tapName(domain: domain, card: card.id)))
                }
            } catch {
                throw ToolstackError(.fail, "cannot find \(card)", domain: domain, underlying: error)
            }
        }
        return interfaces
    }

    private func detach(_ interface: String, _ node: StorePath) async throws {
        guard let buffer = try toolstack.store.read(node / "ifb") else { return }
        try await run("teardown", interface, node, ["REMUS_IFB": buffer])
    }

    private func run(
        _ command: String, _ interface: String, _ node: StorePath, _ more: [String: String] = [:]
    ) async throws(ToolstackError) {
        let environment = ["vifname": interface, "XENBUS_PATH": "\(node)"].merging(more) { $1 }
        try await ScriptRunner(toolstack).run(
            script, [command], environment, for: domain, words: node / "hotplug-error")
    }
}
