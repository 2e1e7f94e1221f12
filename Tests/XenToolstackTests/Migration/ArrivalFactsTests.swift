import Testing
import XenTypes

@testable import XenToolstack

/// What a migration's target answers to the sender's question: a wrong word loses both copies, or leaves two.
@Suite struct ArrivalFactsTests {
    typealias Copy = ArrivalFacts.Copy

    private static let number = DomainID(7)
    private static let name = "moved"
    private static let arriving = name + Toolstack.MigrationSuffix.arriving

    private static func copy(_ change: (inout Copy) -> Void = { _ in }) -> Copy {
        var copy = Copy(domain: number, name: name)
        change(&copy)
        return copy
    }

    private static let waiting = copy { ($0.isPaused, $0.name) = (true, arriving) }
    private static let running = copy()
    /// Between the removal of its nodes and the hypervisor's last word.
    private static let ending = copy { ($0.isPaused, $0.name) = (true, nil) }
    /// A backend holds on to its pages.
    private static let zombie = copy { ($0.isDying, $0.isPaused, $0.name) = (true, true, nil) }
    private static let preserved = copy { copy in
        (copy.domain, copy.name, copy.hasShutDown, copy.isPreserved) = (DomainID(3), "moved-20260101T1200Z", true, true)
    }
    /// The sender's own copy on the same host.
    private static let given = copy { copy in
        (copy.domain, copy.name, copy.hasShutDown, copy.isHandedOver) = (DomainID(2), "moved--migratedaway", true, true)
    }

    private func verdict(_ stage: Arrival.Stage?, _ copies: [Copy]) -> ArrivalFacts.Verdict {
        ArrivalFacts(note: stage.map { Arrival(Self.number, boot: "b", stage: $0) }, copies: copies).verdict
    }

    @Test(arguments: [[waiting], [ending], [waiting, given], [ending, zombie], [copy { $0.isPaused = true }]])
    func aPausedCopyWithoutANoteIsNotCalledStarted(_ copies: [Copy]) {
        #expect(verdict(nil, copies) == .answer(.undecided))
    }

    @Test(arguments: [[], [zombie], [preserved], [given], [zombie, preserved, given]])
    func whatNeverRunsAgainIsNotCalledStarted(_ copies: [Copy]) {
        #expect(verdict(nil, copies) == .answer(.unknown))
    }

    @Test func oneThatPlainlyRunsIsCalledStartedWithoutANote() {
        #expect(verdict(nil, [Self.running]) == .answer(.started))
        #expect(
            verdict(nil, [Self.zombie, Self.preserved, Self.copy { $0.domain = DomainID(9) }]) == .answer(.started))
        #expect(verdict(nil, [Self.copy { $0.name = Self.arriving }]) == .answer(.undecided))
        #expect(verdict(nil, [Self.copy { $0.hasShutDown = true }]) == .answer(.undecided))
    }

    @Test(arguments: [[], [waiting], [running], [ending], [zombie], [given]])
    func oneThatHasStartedStaysSo(_ copies: [Copy]) {
        #expect(verdict(.started, copies) == .answer(.started))
    }

    @Test func aNoteOnAnotherCopySaysNothingOfOneThatIsArriving() {
        let other = Self.copy { ($0.domain, $0.isPaused, $0.name) = (DomainID(8), true, Self.arriving) }
        #expect(verdict(.started, [other]) == .answer(.undecided))
    }

    @Test(arguments: [[], [waiting], [ending], [zombie], [copy { $0.isPaused = true }]])
    func oneThatIsAboutToStartIsNotDecided(_ copies: [Copy]) {
        #expect(verdict(.starting, copies) == .answer(.undecided))
    }

    @Test func oneThatWasReleasedHasStarted() {
        #expect(verdict(.starting, [Self.running]) == .answer(.started))
        #expect(verdict(.starting, [Self.copy { $0.hasShutDown = true }]) == .answer(.started))
    }

    @Test(arguments: [Arrival.Stage.waiting, .returned])
    func oneThatWaitsIsTakenBack(_ stage: Arrival.Stage) {
        #expect(verdict(stage, [Self.waiting, Self.given]) == .takeBack(Self.number))
        #expect(verdict(stage, [Self.ending]) == .takeBack(Self.number))
        #expect(verdict(stage, []) == .takeBack(nil))
        #expect(verdict(stage, [Self.zombie]) == .takeBack(nil))
        // Somebody has let it run by hand.
        #expect(verdict(stage, [Self.running]) == .answer(.undecided))
    }

    @Test func itIsReturnedOnlyWhenNoCopyCanRun() {
        func state(_ copies: [Copy]) -> ArrivalState { ArrivalFacts(note: nil, copies: copies).stateAfterTakingBack }
        for copies in [[], [Self.zombie], [Self.preserved], [Self.given]] { #expect(state(copies) == .returned) }
        for copies in [[Self.ending], [Self.waiting], [Self.running], [Self.given, Self.waiting]] {
            #expect(state(copies) == .undecided)
        }
    }

    @Test func aNoteFromAnEarlierStartIsOnNoCopy() {
        var note = Arrival(Self.number, boot: "a", stage: .returned)
        note.domid = nil
        #expect(ArrivalFacts(note: note, copies: [Self.waiting]).verdict == .takeBack(nil))
    }

    // MARK: the receiver is no more

    private func abandoned(_ stage: Arrival.Stage?, _ copies: [Copy]) -> ([DomainID], Arrival.Stage?) {
        let note = stage.map { Arrival(Self.number, boot: "b", stage: $0) }
        let outcome = ArrivalFacts(note: note, copies: copies).abandoned(name: Self.arriving)
        return (outcome.victims, outcome.note?.stage)
    }

    @Test(arguments: [
        ([waiting], [number]), ([ending], [number]), ([running], []), ([zombie], []), ([given], []), ([preserved], []),
        ([waiting, given], [number]), ([copy { $0.isPaused = true }], []),
    ])
    func aCopyOnItsWayGoesWithItsReceiver(_ copies: [Copy], _ victims: [DomainID]) {
        #expect(abandoned(nil, copies) == (victims, nil))
    }

    @Test func whatItsReceiverLeftIsSettled() {
        #expect(abandoned(.waiting, [Self.waiting, Self.given]) == ([Self.number], .returned))
        #expect(abandoned(.waiting, []) == ([], .returned))
        #expect(abandoned(.waiting, [Self.running]) == ([], .waiting))
        #expect(abandoned(.starting, [Self.waiting]) == ([Self.number], .returned))
        #expect(abandoned(.starting, [Self.copy { $0.isPaused = true }]) == ([Self.number], .returned))
        #expect(abandoned(.starting, [Self.running]) == ([], .started))
        #expect(abandoned(.starting, []) == ([], .starting))
        #expect(abandoned(.started, [Self.running]) == ([], .started))
        #expect(abandoned(.started, [Self.copy { $0.isPaused = true }]) == ([], .started))
        #expect(abandoned(.returned, [Self.ending]) == ([Self.number], .returned))
    }
}
