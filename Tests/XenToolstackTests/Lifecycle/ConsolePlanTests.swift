import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct ConsolePlanTests {
    @Test func aGuestsOwnConsoleIsThePrimaryOne() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvhGuest())
        let plan = try host.toolstack.primaryConsole(of: domain)
        let process = try plan.process(host.toolstack.paths)
        #expect(process.executable == host.toolstack.paths.libexec.appending("xenconsole"))
        #expect(process.arguments.dropFirst() == ["\(domain)", "--num", "0", "--type", "pv"])
    }

    @Test func theKeyThatLeavesIsPassedOn() throws {
        var plan = ConsolePlan(domain: DomainID(7), number: 2, type: .serial)
        plan.escape = "^a"
        #expect(
            try plan.process(HostPaths(release: XenRelease(4, 20))).arguments.dropFirst() == [
                "7", "--num", "2", "--type", "serial", "--escape", "^a",
            ])
        let error = #expect(throws: ToolstackError.self) { try plan.process(HostPaths(release: XenRelease(4, 17))) }
        #expect(error?.code == .notSupported && error?.cause?.contains("4.17") == true)
    }
}
