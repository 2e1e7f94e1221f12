import Glibc

/// What the fuzzer calls with each input; 0 to keep the input if it reaches something new.
private typealias Test = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// The fuzzer's own main function. The one in its library is of no use: SwiftPM gives every program a `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ test: Test
) -> CInt

/// `Fuzzer TARGET` and arguments of libFuzzer's; without any, the names of the targets.
@main enum Fuzzer {
    private static let target = FuzzTarget.all.first { CommandLine.arguments.dropFirst().first == $0.name }

    static func main() {
        guard CommandLine.argc > 1 else { return print(FuzzTarget.all.map(\.name).joined(separator: "\n")) }
        guard target != nil else {
            fputs("there is no target \(CommandLine.arguments[1])\n", stderr)
            exit(2)
        }
        // Without the target's name.
        var arguments = CommandLine.unsafeArgv + 1
        arguments[0] = CommandLine.unsafeArgv[0]
        var count = CommandLine.argc - 1
        // A broken promise ends the run as a crash, which the fuzzer reports with its input.
        let status = runDriver(&count, &arguments) { start, count in
            do {
                try target?.check(Array(UnsafeBufferPointer(start: start, count: count)))
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
        exit(status)
    }
}
