import Glibc
import ProcessorTime
import SystemPackage
import Testing

/// What the fuzzer begins with, and what is easily made from that, without a fuzzer.
@Suite struct ReplayTests {
    private struct File {
        let name: String
        let bytes: [UInt8]
    }

    private static let corpus = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Fuzz/Corpus")

    private static func names(in directory: FilePath) -> [String] {
        guard let stream = opendir(directory.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func files(of target: FuzzTarget) throws -> [File] {
        let directory = corpus.appending(target.name)
        return try names(in: directory).map { name in
            let descriptor = try FileDescriptor.open(directory.appending(name), .readOnly)
            defer { try? descriptor.close() }
            let bytes = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            return File(name: name, bytes: bytes)
        }
    }

    @Test func everyTargetHasInputsAndEveryInputATarget() throws {
        let names = FuzzTarget.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Self.names(in: Self.corpus) == names.sorted())
        for target in FuzzTarget.all { #expect(try !Self.files(of: target).isEmpty, "\(target)") }
    }

    @Test(arguments: FuzzTarget.all) func promisesHold(_ target: FuzzTarget) throws {
        for file in try Self.files(of: target) {
            for derivation in Derivation.small(of: file.bytes) {
                do {
                    try target.check(derivation.bytes)
                } catch {
                    Issue.record("\(target)/\(file.name) \(derivation.text): \(error)")
                }
            }
        }
    }

    /// So many inputs of a target are made longer.
    private static let growths = 8
    /// What one may cost before still longer ones of its kind are not tried, in seconds of processor time.
    private static let budget = 0.03
    /// Times below this are not compared.
    private static let least = 0.002

    @Test(arguments: FuzzTarget.all) func longInputsTakeLinearTime(_ target: FuzzTarget) throws {
        var numbers = FixedNumbers(seed: 1)
        let growths = try Self.files(of: target).flatMap { Growth.all(of: $0.bytes) }.shuffled(using: &numbers)
        for growth in growths.prefix(Self.growths) {
            var before = 0.0
            for size in [4, 16, 64, 256, 1024].map({ $0 << 10 }) {
                let time = Self.time(target, growth, size)
                // Linear is four times, quadratic sixteen times as long.
                guard time <= 9 * max(before, Self.least) else {
                    Self.compare(target, growth, size)
                    break
                }
                guard time < Self.budget else { break }
                before = time
            }
        }
    }

    private static func time(_ target: FuzzTarget, _ growth: Growth, _ size: Int) -> Double {
        let bytes = growth.bytes(size)
        return processorTime {
            do {
                try target.check(bytes)
            } catch {
                Issue.record("\(target), \(size) bytes of \(growth): \(error)")
            }
        }
    }

    /// Looks again at a time that seemed too long: another program may have used the caches, or what grew has an end,
    /// such as the most diagnostics of a text.
    private static func compare(_ target: FuzzTarget, _ growth: Growth, _ size: Int) {
        func least(_ size: Int) -> Double { (0..<3).map { _ in time(target, growth, size) }.min() ?? 0 }
        let (short, long) = (least(size / 4), least(size))
        guard long > 9 * max(short, Self.least) else { return }
        let longest = time(target, growth, size * 4)
        #expect(longest <= 9 * long, "\(target): \(short), \(long), \(longest) s from \(size / 4) bytes of \(growth)")
    }
}
