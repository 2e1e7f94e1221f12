import DomainModel
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Least memory that dom0 keeps, in KiB (`LIBXL_MIN_DOM0_MEM` in `libxl_internal.h`).
    static let leastControlDomainMemory: UInt64 = 128 << 10

    /// KiB that a new domain could get.
    public func freeMemoryKiB() throws(ToolstackError) -> UInt64 {
        do {
            let info = try hypervisor.physicalInfo()
            return (info.freePages + info.scrubPages) * 4
        } catch {
            throw ToolstackError(.fail, "cannot find how much memory is free", underlying: error)
        }
    }

    /// Makes so much memory free, by lowering dom0's target by what is missing and waiting until it has followed.
    ///
    /// - Throws: `noMemory` when dom0 cannot or does not give up enough.
    func freeMemory(kib need: UInt64) async throws(ToolstackError) {
        let clock = ContinuousClock()
        let deadline = clock.now + timeouts.balloon
        // One that gives nothing up is not asked for all that it has.
        var lowerings = 0
        while true {
            let free = try freeMemoryKiB()
            if free >= need { return }
            guard clock.now < deadline else {
                throw ToolstackError(
                    .noMemory, "cannot free memory for the domain",
                    cause:
                        "it needs \(need) KiB, \(free) KiB are free, and dom0 did not give up the rest in \(timeouts.balloon)",
                    remedy: "end other domains, or make its memory smaller")
            }
            if lowerings < 3 { try lowerControlDomainTarget(by: need - free) }
            lowerings += 1
            try await controlDomainShrinks(until: deadline)
        }
    }

    private func lowerControlDomainTarget(by missing: UInt64) throws(ToolstackError) {
        let paths = DomainPaths(.control)
        let uuid = try info(of: .control).uuid
        try store.transaction(mapError: { ToolstackError(.fail, "cannot lower the memory of dom0", underlying: $0) }) {
            transaction throws(ToolstackError) in
            do {
                let target = try noteControlDomainMemory(in: transaction)
                let lowered = try Self.lowered(target, by: missing)
                try transaction.write(paths.guest / "memory/target", "\(lowered)")
                try transaction.write(DomainPaths.vm(uuid) / "memory", "\(lowered / 1024)")
            } catch let error as ToolstackError {
                throw error
            } catch {
                throw ToolstackError(.fail, "cannot lower the memory of dom0", underlying: error)
            }
        }
    }

    private static func lowered(_ target: UInt64, by missing: UInt64) throws(ToolstackError) -> UInt64 {
        let lowered = target > missing ? target - missing : 0
        guard lowered >= leastControlDomainMemory else {
            throw ToolstackError(
                .noMemory, "cannot free memory for the domain",
                cause: "dom0 has \(target) KiB, must keep \(leastControlDomainMemory) and would have to "
                    + "give up \(missing)",
                remedy: "end other domains, or make the new domain's memory smaller")
        }
        return lowered
    }

    /// - Throws: `noMemory` when dom0 would have less than it must keep.
    func checkControlDomain(givesUp missing: UInt64) throws(ToolstackError) {
        let info = try info(of: .control)
        let target: UInt64?
        do { target = try store.read(DomainPaths(.control).guest / "memory/target").flatMap { UInt64($0) } } catch {
            throw ToolstackError(.fail, "cannot find what memory dom0 has", underlying: error)
        }
        _ = try Self.lowered(target ?? (info.pages &+ info.outstandingPages) &* 4, by: missing)
    }

    /// Notes what dom0 has as its target, where nobody has set one since the host was started, and what it may have.
    ///
    /// - Returns: the target in KiB.
    @discardableResult
    func noteControlDomainMemory(in transaction: StoreTransaction) throws -> UInt64 {
        let memory = DomainPaths(.control).guest / "memory"
        let info = try info(of: .control)
        if try transaction.read(memory / "static-max") == nil {
            try transaction.write(memory / "static-max", "\(info.maximumPages &* 4)")
        }
        if let target = try transaction.read(memory / "target").flatMap({ UInt64($0) }) { return target }
        let target = (info.pages &+ info.outstandingPages) &* 4
        try transaction.write(memory / "target", "\(target)")
        return target
    }

    /// Returns when dom0 has reached its target, or has stopped getting smaller for a while.
    ///
    /// The hypervisor tells nobody when a domain gives up pages, so this looks from time to time.
    private func controlDomainShrinks(until deadline: ContinuousClock.Instant) async throws(ToolstackError) {
        let clock = ContinuousClock()
        var least = UInt64.max
        var lastProgress = clock.now
        let target = (try? store.read(DomainPaths(.control).guest / "memory/target")).flatMap {
            $0.flatMap { UInt64($0) }
        }
        while clock.now < deadline, clock.now - lastProgress < .seconds(10) {
            let size = try info(of: .control).pages * 4
            if let target, size <= target { return }
            if size < least {
                least = size
                lastProgress = clock.now
            }
            do { try await idle(for: .milliseconds(100)) } catch {
                throw ToolstackError(.aborted, "stopped waiting for dom0 to give up memory", cause: "interrupted")
            }
        }
    }
}
