import DomainModel
import XenControl
import XenStore
import XenTypes

/// What a change of a domain's memory comes to, computed without changing anything. In KiB throughout.
struct MemoryTarget: Sendable, Hashable {
    /// What the guest is asked to have, without its video memory: the node `memory/target`.
    var target: UInt64
    /// What the hypervisor lets the domain have.
    var limit: UInt64
    /// What a guest that populates its memory on demand is to have.
    var populated: UInt64

    /// - Parameters:
    ///   - requested: with the video memory.
    ///   - staticMaximum: the node `memory/static-max`.
    /// - Throws: `invalid`, with the range that is possible.
    init(
        requested: UInt64, video: UInt64, staticMaximum: UInt64, of domain: DomainID
    ) throws(ToolstackError) {
        let least = domain == .control ? Toolstack.leastControlDomainMemory : 0
        let (target, isBelowVideo) = requested.subtractingReportingOverflow(video)
        guard !isBelowVideo, (least...max(least, staticMaximum)).contains(target) else {
            throw ToolstackError(
                .invalid, "cannot set the memory of domain \(domain) to \(requested) KiB", domain: domain,
                cause: "it can have from \(saturatingSum(least, video)) to \(saturatingSum(staticMaximum, video)) KiB",
                remedy: isBelowVideo || target < least ? nil : "raise the limit with xl mem-max first")
        }
        self.target = target
        populated = saturatingSum(target, MemorySizing.maximumSlackKB)
        limit = saturatingSum(requested, MemorySizing.maximumSlackKB)
    }
}

extension Toolstack {
    /// Limits the memory that a domain may be given, without changing what it has.
    ///
    /// - Throws: `invalid` when it is asked to have more already.
    public func setMaximumMemory(kib: UInt64, of domain: DomainID) throws(ToolstackError) {
        try withUserData(of: domain) { _ throws(ToolstackError) in
            let before = try info(of: domain).maximumPages
            let target: UInt64
            do { target = try memoryNode("target", of: domain, in: store) } catch {
                throw Self.memoryFailure(domain, error)
            }
            guard kib >= target else {
                throw ToolstackError(
                    .invalid, "cannot limit the memory of domain \(domain) to \(kib) KiB", domain: domain,
                    cause: "it is asked to have \(target) KiB", remedy: "lower that with xl mem-set first")
            }
            try limitMemory(of: domain, to: saturatingSum(kib, MemorySizing.maximumSlackKB), from: before) {
                try store.write(DomainPaths(domain).guest / "memory/static-max", "\(kib)")
            }
        }
    }

    /// Asks a guest to give memory up or take some, and lets it have no more than that.
    ///
    /// - Parameter kib: with its video memory.
    /// - Throws: `invalid` when the domain cannot have so much or so little.
    public func setMemoryTarget(kib: UInt64, of domain: DomainID) throws(ToolstackError) {
        try withUserData(of: domain) { _ throws(ToolstackError) in
            let info = try info(of: domain)
            let type = try type(of: domain)
            let populatesOnDemand = domain != .control && type != .pv
            try store.transaction(mapError: { Self.memoryFailure(domain, $0) }) {
                transaction throws(ToolstackError) in
                let wanted: MemoryTarget
                do {
                    if domain == .control { try noteControlDomainMemory(in: transaction) }
                    let video = try transaction.read(DomainPaths(domain).guest / "memory/videoram")
                    wanted = try MemoryTarget(
                        requested: kib, video: video.flatMap { UInt64($0) } ?? 0,
                        staticMaximum: memoryNode("static-max", of: domain, in: transaction), of: domain)
                } catch {
                    throw Self.memoryFailure(domain, error)
                }
                try limitMemory(of: domain, to: wanted.limit, from: info.maximumPages) {
                    if populatesOnDemand { try hypervisor.setPoDTarget(pages: wanted.populated / 4, of: domain) }
                    try transaction.write(DomainPaths(domain).guest / "memory/target", "\(wanted.target)")
                    try transaction.write(DomainPaths.vm(info.uuid) / "memory", "\(wanted.target / 1024)")
                }
            }
        }
    }

    /// Sets the hypervisor's limit and does the rest; when that fails, the limit is as before.
    private func limitMemory(
        of domain: DomainID, to kib: UInt64, from before: UInt64, _ rest: () throws -> Void
    ) throws(ToolstackError) {
        do {
            try hypervisor.setMaximumMemory(kib, of: domain)
            do { try rest() } catch {
                let (old, isUnlimited) = before.multipliedReportingOverflow(by: 4)
                logFailure("restore the memory limit of domain \(domain)") {
                    try hypervisor.setMaximumMemory(isUnlimited ? UInt64(Int64.max) : old, of: domain)
                }
                throw error
            }
        } catch {
            throw Self.memoryFailure(domain, error)
        }
    }

    private func memoryNode(_ name: String, of domain: DomainID, in access: some StoreAccess) throws -> UInt64 {
        let path = DomainPaths(domain).guest / "memory" / name
        if let number = try access.read(path).flatMap({ UInt64($0) }) { return number }
        throw ToolstackError(
            .fail, "cannot read \(path)", domain: domain, cause: "it is missing or no number",
            remedy: "was the domain made by a toolstack that manages its memory?")
    }

    private static func memoryFailure(_ domain: DomainID, _ error: any Error) -> ToolstackError {
        if let error = error as? ToolstackError { return error }
        return ToolstackError(.fail, "cannot set the memory of domain \(domain)", domain: domain, underlying: error)
    }
}
