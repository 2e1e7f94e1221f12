import DomainModel
import Events
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// Brings a guest to suspend itself, so that its memory and processors stand still.
///
/// Guests that can are asked: by event channel, or by their control/shutdown node. HVM guests without drivers for
/// that are stopped where they are.
struct GuestSuspension: Sendable {
    let toolstack: Toolstack
    let domain: DomainID
    let type: DomainType
    let channel: SuspendChannel

    private var node: StorePath { DomainPaths(domain).guest / "control/shutdown" }
    private var limit: Duration { toolstack.timeouts.guestSuspend }

    /// - Throws: `guestTimedOut` when the guest does not do it in time; the request is then taken back. `aborted`
    ///   when the task is cancelled; a guest that had already taken the request suspends nevertheless.
    func run() async throws(ToolstackError) {
        let info = try toolstack.info(of: domain)
        // One that an earlier save left so has nothing to be asked.
        if info.shutdownReason == .suspend { return }
        guard !info.flags.contains(.paused) else {
            throw failure(.notReady, "it is paused, and cannot answer", remedy: "xl unpause \(domain)")
        }
        let sleeps = type != .pv && parameter(.acpiSState) != 0
        if !sleeps, let port = channel.port { return try await askByEventChannel(port) }
        if type == .hvm, sleeps || parameter(.callbackIRQ) == 0 {
            do { try toolstack.hypervisor.shutDownDomain(domain, reason: .suspend) } catch {
                throw ToolstackError(.fail, message, domain: domain, underlying: error)
            }
        } else {
            try await askByStore()
        }
        try await waitUntilSuspended(within: limit)
    }

    private var message: String { "cannot suspend domain \(domain)" }

    private func failure(_ code: ToolstackError.Code, _ cause: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(code, message, domain: domain, cause: cause, remedy: remedy)
    }

    /// 0 where it cannot be read.
    private func parameter(_ parameter: HVMParameter) -> UInt64 {
        (try? toolstack.hypervisor.hvmParameter(parameter, of: domain)) ?? 0
    }

    private func askByEventChannel(_ port: SuspendChannel.Port) async throws(ToolstackError) {
        do {
            try port.events.notify(port.local)
            let isDone = try await withDeadline(limit) {
                while try !isSuspended() {
                    try await waitUntilReadable(FileDescriptor(rawValue: port.events.fileDescriptor))
                    try port.events.unmask(try port.events.pending())
                }
                return true
            }
            guard isDone == true else { throw ignored("its event channel") }
        } catch let error as ToolstackError {
            throw error
        } catch is CancellationError {
            throw failure(.aborted, "interrupted")
        } catch {
            throw ToolstackError(.fail, message, domain: domain, underlying: error)
        }
    }

    private func ignored(_ place: String) -> ToolstackError {
        failure(
            .guestTimedOut, "the guest has not answered the request on \(place) in \(limit)",
            remedy: "it needs a kernel that can suspend; the request was taken back")
    }

    private func askByStore() async throws(ToolstackError) {
        do { try toolstack.store.write(node, "suspend") } catch {
            throw ToolstackError(.fail, message, domain: domain, underlying: error)
        }
        do {
            try await toolstack.wait(
                for: "domain \(domain) to acknowledge the suspend request", domain: domain,
                watching: [node, .releaseDomain], within: toolstack.timeouts.shutdownAcknowledgement
            ) { [toolstack, node] in
                if try toolstack.store.read(node) != "suspend" { return .reached(()) }
                return try isSuspended() ? .reached(()) : .pending("control/shutdown is still \"suspend\"")
            }
        } catch {
            // The guest may have taken it at the last moment; then it will suspend.
            guard try takeBack() else {
                if error.code == .timedOut { return }
                throw error
            }
            throw error.code == .timedOut ? ignored("control/shutdown") : error
        }
    }

    /// - Returns: whether the guest had not yet taken the request.
    private func takeBack() throws(ToolstackError) -> Bool {
        var isTakenBack = false
        do {
            try toolstack.store.transaction { transaction throws(StoreError) in
                isTakenBack = try transaction.read(node) == "suspend"
                if isTakenBack { try transaction.write(node, "") }
            }
        } catch {
            throw ToolstackError(.fail, "cannot take the suspend request back", domain: domain, underlying: error)
        }
        return isTakenBack
    }

    /// Waits for a guest that has taken the request.
    func waitUntilSuspended(within limit: Duration) async throws(ToolstackError) {
        do {
            try await toolstack.wait(
                for: "domain \(domain) to suspend", domain: domain, watching: [.releaseDomain], within: limit
            ) { try isSuspended() ? .reached(()) : .pending("it runs") }
        } catch {
            guard error.code == .timedOut else { throw error }
            throw failure(.guestTimedOut, "the guest took the request and has not suspended in \(limit)")
        }
    }

    /// - Throws: when it never will, for it has ended.
    private func isSuspended() throws(ToolstackError) -> Bool {
        let info = try toolstack.info(of: domain)
        guard !info.flags.contains(.dying) else { throw failure(.domainDestroyed, "it was destroyed") }
        guard let reason = info.shutdownReason else { return false }
        guard reason == .suspend else {
            throw failure(.fail, "it has shut down instead, with reason \(reason.rawValue)")
        }
        return true
    }
}
