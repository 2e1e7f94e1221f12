import Foundation
import Testing

extension HostTests {
    /// Both tools answer the same to command lines of every command, valid and not.
    @Suite struct CommandLines {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Where ours is meant to exit with another code.
        private struct Difference: Sendable {
            /// Empty for all.
            var commands: Set<String> = []
            /// Empty for all.
            var kinds: Set<CommandLine.Kind> = []
            /// Only with these words.
            var words: Set<String> = []
            let ours: Int
            /// Nil for any.
            var theirs: Set<Int>?
            /// As README's table has it.
            let reason: String

            func covers(_ line: CommandLine, ours: Int, theirs: Int) -> Bool {
                (commands.isEmpty || commands.contains(line.command)) && (kinds.isEmpty || kinds.contains(line.kind))
                    && (words.isEmpty || words.contains(line.words)) && ours == self.ours
                    && self.theirs?.contains(theirs) ?? true
            }
        }

        private static let differences = [
            Difference(kinds: [.unknownOption], ours: 2, reason: "an option that is none, also behind the operands"),
            Difference(kinds: [.tooMuch], ours: 2, reason: "too many operands: usage errors are 2"),
            Difference(
                commands: ["config-update"], kinds: [.tooLittle], ours: 2, theirs: [1], reason: "usage errors are 2"),
            Difference(
                commands: ["psr-mba-set"], kinds: [.tooLittle], ours: 2, theirs: [1], reason: "usage errors are 2"),
            Difference(
                commands: [
                    "vcpu-set", "pci-attach", "pci-detach", "psr-cat-set", "psr-mba-set", "vtpm-detach", "vkb-detach",
                    "vdispl-detach",
                    "vsnd-detach",
                ],
                kinds: [.badOperand], ours: 2, reason: "a number or address with a tail, or none: usage errors are 2"),
            Difference(
                commands: ["sched-credit2"], words: ["-r 5"], ours: 1, theirs: [0], reason: "nothing is passed over"),
            Difference(
                commands: ["mem-set"], words: ["still ''"], ours: 1, theirs: [0], reason: "no size at all is not 0"),
            Difference(
                commands: ["usbdev-detach"], kinds: [.badOperand], ours: 1, theirs: [139],
                reason: "ended by a wrong pointer"),
            Difference(
                commands: ["pci-detach"], kinds: [.badOperand], ours: 1, theirs: [0], reason: "a failure must show"),
            Difference(kinds: [.deadDomain], ours: 1, reason: "a missing number: a failure must show"),
            Difference(
                commands: ["sched-credit", "sched-credit2", "sched-rtds"],
                words: ["-d 4711", "-d 4711 -w 5", "-d 4711 -v all"],
                ours: 1, reason: "a missing number: a failure must show"),
            Difference(
                commands: ["domid", "domname"], words: ["0", "still"], ours: 0, theirs: [1],
                reason: "name, number or UUID everywhere"),
            Difference(
                commands: Set(["vkb", "vdispl", "vsnd"].flatMap { ["\($0)-attach", "\($0)-detach"] }), ours: 1,
                theirs: [253, 255], reason: "wrapped negative code"),
            Difference(
                commands: ["config-update"], kinds: [.badOperand], ours: 1, theirs: [253],
                reason: "wrapped negative code"),
            Difference(
                commands: ["cpupool-cpu-add", "cpupool-cpu-remove"], kinds: [.badOperand], ours: 1, theirs: [0],
                reason: "scripts can tell"),
            Difference(
                commands: ["create"], kinds: [.badOperand], ours: 1, theirs: [3, 6],
                reason: "one code of a faulty configuration"),
            Difference(
                commands: ["pci-assignable-list"], ours: 1, theirs: [0], reason: "without pciback: a failure must show"),
            Difference(kinds: [.help], ours: 0, theirs: [1], reason: "help is no failure"),
            Difference(commands: ["-h", "--help"], ours: 0, theirs: [1], reason: "help is no failure"),
            Difference(
                commands: ["help"], words: ["nosuch"], ours: 1, theirs: [0], reason: "a wrong name is a failure"),
        ]

        /// What either tool answered to a line.
        private struct Answer: Codable, Equatable, Sendable {
            var exitCode: Int
            /// Without what differs from one time to the next; empty where nobody compares it.
            var stdout = ""
            /// Those of the words that programs look for which it says on standard error.
            var words: [String] = []
        }

        /// What programs look for on standard error.
        private static let words = ["is an invalid domain identifier"]

        /// How many lines go to the host at once: an answer comes for all of them.
        private static let batch = 100

        /// Every so many of all lines are asked in a run that is not full; the number has no factor in common with what the
        /// table repeats.
        private static let step = 7

