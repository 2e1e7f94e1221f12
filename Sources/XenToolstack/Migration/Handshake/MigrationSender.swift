import DomainModel
import Events
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// How a domain is to be sent away.
public struct MigrationOptions: Sendable {
    /// Send memory while the guest runs. Otherwise it is suspended first, and sent once.
    public var isLive = true
    /// Have the receiver compare all memory at the end.
    public var verifies = false
    /// How long memory is sent while the guest runs, and what it may cost.
    public var limits = PrecopyLimits()
    /// Leaves the guest so many tenths less than all of its processor time, for `PrecopyLimits.Busy.throttle`.
    public var throttle: (@Sendable (Int) -> Void)?
    /// Most bytes in a second; nil for no limit.
    public var bandwidth: UInt64?
    /// Hears of what happens, from any thread. Must return soon.
    public var report: (@Sendable (MigrationEvent) -> Void)?
    /// Asks the other side, over a new connection, what has become of a domain that it was given; nil where there is
    /// no way to ask.
    public var inquire: (@Sendable (XenUUID) async throws(ToolstackError) -> ArrivalState)?

    public init() {}
}

/// What happens while a domain is sent away.
public enum MigrationEvent: Sendable, Hashable {
    /// The header's numbers.
    case started(SaveFileHeader.Info)
    /// A round begins.
    case round(PrecopyStatistics)
    /// So many pages of so many have gone, and so many bytes.
    case progress(done: UInt64, total: UInt64, bytes: UInt64)
    /// The guest stands still here.
    case suspended
    /// The other side has all.
    case acknowledged
    /// The other side is allowed to let the domain run: nothing can be taken back from here on.
    case permitted
    /// The domain runs on the other side.
    case startedThere
    /// The other side could not let it run; libxl's error number, negated.
    case refused(UInt8)
    /// The domain could not be sent; it goes on here.
    case notSent(ToolstackError.Code)
    /// The domain is about to go on here.
    case resuming
    /// The guest goes on here: the move has failed.
    case resumed
    /// Whether the domain runs on the other side was not said any more, and is asked over a new connection.
    case unclear
    /// That could not be found out.
    case undecided
}

/// What a migration has done.
public struct MigrationSummary: Sendable, Hashable {
    /// Bytes sent.
    public var bytes: UInt64
    /// Pages of memory that the domain had, of 4 KiB.
    public var pages: UInt64
    /// Rounds in which memory was sent while the guest ran.
    public var iterations: UInt32
    /// From beginning to end.
    public var duration: Duration
    /// From when the guest stood still until the other side said that it runs.
    public var downtime: Duration

    public init(bytes: UInt64, pages: UInt64, iterations: UInt32, duration: Duration, downtime: Duration) {
        self.bytes = bytes
        self.pages = pages
        self.iterations = iterations
        self.duration = duration
        self.downtime = downtime
    }
}

extension Toolstack {
    /// What is added to the names of a domain's copies while it moves.
    public enum MigrationSuffix {
        /// Of a copy that is not there yet.
        public static let arriving = "--incoming"
        /// Of the original, once its copy may run.
        public static let leaving = "--migratedaway"
    }

    /// Sends a running domain to whoever is at the other end, as upstream's `xl migrate` does, and ends it here once it
    /// runs there.
    ///
    /// When that fails, or the task is cancelled, before the other side was allowed to let the domain run, the domain
    /// goes on here. After that nothing is interrupted, and a failure is cleared up by asking the other side.
    ///
    /// - Parameter configuration: what the other side is to make the domain from.
    /// - Throws: `notReady` when it could not be found out where the domain is: then it stays suspended here under the
    ///   name with `MigrationSuffix.leaving`, and the error says what to do.
    public func migrate(
        _ domain: DomainID, through connection: MigrationConnection, configuration: DomainConfiguration,
        options: MigrationOptions = MigrationOptions(), to host: String, inquiry: String?
    ) async throws(ToolstackError) -> MigrationSummary {
        try checkSavable(domain)
        // Held until all is decided, so that nobody saves the suspended domain meanwhile and lets it go on.
        let channel = try SuspendChannel(of: domain, self)
        defer { channel.release() }
        let name: String
        do { name = try store.read(DomainPaths(domain).guest / "name") ?? "" } catch {
            throw ToolstackError(.fail, "cannot migrate domain \(domain)", domain: domain, underlying: error)
        }
        let sender = MigrationSender(
            toolstack: self, domain: domain, name: name, channel: channel, connection: connection, options: options,
            handover: Handover(name: name, host: host, inquiry: inquiry))
        return try await sender.run(configuration)
    }
}

