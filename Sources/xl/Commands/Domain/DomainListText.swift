import DomainModel
import XenControl
import XenToolstack
import XenTypes

/// The table of `xl list`.
enum DomainListText {
    /// The columns that options add.
    struct Columns: OptionSet, Sendable {
        let rawValue: Int

        /// UUID, shutdown code and security label.
        static let verbose = Columns(rawValue: 1)
        static let securityLabel = Columns(rawValue: 2)
        static let pool = Columns(rawValue: 4)
        static let nodeAffinity = Columns(rawValue: 8)
        /// Memory claimed and not yet allocated.
        static let claims = Columns(rawValue: 16)
        /// What an agent in the guest has published.
        static let addresses = Columns(rawValue: 32)
    }

    /// - Parameter nodeCount: NUMA nodes of the host.
    static func table(_ domains: [ListedDomain], _ columns: Columns = [], nodeCount: Int = 0) -> String {
        ([header(columns)] + domains.map { row($0, columns, nodeCount: nodeCount) }).joined(separator: "\n")
    }

    private static func header(_ columns: Columns) -> String {
        var text = "Name                                        ID   Mem VCPUs\tState\tTime(s)"
        if columns.contains(.verbose) {
            text += "   UUID                            Reason-Code\tSecurity Label"
        } else if columns.contains(.securityLabel) {
            text += "   Security Label"
        }
        if columns.contains(.claims) { text += "  Claimed" }
        if columns.contains(.pool) { text += "         Cpupool" }
        if columns.contains(.nodeAffinity) { text += " NODE Affinity" }
        if columns.contains(.addresses) { text += " Addresses" }
        return text
    }

    private static func row(_ domain: ListedDomain, _ columns: Columns, nodeCount: Int) -> String {
        let info = domain.info
        var text = domain.name.shownName.padded(to: 40)
        text += " " + info.domain.rawValue.rightAligned(to: 5)
        text += " " + mebibytes(pages: info.pages &+ info.outstandingPages).rightAligned(to: 5)
        text += " " + info.onlineVCPUs.rightAligned(to: 5)
        text += "     " + stateLetters(info)
        text += "  " + secondsText(nanoseconds: info.cpuTime).rightAligned(to: 8)
        if columns.contains(.verbose) {
            let code = info.shutdownReason.map { hexadecimal($0.rawValue, width: 1) } ?? "-"
            text += " \(info.uuid) " + code.rightAligned(to: 8)
        }
        if columns.contains(.claims) { text += " " + mebibytes(pages: info.outstandingPages).rightAligned(to: 5) }
        if !columns.isDisjoint(with: [.verbose, .securityLabel]) {
            text += " " + (domain.securityLabel?.escapingControls ?? "-").rightAligned(to: 16)
        }
        if columns.contains(.pool) { text += domain.poolName.shownName.rightAligned(to: 16) }
        if columns.contains(.nodeAffinity) {
            text += " " + (domain.nodeAffinity ?? Bitmap()).rangeText(count: nodeCount)
        }
        if columns.contains(.addresses) {
            let addresses = (domain.addresses ?? []).map(\.text)
            text += " " + (addresses.isEmpty ? "-" : addresses.joined(separator: ","))
        }
        return text
    }

    /// The table of `xl sharing`.
    static func sharing(_ domains: [ListedDomain]) -> String {
        let rows = domains.map { domain in
            let info = domain.info
            return domain.name.shownName.padded(to: 40) + " " + info.domain.rawValue.rightAligned(to: 5) + " "
                + mebibytes(pages: info.pages &+ info.outstandingPages).rightAligned(to: 5) + "  "
                + mebibytes(pages: info.sharedPages).rightAligned(to: 5)
        }
        return (["Name                                        ID   Mem Shared"] + rows).joined(separator: "\n")
    }

    private static func mebibytes(pages: UInt64) -> UInt64 { pages / 256 }

    /// Running, blocked, paused, shut down, why it shut down, dying.
    static func stateLetters(_ info: DomainInfo) -> String {
        let reasons = ["-", "r", "s", "c", "w", "S"]
        let reason = Int(info.shutdownReason?.rawValue ?? 0)
        return (info.flags.contains(.running) ? "r" : "-") + (info.flags.contains(.blocked) ? "b" : "-")
            + (info.flags.contains(.paused) ? "p" : "-") + (info.flags.contains(.shutdown) ? "s" : "-")
            + (reason < reasons.count ? reasons[reason] : "?") + (info.flags.contains(.dying) ? "d" : "-")
    }
}

extension String? {
    /// A name that xenstore may lack, fit for a terminal.
    var shownName: String { self?.escapingControls ?? "(null)" }
}
