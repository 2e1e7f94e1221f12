import Synchronization
import Testing

/// Gives a test a Xen host, cleans up after it in reverse order, and requires that the host is then as it was before.
///
/// A test that failed while the host's emulation did is run again on a fresh host.
struct HostTrait: TestTrait, SuiteTrait, TestScoping {
    private static let attempts = 3

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard let testCase else { return try await function() }
        for attempt in 1...Self.attempts {
            let host = try await TestHost.shared
            let outcome = try await run(
                test, testCase, on: host, forgivingFaults: attempt < Self.attempts, performing: function)
            guard case .spoilt(let fault) = outcome else { return }
            print("\(test.name): \(fault), which is the emulator's mistake. Again, on a fresh host.")
            try await host.retire()
        }
    }

    private enum Outcome {
        case whole
        case spoilt(String)
    }

    private func run(
        _ test: Test, _ testCase: Test.Case, on host: TestHost, forgivingFaults forgives: Bool,
        performing function: @Sendable () async throws -> Void
    ) async throws -> Outcome {
        await host.begin()
        let state = Mutex((failed: false, fault: String?.none))
        let noteFailures: IssueHandlingTrait = .filterIssues { _ in
            state.withLock { state in
                if forgives, let fault = host.emulationFault {
                    state.fault = fault
                    return false
                }
                state.failed = true
                return true
            }
        }
        try await noteFailures.provideScope(for: test, testCase: testCase) {
            await host.restored {
                try await TestHost.$current.withValue(host) { try await function() }
            }
        }
        let (failed, fault) = state.withLock(\.self)
        if failed { print("\(test.name) failed.\n\(await host.report())") }
        return fault.map { failed ? .whole : .spoilt($0) } ?? .whole
    }
}

/// Gives a test a second host beside its own, under the same conditions.
struct PeerTrait: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil, let host = TestHost.current else { return try await function() }
        let peer = try await host.companion
        await peer.begin()
        await peer.restored {
            try await TestHost.$peer.withValue(peer) { try await function() }
        }
    }
}

extension TestHost {
    /// Runs a test, cleans up after it, and records as an issue what it throws and what is not as it was before.
    fileprivate func restored(after function: @Sendable () async throws -> Void) async {
        do {
            let before = try await Residue(of: self)
            do { try await function() } catch { Issue.record(error) }
            try await end()
            let left = before.differences(to: try await Residue(of: self))
            if !left.isEmpty {
                Issue.record("\(name) is not as it was before:\n\(left.joined(separator: "\n"))")
            }
        } catch {
            Issue.record(error)
        }
    }
}

extension Trait where Self == PeerTrait {
    static var peer: Self { PeerTrait() }
}

extension Trait where Self == HostTrait {
    static var host: Self { HostTrait() }
}