/// One migration as its sender sees it.
private struct MigrationSender: Sendable {
    let toolstack: Toolstack
    let domain: DomainID
    let name: String
    let channel: SuspendChannel
    let connection: MigrationConnection
    let options: MigrationOptions
    let handover: Handover

    private var leavingName: String { name + Toolstack.MigrationSuffix.leaving }

    func run(_ configuration: DomainConfiguration) async throws(ToolstackError) -> MigrationSummary {
        let start = ContinuousClock.now
        let header = try toolstack.saveFileHeader(for: configuration)
        try await connection.expect(.banner, within: nil)
        let policy = PrecopyPolicy(options.limits) { [throttle = options.throttle] in throttle?($0) }
        let (save, bytes) = try await transfer(header, policy)
        // The domain is suspended here from now on.
        do throws(ToolstackError) {
            try await connection.expect(.ready, within: toolstack.timeouts.migrationArrival)
        } catch {
            await takeBack()
            throw error
        }
        options.report?(.acknowledged)
        let end: Result<ContinuousClock.Instant, ToolstackError> = await toTheEnd {
            do throws(ToolstackError) { return .success(try await self.handOver()) } catch { return .failure(error) }
        }
        let running = try end.get()
        return MigrationSummary(
            bytes: bytes, pages: save.pages, iterations: policy.iterations, duration: .now - start,
            downtime: running - save.suspended)
    }

    /// Sends the header and the domain, which is then suspended.
    private func transfer(
        _ header: (bytes: [UInt8], info: SaveFileHeader.Info), _ policy: PrecopyPolicy
    ) async throws(ToolstackError) -> (SaveSummary, UInt64) {
        let relay = try StreamRelay(to: connection.output, rate: options.bandwidth)
        do throws(ToolstackError) {
            options.report?(.started(header.info))
            try await StreamDescriptor.sendConfiguration(header.bytes, to: relay.input)
            let (waits, stall) = (toolstack.timeouts, toolstack.timeouts.migrationStall)
            // A guest that still runs has more time, and sends nothing while it suspends itself, but nobody waits for ever.
            let limit = max(waits.migrationSilence, waits.shutdownAcknowledgement + waits.guestSuspend + stall)
            return try await whileGettingOn(
                within: limit, count: { relay.bytes }, orThrow: self.stall(of: "the guest", for: limit)
            ) { () async throws(ToolstackError) in
                try await whileGettingOn(
                    within: stall, count: { relay.urgentBytes },
                    orThrow: self.stall(of: "the suspended guest", for: stall)
                ) { () async throws(ToolstackError) in try await send(through: relay, policy) }
            }
        } catch {
            relay.abandon()
            options.report?(.notSent(error.code))
            guard let refusal = policy.refusal else { throw Self.explained(error) }
            throw ToolstackError(
                .fail, "cannot migrate domain \(domain)", domain: domain, cause: refusal,
                remedy: "allow more downtime or rounds, or --if-busy=stop")
        }
    }

    /// Sends the domain to its last byte.
    private func send(
        through relay: StreamRelay, _ policy: PrecopyPolicy
    ) async throws(ToolstackError) -> (SaveSummary, UInt64) {
        let save = try await toolstack.save(
            domain, to: relay.input, options: saveOptions(policy, relay), by: channel)
        do throws(ToolstackError) { try await relay.finish() } catch {
            await takeBack()
            throw error
        }
        return (save, relay.bytes)
    }

    private func stall(of what: String, for limit: Duration) -> ToolstackError {
        ToolstackError(
            .timedOut, "cannot migrate domain \(domain)", domain: domain,
            cause: "the other side has taken nothing of \(what) for \(limit)", remedy: "it goes on here")
    }