        @Test(arguments: 0..<4) func answersAreUpstreams(_ part: Int) async throws {
            let lines = CommandLineRow.lines.enumerated().filter { index, _ in
                index % 4 == part && (TestHost.isFull || index / 4 % Self.step == 3)
            }.map(\.element)
            let guest = GuestConfiguration.idle("still", .pv)
            try await guest.place(on: host)
            // Upstream's sysrq writes to a domain that is not there.
            await host.atEnd("xenstore-rm /local/domain/4711 2> /dev/null")
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            let number = try await host.domain(guest.name)
            let ours = try await answers(to: lines, by: TestHost.ours, still: number)
            var upstreams: [CommandLine: Answer] = [:]
            var tally = (equal: 0, deliberate: 0, others: 0)
            for line in lines {
                let theirs = try await Oracle.answer(line.text) {
                    if upstreams.isEmpty {
                        upstreams = try await answers(to: lines, by: TestHost.upstream, still: number)
                    }
                    return try #require(upstreams[line])
                }
                switch compare(line, try #require(ours[line]), theirs) {
                case .equal: tally.equal += 1
                case .deliberate: tally.deliberate += 1
                case .other(let text):
                    tally.others += 1
                    Issue.record("xl \(line.text) (\(line.kind.rawValue)): \(text)")
                }
            }
            print(
                "Command lines, part \(part): \(lines.count); equal \(tally.equal), deliberate \(tally.deliberate), "
                    + "others \(tally.others)")
            // What is left of the guest: no line was to change it.
            #expect(try await host.domain(guest.name) == number)
            #expect(try await host.state(of: guest.name) == "--p---")
            #expect(try await host.guests().map(\.name) == [guest.name])
        }

        @Test func theTableIsLong() {
            #expect(CommandLineRow.lines.count >= 600)
            #expect(Set(CommandLineRow.lines.map(\.text)).count == CommandLineRow.lines.count)
        }

        private enum Outcome {
            case equal, deliberate
            case other(String)
        }

        private func compare(_ line: CommandLine, _ ours: Answer, _ theirs: Answer) -> Outcome {
            guard ours.exitCode == theirs.exitCode else {
                let isMeant = Self.differences.contains {
                    $0.covers(line, ours: ours.exitCode, theirs: theirs.exitCode)
                }
                return isMeant ? .deliberate : .other("exits with \(ours.exitCode), upstream's with \(theirs.exitCode)")
            }
            let missing = theirs.words.filter { !ours.words.contains($0) }
            guard missing.isEmpty else { return .other("does not say \(missing)") }
            // Of a failure upstream's prints its help; ours prints nothing, or the same.
            guard ours.stdout == theirs.stdout || ours.exitCode != 0 && ours.stdout.isEmpty else {
                return .other("prints\n\(ours.stdout)\nand upstream's\n\(theirs.stdout)")
            }
            return .equal
        }

        /// Runs the lines one after the other by one tool: what stands between answers costs no process.
        private func answers(
            to lines: [CommandLine], by tool: String, still number: Int
        ) async throws -> [CommandLine: Answer] {
            var answers: [CommandLine: Answer] = [:]
            for start in stride(from: 0, to: lines.count, by: Self.batch) {
                let batch = lines[start..<min(start + Self.batch, lines.count)]
                let script = batch.enumerated().map { index, line in
                    "b \(index); \(tool) \(line.text) < /dev/null; printf '\\037%s' $?"
                }
                let begin = "b() { printf '\\036%s\\n' $1; printf '\\036%s\\n' $1 >&2; }"
                let result = try await host.run(([begin] + script).joined(separator: "\n"))
                let (outputs, errors) = (sections(result.stdout), sections(result.stderr))
                for (index, line) in batch.enumerated() {
                    let parts = (outputs[index] ?? "").split(separator: "\u{1F}", omittingEmptySubsequences: false)
                    guard let last = parts.last, let code = Int(String(last)) else {
                        throw HostError.commandFailed(result)
                    }
                    let text = parts.dropLast().joined(separator: "\u{1F}")
                    let said = errors[index] ?? ""
                    answers[line] = Answer(
                        exitCode: code, stdout: line.hasSteadyText ? steady(text, number) : "",
                        words: Self.words.filter(said.contains))
                }
            }
            return answers
        }

        /// What stands behind each mark, by its number.
        private func sections(_ text: String) -> [Int: String] {
            var sections: [Int: String] = [:]
            for part in text.split(separator: "\u{1E}") {
                guard let end = part.firstIndex(of: "\n"), let number = Int(part[..<end]) else { continue }
                sections[number] = String(part[part.index(after: end)...])
            }
            return sections
        }

        /// The guest's number is another each time: before and after its name, and where it is all. So is the UUID of one
        /// that is not made.
        private func steady(_ text: String, _ number: Int) -> String {
            let text = text.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "UUID")
            let number = try? Regex("(still +)\(number)\\b|\\b\(number)(?= +still)|\\A\(number)(?=\\n\\z)")
            return number.map { text.replacing($0) { "\($0.output[1].substring ?? "")DOMID" } } ?? text
        }
    }
}
