import SystemPackage
import XenTypes

/// Finds what is wrong with a host, and mends what it may.
public struct Doctor: Sendable {
    let toolstack: Toolstack
    /// Directories in which saves may have been left unfinished, besides the toolstack's own.
    let saves: [FilePath]
    /// Only what concerns this domain, which may be no more; nil for all.
    let domain: DomainID?

    /// A look at a host.
    ///
    /// - Parameters:
    ///   - domain: the only one to look at; nil for all and for the host.
    ///   - saves: directories in which to look for files that an interrupted save left.
    public init(_ toolstack: Toolstack, domain: DomainID? = nil, saves: [FilePath] = []) {
        self.toolstack = toolstack
        self.domain = domain
        self.saves = saves
    }

    /// What came of one finding.
    public struct Treatment: Sendable, Hashable {
        /// What was wrong.
        public var finding: Finding
        /// What was done.
        public var done: String?
        /// Why it was not, or not to its end.
        public var failure: String?
    }

    /// What was done, and what is wrong still.
    public struct Report: Sendable {
        /// What was mended, or was tried to be.
        public var treatments: [Treatment] = []
        /// What is wrong still.
        public var findings: [Finding] = []

        public init() {}
    }

    /// More is done in another run.
    private static let mostTreatments = 1 << 12
    /// How often in a row the host is looked at without anything that can be done: something keeps changing.
    private static let mostLooks = 4

    /// Looks, and changes nothing.
    public func examine() throws(ToolstackError) -> [Finding] { try look(abandonedLoops: []).findings }

    private func look(abandonedLoops: Set<SeenLoop.Identity>) throws(ToolstackError) -> (
        findings: [Finding], abandonedLoops: Set<SeenLoop.Identity>
    ) {
        var snapshot = try toolstack.snapshot(saves: saves)
        snapshot.abandonedLoops = abandonedLoops.union(snapshot.loopsOfResidue)
        let findings = snapshot.findings.filter { domain == nil || $0.domain == domain }
        return (findings, snapshot.abandonedLoops)
    }

    /// Mends, one thing after the other, what is certain, and what the administrator has named.
    ///
    /// Nothing is touched that was not found twice: the host is looked at anew before each step, so that nothing is
    /// judged by what it was before the step that came before.
    ///
    /// - Parameters:
    ///   - startMonitor: starts a process that watches a domain.
    ///   - tell: is told of each step when it is done.
    /// - Throws: when the hypervisor does not answer, and `CancellationError` between two steps.
    public func treat(
        startMonitor: MonitorStart, tell: (Treatment) -> Void
    ) async throws -> Report {
        var report = Report()
        var (findings, loops) = try look(abandonedLoops: [])
        var tried: Set<Finding.Identity> = []
        var looks = 0
        while report.treatments.count < Self.mostTreatments {
            try Task.checkCancellation()
            let seen = Set(findings.map(\.identity))
            (findings, loops) = try look(abandonedLoops: loops)
            let candidates = findings.filter { mayTreat($0) && !tried.contains($0.identity) }
            guard let next = candidates.first(where: { seen.contains($0.identity) }) else {
                // What has only now shown itself gets a second look.
                looks += 1
                if candidates.isEmpty || looks > Self.mostLooks { break }
                continue
            }
            looks = 0
            tried.insert(next.identity)
            guard let repair = next.repair else { continue }
            var treatment = Treatment(finding: next)
            do {
                treatment.done = try await toolstack.perform(repair, startMonitor: startMonitor)
            } catch {
                treatment.failure = "\(error)"
            }
            tell(treatment)
            report.treatments.append(treatment)
        }
        report.findings = findings
        return report
    }

    private func mayTreat(_ finding: Finding) -> Bool {
        finding.repair != nil && finding.hindrance == nil && (finding.consent == .general || domain != nil)
    }
}

extension HostSnapshot {
    /// The loop devices that backends have which are residue, or whose guest is no more.
    fileprivate var loopsOfResidue: Set<SeenLoop.Identity> {
        let numbers = Set(
            (store?.backends ?? []).filter { !exists($0.domain) || DeviceFindings.isLeft($0, self) }.compactMap(\.loop))
        return Set(loops.map(\.identity).filter { numbers.contains($0.number) })
    }
}
