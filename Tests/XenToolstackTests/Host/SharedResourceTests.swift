import HostSimulator
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct SharedResourceTests {
    private func host(_ change: (inout SimulatedResources) -> Void = { _ in }) throws -> SimulatedHost {
        let host = try SimulatedHost()
        var resources = SimulatedResources()
        change(&resources)
        try host.hypervisor.access { [resources] in ($0.resources, $0.sockets) = (resources, 2) }
        return host
    }

    @Test func monitorsWhatADomainOccupies() async throws {
        let host = try host()
        let domain = try await host.start(try host.pvGuest())
        #expect(try host.toolstack.resourceMonitoring()?.resources == MonitoredResource.allCases)
        try host.toolstack.attachMonitor(to: domain)
        let readings = try await host.toolstack.readMonitors(of: .cacheOccupancy)
        #expect(readings.cacheSizes == [35840, 35840])
        #expect(readings.domains.map(\.domain) == [domain])
        #expect(readings.domains.first?.values == [7168, 7168])
        #expect {
            try host.toolstack.attachMonitor(to: domain)
        } throws: {
            "\($0)".contains("already attached")
        }
        try host.toolstack.detachMonitor(from: domain)
        #expect(try await host.toolstack.readMonitors(of: .cacheOccupancy, only: domain).domains == [])
    }

    @Test func measuresARateBetweenTwoReadings() async throws {
        let host = try host()
        try host.toolstack.attachMonitor(to: .control)
        let readings = try await host.toolstack.readMonitors(of: .totalMemoryTraffic, only: .control)
        // 2 counts of 64 KiB in 10 ms.
        #expect(readings.domains.first?.values == [12800, 12800])
        #expect(readings.cacheSizes == [])
    }

    @Test func aCounterThatWrapsRoundGivesNoRate() {
        #expect(CounterRate(from: (10, 5), to: (9, 6), scale: 1) == nil)
        #expect(CounterRate(from: (10, 5), to: (11, 5), scale: 1) == nil)
        #expect(CounterRate(from: (10, 0), to: (11, 1_000_000_000), scale: 1) == nil)
        #expect(CounterRate(from: (0, 0), to: (2, 10_000_000), scale: 65536)?.kibPerSecond == 12800)
        #expect(CounterRate(from: (0, 0), to: (.max, 1), scale: 65536)?.kibPerSecond == .max)
    }

    @Test func setsMasksOnTheSocketsThatAreMeant() async throws {
        let host = try host { $0.hasCDP = true }
        let domain = try await host.start(try host.pvGuest())
        try host.toolstack.setShare(.level3CodeMask, to: 0xF, of: domain, sockets: [1])
        let sockets = try host.toolstack.divisions(of: .cache(level: 3), only: domain)
        #expect(sockets.map { $0.domains?.first?.values } == [[0xFFFFF, 0xFFFFF], [0xF, 0xFFFFF]])
        try host.toolstack.setShare(.memoryThrottle, to: 30, of: domain, sockets: nil)
        let throttles = try host.toolstack.divisions(of: .bandwidth, only: domain)
        #expect(throttles.map { $0.domains?.first?.values } == [[30], [30]])
        #expect(throttles.first?.division == .bandwidth(.init(maximumClass: 7, maximumThrottle: 90, isLinear: true)))
    }

    @Test func whatTheProcessorHasNotIsNamed() async throws {
        let host = try host { $0.throttle = nil }
        for (share, words) in [
            (ResourceShare.level2Mask, "L2 CAT: is not enabled on the socket"), (.level3CodeMask, "CDP is disabled"),
            (.memoryThrottle, "psr=mba"),
        ] {
            #expect {
                try host.toolstack.setShare(share, to: 1, of: .control, sockets: nil)
            } throws: {
                "\($0)".contains(words)
            }
        }
        #expect {
            try host.toolstack.setShare(.level3Mask, to: 1, of: .control, sockets: [0, 2])
        } throws: {
            "\($0)".contains("no socket 2")
        }
        #expect(throws: ToolstackError.self) { try host.toolstack.divisions(of: .bandwidth) }
        #expect(try host.hypervisor.access { $0.resources?.shares } == [:])
        let plain = try SimulatedHost()
        #expect(try plain.toolstack.resourceMonitoring() == nil)
        await #expect {
            try await plain.toolstack.readMonitors(of: .cacheOccupancy)
        } throws: {
            "\($0)".contains("CMT is disabled in the system")
        }
    }
}

@Suite struct HypervisorFeatureTests {
    private let configuration = "# CONFIG_XSM is not set\nCONFIG_SCHED_CREDIT=y\nCONFIG_X86_PSR=y\n"
    private let old = XenRelease(4, 17)

    @Test func namesTheOptionThatIsMissing() {
        #expect(
            HypervisorFeature.flask.absence(in: configuration, release: old)
                == "the hypervisor is built without CONFIG_XSM_FLASK")
        #expect(HypervisorFeature.credit.absence(in: configuration, release: old) == nil)
        #expect(
            HypervisorFeature.rtds.absence(in: nil, release: old)
                == "perhaps the hypervisor is built without CONFIG_SCHED_RTDS")
    }

    @Test func whatEveryReleaseHasNeedsOnlyTheProcessor() {
        for (text, release) in [("", old), (configuration, XenRelease(4, 22))] {
            let reason = HypervisorFeature.cacheAllocation.absence(in: text, release: release)
            #expect(reason?.contains("psr=cat") == true)
        }
        #expect(
            HypervisorFeature.cacheAllocation.absence(in: "", release: XenRelease(4, 22))
                == "the hypervisor is built without CONFIG_X86_PSR")
    }

    @Test func readsParametersAsTheCommandLineHasThem() {
        #expect(
            ParameterChange.parse("  loglvl=all  noept pcid a=b=c ")
                == [
                    .init(name: "loglvl", value: "all"), .init(name: "ept", value: "no"),
                    .init(name: "pcid", value: "yes"), .init(name: "a", value: "b=c"),
                ])
        #expect(ParameterChange.parse(" ") == [])
    }
}

@Suite struct SecurityModuleTests {
    @Test func setsTheModeAndLoadsAPolicy() throws {
        let host = try SimulatedHost()
        #expect(try host.toolstack.securityMode() == .disabled)
        #expect {
            try host.toolstack.setSecurityMode(enforcing: true)
        } throws: {
            "\($0)".hasPrefix("Flask XSM disabled")
        }
        try host.hypervisor.access { $0.flaskEnforces = false }
        #expect(try host.toolstack.securityMode() == .permissive)
        try host.toolstack.setSecurityMode(enforcing: true)
        #expect(try host.toolstack.securityMode() == .enforcing)
        let file = try host.write("policy", [0, 1, 0xFF])
        #expect(try host.toolstack.loadSecurityPolicy(from: file) == 3)
        #expect(try host.hypervisor.access { $0.flaskPolicy } == [0, 1, 0xFF])
        #expect(throws: ToolstackError.self) {
            try host.toolstack.loadSecurityPolicy(from: host.root.appending("nosuch"))
        }
    }
}
