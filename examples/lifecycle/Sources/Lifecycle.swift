import Dispatch
import Glibc
import XenToolstack

/// lifecycle FILE [SECONDS]: creates the guest that a configuration file describes, waits until it has shut down, for so many
/// seconds at most, and destroys it. Whatever goes wrong, and when it is interrupted, nothing of the guest is left.
@main
struct Lifecycle {
    static func main() async { exit(await status()) }

    private static func status() async -> Int32 {
        let words = Array(CommandLine.arguments.dropFirst())
        let seconds = words.count == 2 ? Int(words[1]) : nil
        guard words.count == 1 || seconds != nil else {
            print("usage: lifecycle FILE [SECONDS]")
            return 2
        }
        let work = Task { try await run(words[0], atMost: seconds.map { .seconds($0) }) }
        let signals = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { work.cancel() }
            source.resume()
            return source
        }
        defer { withExtendedLifetime(signals) {} }
        do {
            return try await work.value ? 0 : 1
        } catch {
            // Its text names the cause and what can be done about it.
            print("lifecycle: \(error)")
            return 1
        }
    }

    /// - Returns: false when something is wrong with the configuration, which has been printed.
    private static func run(_ file: String, atMost limit: Duration?) async throws -> Bool {
        let toolstack = Toolstack()
        guard let configuration = configuration(file, for: toolstack) else { return false }
        // Takes back what it has done when it fails, or this task is cancelled.
        let domain = try await toolstack.create(configuration).domain
        do {
            try await toolstack.unpause(domain, isNew: true)
            say("domain \(domain) runs")
            say(try await end(of: domain, atMost: limit, toolstack))
        } catch {
            await toolstack.discard(domain)
            throw error
        }
        do throws(ToolstackError) {
            try await toolstack.destroy(domain)
        } catch {
            // Somebody else may have been quicker.
            guard error.code == .domainNotFound else { throw error }
        }
        say("domain \(domain) is gone")
        return true
    }

    /// Reads a file, and says what is wrong with it, with line and column.
    private static func configuration(_ file: String, for toolstack: Toolstack) -> DomainConfiguration? {
        let environment = ConfigEnvironment(
            host: toolstack.topology(), firmwareDirectory: toolstack.paths.firmware.string)
        let (configuration, diagnostics) = DomainConfigParser.parse(path: file, environment: environment)
        for diagnostic in diagnostics { print(diagnostic.text) }
        return configuration
    }

    private static func end(
        of domain: DomainID, atMost limit: Duration?, _ toolstack: Toolstack
    ) async throws(ToolstackError) -> String {
        do throws(ToolstackError) {
            let view = try await toolstack.wait(for: .shutDown, of: [domain], within: limit)[0]
            if case .shutDown(let reason) = view?.state { return "domain \(domain) has shut down, \(reason.name)" }
            return "domain \(domain) was destroyed"
        } catch {
            guard error.code == .timedOut else { throw error }
            return "domain \(domain) still runs"
        }
    }

    private static func say(_ text: String) {
        print(text)
        fflush(nil)
    }
}
