import Dispatch
import Glibc
import XenToolstack

/// Prints the domains of this host with what they are doing, and then what happens to any of them, until it is interrupted.
@main
struct Follow {
    static func main() async { exit(await status()) }

    private static func status() async -> Int32 {
        let work = Task { try await follow() }
        // The end of the task ends the sequence of events, and with it the program: with 0, and whole lines.
        let signals = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { work.cancel() }
            source.resume()
            return source
        }
        defer { withExtendedLifetime(signals) {} }
        do {
            try await work.value
            return 0
        } catch {
            // Its text names the cause and what can be done about it.
            print("follow: \(error)")
            return 1
        }
    }

    private static func follow() async throws {
        let toolstack = Toolstack()
        // What is there comes as events, too, so that nothing is missed between a list and what follows it.
        for try await event in toolstack.events(includingPresent: true) {
            if event.isInitial, event.change == .created { continue }
            // Guests have a say in names, and must have none in what the terminal does.
            print("\(event.name ?? "(no name)") (\(event.domain)): \(words(for: event.change))".escapingControls)
            fflush(nil)
        }
    }

    private static func words(for change: DomainEvent.Change) -> String {
        switch change {
        case .created: "created"
        case .renamed(let old): "renamed from \(old ?? "(no name)")"
        case .running: "running"
        case .paused: "paused"
        case .shutDown(let reason): "shut down, \(reason.name)"
        case .destroyed: "destroyed"
        case .device(let device): "\(device.address) is \(device.state?.name ?? "there")"
        case .deviceRemoved(let address): "\(address) is gone"
        case .addresses(let list): "addresses: \(list.map(\.text).joined(separator: ", "))"
        }
    }
}
