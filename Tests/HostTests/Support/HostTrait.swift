import Synchronization
import Testing

/// Gives a test a Xen host of its own, cleans up after it in reverse order, and requires that the host is then as it was before.
///
/// A test that failed while the host's emulation did is run again on a fresh host.
struct HostTrait: TestTrait, SuiteTrait, TestScoping {
    private static let attempts = 3

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard let testCase else { return try await function() }
        let (name, need) = (TestDurations.name(of: test, testCase), HostPool.Need(of: test))
        for attempt in 1...Self.attempts {
            let outcome = try await HostPool.shared.withHosts(need, duration: TestDurations.expected(name)) { hosts in
                let start = ContinuousClock.now
                defer { TestDurations.note(name, ContinuousClock.now - start, on: hosts) }
                let outcome = try await run(
                    test, testCase, on: hosts, forgivingFaults: attempt < Self.attempts, performing: function)
                if case .spoilt = outcome { for host in hosts { try await host.retire() } }
                return outcome
            }
            guard case .spoilt(let fault) = outcome else { return }
            print("\(name): \(fault), which is the emulator's mistake. Again, on a fresh host.")
        }
    }

    private enum Outcome {
        case whole
        case spoilt(String)
    }

    private func run(
        _ test: Test, _ testCase: Test.Case, on hosts: [TestHost], forgivingFaults forgives: Bool,
        performing function: @Sendable () async throws -> Void
    ) async throws -> Outcome {
        for host in hosts { await host.begin() }
        let state = Mutex((failed: false, fault: String?.none))
        let noteFailures: IssueHandlingTrait = .filterIssues { _ in
            state.withLock { state in
                if forgives, let fault = hosts.lazy.compactMap(\.emulationFault).first {
                    state.fault = fault
                    return false
                }
                state.failed = true
                return true
            }
        }
        try await noteFailures.provideScope(for: test, testCase: testCase) {
            await Self.restored(hosts) {
                try await TestHost.$current.withValue(hosts.first) {
                    try await TestHost.$peer.withValue(hosts.dropFirst().first) { try await function() }
                }
            }
        }
        let (failed, fault) = state.withLock(\.self)
        if failed {
            var reports: [String] = []
            for host in hosts { reports.append(await host.report()) }
            print("\(test.name) failed.\n\(reports.joined(separator: "\n"))")
        }
        return fault.map { failed ? .whole : .spoilt($0) } ?? .whole
    }

    /// Runs a test, cleans up after it, and records as an issue what it throws and what is not as it was before.
    private static func restored(_ hosts: [TestHost], after function: @Sendable () async throws -> Void) async {
        do {
            var before: [Residue] = []
            for host in hosts { before.append(try await Residue(of: host)) }
            do { try await function() } catch { Issue.record(error) }
            for host in hosts.reversed() { try await host.end() }
            for (host, before) in zip(hosts, before) {
                var left = before.differences(to: try await Residue(of: host))
                if !left.isEmpty {
                    // What the system itself does now and then is over a moment later; what was left is not.
                    try await host.require("sleep 3")
                    left = before.differences(to: try await Residue(of: host))
                }
                guard !left.isEmpty else { continue }
                Issue.record("\(host.name) is not as it was before:\n\(left.joined(separator: "\n"))")
            }
        } catch {
            Issue.record(error)
        }
    }
}

/// Gives a test a second host beside its own, under the same conditions: `TestHost.peer`.
struct PeerTrait: TestTrait, SuiteTrait {
    var release: HostRelease
    var isRecursive: Bool { true }
}

extension Trait where Self == PeerTrait {
    static var peer: Self { .peer(.standard) }
    static func peer(_ release: HostRelease) -> Self { PeerTrait(release: release) }
}

extension Trait where Self == HostTrait {
    static var host: Self { HostTrait() }
}
