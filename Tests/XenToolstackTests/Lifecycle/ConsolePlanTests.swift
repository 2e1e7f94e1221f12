import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct ConsolePlanTests {
    @Test func aGuestsOwnConsoleIsThePrimaryOne() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvhGuest())
        let plan = try host.toolstack.primaryConsole(of: domain)
        let process = plan.process(host.toolstack.paths)
        #expect(process.executable == host.toolstack.paths.libexec.appending("xenconsole"))
        #expect(process.arguments == ["\(domain)", "--num", "0", "--type", "pv"])
    }

    /// Of Xen 4.18 and later; an earlier xenconsole says that it does not know the option.
    @Test func theKeyThatLeavesIsPassedOn() {
        var plan = ConsolePlan(domain: DomainID(7), number: 2, type: .serial)
        plan.escape = "^a"
        #expect(
            plan.process(HostPaths(release: XenRelease(4, 20))).arguments == [
                "7", "--num", "2", "--type", "serial", "--escape", "^a",
            ])
    }
}
