import Foundation
import Synchronization
import Testing

/// Upstream's side of the comparisons, which is the same every time: asked once, and kept in the repository by the version
/// of upstream that said it, a file for each file of tests.
enum Oracle {
    enum Mode: String {
        /// The record answers; upstream is asked what it does not know.
        case replay
        /// Upstream is asked, and the record is written.
        case record
        /// Upstream is asked, and the test fails where the record says something else, or nothing.
        case check
    }

    /// `make record` and `make test-full` set it.
    static let mode =
        ProcessInfo.processInfo.environment["SWIFT_XL_ORACLE"].flatMap(Mode.init)
        ?? (TestHost.isFull ? .check : .replay)

    /// Of the upstream that the test's host has.
    private static var folder: URL {
        let release = (TestHost.current?.release ?? .standard).rawValue
        return TestHost.repository.appending(path: "Tests/HostTests/Records/xen-\(release)")
    }

    /// What is known, by file and question.
    private static let records = Mutex<[String: [String: Any]]>([:])

    enum Failure: Error, CustomStringConvertible {
        case noRecord(question: String, file: String)
        case unreadable(file: String, reason: String)

        var description: String {
            switch self {
            case .noRecord(let question, let file):
                "upstream's answer to \"\(question)\" is not in \(file): make record SUITE=… asks for it"
            case .unreadable(let file, let reason): "\(file): \(reason): mend it, or make record anew"
            }
        }
    }

    /// Upstream's answer to a question of the test that runs.
    ///
    /// - Parameters:
    ///   - question: what makes it different from the test's other questions, its cases' included.
    ///   - ask: asks upstream; what differs from one time to the next must be replaced in what it gives back.
    static func answer<Answer: Codable & Equatable>(
        _ question: String, file: String = #fileID, function: String = #function,
        isolation: isolated (any Actor)? = #isolation, ask: () async throws -> Answer
    ) async throws -> Answer {
        let test = Test.current?.name ?? function
        let key = "\(test.prefix { $0 != "(" }): \(question)"
        let path = folder.appending(path: name(of: file) + ".json")
        let known = try record(key, in: path).map { try decode(Answer.self, $0, path) }
        if mode == .replay, let known { return known }
        let fresh = try await ask()
        switch mode {
        case .record: try keep(fresh, key, in: path)
        case .replay: print("upstream was asked, for no record knows it: \(key)")
        case .check:
            if let known {
                #expect(known == fresh, "the record of \"\(key)\" in \(path.path) is stale: make record")
            } else {
                Issue.record(Failure.noRecord(question: key, file: path.path))
            }
        }
        return fresh
    }

    private static func name(of file: String) -> String {
        String(file.split(separator: "/").last?.split(separator: ".").first ?? "unknown")
    }

    private static func record(_ key: String, in path: URL) throws -> Any? {
        try records.withLock { records in
            if records[path.path] == nil { records[path.path] = try read(path) }
            return records[path.path]?[key].map { Kept(value: $0) }
        }?.value
    }

    private static func read(_ path: URL) throws -> [String: Any] {
        guard let data = try? Data(contentsOf: path) else { return [:] }
        do {
            guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw Failure.unreadable(file: path.path, reason: "not an object")
            }
            return object
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure.unreadable(file: path.path, reason: "\(error)")
        }
    }

    /// Writes the whole file under another name first: a test process that is killed leaves the old one.
    private static func keep(_ answer: some Encodable, _ key: String, in path: URL) throws {
        let data = try JSONEncoder().encode(answer)
        let object = withLines(try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed))
        try records.withLock { [object = Kept(value: object)] records in
            records[path.path, default: [:]][key] = object.value
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let text = try JSONSerialization.data(
                withJSONObject: records[path.path] ?? [:],
                options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
            try (text + Data("\n".utf8)).write(to: path, options: .atomic)
        }
    }

    private static func decode<Answer: Decodable>(_ type: Answer.Type, _ object: Any, _ path: URL) throws -> Answer {
        do {
            let data = try JSONSerialization.data(withJSONObject: withoutLines(object), options: .fragmentsAllowed)
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw Failure.unreadable(file: path.path, reason: "\(error)")
        }
    }

    private struct Kept: @unchecked Sendable { let value: Any }

    private static let linesKey = "lines of text"

    /// Text of several lines as a list of them, so that a difference between two records can be read.
    private static func withLines(_ object: Any) -> Any {
        switch object {
        case let text as String where text.contains("\n"): [linesKey: text.components(separatedBy: "\n")]
        case let list as [Any]: list.map(withLines)
        case let members as [String: Any]: members.mapValues(withLines)
        default: object
        }
    }

    private static func withoutLines(_ object: Any) -> Any {
        switch object {
        case let list as [Any]: list.map(withoutLines)
        case let members as [String: Any]:
            (members[linesKey] as? [String])?.joined(separator: "\n") ?? members.mapValues(withoutLines)
        default: object
        }
    }
}

/// What upstream's program answered, as it is kept. Its words for a refusal are its own: nobody compares them.
struct RecordedResult: Codable, Equatable, Sendable {
    var exitCode: Int
    var stdout: String
}

extension TestHost {
    /// What upstream's `xl` says, from the record where there is one.
    ///
    /// - Parameters:
    ///   - question: what it is known by in the record; the arguments are, unless they hold what differs.
    ///   - normalise: replaces what differs from one time to the next; it is for our answer, too.
    nonisolated func recorded(
        _ arguments: String, as question: String? = nil, file: String = #fileID, function: String = #function,
        normalise: (String) throws -> String = { $0 }
    ) async throws -> RecordedResult {
        try await Oracle.answer(question ?? arguments, file: file, function: function) {
            let result = try await upstream(arguments)
            return RecordedResult(exitCode: result.exitCode, stdout: try normalise(result.stdout))
        }
    }

    /// What upstream's `xl` exits with, from the record where there is one.
    nonisolated func recordedExitCode(
        _ arguments: String, as question: String, file: String = #fileID, function: String = #function,
        timeout: Duration = .seconds(300)
    ) async throws -> Int {
        try await Oracle.answer(question, file: file, function: function) {
            try await upstream(arguments, timeout: timeout).exitCode
        }
    }
}
