import DomainModel
import XenTypes

/// libxl's scheduler parameters: -1 leaves the scheduler's own value.
private let schedulerNumbers: ClosedRange<Int64> = -1...Int64(Int32.max)

private let noSEDF = "it was the scheduler SEDF's, which Xen has not had since 4.6"

/// Virtual CPUs, their scheduling, and what the guest sees of the processor.
let cpuKeys: [ConfigKey] = [
    ConfigKey(
        "vcpus", .integer(ConfigurationRanges.vcpus, unit: nil), "Virtual CPUs that the guest starts with",
        default: "1",
        write: { $0.buildInfo.availableVCPUs.max.map { .number(Int64($0) + 1) } }),
    ConfigKey(
        "maxvcpus", .integer(ConfigurationRanges.vcpus, unit: nil), "Most virtual CPUs of the guest", default: "vcpus",
        write: {
            let build = $0.buildInfo
            return Int(build.maxVCPUs) == (build.availableVCPUs.max ?? -1) + 1 ? nil : .number(Int64(build.maxVCPUs))
        }),
    ConfigKey(
        "cpus", .textOrList("CPU-LIST"), "The processors that the virtual CPUs may run on", default: "all",
        write: { writeAffinity($0.buildInfo.vcpuHardAffinity, isSoft: false, $0.buildInfo) }),
    ConfigKey(
        "cpus_soft", .textOrList("CPU-LIST"), "The processors that the virtual CPUs should run on",
        write: { writeAffinity($0.buildInfo.vcpuSoftAffinity, isSoft: true, $0.buildInfo) }),
    .integer(
        "cpu_weight", \.buildInfo.schedulerParameters.weight, -1...65535, "Share of processor time (credit, credit2)",
        default: "256"),
    .integer(
        "cap", \.buildInfo.schedulerParameters.cap, schedulerNumbers, unit: "percent of one CPU",
        "Most processor time; 0 is no limit (credit, credit2)", default: "0"),
    .integer(
        "period", \.buildInfo.schedulerParameters.period, schedulerNumbers, unit: "µs",
        "Length of a period (rtds)", default: "10000"),
    .integer(
        "slice", \.buildInfo.schedulerParameters.slice, schedulerNumbers, unit: "ns",
        "Time in each period"
    ).treated(.ignored(noSEDF)),
    .integer(
        "latency", \.buildInfo.schedulerParameters.latency, schedulerNumbers, unit: "ns",
        "Scaled period"
    ).treated(.ignored(noSEDF)),
    .integer(
        "extratime", \.buildInfo.schedulerParameters.extratime, schedulerNumbers,
        "Whether time beyond the budget is used if there is any (rtds)"),
    ConfigKey(
        "cpuid", .textOrList("host,NAME=VALUE,…"), "What the guest sees of the processor's features",
        default: "the host's features that can be given to guests",
        write: {
            guard !$0.buildInfo.cpuid.isEmpty else { return nil }
            return switch try? CPUIDSpec.written($0.buildInfo.cpuid) {
            case .text(let text): .text(text)
            case .list(let registers): .list(registers)
            case nil: nil
            }
        }),
    ConfigKey(
        "tsc_mode", .choiceOrInteger(TSCMode.choices, 0...3), "How the guest reads the time stamp counter",
        default: "default",
        write: { .choice($0.buildInfo.tscMode) }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        if let mode = draft.choiceOrInteger(text, key, of: TSCMode.self, isDeprecated: true) {
            draft.configuration.buildInfo.tscMode = mode
        }
    },
    ConfigKey(
        "timer_mode", .choiceOrInteger(TimerMode.choices, 0...3),
        "How timer interrupts that were missed are made up for",
        default: "no_delay_for_missed_ticks", for: [.hvm, .pvh],
        write: { .choice($0.buildInfo.timerMode) }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        guard !draft.guest.contains(.pv) else {
            return draft.sink.error(
                .conflict, "timer_mode: PV guests have no emulated timer", at: text.range, key: key.name)
        }
        if let mode = draft.choiceOrInteger(text, key, of: TimerMode.self, isDeprecated: true) {
            draft.configuration.buildInfo.timerMode = mode
        }
    },
    .flag("nestedhvm", \.buildInfo.nestedHVM, "Let the guest run a hypervisor", default: "0", for: [.hvm, .pvh]),
    .flag("vpmu", \.buildInfo.vpmu, "Give the guest performance counters", default: "0"),
    ConfigKey(
        "vmtrace_buf_kb", .integer(0...Int64(Int32.max), unit: "KiB"),
        "Size of each virtual CPU's processor trace buffer, a power of two", default: "0: no tracing",
        for: [.hvm, .pvh],
        write: { $0.buildInfo.vmtraceBufferKB == 0 ? nil : .number(Int64($0.buildInfo.vmtraceBufferKB)) }
    ) { value, key, draft in
        guard let size = draft.integer(value, key), size != 0 else { return }
        draft.configuration.buildInfo.vmtraceBufferKB = Int32(truncatingIfNeeded: size)
    },
    ConfigKey(
        "altp2m", .choiceOrInteger(Altp2mMode.choices, 0...3), "Who may use alternative guest memory views",
        default: "disabled", for: [.hvm, .pvh],
        write: { .choice($0.buildInfo.altp2m) }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        if let mode = draft.choiceOrInteger(text, key, of: Altp2mMode.self, isDeprecated: false) {
            draft.configuration.buildInfo.altp2m = mode
        }
    },
    .integer(
        "altp2m_count", \.buildInfo.altp2mCount, 0...Int64(UInt16.max), "Number of alternative guest memory views",
        default: "10 when altp2m is used", for: [.hvm, .pvh], since: "4.21"),
    ConfigKey(
        "msr_relaxed", .boolean, "Ignore accesses to unknown model-specific registers", default: "0",
        .deprecated("it will be removed from Xen; report to xen-devel@lists.xenproject.org what needs it"),
        write: { $0.buildInfo.archX86.msrRelaxed.map(WrittenValue.flag) }
    ) { value, key, draft in
        if let flag = draft.boolean(value, key) { draft.configuration.buildInfo.archX86.msrRelaxed = flag }
    },
]

/// A text where all virtual CPUs have the same processors and placement stays automatic, otherwise a list.
private func writeAffinity(_ sets: [Bitmap], isSoft: Bool, _ build: BuildInfo) -> WrittenValue? {
    guard let first = sets.first else {
        // Only an empty list turns automatic placement off without saying more.
        let isOtherwiseOff = !build.vcpuSoftAffinity.isEmpty || !build.vnumaNodes.isEmpty
        return !isSoft && build.numaPlacement == false && !isOtherwiseOff ? .list([]) : nil
    }
    let isUniform = sets.allSatisfy { $0 == first } && sets.count == max(Int(build.maxVCPUs), 1)
    // Any soft affinity and every list turn automatic placement off.
    let isText = isUniform && !first.isEmpty && (build.numaPlacement == nil || isSoft)
    return isText ? .text(first.ranges) : .list(sets.map(\.ranges))
}

extension Bitmap {
    /// The members as a CPU list: `0-3,7`.
    var ranges: String {
        var ranges: [ClosedRange<Int>] = []
        for member in self {
            if let last = ranges.last, last.upperBound + 1 == member {
                ranges[ranges.count - 1] = last.lowerBound...member
            } else {
                ranges.append(member...member)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
            separator: ",")
    }
}
