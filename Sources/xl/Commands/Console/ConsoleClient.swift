import Glibc
import Synchronization
import SystemPackage
import XenToolstack
import XenTypes

/// The program that connects the terminal to a guest's console (`xenconsole`).
final class ConsoleClient: Sendable {
    private struct State {
        var process: ChildProcess?
        var notification: Pipe?
        var failure: ToolstackError?
    }

    private let toolstack: Toolstack
    private let state = Mutex(State())

    init(_ toolstack: Toolstack) { self.toolstack = toolstack }

    /// Connects to the domain's first console; when it is connected already, to what the console has become.
    func start(for domain: DomainID) {
        state.withLock { state in
            do throws(ToolstackError) {
                let pipe = try Pipe()
                defer { pipe.closeWriteEnd() }
                var plan = try toolstack.primaryConsole(of: domain).process(toolstack.paths)
                plan.arguments += ["--start-notify-fd", "3"]
                plan.passedDescriptors = [pipe.writeEnd]
                plan.input = .inherited
                state.notification = pipe
                state.process = try ChildProcess.start(plan)
            } catch {
                state.failure = error
            }
        }
    }

    /// Returns when the client shows the console; a client that cannot is no reason not to start the domain.
    func waitUntilAttached() async throws {
        let (notification, failure) = state.withLock { ($0.notification, $0.failure) }
        if let failure { Output.warning("\(failure)") }
        guard let notification else { return }
        // xenconsole writes one byte; end of file means that it ended instead.
        try await waitUntilReadable(notification.readEnd)
        var byte: [UInt8] = [1]
        let count = (try? byte.withUnsafeMutableBytes { try notification.readEnd.read(into: $0) }) ?? 0
        if count != 1 || byte[0] != 0 { Output.warning("the console client has not connected") }
        state.withLock { $0.notification = nil }
    }

    func waitForEnd() async {
        guard let process = state.withLock({ $0.process }) else { return }
        _ = try? await process.wait()
    }

    func stop() { state.withLock { $0.process }?.send(SIGTERM) }
}
