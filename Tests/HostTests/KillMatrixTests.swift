import Foundation
import Testing

extension HostTests {
    /// `kill -9` at system calls that are spread over whole operations: the next ordinary command, or `xl doctor --fix`,
    /// leads to exactly one runnable copy of the guest, or none, and to a host that is as it was before.
    @Suite struct KillMatrix {
        /// Points of one operation that one host does, one after the other.
        struct Group: Sendable, CustomTestStringConvertible {
            var operation: KillOperation
            var indices: [Int]

            var testDescription: String { "\(operation) \(indices.map(String.init).joined(separator: " "))" }
        }

        /// `OPERATION INDEX...`: these points alone, or all of these operations; commas are between several.
        private static let variable = "SWIFT_XL_KILL"
        private static let groupSize = 8

        private static func groups(of operations: [KillOperation]) -> [Group] {
            if let wish = ProcessInfo.processInfo.environment[variable], !wish.isEmpty {
                return wish.split(separator: ",").map { $0.split(separator: " ") }.flatMap { words in
                    let indices = words.dropFirst().compactMap { Int($0) }
                    return operations.filter { words.first.map(String.init) == $0.rawValue }.map { operation in
                        Group(operation: operation, indices: indices.isEmpty ? operation.allIndices : indices)
                    }
                }
            }
            return operations.flatMap { operation in
                let indices = TestHost.isFull ? operation.allIndices : operation.essentialIndices
                return stride(from: 0, to: indices.count, by: groupSize).map { start in
                    Group(operation: operation, indices: Array(indices.dropFirst(start).prefix(groupSize)))
                }
            }
        }

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test(arguments: groups(of: KillOperation.allCases.filter { $0 != .createPool }))
        func nothingIsLostOrLeft(_ group: Group) async throws { try await strike(group) }

        @Test(.processors(2), arguments: groups(of: [.createPool]))
        func noPoolIsLeft(_ group: Group) async throws { try await strike(group) }

        private func strike(_ group: Group) async throws {
            let (host, scenario) = (host, group.operation.scenario)
            await host.atEnd("rm -f \(KillTrace.file) /var/log/xen/*killed*")
            try await scenario.setUp(host)
            let trace = try await KillTally.shared.trace(of: group.operation) { try await scenario.trace(on: host) }
            var before = try await Residue(of: host)
            for index in group.indices {
                var moment: KillMoment?
                do {
                    moment = try trace.moment(index, of: scenario.points)
                    guard let moment else { continue }
                    let outcome = try await scenario.strike(index, at: moment, on: host, before: before)
                    KillTally.shared.count(outcome, of: group.operation, index, at: moment)
                } catch {
                    KillTally.shared.count(.failed, of: group.operation, index, at: moment)
                    Issue.record(
                        """
                        \(group.operation) killed at point \(index) of \(scenario.points), \
                        \(moment.map { "\($0)" } ?? "?"): \(error)
                        This point alone: \(Self.variable)='\(group.operation) \(index)' make host-test SUITE=KillMatrix
                        \(await host.journal.suffix(10).map(\.description).joined(separator: "\n"))
                        """)
                    try await clear(of: scenario)
                    before = try await Residue(of: host)
                }
            }
        }

        /// Makes room for the points that follow one that failed.
        private func clear(of scenario: KillScenario) async throws {
            for guest in try await host.guests() where guest.name != KillOperation.shared {
                try await host.upstream("destroy \(guest.number)")
            }
            try await host.ours("doctor --fix")
        }
    }
}
