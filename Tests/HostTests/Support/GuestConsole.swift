extension TestHost {
    /// Runs a line in the shell of a Linux guest, over its console, and gives back what it printed.
    ///
    /// The guest's heartbeat and an echo of the line may stand between.
    func inGuest(_ domain: Int, _ line: String, timeout: Duration = .seconds(120)) async throws -> String {
        let script = """
            tty=$(xenstore-read /local/domain/\(domain)/console/tty); out=$(mktemp)
            timeout 100 cat "$tty" > "$out" & reader=$!
            sleep 0.2; echo \("\(line); echo finished-here".shellQuoted) > "$tty"
            until grep -q '^finished-here' "$out"; do kill -0 $reader || break; sleep 0.2; done
            kill $reader; cat "$out"; grep -q '^finished-here' "$out"; code=$?; rm -f "$out"; exit $code
            """
        return try await require("(\n\(script)\n)", timeout: timeout).stdout
    }

    /// Waits until a Linux guest can be asked to suspend; throws when it has ended instead.
    nonisolated func waitUntilSuspendable(_ domain: Int) async throws {
        let state = "/local/domain/\(domain)/control/feature-suspend = \"1\""
        try await wait(for: "a guest that can be suspended", timeout: .seconds(400)) {
            let guest = try await self.guests().first { $0.number == domain }
            guard let guest, !guest.letters.contains("s") else {
                throw HostError.commandFailed(try await self.ours("list"))
            }
            return try await self.store("/local/domain/\(domain)/control").contains { $0.hasPrefix(state) }
        }
    }
}
