import ConfigCorpus
import DomainConfig
import Testing

extension HostTests {
    /// Configurations made from the key table mean the same to both tools.
    @Suite struct Configurations {
        private static let folder = "/root/corpus"

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// What a tool says to one configuration: the exit code, and a digest of the document.
        private struct Verdict: Codable, Equatable {
            var exitCode: Int
            var digest: String

            /// A line of the runner's answer: exit code, digest, the file's name.
            init?(_ fields: [Substring]) {
                guard fields.count == 3, let code = Int(fields[0]) else { return nil }
                exitCode = code
                digest = String(fields[1])
            }
        }

        @Test func dryRunsAgree() async throws {
            let (all, sample) = (ConfigCorpus.all(), ConfigCorpus.sample(every: 32))
            let counts = try await compare(sample, "a sample")
            #expect(counts["equal", default: 0] > sample.count / 2)
            guard TestHost.isFull else { return }
            let names = Set(sample.map(\.name))
            let rest = try await compare(all.filter { !names.contains($0.name) }, "the rest")
            #expect(rest["equal", default: 0] + counts["equal", default: 0] > all.count / 2)
        }

        /// What upstream's xl ignores or bends is the same here, but for what kills it.
        @Test func whatUpstreamPassesOverMeansTheSame() async throws {
            let counts = try await compare(ConfigCorpus.passedOver, "passed over")
            #expect(counts == ["equal": ConfigCorpus.passedOver.count - 1, "rejected by both": 1])
        }

        @Test func aConfigurationWithAFaultIsRefusedWhereThatIsWanted() async throws {
            await host.atEnd("rm -f /root/strict.cfg; sed -i '/^strict=/d' /etc/xen/xl.conf")
            try await host.write("name='strict'\nkernel='/k'\nvif=['brdige=xenbr1']\n", to: "/root/strict.cfg")
            let lenient = try await host.ours("create -n -q /root/strict.cfg")
            #expect(
                lenient.exitCode == 0 && lenient.stderr.contains("ignored by xl") && lenient.stderr.contains("bridge"))
            let strict = try await host.ours("create -n -q --strict /root/strict.cfg")
            #expect(strict.exitCode == 1 && strict.stdout.isEmpty && strict.stderr.contains("error: unknown parameter"))
            #expect(try await host.ours("config check /root/strict.cfg").exitCode == 0)
            #expect(try await host.ours("config check --strict /root/strict.cfg").exitCode == 1)
            try await host.require("echo strict=1 >> /etc/xen/xl.conf")
            #expect(try await host.ours("create -n -q /root/strict.cfg").exitCode == 1)
            #expect(try await host.upstream("create -n -q /root/strict.cfg").exitCode == 0)
        }

        /// Upstream's example files, and what its manual pages show of the language.
        @Test(.enabled(if: TestHost.isFull, "the examples come from a package that is downloaded"))
        func dryRunsOfUpstreamsExamplesAgree() async throws {
            let files = try await UpstreamExamples.files(on: host)
            let manual = try await UpstreamExamples.manual(on: host)
            #expect(files.count >= 3 && manual.count > 100, "\(files.count) files, \(manual.count) lines")
            let counts = try await compare(files + manual, "examples")
            #expect(counts["equal", default: 0] > files.count)
        }

        @Test(.enabled(if: TestHost.isFull, "the examples come from a package that is downloaded"))
        func upstreamsPoolExampleMeansTheSame() async throws {
            let example = try await UpstreamExamples.cpuPool(on: host)
            for words in ["", "cpus='0'", "cpus=[] nodes=[0]", "sched=credit2 cpus=[]"] {
                let arguments = "cpupool-create -n \(example) \(words)"
                let (theirs, ours) = (try await host.recorded(arguments), try await host.ours(arguments))
                #expect(ours.stdout == theirs.stdout && ours.exitCode == theirs.exitCode, "\(words)")
            }
        }

        /// Runs our tool on all cases, upstream's where it is asked, judges and counts them.
        private func compare(_ cases: [CorpusCase], _ question: String) async throws -> [String: Int] {
            await host.atEnd("rm -rf \(Self.folder)")
            let theirs = try await Oracle.answer(question) {
                let verdicts = try await run(cases, by: TestHost.upstream)
                return Dictionary(zip(cases.map(\.name), verdicts), uniquingKeysWith: { $1 })
            }
            var counts: [String: Int] = [:]
            for (test, ours) in zip(cases, try await run(cases, by: TestHost.ours)) {
                let upstream = try #require(theirs[test.name], "\(test.name) is not in the record: make record")
                counts[judge(test, ours, upstream), default: 0] += 1
            }
            print("\(cases.count) configurations:")
            for (kind, count) in counts.sorted(by: { $0.key < $1.key }) { print("  \(count) \(kind)") }
            return counts
        }

        /// Runs a tool on each configuration.
        private func run(_ cases: [CorpusCase], by tool: String) async throws -> [Verdict] {
            var verdicts: [Verdict] = []
            // In pieces: a shell takes a long script, but not every length.
            for start in stride(from: 0, to: cases.count, by: 256) {
                let piece = cases[start..<min(start + 256, cases.count)]
                var script = "rm -rf \(Self.folder); mkdir \(Self.folder); cd \(Self.folder)\n"
                for (index, test) in piece.enumerated() {
                    script += "printf %s \(test.text.shellQuoted) > \(index).cfg\n"
                }
                script += """
                    codes=() names=()
                    for n in $(seq 0 \(piece.count - 1)); do
                        \(tool) create -n -q $n.cfg > $n.said 2> errors; codes+=($?) names+=($n.said)
                    done
                    printf '%s\\n' "${codes[@]}" > codes; sha256sum "${names[@]}" > digests; paste -d ' ' codes digests
                    """
                let answer = try await host.require(script, timeout: .seconds(1800))
                verdicts += answer.lines.compactMap { Verdict($0.split(separator: " ")) }
            }
            try #require(verdicts.count == cases.count)
            return verdicts
        }

        /// Records what is neither equal nor a known difference, and names the kind of the case.
        private func judge(_ test: CorpusCase, _ ours: Verdict, _ upstream: Verdict) -> String {
            let areAccepted = (upstream.exitCode == 0, ours.exitCode == 0)
            switch areAccepted {
            case (true, true) where ours.digest == upstream.digest: return "equal"
            case (false, false):
                // Upstream's code depends on the place of the mistake, and is sometimes that of a crash.
                #expect(ours.exitCode == 1, "\(test.name)")
                return "rejected by both"
            default: break
            }
            let document = ConfigDocument(file: ConfigSource(name: test.name, text: test.text))
            let errors = DomainConfigParser.parse(document, environment: ConfigEnvironment()).diagnostics
                .filter { $0.severity == .error }
            let outcome = KnownDifference.Outcome(
                upstreamAccepts: areAccepted.0, oursAccepts: areAccepted.1, codes: errors.map(\.code))
            guard let known = KnownDifference.expected(in: test, outcome) else {
                Issue.record(
                    "\(test.name): \(ours), upstream: \(upstream)\n\(test.text)\(errors.map(\.text).joined(separator: "\n"))"
                )
                return "others"
            }
            return known.rawValue
        }
    }
}
