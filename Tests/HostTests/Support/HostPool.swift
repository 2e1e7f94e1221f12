import Foundation
import Synchronization
import Testing

/// The test hosts of a run, and who gets one next.
///
/// There are as many tests at work as the build machine has processors, also of those that have two hosts or a host with two
/// processors: rarely is there work for both. Who needs two hosts comes first, then who needs most processors, then who
/// takes longest: so all end at about the same time.
final class HostPool: Sendable {
    static let shared = HostPool(
        capacity: ProcessInfo.processInfo.environment["SWIFT_XL_HOSTS"].flatMap { Int($0) }
            ?? ProcessInfo.processInfo.activeProcessorCount)

    /// What a test needs.
    struct Need: Sendable {
        /// What each host runs.
        var releases = [HostRelease.standard]
        /// Of each host.
        var processors = 1

        /// What the traits of a test say.
        init(of test: Test) {
            var peer: HostRelease?
            for trait in test.traits {
                if let trait = trait as? PeerTrait { peer = trait.release }
                if let trait = trait as? ReleaseTrait { releases = [trait.release] }
                if let trait = trait as? ProcessorsTrait { processors = max(processors, trait.count) }
            }
            if let peer { releases.append(peer) }
        }
    }

    private struct Waiter {
        var need: Need
        /// How long it took when it was last recorded, in seconds.
        var duration: Double
        var resume: CheckedContinuation<Void, Never>
    }

    private struct State {
        var free: Int
        var waiting: [Waiter] = []
        var idle: [TestHost] = []
        var started = 0
        /// Whether the tests that start together have had the time to come here.
        var isOpen = false
    }

    private let state: Mutex<State>

    private init(capacity: Int) { state = Mutex(State(free: max(capacity, 1))) }

    /// Calls a function with hosts that nobody else uses meanwhile.
    ///
    /// - Parameter duration: how long it will take, in seconds.
    func withHosts<Result>(
        _ need: Need, duration: Double, _ body: ([TestHost]) async throws -> Result
    ) async throws -> Result {
        await turn(need, duration)
        defer { giveBack() }
        var hosts: [TestHost] = []
        do {
            for release in need.releases { hosts.append(try await host(release, processors: need.processors)) }
            let result = try await body(hosts)
            await keep(hosts)
            return result
        } catch {
            await keep(hosts)
            throw error
        }
    }

    /// Keeps hosts for those who wait. An idle one takes a part of a processor, so that nobody is to have those that
    /// nobody waits for.
    private func keep(_ hosts: [TestHost]) async {
        let surplus = state.withLock { state in
            state.idle += hosts.filter(\.isFit)
            let surplus = state.idle.filter { host in
                !state.waiting.contains {
                    $0.need.processors == host.processors && $0.need.releases.contains(host.release)
                }
            }
            state.idle.removeAll { host in surplus.contains { $0 === host } }
            return surplus
        }
        for host in surplus { try? await host.retire() }
    }

    /// Waits until it is this need's turn.
    private func turn(_ need: Need, _ duration: Double) async {
        await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiter(need: need, duration: duration, resume: continuation))
                state.waiting.sort {
                    ($0.need.releases.count, $0.need.processors, $0.duration)
                        > ($1.need.releases.count, $1.need.processors, $1.duration)
                }
                return !state.isOpen && state.waiting.count == 1
            }
            guard isFirst else { return serve() }
            // All tests are started at once, a moment apart: longest first means nothing before they are here.
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) {
                self.state.withLock { $0.isOpen = true }
                self.serve()
            }
        }
    }

    private func giveBack() {
        state.withLock { $0.free += 1 }
        serve()
    }

    /// Lets those go on whose turn it is.
    private func serve() {
        let next = state.withLock { state in
            guard state.isOpen else { return [Waiter]() }
            let count = min(state.free, state.waiting.count)
            state.free -= count
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        for waiter in next { waiter.resume.resume() }
    }

    /// An idle host, or a new one.
    private func host(_ release: HostRelease, processors: Int) async throws -> TestHost {
        let (known, number) = state.withLock { state -> (TestHost?, Int) in
            if let index = state.idle.firstIndex(where: { $0.processors == processors && $0.release == release }) {
                return (state.idle.remove(at: index), 0)
            }
            state.started += 1
            return (nil, state.started)
        }
        if let known { return known }
        let name = "test-\(ProcessInfo.processInfo.processIdentifier)-\(number)"
        return try await TestHost(name: name, release: release, processors: processors)
    }
}

/// The release of Xen on a test host, with its Debian.
enum HostRelease: String, Sendable {
    case debian12 = "4.17"
    case debian13 = "4.20"

    /// What `xenhost` knows it by.
    var suite: String {
        switch self {
        case .debian12: "bookworm"
        case .debian13: "trixie"
        }
    }

    /// What tests run on unless they say otherwise: the one that `XENHOST_SUITE` names, where that is set.
    static let standard: HostRelease =
        ProcessInfo.processInfo.environment["XENHOST_SUITE"] == "trixie" ? .debian13 : .debian12
}

/// The release that the host of a test must run, where what it tests is about it.
struct ReleaseTrait: TestTrait, SuiteTrait {
    var release: HostRelease
    var isRecursive: Bool { true }
}

extension Trait where Self == ReleaseTrait {
    static func release(_ release: HostRelease) -> Self { ReleaseTrait(release: release) }
}

/// How many processors the host of a test must have, where what it tests is about them; one otherwise.
struct ProcessorsTrait: TestTrait, SuiteTrait {
    var count: Int
    var isRecursive: Bool { true }
}

extension Trait where Self == ProcessorsTrait {
    static func processors(_ count: Int) -> Self { ProcessorsTrait(count: count) }
}
