/// The counts and sizes that a domain can have at all.
///
/// JSON holds any number. What sizes lists and computations is checked where a configuration enters, before anything is
/// made of it; what a host can have is checked later, by whoever knows the host.
public enum ConfigurationRanges {
    /// The most virtual CPUs that any kind of guest can have (`XEN_LEGACY_MAX_VCPUS` and `MAX_VIRT_CPUS` of Xen).
    public static let vcpus: ClosedRange<Int64> = 0...8192
    /// KiB that processors of x86 can address, by 52 bits.
    public static let memoryKB: ClosedRange<UInt64> = 0...1 << 42

    private struct Row: Sendable {
        /// As libxl's JSON has it.
        let name: String
        /// What is out of range, in words; nil for what is not.
        let problem: @Sendable (DomainConfiguration) -> String?

        /// A number.
        init<Value: BinaryInteger & Sendable>(
            _ name: String, _ range: ClosedRange<Value>, _ value: @escaping @Sendable (DomainConfiguration) -> Value?
        ) {
            self.name = name
            problem = { configuration in
                guard let value = value(configuration), !range.contains(value) else { return nil }
                return "\(name) is \(value), which is not in \(range.lowerBound)...\(range.upperBound)"
            }
        }

        /// A memory size.
        static func size(
            _ name: String, _ value: @escaping @Sendable (DomainConfiguration) -> UInt64?
        ) -> Row {
            Row(name, memoryKB, value)
        }

        /// How many there are of something for each virtual CPU.
        static func list(_ name: String, _ count: @escaping @Sendable (DomainConfiguration) -> Int) -> Row {
            Row("the number of \(name)", vcpus) { Int64(count($0)) }
        }
    }

    private static let rows: [Row] = [
        Row("b_info.max_vcpus", vcpus) { Int64($0.buildInfo.maxVCPUs) },
        Row("the last of b_info.avail_vcpus", vcpus) { $0.buildInfo.availableVCPUs.max.map(Int64.init) },
        .list("b_info.vcpu_hard_affinity") { $0.buildInfo.vcpuHardAffinity.count },
        .list("b_info.vcpu_soft_affinity") { $0.buildInfo.vcpuSoftAffinity.count },
        .list("b_info.vnuma_nodes") { $0.buildInfo.vnumaNodes.count },
        .list("b_info.vnuma_nodes.distances") { $0.buildInfo.vnumaNodes.map(\.distances.count).max() ?? 0 },
        .size("b_info.vnuma_nodes.memkb") { $0.buildInfo.vnumaNodes.compactMap(\.memKB).max() },
        .size("b_info.max_memkb") { $0.buildInfo.maxMemKB },
        .size("b_info.target_memkb") { $0.buildInfo.targetMemKB },
        .size("b_info.video_memkb") { $0.buildInfo.videoMemKB },
        .size("b_info.shadow_memkb") { $0.buildInfo.shadowMemKB },
        .size("b_info.iommu_memkb") { $0.buildInfo.iommuMemKB },
        .size("b_info.stubdomain_memkb") { $0.buildInfo.stubdomainMemKB },
        .size("b_info.type.hvm.mmio_hole_memkb") { $0.buildInfo.hvm?.mmioHoleMemKB },
        .size("b_info.type.hvm.rdm_mem_boundary_memkb") { $0.buildInfo.hvm?.rdmMemBoundaryMemKB },
        .size("b_info.type.pv.slack_memkb") { $0.buildInfo.pv?.slackMemKB },
        Row("b_info.vmtrace_buf_kb", 0...Int32.max) { $0.buildInfo.vmtraceBufferKB },
        Row("b_info.type.hvm.spice.usbredirection", 0...4) { $0.buildInfo.hvm?.spice.usbRedirection },
    ]

    /// What of a configuration is out of range, in full sentences.
    public static func problems(_ configuration: DomainConfiguration) -> [String] {
        rows.compactMap { $0.problem(configuration) }
    }
}
