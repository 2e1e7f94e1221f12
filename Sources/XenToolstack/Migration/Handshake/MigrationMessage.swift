/// What the two sides of a migration say to each other besides the domain itself: upstream's texts (`tools/xl/xl.h`),
/// to the byte.
package enum MigrationMessage: String, Sendable, CaseIterable {
    /// The receiver's first words.
    case banner = "xl migration receiver ready, send binary domain data.\n"
    /// The receiver has all, and waits for permission to let the domain run.
    case ready = "domain received, ready to unpause"
    /// From the sender: the domain is the receiver's. From a receiver that failed: it is the sender's again.
    case permission = "domain is yours, you are cleared to unpause"
    /// From the receiver; a byte follows, which is 0 when the domain runs, and else libxl's error number, negated.
    case report = "my copy unpause results are as follows"

    /// As it is on the wire: the banner ends with its newline, the others with a NUL.
    package var bytes: [UInt8] { Array(rawValue.utf8) + (self == .banner ? [] : [0]) }

    /// What it is called in errors; upstream's words.
    package var name: String {
        switch self {
        case .banner: "banner"
        case .ready: "ready message"
        case .permission: "GO message"
        case .report: "success/failure report message"
        }
    }
}
