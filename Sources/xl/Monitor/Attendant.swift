import DomainConfig
import XenToolstack
import XenTypes

/// What a domain's monitor does while the domain runs: it empties CD drives for the guest, notices when its QEMU
/// ends, and keeps its logs small.
struct Attendant: Sendable {
    let domain: DomainID
    let name: String
    let context: CommandContext

    private var toolstack: Toolstack { context.toolstack }

    /// Returns when there is nothing more to do, or when the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await serveDrives() }
            group.addTask { await followDeviceModel() }
            group.addTask { await LogFile.keepSmall(logs) }
        }
    }

    /// QEMU's log, which a stub domain's console goes to as well, and this process's own.
    private var logs: [LogFile] {
        [deviceModelLog] + [StayingProcess.log(in: toolstack.paths.log)].compactMap(\.self)
    }

    private var deviceModelLog: LogFile { LogFile("qemu-dm-\(name)", in: toolstack.paths.log) }

    private func serveDrives() async {
        do throws(ToolstackError) {
            try await toolstack.serveEjectRequests(of: domain) { Monitor.say($0) }
        } catch {
            Monitor.say("cannot serve the CD drives of domain \(domain): \(error)")
        }
    }

    private func followDeviceModel() async {
        do {
            guard try await toolstack.waitForDeviceModelLoss(of: domain) else { return }
            let log = deviceModelLog
            Monitor.say("The device model of domain \(domain) \(name) has ended; see \(log.path)")
            if let words = log.lastLines() { Monitor.say("Its last words: \(words)") }
            let reaction = try context.globalConfig().onDeviceModelExit
            Monitor.say("Action for the end of a device model is \(reaction.rawValue)")
            // What was begun is finished even if the domain's end is noticed meanwhile.
            try await Task.detached(executorPreference: EventLoop.shared.preference) { [toolstack, domain] in
                switch reaction {
                case .leave: break
                case .preserve: try toolstack.pause(domain)
                case .destroy: try await toolstack.destroy(domain)
                }
            }.value
        } catch {
            // At the domain's end this is cancelled.
            if !Task.isCancelled { Monitor.say("cannot follow the device model of domain \(domain): \(error)") }
        }
    }
}
