/// What a guest is to see of CPUID leaves and MSRs (`libxl_cpuid_policy_list`).
///
/// Xen 4.17.0 wrote the leaves alone, as a JSON array; later point releases write an object with `cpuid`
/// and `msr`. Both are read, the object is written.
public struct CPUIDPolicy: Sendable, Equatable, Codable, OmittedWhenInitial {
    /// One CPUID leaf. Each register is nil, or 32 characters for its bits from 31 to 0: `1`, `0`, `x`
    /// (Xen's default), `k` (the host's value, kept over migration) or `s` (the host's value).
    public struct Leaf: Sendable, Equatable, Codable {
        /// The leaf's number, which a guest puts into EAX.
        public var leaf: UInt32
        /// nil where the leaf has no sub-leaves.
        public var subleaf: UInt32?
        /// What is read in EAX.
        public var eax: String?
        /// What is read in EBX.
        public var ebx: String?
        /// What is read in ECX.
        public var ecx: String?
        /// What is read in EDX.
        public var edx: String?

        public init(leaf: UInt32, subleaf: UInt32? = nil) {
            self.leaf = leaf
            self.subleaf = subleaf
        }
    }

    /// One MSR: `policy` has 64 characters for its bits from 63 to 0, as in ``Leaf``.
    public struct MSR: Sendable, Equatable, Codable {
        /// The register's number.
        public var index: UInt32
        /// What is read in it.
        public var policy: String

        public init(index: UInt32, policy: String) {
            self.index = index
            self.policy = policy
        }
    }

    /// The leaves that are not as Xen gives them.
    public var leaves: [Leaf]
    /// The model-specific registers that are not as Xen gives them.
    public var msrs: [MSR]

    public init(leaves: [Leaf] = [], msrs: [MSR] = []) {
        self.leaves = leaves
        self.msrs = msrs
    }

    static let initial = CPUIDPolicy()

    /// Whether all is as Xen gives it.
    public var isEmpty: Bool { leaves.isEmpty && msrs.isEmpty }

    enum CodingKeys: String, CodingKey {
        case leaves = "cpuid"
        case msrs = "msr"
    }

    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: CodingKeys.self) {
            leaves = try container.decode([Leaf].self, forKey: .leaves)
            msrs = try container.decode([MSR].self, forKey: .msrs)
        } else {
            leaves = try decoder.singleValueContainer().decode([Leaf].self)
            msrs = []
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(leaves, forKey: .leaves)
        try container.encode(msrs, forKey: .msrs)
    }
}
