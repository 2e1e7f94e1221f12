/// What the hypervisor says of a domain.
struct DomainState: Sendable {
    var number: Int
    var name: String
    /// As `xl list` shows it, each in its place: `r`unning, `b`locked, `p`aused, `s`hut down and why, `d`ying.
    var letters: String
}

/// The host's agent is asked here, which costs a few milliseconds; either tool would take a third of a second.
extension TestHost {
    /// All domains but dom0.
    func guests() async throws -> [DomainState] { try await states().filter { $0.number != 0 } }

    /// The state of a domain, as `xl list` shows it; nil where there is no such domain.
    func state(of name: String) async throws -> String? { try await states().first { $0.name == name }?.letters }

    func exists(_ name: String) async throws -> Bool { try await ask(.domain, name).exitCode == 0 }

    private func states() async throws -> [DomainState] {
        try await ask(.states).lines.compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count == 3, let number = Int(fields[0]) else { return nil }
            return DomainState(number: number, name: String(fields[2]), letters: String(fields[1]))
        }
    }

    /// Waits until no domain has a name.
    nonisolated func waitUntilGone(_ name: String, timeout: Duration = .seconds(180)) async throws {
        try await wait(for: "the end of \(name)", timeout: timeout) { try await !self.exists(name) }
    }

    /// Waits until something is so.
    ///
    /// - Parameter what: names it in the error.
    nonisolated func wait(
        for what: String, timeout: Duration = .seconds(180), until isSo: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + timeout
        while try await !isSo() {
            guard ContinuousClock.now < end else { throw HostError.commandTimedOut(command: what, after: timeout) }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The rows of the store below a path, as store-ls prints them.
    func store(_ path: String = "/") async throws -> [String] { try await ask(.store, path).lines.map(String.init) }
}