    /// Hypervisors without shadow paging, such as Debian's, have no means for PV guests.
    private static func explained(_ error: ToolstackError) -> ToolstackError {
        var error = error
        if error.cause?.contains("Failed to enable logdirty") == true {
            error.remedy =
                "this hypervisor cannot tell what a guest of this type writes; with --no-live it is suspended first"
        }
        return error
    }

    private func saveOptions(_ policy: PrecopyPolicy, _ relay: StreamRelay) -> SaveOptions {
        var save = SaveOptions()
        save.mode.isLive = options.isLive
        save.movesAway = true
        save.mode.verifies = options.verifies
        let report = options.report
        let pages = (try? toolstack.info(of: domain))?.pages
        save.decide = { statistics in
            var shown = statistics
            // libxenguest begins with all frame numbers of the guest, of which most have no page.
            if let pages, let dirty = statistics.dirtyCount { shown.dirtyCount = min(dirty, pages) }
            report?(.round(shown))
            return policy.decide(statistics, sent: relay.bytes)
        }
        save.report = { event in
            switch event {
            case .progress(let done, let total): report?(.progress(done: done, total: total, bytes: relay.bytes))
            case .suspended: report?(.suspended)
            case .complete: relay.hurry()
            case .started: break
            }
        }
        return save
    }

    /// Lets the suspended domain go on here.
    private func takeBack() async {
        await toTheEnd {
            options.report?(.resuming)
            do throws(ToolstackError) {
                try await toolstack.resume(domain)
                options.report?(.resumed)
            } catch {
                toolstack.logger.error("domain \(domain) stays suspended: \(error)")
            }
        }
    }

    /// Gives the domain away.
    ///
    /// - Returns: when the other side said that it runs.
    private func handOver() async throws(ToolstackError) -> ContinuousClock.Instant {
        do throws(ToolstackError) {
            try await connection.awaitRoom(for: .permission, within: toolstack.timeouts.migrationStall)
            try toolstack.record(handover, of: domain)
            try toolstack.rename(domain, to: leavingName, from: name)
            options.report?(.permitted)
            // All of it goes out, or nothing: when this fails, the other side has no permission.
            try connection.send(.permission)
        } catch {
            await keep()
            throw error
        }
        let answer: UInt8
        do throws(ToolstackError) {
            let limit = toolstack.timeouts.migrationStart
            try await connection.expect(.report, within: limit)
            answer = try await connection.byte(of: "success/failure status", within: limit)
            if answer != 0 {
                options.report?(.refused(answer))
                // Only when the other side has given it back can it go on here.
                try await connection.expect(.permission, within: toolstack.timeouts.migrationReturn)
            }
        } catch {
            return try await clearUp(after: error)
        }
        let now = ContinuousClock.now
        guard answer == 0 else {
            await keep()
            throw ToolstackError(
                .fail, "cannot migrate domain \(domain)", domain: domain,
                cause: "the other side could not let it run (libxl's error \(-Int(answer)))",
                remedy: "it goes on here")
        }
        try await giveUp()
        return now
    }

    /// The domain runs on the other side.
    private func giveUp() async throws(ToolstackError) {
        options.report?(.startedThere)
        try await toolstack.destroy(domain)
    }

    /// The domain does not, and will not, run on the other side.
    private func keep() async {
        toolstack.logFailure("name domain \(domain) \(name) again") { try toolstack.rename(domain, to: name) }
        toolstack.logFailure("forget that domain \(domain) was given away") { try toolstack.forgetHandover(of: domain) }
        await takeBack()
    }

    /// The connection broke after the permission was sent: whether it has arrived, only the other side knows.
    private func clearUp(after error: ToolstackError) async throws(ToolstackError) -> ContinuousClock.Instant {
        options.report?(.unclear)
        let whereabouts: Whereabouts
        do throws(ToolstackError) {
            guard let inquire = options.inquire else {
                throw ToolstackError(.notSupported, "there is no command to ask with")
            }
            whereabouts = try await MigrationInquiry.settle(
                toolstack.info(of: domain).uuid, toolstack.timeouts, by: inquire)
        } catch let obstacle {
            options.report?(.undecided)
            throw handover.undecided(domain, cause: "\(error); it cannot be found out: \(obstacle)")
        }
        guard whereabouts == .there else {
            await keep()
            throw error
        }
        let now = ContinuousClock.now
        try await giveUp()
        return now
    }
}
