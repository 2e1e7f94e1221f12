import DomainModel
import Events
import Synchronization
import SystemPackage
import XenControl
import XenTypes

extension Toolstack {
    /// Copies a running domain to whoever is at the other end, and goes on to send what it changes, as upstream's
    /// `xl remus` does: until the task is cancelled, the domain is destroyed, or something fails.
    ///
    /// The other side lets its copy run when the connection ends, unless it was told to drop it, which a cancelled task
    /// does. So when the connection fails both copies may run: nobody here can know.
    ///
    /// - Parameters:
    ///   - connection: to a receiver; nil to send to nobody, which costs the guest the same.
    ///   - configuration: what the other side is to make the domain from.
    /// - Throws: why the domain is protected no more; it goes on here.
    public func protect(
        _ domain: DomainID, through connection: MigrationConnection?, configuration: DomainConfiguration,
        options: RemusOptions
    ) async throws(ToolstackError) -> RemusEnd {
        try checkSavable(domain)
        let channel = try SuspendChannel(of: domain, self)
        defer { channel.release() }
        let protection = RemusProtection(toolstack: self, domain: domain, channel: channel, options: options)
        if let connection {
            let header = try saveFileHeader(for: configuration)
            try await connection.expect(.banner, within: nil)
            return try await protection.run(to: connection.output, after: header.bytes)
        }
        let nobody: FileDescriptor
        do { nobody = try FileDescriptor.open("/dev/null", .writeOnly, options: .closeOnExec) } catch {
            throw ToolstackError(.fail, "cannot open /dev/null", cause: "\(error)")
        }
        defer { try? nobody.close() }
        return try await protection.run(to: nobody, after: [])
    }
}

/// The protection of one domain.
private struct RemusProtection: Sendable {
    let toolstack: Toolstack
    let domain: DomainID
    let channel: SuspendChannel
    let options: RemusOptions
    private let pace = CheckpointPace()

    init(toolstack: Toolstack, domain: DomainID, channel: SuspendChannel, options: RemusOptions) {
        (self.toolstack, self.domain, self.channel, self.options) = (toolstack, domain, channel, options)
    }

    func run(to output: FileDescriptor, after header: [UInt8]) async throws(ToolstackError) -> RemusEnd {
        var undo = UndoStack()
        let result: Result<RemusEnd, ToolstackError>
        do throws(ToolstackError) {
            let disks = options.buffersDisks ? try await ReplicatedDisks(of: domain, toolstack) : nil
            let network = options.buffersNetwork ? NetworkBuffers(of: domain, toolstack, options.networkScript) : nil
            try await network?.attach(&undo)
            result = .success(try await send(header, to: output, steps(disks, network)))
        } catch {
            result = .failure(error)
        }
        await undo.unwind(toolstack)
        return try result.get()
    }

    private func steps(_ disks: ReplicatedDisks?, _ network: NetworkBuffers?) -> CheckpointSteps {
        CheckpointSteps(
            begin: { () async throws(ToolstackError) in
                try disks?.beginCheckpoint()
                try network?.beginCheckpoint()
            },
            beforeResume: { () async throws(ToolstackError) in try await disks?.awaitCheckpoint() },
            complete: { () async throws(ToolstackError) in
                try network?.release()
                // A guest that is paused changes nothing, and could not suspend.
                repeat {
                    guard await pace.next(after: options.interval) else { return Self.farewell }
                } while isPaused
                return nil
            })
    }

    private var isPaused: Bool { (try? toolstack.info(of: domain))?.flags.contains(.paused) == true }

    /// Whether the domain, which could not be suspended, is on its way out: somebody who destroys it pauses it first.
    private func isEnding() async -> Bool {
        let end = ContinuousClock.now + toolstack.timeouts.domainEnd
        while isPaused, ContinuousClock.now < end { try? await idle(for: .milliseconds(100)) }
        return (try? toolstack.info(of: domain))?.flags.contains(.dying) ?? true
    }

    private func send(
        _ header: [UInt8], to output: FileDescriptor, _ steps: CheckpointSteps
    ) async throws(ToolstackError) -> RemusEnd {
        // Cut off in the middle of a checkpoint, the other side would let its copy run.
        let work = Task.detached(executorPreference: EventLoop.shared.preference) {
            do throws(ToolstackError) {
                try await save(header, to: output, steps)
                return Result<Void, ToolstackError>.success(())
            } catch {
                return .failure(error)
            }
        }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            pace.stop()
            Task.detached(executorPreference: EventLoop.shared.preference) {
                try? await idle(for: toolstack.timeouts.checkpointEnd)
                work.cancel()
            }
        }
        guard !pace.isOver, case .failure(let error) = result else { return .stopped }
        if await toTheEnd({ await isEnding() }) { return .destroyed }
        throw error
    }

    private func save(_ header: [UInt8], to output: FileDescriptor, _ steps: CheckpointSteps)
        async throws(ToolstackError)
    {
        if !header.isEmpty { try await StreamDescriptor.sendConfiguration(header, to: output) }
        var save = SaveOptions()
        save.mode.isLive = true
        save.mode.isCheckpointed = true
        save.checkpoints = steps
        _ = try await toolstack.save(domain, to: output, options: save, by: channel)
    }

    /// A checkpoint that no receiver can take: a record of libxc's that nobody knows and nobody may pass over, in a
    /// checkpoint that is complete. It drops its copy then; the mere end of the stream would let the copy run.
    private static let farewell: [UInt8] =
        LibxcRecord.unknown + LibxcRecord.checkpoint + (LibxlRecord.checkpointEnd.encoded() ?? [])

    /// Types of records in libxc's stream (`docs/specs/libxc-migration-stream.pandoc`), each without a body.
    private enum LibxcRecord {
        static let checkpoint = record(0x0000_000e)
        /// The last of the mandatory ones that are reserved.
        static let unknown = record(0x7fff_ffff)

        private static func record(_ type: UInt32) -> [UInt8] {
            type.littleEndianBytes + UInt32(0).littleEndianBytes
        }
    }
}

/// When the next checkpoint is due, and whether there is to be one.
private final class CheckpointPace: Sendable {
    private struct State {
        var isStopped = false
        var isOver = false
        var rest: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// Whether the last checkpoint has been sent.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Waits until the next checkpoint is due.
    ///
    /// - Returns: false when there is to be none.
    func next(after interval: Duration) async -> Bool {
        let rest = state.withLock { state -> Task<Void, Never>? in
            guard !state.isStopped else { return nil }
            let rest = Task.detached(executorPreference: EventLoop.shared.preference) {
                _ = try? await idle(for: interval)
            }
            state.rest = rest
            return rest
        }
        await rest?.value
        return state.withLock { state in
            state.rest = nil
            if state.isStopped { state.isOver = true }
            return !state.isStopped
        }
    }

    /// Lets the current checkpoint be the last.
    func stop() {
        let rest = state.withLock { state in
            state.isStopped = true
            return state.rest
        }
        rest?.cancel()
    }
}
