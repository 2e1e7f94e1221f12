import XenToolstack
import XenTypes
import YajlJSON

/// The table and the document of `xl vcpu-list`.
enum VCPUList {
    /// - Parameter cpuCount: CPU numbers of the host are below this.
    static func table(_ domains: [ListedVCPUs], cpuCount: Int) -> String {
        let header =
            "Name".padded(to: 32) + " "
            + ["ID", "VCPU", "CPU", "State"].map { $0.rightAligned(to: 5) }
            .joined(separator: " ") + "   Time(s) Affinity (Hard / Soft)"
        let rows = domains.flatMap { domain in domain.vcpus.map { row($0, of: domain, cpuCount: cpuCount) } }
        return ([header] + rows).joined(separator: "\n")
    }

    private static func row(_ vcpu: ListedVCPUs.Entry, of domain: ListedVCPUs, cpuCount: Int) -> String {
        let info = vcpu.info
        var text = domain.name.shownName.padded(to: 32)
        text += " " + domain.domain.rawValue.rightAligned(to: 5)
        text += " " + info.vcpu.rightAligned(to: 5)
        if info.isOnline {
            text += info.cpu.rightAligned(to: 5) + "   "
            text += (info.isRunning ? "r" : "-") + (info.isBlocked ? "b" : "-") + "- "
        } else {
            text += "    -   --p "
        }
        text += secondsText(nanoseconds: info.cpuTime).rightAligned(to: 9) + "  "
        return text + vcpu.affinity.hard.rangeText(count: cpuCount) + " / "
            + vcpu.affinity.soft.rangeText(count: cpuCount)
    }

    static func document(_ domains: [ListedVCPUs], cpuCount: Int) -> JSONValue {
        .array(
            domains.flatMap { domain in
                domain.vcpus.map { vcpu in
                    .object([
                        ("domid", .count(domain.domain.rawValue)),
                        ("name", .text(domain.name)),
                        ("vcpu", .count(vcpu.info.vcpu)),
                        ("online", .bool(vcpu.info.isOnline)),
                        ("running", .bool(vcpu.info.isRunning)),
                        ("blocked", .bool(vcpu.info.isBlocked)),
                        ("cpu", .count(vcpu.info.isOnline ? vcpu.info.cpu : nil)),
                        ("cpu_time_ns", .count(vcpu.info.cpuTime)),
                        ("hard_affinity", .members(vcpu.affinity.hard.below(cpuCount))),
                        ("soft_affinity", .members(vcpu.affinity.soft.below(cpuCount))),
                    ])
                }
            })
    }
}

extension Bitmap {
    fileprivate func below(_ limit: Int) -> Bitmap { Bitmap(filter { $0 < limit }) }
}
