import DomainModel
import Glibc
import XenControl
import XenTypes

extension GuestBuilder {
    /// Sets what the guest sees of the machine: timers, time, paging pool, memory map, CPUID and MSRs.
    func prepareMachine(_ build: DomainBuild) throws(ToolstackError) {
        let (domain, info) = (build.domain, build.info)
        if build.type == .pv {
            let limit = saturatingSum(info.maxMemKB ?? 0, info.pv?.slackMemKB ?? 0)
            try attempt("limit the memory map", domain) { () throws(HypervisorError) in
                try hypervisor.setMemoryMapLimit(UInt(clamping: limit), of: domain)
            }
        } else {
            try setHVMParameters(build)
        }
        try setTime(build)
        if build.type != .pv {
            let pool = (info.shadowMemKB ?? 0).multipliedReportingOverflow(by: 1024)
            do {
                try hypervisor.setPagingPoolSize(pool.overflow ? .max : pool.partialValue, of: domain)
            } catch {
                throw ToolstackError(
                    .fail, "cannot set the paging memory to \(info.shadowMemKB ?? 0) KiB", domain: domain,
                    underlying: error, remedy: "shadow_memory= must leave room for it in the host's free memory")
            }
        } else if info.pv?.e820Host == true {
            try setHostMemoryMap(build)
        }
        // A restored domain's policy comes with its stream.
        guard build.origin == .boot else { return }
        let policy = CPUPolicy(info, type: build.type)
        do {
            try hypervisor.applyCPUPolicy(policy, to: domain)
        } catch {
            throw ToolstackError(
                .fail, "cannot apply the CPU policy", domain: domain, underlying: error,
                remedy: info.cpuid.isEmpty ? nil : "correct cpuid= of the configuration")
        }
    }

    private func setHVMParameters(_ build: DomainBuild) throws(ToolstackError) {
        let domain = build.domain
        let parameters = try HVMParameters.parameters(
            build.info, isNew: build.origin != .restore, release: build.release)
        try attempt("set the guest's parameters", domain) { () throws(HypervisorError) in
            for (parameter, value) in parameters {
                try hypervisor.setHVMParameter(parameter, to: value, of: domain)
            }
        }
    }

    private func setTime(_ build: DomainBuild) throws(ToolstackError) {
        let (domain, info) = (build.domain, build.info)
        guard info.tscMode != .nativeParavirt else {
            throw ToolstackError(
                .featureRemoved, "tsc_mode=\"native_paravirt\" was removed from Xen", domain: domain,
                remedy: "use tsc_mode=\"default\"")
        }
        let mode = TSCInfo(mode: UInt32(bitPattern: info.tscMode.rawValue))
        try attempt("set the TSC mode", domain) { () throws(HypervisorError) in
            try hypervisor.setTSCInfo(mode, of: domain)
        }
        var offset = Int32(bitPattern: info.rtcTimeOffset)
        if info.localtime == true { offset &+= Self.offsetOfLocalTime() }
        guard offset != 0 else { return }
        try attempt("set the time offset", domain) { () throws(HypervisorError) in
            try hypervisor.setTimeOffset(offset, of: domain)
        }
    }

    /// Seconds that the host's local time is ahead of UTC.
    private static func offsetOfLocalTime() -> Int32 {
        var now = time(nil)
        var parts = tm()
        guard localtime_r(&now, &parts) != nil else { return 0 }
        return Int32(clamping: parts.tm_gmtoff)
    }

    /// Tells a guest whose memory is an older one's that it is another machine now: in the place that hvmloader noted
    /// when the guest first started.
    func updateGenerationID(_ build: DomainBuild) throws(ToolstackError) {
        guard build.origin != .boot, let id = build.info.hvm?.generationID, id.storeText != nil else { return }
        try attempt("set the generation ID", build.domain) { () throws(HypervisorError) in
            let address = try hypervisor.hvmParameter(.generationIDAddress, of: build.domain)
            let (frame, offset) = address.quotientAndRemainder(dividingBy: GuestLayout.pageSize)
            guard address != 0 else { return }
            // The guest can set the address, too.
            guard Int(offset) + id.bytes.count <= Hypervisor.pageSize else {
                throw HypervisorError("find the generation ID of", build.domain, code: EFAULT)
            }
            let page = try hypervisor.map(frames: [UInt(frame)], of: build.domain, writable: true)
            page.bytes[Int(offset)..<Int(offset) + id.bytes.count].copyBytes(from: id.bytes)
        }
    }

    private func setHostMemoryMap(_ build: DomainBuild) throws(ToolstackError) {
        let (domain, info) = (build.domain, build.info)
        let host = try attempt("read the host's memory map", domain) { () throws(HypervisorError) in
            try hypervisor.machineMemoryMap()
        }
        let (target, maximum) = (info.targetMemKB ?? 0, info.maxMemKB ?? 0)
        let map = MemoryMap.pv(
            host: host, memoryKB: target,
            balloonKB: saturatingSum(maximum > target ? maximum - target : 0, info.pv?.slackMemKB ?? 0))
        guard map.count <= MemoryMap.maximumEntries else {
            throw ToolstackError(
                .invalid, "the host's memory map has too many areas for e820_host", domain: domain,
                remedy: "remove e820_host from the configuration")
        }
        try attempt("set the memory map", domain) { () throws(HypervisorError) in
            try hypervisor.setMemoryMap(map, of: domain)
        }
    }
}

extension CPUPolicy {
    /// The policy of a new domain.
    init(_ info: BuildInfo, type: DomainType) {
        self.init()
        // PV guests always have PAE, and PVH guests have no switch for it.
        pae = type == .hvm ? info.hvm?.pae ?? true : true
        // An invariant TSC is safe where the frequency cannot change: on one host, or emulated.
        invariantTSC = info.disableMigrate == true || info.tscMode == .alwaysEmulate
        nestedVirt = info.nestedHVM == true
        cpuid = info.cpuid.leaves.map {
            CPUIDOverride(leaf: $0.leaf, subleaf: $0.subleaf, policy: [$0.eax, $0.ebx, $0.ecx, $0.edx])
        }
        msrs = info.cpuid.msrs.map { MSROverride(index: $0.index, policy: $0.policy) }
    }
}
