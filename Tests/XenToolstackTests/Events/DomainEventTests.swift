import Testing
import XenControl
import XenStore
import XenTypes

@testable import XenToolstack

@Suite struct DomainEventTests {
    private func view(
        _ state: DomainView.State, name: String? = "web", hasRun: Bool = true, devices: [DeviceView] = []
    ) -> [DomainID: DomainView] {
        var view = DomainView(domain: DomainID(5), name: name, state: state, hasRun: hasRun)
        view.devices = devices
        return [DomainID(5): view]
    }

    private func changes(
        _ old: [DomainID: DomainView], _ new: [DomainID: DomainView], isInitial: Bool = false
    ) -> [DomainEvent.Change] {
        DomainEvent.changes(from: old, to: new, at: 7, isInitial: isInitial).map(\.change)
    }

    private func disk(_ state: XenbusState?) -> DeviceView {
        DeviceView(address: DeviceAddress(domain: DomainID(5), kind: .vbd, id: 51712), state: state)
    }

    @Test func aDomainThatIsMadeIsTwiceNews() {
        let made = view(.paused, hasRun: false)
        #expect(changes([:], view(.paused, name: nil, hasRun: false)) == [], "not before it has its name")
        #expect(changes([:], made) == [.created])
        #expect(changes(view(.paused, name: nil, hasRun: false), made) == [.created])
        #expect(changes(made, view(.running)) == [.running])
        #expect(changes([:], view(.running, name: nil)) == [.created, .running])
    }

    @Test func statesAndEndsAreTold() {
        #expect(changes(view(.running), view(.paused)) == [.paused])
        #expect(changes(view(.running), view(.shutDown(.reboot))) == [.shutDown(.reboot)])
        #expect(changes(view(.shutDown(.suspend)), view(.running)) == [.running])
        #expect(changes(view(.running), view(.dying)) == [.destroyed])
        #expect(changes(view(.dying), [:]) == [], "once only")
        #expect(changes(view(.running), [:]) == [.destroyed])
        #expect(changes(view(.running), view(.running)) == [])
    }

    @Test func theFirstLookTellsOfStatesToo() {
        #expect(changes([:], view(.paused), isInitial: true) == [.created, .paused])
        let events = DomainEvent.changes(from: [:], to: view(.running), at: 7, isInitial: true)
        #expect(events.map(\.isInitial) == [true, true])
    }

    @Test func namesAreThoseAfterTheChange() throws {
        let event = try #require(
            DomainEvent.changes(from: view(.running), to: view(.running, name: "shop"), at: 7).first)
        #expect(event.change == .renamed(from: "web") && event.name == "shop" && event.time == 7)
        let end = DomainEvent.changes(from: view(.running), to: [:], at: 8)
        #expect(end.map(\.name) == ["web"])
    }

    @Test func devicesComeChangeAndGo() {
        let (waiting, connected) = (disk(.initWait), disk(.connected))
        #expect(changes(view(.running), view(.running, devices: [waiting])) == [.device(waiting)])
        #expect(
            changes(view(.running, devices: [waiting]), view(.running, devices: [connected])) == [.device(connected)])
        #expect(
            changes(view(.running, devices: [waiting]), view(.running)) == [.deviceRemoved(waiting.address)])
        #expect(
            changes(view(.running, devices: [waiting]), view(.dying)) == [
                .deviceRemoved(waiting.address), .destroyed,
            ], "the end comes last")
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("fe80::0:1", "fe80::1"), ("10.0.0.1\u{1b}[2J", nil), ("1.2.3", nil), ("", nil),
        ("10.0.0.1\n", nil), (String(repeating: "1", count: 2000), nil),
    ])
    func whatAGuestWritesIsAnAddressOrNothing(_ text: String, _ shown: String?) {
        #expect(GuestAddress(card: 0, text)?.text == shown)
    }
}

@Suite struct ConcernTests {
    private func concerns(_ path: StorePath) -> Concerns { Concerns(changed: path) }

