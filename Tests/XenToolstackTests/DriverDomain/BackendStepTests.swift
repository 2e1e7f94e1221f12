import Testing
import XenStore
import XenTypes

@testable import XenToolstack

@Suite struct BackendStepTests {
    private func step(
        _ state: XenbusState?, online: Bool = true, connected: Bool = false, known: Bool = false
    ) -> BackendStep {
        BackendStep(BackendSight(state: state, isOnline: online, isConnected: connected), isKnown: known)
    }

    @Test func aBackendThatWaitsIsConnectedOnce() {
        #expect(step(.initialising) == .wait)
        #expect(step(.initWait) == .connect)
        #expect(step(.initWait, known: true) == .wait)
        #expect(step(.initWait, connected: true) == .adopt)
        #expect(step(.connected, connected: true) == .adopt)
        #expect(step(.connected, known: true) == .wait)
    }

    @Test func aBackendGoesWhenItIsClosedAndNotWantedAnyMore() {
        #expect(step(.closed, online: false, known: true) == .remove)
        #expect(step(.closed, online: false) == .remove)
        #expect(step(.closed, known: true) == .wait, "the guest may come back")
        #expect(step(.closing, online: false, known: true) == .wait)
        #expect(step(.initialising, online: false) == .remove, "no driver has seen it")
    }

    @Test func whatIsGoneIsReleased() {
        #expect(BackendStep(nil, isKnown: true) == .release)
        #expect(BackendStep(nil, isKnown: false) == .wait)
        #expect(step(nil, known: true) == .wait)
    }

    private func model(
        _ sights: [(UInt32, XenbusState, Bool)], running: Bool, hopeless: [UInt32] = []
    ) -> (removed: [UInt32], process: BackendModelStep.Process) {
        func address(_ id: UInt32) -> DeviceAddress {
            DeviceAddress(domain: DomainID(3), kind: .vbd, id: id, backendDomain: DomainID(2), backendKind: .qdisk)
        }
        let step = BackendModelStep(
            sights.map { (address($0.0), BackendSight(state: $0.1, isOnline: $0.2, isConnected: false)) },
            isRunning: running, hopeless: Set(hopeless.map(address)))
        return (step.removed.map(\.id), step.process)
    }

    @Test func theProcessRunsWhileItIsUsed() {
        #expect(model([(1, .initialising, true)], running: false) == ([], .start))
        #expect(model([(1, .initialising, true)], running: false, hopeless: [1]) == ([], .leave))
        #expect(model([(1, .initialising, true), (2, .initWait, true)], running: false, hopeless: [1]) == ([], .start))
        #expect(model([(1, .connected, true)], running: true) == ([], .leave))
        #expect(model([(1, .closed, false)], running: true) == ([1], .stop))
        #expect(model([(1, .closed, false), (2, .connected, true)], running: true) == ([1], .leave))
        #expect(model([], running: true) == ([], .stop))
    }

    @Test func whatQEMULeftBehindGoesWhenItIsNotWantedAnyMore() {
        #expect(model([(1, .closing, false)], running: false) == ([1], .leave))
        #expect(model([(1, .closing, false)], running: true) == ([], .leave))
        #expect(model([(1, .connected, true)], running: false) == ([], .leave), "its guest cannot go on with another")
    }

    @Test func aBackendsPathIsReadStrictly() {
        let device = DeviceAddress(backend: "/local/domain/4/backend/qdisk/7/51712")
        #expect(
            device
                == DeviceAddress(
                    domain: DomainID(7), kind: .vbd, id: 51712, backendDomain: DomainID(4), backendKind: .qdisk))
        #expect(device?.backend == "/local/domain/4/backend/qdisk/7/51712")
        for path in [
            "/local/domain/4/backend/qdisk/7", "/local/domain/4/backend/qdisk/7/51712/state", "backend/vbd/7/51712",
            "/local/domain/4/backend/nosuch/7/0", "/local/domain/4/backend/vbd/x/0", "/local/domain/4/frontend/vbd/7/0",
            "/local/domain/40000/backend/vbd/7/0", "/local/domain/4/backend/vbd/40000/0",
        ] {
            #expect(DeviceAddress(backend: StorePath(path)) == nil, "\(path)")
        }
    }
}
