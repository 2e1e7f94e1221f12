import Foundation
import Synchronization
import Testing

/// How long each case of each host test takes: read from the repository to start the longest first, and written anew for
/// the one who looks for what is slow.
enum TestDurations {
    /// `seconds, tab, name` a line, as `make record` keeps it.
    private static let file = TestHost.repository.appending(path: "Tests/HostTests/Records/durations.tsv")
    /// Where a run leaves its own.
    private static let measured = ProcessInfo.processInfo.environment["SWIFT_XL_DURATIONS"]

    private static let known: [String: Double] = {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let rows = text.split(separator: "\n").compactMap { line -> (String, Double)? in
            let fields = line.split(separator: "\t", maxSplits: 1)
            guard fields.count == 2, let seconds = Double(fields[0]) else { return nil }
            return (String(fields[1]), seconds)
        }
        return Dictionary(rows, uniquingKeysWith: { $1 })
    }()

    private static let lock = Mutex(())

    /// A case's name: the file of the suite, the function, the arguments.
    static func name(of test: Test, _ testCase: Test.Case) -> String {
        let file = test.sourceLocation.fileName.split(separator: ".").first ?? ""
        let function = test.name.prefix { $0 != "(" }
        let arguments = arguments(of: testCase)
        return "\(file)/\(function)" + (arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))")
    }

    /// Seconds that a case took when that was recorded. One that is not known comes before those that are short.
    static func expected(_ name: String) -> Double { known[name] ?? 30 }

    /// Says how long a case took, and where.
    static func note(_ name: String, _ duration: Duration, on hosts: [TestHost]) {
        let seconds = String(format: "%.1f", duration / .seconds(1))
        print("\(name): \(seconds) s on \(hosts.map(\.name).joined(separator: " and "))")
        guard let measured else { return }
        lock.withLock { _ in
            guard let file = fopen(measured, "a") else { return }
            fputs("\(seconds)\t\(name)\n", file)
            fclose(file)
        }
    }

    /// The library shows a case's arguments to tools alone.
    private static func arguments(of testCase: Test.Case) -> [String] {
        guard let arguments = descendant(of: testCase, named: "arguments", depth: 4) else { return [] }
        return Mirror(reflecting: arguments).children.compactMap { argument in
            Mirror(reflecting: argument.value).children.first { $0.label == "value" }
                .map { String(describingForTest: $0.value) }
        }
    }

    private static func descendant(of value: Any, named name: String, depth: Int) -> Any? {
        guard depth > 0 else { return nil }
        for child in Mirror(reflecting: value).children {
            if child.label == name { return child.value }
            if let found = descendant(of: child.value, named: name, depth: depth - 1) { return found }
        }
        return nil
    }
}
