import ConfigCorpus
import DomainConfig
import Testing

extension HostTests {
    /// Configurations made from the key table mean the same to both tools.
    @Suite struct Configurations {
        private static let folder = "/root/corpus"

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// What both tools said to one configuration.
        private struct Verdict {
            var upstreamExit: Int
            var oursExit: Int
            var sameText: Bool

            /// A line of the runner's answer: case number, two exit codes, whether the documents are the same.
            init?(_ fields: [Substring]) {
                guard fields.count == 4, let upstream = Int(fields[1]), let ours = Int(fields[2]) else { return nil }
                upstreamExit = upstream
                oursExit = ours
                sameText = fields[3] == "same"
            }
        }

        @Test func dryRunsAgree() async throws {
            let cases = ConfigCorpus.sample(every: TestHost.isFull ? 1 : 32)
            let counts = try await compare(cases)
            #expect(counts["equal", default: 0] > cases.count / 2)
        }

        /// Upstream's example files, and what its manual pages show of the language.
        @Test(.enabled(if: TestHost.isFull, "the examples come from a package that is downloaded"))
        func dryRunsOfUpstreamsExamplesAgree() async throws {
            let files = try await UpstreamExamples.files(on: host)
            let manual = try await UpstreamExamples.manual(on: host)
            #expect(files.count >= 3 && manual.count > 100, "\(files.count) files, \(manual.count) lines")
            let counts = try await compare(files + manual)
            #expect(counts["equal", default: 0] > files.count)
        }

        @Test(.enabled(if: TestHost.isFull, "the examples come from a package that is downloaded"))
        func upstreamsPoolExampleMeansTheSame() async throws {
            let example = try await UpstreamExamples.cpuPool(on: host)
            for words in ["", "cpus='0'", "cpus=[] nodes=[0]", "sched=credit2 cpus=[]"] {
                let arguments = "cpupool-create -n \(example) \(words)"
                let (theirs, ours) = (try await host.upstream(arguments), try await host.ours(arguments))
                #expect(ours.stdout == theirs.stdout && ours.exitCode == theirs.exitCode, "\(words)")
            }
        }

        /// Runs both tools on all cases, judges and counts them.
        private func compare(_ cases: [CorpusCase]) async throws -> [String: Int] {
            await host.atEnd("rm -rf \(Self.folder)")
            var counts: [String: Int] = [:]
            // In pieces: a shell takes a long script, but not every length.
            for start in stride(from: 0, to: cases.count, by: 256) {
                let piece = Array(cases[start..<min(start + 256, cases.count)])
                for (test, verdict) in zip(piece, try await run(piece)) {
                    counts[judge(test, verdict), default: 0] += 1
                }
            }
            print("\(cases.count) configurations:")
            for (kind, count) in counts.sorted(by: { $0.key < $1.key }) { print("  \(count) \(kind)") }
            return counts
        }

        /// Runs both tools on each configuration.
        private func run(_ cases: [CorpusCase]) async throws -> [Verdict] {
            var script = "rm -rf \(Self.folder); mkdir \(Self.folder); cd \(Self.folder)\n"
            for (index, test) in cases.enumerated() {
                script += "printf %s '\(test.text.replacing("'", with: "'\\''"))' > \(index).cfg\n"
            }
            // The host has two processors: each tool goes through the cases on its own.
            script += """
                runAll() {
                    for n in $(seq 0 \(cases.count - 1)); do
                        $1 create -n -q $n.cfg > $n.$2 2> err.$2; echo $? > $n.$2.code
                    done
                }
                runAll \(TestHost.upstream) theirs & runAll \(TestHost.ours) ours; wait
                for n in $(seq 0 \(cases.count - 1)); do
                    read a < $n.theirs.code; read b < $n.ours.code
                    mapfile -d '' theirs < $n.theirs; mapfile -d '' ours < $n.ours
                    [ "${theirs[*]}" = "${ours[*]}" ] && echo $n $a $b same || echo $n $a $b differs
                done
                """
            let answer = try await host.require(script, timeout: .seconds(1800))
            let verdicts = answer.lines.compactMap { Verdict($0.split(separator: " ")) }
            try #require(verdicts.count == cases.count)
            return verdicts
        }

        /// Records what is neither equal nor a known difference, and names the kind of the case.
        private func judge(_ test: CorpusCase, _ verdict: Verdict) -> String {
            let areAccepted = (verdict.upstreamExit == 0, verdict.oursExit == 0)
            switch areAccepted {
            case (true, true) where verdict.sameText: return "equal"
            case (false, false):
                // Upstream's code depends on the place of the mistake, and is sometimes that of a crash.
                #expect(verdict.oursExit == 1, "\(test.name)")
                return "rejected by both"
            default: break
            }
            let document = ConfigDocument(file: ConfigSource(name: test.name, text: test.text))
            let errors = DomainConfigParser.parse(document, environment: ConfigEnvironment()).diagnostics
                .filter { $0.severity == .error }
            let outcome = KnownDifference.Outcome(
                upstreamAccepts: areAccepted.0, oursAccepts: areAccepted.1, codes: errors.map(\.code))
            guard let known = KnownDifference.expected(in: test, outcome) else {
                Issue.record("\(test.name): \(verdict)\n\(test.text)\(errors.map(\.text).joined(separator: "\n"))")
                return "others"
            }
            return known.rawValue
        }
    }
}
