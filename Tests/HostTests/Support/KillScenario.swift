import Testing

/// An operation that is killed at moments that are spread over its system calls, and what people do then.
struct KillScenario: Sendable {
    /// How a host got back to what it was before.
    enum Outcome: String, Sendable, CaseIterable {
        case byItself = "by itself"
        case byCommand = "by the next command"
        case byDoctor = "by xl doctor --fix"
        case failed
    }

    /// At how many moments it is killed, and at how many of these in the normal set.
    var points: Int
    var essentialPoints = 0
    /// What all points share: files, a guest.
    var setUp: @Sendable (TestHost) async throws -> Void
    /// What each needs before it.
    var prepare: @Sendable (TestHost) async throws -> Void = { _ in }
    /// Runs the operation; the words go before the `xl` that is to be killed.
    var run: @Sendable (TestHost, String) async throws -> CommandResult
    /// Whether the host is as it should be when it is as it was before: there is no guest that would be lost.
    var isOverWhenNothingIsLeft = true
    /// What people do then, differently from one point to the next, until there is exactly one runnable copy, or none
    /// where that is right, and then to have no copy.
    ///
    /// - Returns: what of all that was needed for the copy.
    var recover: @Sendable (TestHost, Int) async throws -> Outcome

    /// Records what the operation calls the kernel for.
    func trace(on host: TestHost) async throws -> KillTrace {
        try await prepare(host)
        let result = try await run(host, KillTrace.recorder)
        let trace = KillTrace(try await host.ask(.run, "cat \(KillTrace.file)").stdout)
        guard result.exitCode == 0 else { throw KillFailure("it fails when it is left alone: \(result)") }
        _ = try await recover(host, 1)
        return trace
    }

    /// Kills it at a moment.
    ///
    /// - Parameter before: what is to be on the host afterwards.
    /// - Throws: when the host cannot be brought back.
    func strike(_ index: Int, at moment: KillMoment, on host: TestHost, before: Residue) async throws -> Outcome {
        var moment = moment
        for _ in 0..<3 {
            try await prepare(host)
            _ = try await run(host, KillTrace.killer(at: moment))
            if try await host.ask(.run, "grep -q SIGKILL \(KillTrace.file)").exitCode == 0 {
                return try await bringBack(index, host, before)
            }
            // Some calls are made now and then only.
            _ = try await recover(host, 1)
            moment.count -= max(moment.count / 8, 1)
        }
        throw KillFailure("it has not come so far")
    }

    private func bringBack(_ index: Int, _ host: TestHost, _ before: Residue) async throws -> Outcome {
        if isOverWhenNothingIsLeft, try await before.differences(to: Residue(of: host)).isEmpty { return .byItself }
        let outcome = try await recover(host, index)
        if try await host.settles(to: before).isEmpty { return outcome }
        try await host.ours("doctor --fix")
        let left = try await host.settles(to: before)
        guard left.isEmpty else { throw KillFailure("this is left:\n\(left.joined(separator: "\n"))") }
        return .byDoctor
    }
}

extension TestHost {
    /// What is not as it was before, a moment after a command: a monitor, or a script, may take so long to end.
    nonisolated fileprivate func settles(to before: Residue) async throws -> [String] {
        let end = ContinuousClock.now + .seconds(3)
        while true {
            let left = before.differences(to: try await Residue(of: self))
            if left.isEmpty || ContinuousClock.now > end { return left }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Waits until no command of ours runs: what has noticed that its other side was killed takes back what it did.
    nonisolated func waitForCommands() async throws {
        try await wait(for: "the end of other commands") {
            !(try await self.ask(.residue).stdout).contains("process: xl")
        }
    }

    /// Brings about that exactly one copy of a guest runs, by a command or by the doctor, who comes first at every other
    /// point.
    nonisolated func letOneRun(_ name: String, _ index: Int) async throws -> KillScenario.Outcome {
        if try await isOneRunning(name) { return .byItself }
        if index.isMultiple(of: 2) {
            for guest in try await guests() where guest.letters.contains("s") {
                try await ours("migrate-recover \(guest.number)")
            }
            if try await isOneRunning(name) { return .byCommand }
        }
        try await ours("doctor --fix")
        if try await !isOneRunning(name) { try await ours("doctor --fix \(name)") }
        guard try await isOneRunning(name) else { throw KillFailure("not one copy runs: \(try await guests())") }
        return .byDoctor
    }

    /// Whether a guest of a name runs and is the only one: it is neither paused nor shut down.
    nonisolated func isOneRunning(_ name: String) async throws -> Bool {
        let list = try await guests()
        return list.map(\.name) == [name] && list[0].letters.contains(#/^[r-][b-]----$/#)
    }
}
