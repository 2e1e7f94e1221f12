import XenTypes

/// What the target of a migration knows at one moment about the domains that have the UUID asked for.
struct ArrivalFacts: Hashable, Sendable {
    /// A domain with the UUID.
    struct Copy: Hashable, Sendable {
        var domain: DomainID
        /// The hypervisor has begun to forget it: it never runs again.
        var isDying = false
        /// By a toolstack, as every domain is from its creation until it may run.
        var isPaused = false
        var hasShutDown = false
        /// Nil before its nodes are written, and after they have been removed.
        var name: String?
        /// It has ended, and was given another `/vm` tree to be kept for inspection.
        var isPreserved = false
        /// It has been given away: this host is the sender's, too.
        var isHandedOver = false

        /// Whether it has been let run under its own name.
        var isReleased: Bool {
            guard let name else { return false }
            return !isDying && !isPaused && !name.hasSuffix(Toolstack.MigrationSuffix.arriving)
        }

        /// Whether it runs, as far as one can see without a note.
        var isPlainlyRunning: Bool {
            mayRun && isReleased && !hasShutDown && name?.hasSuffix(Toolstack.MigrationSuffix.leaving) == false
        }

        /// Whether it might run here beside the sender's copy.
        var mayRun: Bool { !isDying && !isPreserved && !isHandedOver }
    }

    /// What is noted of the last arrival.
    var note: Arrival?
    var copies: [Copy]

    /// The copy that the note is about.
    private var arrived: Copy? { copies.first { $0.domain == note?.domain && !$0.isDying } }

    enum Verdict: Hashable, Sendable {
        case answer(ArrivalState)
        /// Its sender has it back, once the note says so and the copy, where there is one, is destroyed.
        case takeBack(DomainID?)
    }

    /// What follows when the sender asks. Never `started` without knowing it.
    var verdict: Verdict {
        guard let note else {
            if copies.contains(where: \.isPlainlyRunning) { return .answer(.started) }
            return .answer(copies.contains(where: \.mayRun) ? .undecided : .unknown)
        }
        switch note.stage {
        case .started:
            // One that is just arriving is not what the note is about.
            let isArriving = copies.contains { copy in
                copy.domain != note.domain && copy.mayRun
                    && copy.name?.hasSuffix(Toolstack.MigrationSuffix.arriving) == true
            }
            return .answer(isArriving ? .undecided : .started)
        case .starting:
            // Its starter has let it run and is about to note it.
            return .answer(arrived?.isReleased == true ? .started : .undecided)
        case .waiting, .returned:
            guard let arrived else { return .takeBack(nil) }
            // One that somebody has let run by hand is not for this to destroy.
            return arrived.isPaused ? .takeBack(arrived.domain) : .answer(.undecided)
        }
    }

    /// What is answered once a copy was taken back and destroyed.
    var stateAfterTakingBack: ArrivalState { copies.contains(where: \.mayRun) ? .undecided : .returned }

    /// What is to be done when the receiver is no more.
    ///
    /// - Parameter name: what its copy is called until it may run.
    /// - Returns: which copies to destroy, and what becomes of the note before that.
    func abandoned(name: String) -> (victims: [DomainID], note: Arrival?) {
        // Those of which nothing is noted: their sender has not let them run, and does not ask. The sender's own copy, on
        // the same host, has another name; one that was only just made has none yet.
        let unnoted = copies.filter { copy in
            copy.domain != note?.domain && copy.mayRun && copy.isPaused && (copy.name == nil || copy.name == name)
        }.map(\.domain)
        guard var note else { return (unnoted, nil) }
        let noted = arrived.map { $0.isPaused ? [$0.domain] : [] } ?? []
        switch note.stage {
        case .started: return (unnoted, note)
        case .returned: return (unnoted + noted, note)
        case .waiting:
            if let arrived, !arrived.isPaused { return (unnoted, note) }
        case .starting:
            guard let arrived, arrived.isPaused else {
                if arrived?.isReleased == true { note.stage = .started }
                return (unnoted, note)
            }
        }
        note.stage = .returned
        return (unnoted + noted, note)
    }
}
