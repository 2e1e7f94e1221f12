import Synchronization
import Testing

/// Gives a test a Xen host, cleans up after it in reverse order, and requires that the host is then as it was before.
struct HostTrait: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        let host = try await TestHost.shared
        await host.begin()
        let before = try await Residue(of: host)
        let failed = Mutex(false)
        let noteFailures: IssueHandlingTrait = .filterIssues { _ in
            failed.withLock { $0 = true }
            return true
        }
        try await noteFailures.provideScope(for: test, testCase: testCase) {
            await TestHost.$current.withValue(host) {
                do { try await function() } catch { Issue.record(error) }
                do {
                    try await host.end()
                    let left = before.differences(to: try await Residue(of: host))
                    if !left.isEmpty {
                        Issue.record("the host is not as it was before:\n\(left.joined(separator: "\n"))")
                    }
                } catch {
                    Issue.record(error)
                }
            }
        }
        if failed.withLock({ $0 }) { print("\(test.name) failed.\n\(await host.report())") }
    }
}

extension Trait where Self == HostTrait {
    static var host: Self { HostTrait() }
}
