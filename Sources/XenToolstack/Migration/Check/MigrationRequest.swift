import XenControl
import XenTypes

/// What a domain needs of the host that it is to move to.
public struct MigrationRequest: Codable, Sendable {
    /// This form's own number: another is refused.
    public var version: Int
    /// The two parts of the hypervisor's version at the source.
    public var xen: [UInt32]
    /// Of libxl's stream.
    public var streamVersion: UInt32
    /// As it would be sent, in libxl's JSON.
    public var configuration: String
    /// The domain's UUID.
    public var uuid: String
    /// Tells whether two hosts are one: the number that the control domain's kernel drew when it started, and its name.
    public var host: String
    /// What the domain sees of CPUID.
    public var cpu: [CPULeaf]
    /// Seconds since 1970 at the source.
    public var time: Int64

    /// The newest form.
    public static let currentVersion = 1
}

/// What speaks against moving a domain to a host.
public struct MigrationFindings: Codable, Hashable, Sendable {
    /// Something that the other host has found.
    public struct Finding: Codable, Hashable, Sendable {
        /// What it is about: "memory", "disk xvda".
        public var subject: String
        /// What it is, as a statement.
        public var text: String

        public init(_ subject: String, _ text: String) {
            self.subject = subject
            self.text = text
        }
    }

    /// Why it cannot move, or would not run.
    public var problems: [Finding] = []
    /// What will be different there.
    public var warnings: [Finding] = []
    /// What could not be looked at.
    public var unchecked: [Finding] = []
    /// What a new domain could get there; nil where it is not known.
    public var freeKiB: UInt64?

    enum CodingKeys: String, CodingKey {
        case problems, warnings, unchecked
        case freeKiB = "free_kib"
    }

    public init() {}

    /// The findings of both.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.problems += right.problems
        sum.warnings += right.warnings
        sum.unchecked += right.unchecked
        sum.freeKiB = left.freeKiB ?? right.freeKiB
        return sum
    }
}
