import CXenShim
import Glibc
import SystemPackage

/// Signals that are read instead of being delivered (signalfd); they must be blocked.
public struct SignalDescriptor: Sendable {
    /// It can be read when a signal has come.
    public let descriptor: FileDescriptor

    /// - Returns: nil when the process may have no more descriptors.
    public init?(_ signals: sigset_t) {
        var signals = signals
        let number = cxs_signalfd(&signals)
        guard number >= 0 else { return nil }
        descriptor = FileDescriptor(rawValue: number)
    }

    /// The number of the next signal; nil when none has come.
    public func next() -> CInt? {
        let number = cxs_read_signal(descriptor.rawValue)
        return number == 0 ? nil : number
    }

    /// Lets the signals stay where they are.
    public func close() { try? descriptor.close() }
}
