import Glibc
import SystemPackage

/// What the fuzzer calls with each input; 0 to keep the input if it reaches something new.
private typealias Test = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// The fuzzer's own main function. The one in its library is of no use: SwiftPM gives every program a `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ test: Test
) -> CInt

private let target = FuzzTarget.all.first { CommandLine.arguments.dropFirst().first == $0.name }

/// A broken promise ends the run as a crash, which the fuzzer reports with its input.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try target?.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// Runs the fuzzer with the arguments of this program that follow the target's name.
private func run(_ test: Test) -> Never {
    var count = CommandLine.argc - 1
    var arguments = CommandLine.unsafeArgv + 1
    arguments[0] = CommandLine.unsafeArgv[0]
    exit(runDriver(&count, &arguments, test))
}

/// `Fuzzer TARGET` and arguments of libFuzzer's; without any, the names of the targets.
@main enum Fuzzer {
    static func main() {
        guard CommandLine.argc > 1 else { return print(FuzzTarget.all.map(\.name).joined(separator: "\n")) }
        guard target != nil else {
            _ = try? FileDescriptor.standardError.writeAll("there is no target \(CommandLine.arguments[1])\n".utf8)
            exit(2)
        }
        run(fuzz)
    }
}