    @Test func eachChangeMeansTheLeastThatMustBeReadAgain() {
        let five = Set([DomainID(5)])
        #expect(concerns("@releaseDomain") == Concerns(domains: true))
        #expect(concerns("@introduceDomain") == Concerns(domains: true))
        #expect(concerns("/libxl") == .all)
        #expect(concerns("/libxl/5").domains && concerns("/libxl/5").devices == five)
        #expect(concerns("/libxl/5/device/vbd/51712/backend").devices == five)
        #expect(concerns("/libxl/5/dm-version").isEmpty)
        #expect(concerns("/local/domain/5/name").names == five)
        #expect(concerns("/local/domain/5/attr/vif/0/ipv4/0").addresses == five)
        #expect(concerns("/local/domain/0/backend").everything)
        #expect(concerns("/local/domain/0/backend/vbd").everything)
        #expect(concerns("/local/domain/0/backend/vbd/5").devices == five)
        #expect(concerns("/local/domain/0/backend/vbd/5/51712").devices == five)
        #expect(concerns("/local/domain/0/backend/vbd/5/51712/state").devices == five)
        #expect(concerns("/local/domain/0/backend/vbd/5/51712/hotplug-status").isEmpty)
    }

    @Test(
        arguments: [
            "/libxl/x", "/libxl/4294967295", "/local/domain/x/name", "/local/domain/5", "/local/domain/5/data/x",
            "/vm/1",
            "/local/domain/7/backend/vbd/x/1/state",
        ] as [StorePath])
    func whatMeansNothingIsPassedOver(_ path: StorePath) { #expect(concerns(path).isEmpty) }
}

@Suite struct DomainConditionTests {
    private func view(_ state: DomainView.State, _ devices: XenbusState?..., hasRun: Bool = true) -> DomainView {
        var view = DomainView(domain: DomainID(5), name: "web", state: state, hasRun: hasRun)
        view.devices = devices.enumerated().map {
            DeviceView(address: DeviceAddress(domain: DomainID(5), kind: .vif, id: UInt32($0)), state: $1)
        }
        return view
    }

    private func isAsked(_ verdict: DomainCondition.Verdict) -> Bool {
        if case .pending(_, isTold: false) = verdict { true } else { false }
    }

    private func isImpossible(_ verdict: DomainCondition.Verdict) -> Bool {
        if case .impossible = verdict { true } else { false }
    }

    @Test func theHypervisorIsAskedForPausesOnly() {
        #expect(DomainCondition.running.verdict(of: view(.running)) == .reached)
        #expect(isAsked(DomainCondition.running.verdict(of: view(.paused))))
        #expect(isAsked(DomainCondition.paused.verdict(of: view(.running))))
        #expect(isAsked(DomainCondition.gone.verdict(of: view(.dying))))
        #expect(!isAsked(DomainCondition.gone.verdict(of: view(.running))))
        #expect(!isAsked(DomainCondition.shutDown.verdict(of: view(.running))))
        #expect(!isAsked(DomainCondition.address.verdict(of: view(.running))))
        #expect(!isAsked(DomainCondition.connected.verdict(of: view(.running, .initWait))))
    }

    @Test func whoIsGoneReachesNothingElse() {
        for condition in DomainCondition.allCases {
            let verdict = condition.verdict(of: nil)
            #expect([.gone, .shutDown].contains(condition) ? verdict == .reached : isImpossible(verdict))
        }
        for condition in [DomainCondition.running, .paused, .connected, .address] {
            #expect(isImpossible(condition.verdict(of: view(.shutDown(.poweroff)))))
            #expect(isImpossible(condition.verdict(of: view(.dying))))
            #expect(!isImpossible(condition.verdict(of: view(.shutDown(.suspend)))))
        }
    }

    @Test func aSuspendedGuestHasNotShutDown() {
        #expect(DomainCondition.shutDown.verdict(of: view(.shutDown(.suspend))) == .pending("it is suspended"))
        #expect(DomainCondition.shutDown.verdict(of: view(.shutDown(.crash))) == .reached)
    }

    @Test func connectedIsEveryDiskAndCard() {
        #expect(DomainCondition.connected.verdict(of: view(.running, .connected, .connected)) == .reached)
        #expect(
            DomainCondition.connected.verdict(of: view(.running, .connected, nil))
                == .pending("vif 1 is without state"))
        #expect(DomainCondition.connected.verdict(of: view(.running)) == .reached)
        #expect(isAsked(DomainCondition.connected.verdict(of: view(.paused, hasRun: false))))
    }
}
