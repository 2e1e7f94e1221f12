import SystemPackage
import XenStore
import XenTypes

/// Does itself what the stock scripts `block` and `vif-bridge` would do, to the same nodes, devices and interfaces and under
/// the same locks, so that scripts of other toolstacks can run beside it. Other scripts, and stock ones that somebody has
/// changed, are run; they are run, too, for what these two would refuse in their own words.
struct NativeHotplug: HotplugRunner {
    let toolstack: Toolstack
    let scripts: any HotplugRunner
    let storage: any StorageKernel
    /// Opens the kernel's network configuration.
    let network: @Sendable () throws(Errno) -> any NetworkKernel
    private let stock: StockScripts

    init(
        _ toolstack: Toolstack, scripts: any HotplugRunner, storage: any StorageKernel = LinuxStorage(),
        network: @escaping @Sendable () throws(Errno) -> any NetworkKernel = { () throws(Errno) in try RouteSocket() },
        recognise: @escaping @Sendable (FilePath) -> StockScript? = { StockScript(at: $0) }
    ) {
        self.toolstack = toolstack
        self.scripts = scripts
        self.storage = storage
        self.network = network
        stock = StockScripts { toolstack.runsStockScripts ? nil : recognise($0) }
    }

    var store: StoreConnection { toolstack.store }

    func run(_ script: HotplugScript) async throws(ToolstackError) {
        let isDone: Bool
        switch (stock.script(at: FilePath(script.path)), script.device.backendKind) {
        case (.block, .vbd): isDone = try await runBlock(script)
        case (.vifBridge, .vif): isDone = try runBridge(script)
        default: isDone = false
        }
        if !isDone { try await scripts.run(script) }
    }

    /// The nodes with which a script says that it is done, or why it is not.
    enum Status: String {
        case connected
        case busy
        case error
    }

    func change(
        _ device: DeviceAddress, _ nodes: [(path: StorePath, value: String)], _ status: Status
    ) throws(ToolstackError) {
        let nodes = nodes + [(device.backend / "hotplug-status", status.rawValue)]
        do { try store.perform(nodes.map { .write($0.path, $0.value) }) } catch {
            throw ToolstackError(.fail, "cannot write the nodes of \(device)", domain: device.domain, underlying: error)
        }
    }

    /// The error for what cannot be done, which the store is told, too.
    func refusal(
        _ device: DeviceAddress, _ message: String, _ cause: String, _ status: Status = .error, remedy: String? = nil
    ) -> ToolstackError {
        toolstack.logFailure("tell the store why \(device) cannot be connected") {
            try change(device, [(device.backend / "hotplug-error", "\(message): \(cause)")], status)
        }
        return ToolstackError(.fail, message, domain: device.domain, cause: cause, remedy: remedy)
    }

    func read(_ device: DeviceAddress, _ paths: [StorePath]) throws(ToolstackError) -> [String?] {
        do { return try store.read(paths) } catch {
            throw ToolstackError(
                .notReady, "cannot read the nodes of \(device)", domain: device.domain, underlying: error)
        }
    }
}

extension Toolstack {
    /// What connects disks and cards to the host.
    var hotplug: any HotplugRunner { NativeHotplug(self, scripts: ScriptRunner(self)) }
}
