@_exported import DomainConfig
@_exported import DomainModel
@_exported import StreamFormats
@_exported import XenTypes
@_exported import YajlJSON
import Glibc

/// What the fuzzer calls with each input; 0 to keep the input if it reaches something new, -1 to forget it.
public typealias Test = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// The fuzzer's own main function. The one in its library is of no use: SwiftPM gives every program a `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ test: Test
) -> CInt

/// Runs the fuzzer with the arguments of this program.
public func run(_ test: Test) -> Never {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, test))
}

/// The bytes that the fuzzer hands over.
public func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Ends the run as a crash, which the fuzzer reports with its input.
public func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError(message()) }
}

/// Reads a specification; what it gives must be the same after writing and reading it again.
public func checkRoundTrip<Spec: DeviceSpec>(_ spec: Spec.Type, _ bytes: [UInt8]) {
    let device: Spec.Device
    do throws(SpecError) {
        device = try Spec.parse(bytes: bytes, into: Spec.Device()).value
    } catch {
        checkPlace(error, in: bytes.count)
        return
    }
    guard let text = try? Spec.text(for: device) else { return }
    let again = try? Spec.parse(text).value
    require(again == device, "\(device)\nbecame\n\(text)\nand that\n\(String(describing: again))")
}

/// Faults must lie within the text.
public func checkPlace(_ error: SpecError, in count: Int) { checkPlaces(error) { _ in count } }

/// Faults must lie within their words, of which `count` tells the length; nil for a word that is not there.
public func checkPlaces(_ error: SpecError, count: (Int) -> Int?) {
    for fault in error.all {
        guard let count = count(fault.word) else { fatalError("\(fault) is in no word") }
        require(fault.range.lowerBound >= 0 && fault.range.upperBound <= count, "\(fault) is out of the text")
        require(!fault.description.isEmpty && fault.further.isEmpty, "a fault without words")
    }
}
