import DomainConfig
import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

/// `xen-9pfsd`: a real program in its place, for which the simulated host says in the store that it runs.
@Suite struct P9DaemonTests {
    private static let node = "/local/domain/0/libxl/xen-9pfs"
    private static let share = "p9=['tag=share,path=/srv,security_model=none,type=xen_9pfsd']"

    /// - Parameter script: the daemon's; nil for one that stays.
    private func host(
        _ script: String? = nil, timeouts change: (inout Timeouts) -> Void = { _ in }
    ) throws -> SimulatedHost {
        let host = try SimulatedHost(release: XenRelease(4, 20)) { timeouts in
            // All tests start at once, and a real process may take long to come to its turn.
            timeouts.deviceModelStart = .seconds(60)
            change(&timeouts)
        }
        try host.addProgram("xen-9pfsd", try script ?? host.stay())
        // So that the daemon's own node is all that comes and goes.
        host.store.access { $0.write("/local/domain/0/libxl", "") }
        return host
    }

    private func guest(_ name: String, _ host: SimulatedHost) throws -> DomainConfiguration {
        var given = try host.pvGuest(Self.share)
        given.createInfo.name = name
        return given
    }

    private func record(_ name: String, _ host: SimulatedHost) -> String? {
        host.store.access { $0.read("\(Self.node)/\(name)") }
    }

    private func daemons(_ host: SimulatedHost) -> [String] {
        host.snapshot.processes.filter { $0.value.hasSuffix("/xen-9pfsd") }.map { "\($0.key)" }
    }

    @Test func oneServesAllGuestsAndOutlivesThem() async throws {
        let host = try host()
        let given = (try guest("one", host), try guest("two", host))
        let before = host.snapshot
        let first = try await host.toolstack.create(given.0).domain
        #expect(host.store.access { $0.read("/local/domain/0/backend/xen_9pfs/\(first)/0/state") } == "2")
        #expect(daemons(host) == [record("pid", host)])
        let second = try await host.toolstack.create(given.1).domain
        #expect(daemons(host) == [record("pid", host)])
        for domain in [first, second] { try await host.toolstack.destroy(domain) }
        #expect(daemons(host) == [record("pid", host)] && record("state", host) == "running")
        #expect(host.snapshot.changes(since: before).filter { !$0.contains("xen-9pfs") } == [])
        #expect(Files.exists(host.toolstack.paths.log.appending("xen-9pfsd.log")))
    }

    /// A number in the store whose process is gone is nobody's.
    @Test func oneThatHasEndedIsStartedAgain() async throws {
        let host = try host()
        let ended = try ChildProcess.start(.init("/bin/true"))
        #expect(try await ended.wait().isSuccess)
        for (number, isThere) in [("\(getpid())", true), ("\(ended.id)", false), ("nonsense", false)] {
            host.store.access { store in
                store.write("\(Self.node)/state", "running")
                store.write("\(Self.node)/pid", number)
            }
            try await host.toolstack.startP9Daemon(for: DomainID(1))
            #expect(daemons(host).count == (isThere ? 0 : 1), "\(number)")
            #expect((record("pid", host) == number) == isThere)
            for process in daemons(host).compactMap({ pid_t($0) }) {
                kill(process, SIGKILL)
                while daemons(host).contains("\(process)") { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test func oneThatCannotServeLeavesNothing() async throws {
        let host = try host("echo 'no such luck' >&2; exit 3")
        host.backends.silence("xen_9pfs")
        let given = try guest("one", host)
        let before = host.snapshot
        let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
        #expect(error?.message == "cannot start xen-9pfsd")
        #expect(error?.cause == "it exited with status 3: no such luck")
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func oneThatSaysNothingIsEnded() async throws {
        let host = try host { $0.deviceModelStart = .milliseconds(50) }
        host.backends.silence("xen_9pfs")
        let given = try guest("one", host)
        let before = host.snapshot
        let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
        #expect(error?.message == "cannot wait any longer for xen-9pfsd to run")
        #expect(error?.cause?.hasPrefix("it did not happen in") == true)
        #expect(host.snapshot.changes(since: before) == [])
    }
}
