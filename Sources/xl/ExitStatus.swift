import XenToolstack

/// What the process exits with. Thrown, it ends a command that has already said what is wrong.
struct ExitStatus: Error, Sendable, Equatable {
    let rawValue: Int32

    init(_ rawValue: Int32) { self.rawValue = rawValue }

    static let success = ExitStatus(0)
    static let failure = ExitStatus(1)
    /// An option that does not exist, or operands missing or too many.
    static let usage = ExitStatus(2)

    /// The negated libxl code, which `create` exits with: 3 for a general failure.
    init(negatedCodeOf error: any Error) {
        self.init((error as? ToolstackError).map { -$0.code.rawValue } ?? 1)
    }
}
