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

    /// Waits until a Linux guest can be asked to suspend, or has ended instead.
    func waitUntilSuspendable(_ domain: Int) async throws {
        let state = "/local/domain/\(domain)/control/feature-suspend"
        try await require(
            """
            until [ "$(xenstore-read \(state) 2>/dev/null)" = 1 ]; do
                ! \(Self.upstream) list \(domain) | grep -q -e '---s' || exit 1
                sleep 1
            done
            """, timeout: .seconds(400))
    }
}
