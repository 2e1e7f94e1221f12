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
        // A second one for an interface cannot be attached.
        await toolstack.removeNetworkBuffers(of: domain)
        undo.push("network buffers of domain \(domain)") { [toolstack, domain] in
            await toolstack.removeNetworkBuffers(of: domain)
        }
        for (name, interface) in try interfaces() {
            let buffer = NetworkBuffer(
                domain: domain, node: Self.root(domain) / name, interface: interface, script: script)
            try await buffer.attach(toolstack)
            let node = buffer.node
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

    /// Where the nodes of a domain's buffers are, as upstream's toolstack and the script have them.
    static func root(_ domain: DomainID) -> StorePath { DomainPaths(domain).libxl / "remus/netbuf" }
}

/// The buffer of one interface.
private struct NetworkBuffer: Sendable {
    let domain: DomainID
    /// Where the script keeps its notes.
    let node: StorePath
    let interface: String
    let script: FilePath

    private static let scriptKey = "swift-xl-script"
    private static let interfaceKey = "swift-xl-interface"

    /// Notes first how the buffer is taken off, so that others can do it, too.
    func attach(_ toolstack: Toolstack) async throws(ToolstackError) {
        do throws(StoreError) {
            try toolstack.store.perform([
                .write(node / Self.scriptKey, script.string), .write(node / Self.interfaceKey, interface),
            ])
        } catch {
            throw ToolstackError(
                .fail, "cannot hold back what \(interface) sends", domain: domain, underlying: error)
        }
        try await run("setup", toolstack)
    }

    /// Those that a domain has, whoever attached them.
    static func all(of domain: DomainID, _ toolstack: Toolstack) throws(StoreError) -> [NetworkBuffer] {
        let root = NetworkBuffers.root(domain)
        return try (toolstack.store.list(root) ?? []).map { name throws(StoreError) in
            let notes = try toolstack.store.read([root / name / scriptKey, root / name / interfaceKey])
            return NetworkBuffer(
                domain: domain, node: root / name, interface: notes[1] ?? "vif\(domain).\(name)",
                script: notes[0].map { FilePath($0) } ?? toolstack.paths.scripts.appending("remus-netbuf-setup"))
        }
    }

    func detach(_ toolstack: Toolstack) async throws {
        guard let buffer = try toolstack.store.read(node / "ifb") else { return }
        try await run("teardown", toolstack, ["REMUS_IFB": buffer])
    }

    private func run(
        _ command: String, _ toolstack: Toolstack, _ more: [String: String] = [:]
    ) async throws(ToolstackError) {
        let environment = ["vifname": interface, "XENBUS_PATH": "\(node)"].merging(more) { $1 }
        try await ScriptRunner(toolstack).run(
            script, [command], environment, for: domain, words: node / "hotplug-error")
    }
}

extension Toolstack {
    /// Whether what a domain sends is held back, or still was when the `xl remus` that did so was killed.
    func hasNetworkBuffers(_ domain: DomainID) throws(StoreError) -> Bool {
        try store.exists(NetworkBuffers.root(domain))
    }

    /// Takes off what holds back what a domain sends, whoever attached it. Problems are logged.
    func removeNetworkBuffers(of domain: DomainID) async {
        do {
            guard try hasNetworkBuffers(domain) else { return }
            await awaitScripts(of: domain)
            for buffer in try NetworkBuffer.all(of: domain, self) {
                do { try await buffer.detach(self) } catch {
                    logger.error("cannot take off the network buffer of \(buffer.interface): \(error)")
                }
            }
            try store.remove(DomainPaths(domain).libxl / "remus")
        } catch {
            logger.error("cannot take off the network buffers of domain \(domain): \(error)")
        }
    }
}
