import DomainModel

extension DomainConfiguration {
    /// The configuration without what the creation of a domain adds by itself and another one would add again, so
    /// that it can be compared with the file that the domain was made from.
    package var withoutChoices: DomainConfiguration {
        var written = self
        if written.createInfo.type != .hvm { written.buildInfo.videoMemKB = nil }
        if written.buildInfo.archX86.msrRelaxed == false { written.buildInfo.archX86.msrRelaxed = nil }
        written.buildInfo.schedulerParameters = written.buildInfo.schedulerParameters.withoutDefaults
        let usual = written.createInfo.type == .hvm ? NICType.vifIoemu : .vif
        for index in written.nics.indices where written.nics[index].nicType == usual {
            written.nics[index].nicType = .unknown
        }
        return written
    }
}

extension SchedulerParameters {
    /// Without the values that the hypervisor gives to every new domain (`sched_credit*.c` and `sched/rt.c` of Xen).
    var withoutDefaults: SchedulerParameters {
        var rest = self
        rest.sched = .unknown
        switch sched {
        case .credit, .credit2:
            if weight == 256 { rest.weight = nil }
            if cap == 0 { rest.cap = nil }
        case .rtds:
            if period == 10_000 { rest.period = nil }
            if budget == 4_000 { rest.budget = nil }
        default: break
        }
        return rest
    }
}
