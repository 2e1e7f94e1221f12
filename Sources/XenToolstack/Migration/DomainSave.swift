import DomainModel
import Events
import Glibc
import Synchronization
import SystemPackage
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Writes a domain's state to a descriptor as libxl's stream, and leaves the domain suspended.
    ///
    /// When that fails, or the task is cancelled, the domain goes on as if nothing had happened; what was written is
    /// then of no use. A descriptor that nobody reads any more must not raise SIGPIPE.
    ///
    /// - Throws: `guestTimedOut` when the guest does not suspend; `lockFail` while it is saved elsewhere;
    ///   `notSupported` for a domain that cannot be saved.
    package func save(
        _ domain: DomainID, to descriptor: FileDescriptor, options: SaveOptions = SaveOptions()
    ) async throws(ToolstackError) -> SaveSummary {
        try checkSavable(domain)
        let channel = try SuspendChannel(of: domain, self)
        defer { channel.release() }
        return try await save(domain, to: descriptor, options: options, by: channel)
    }

    /// As above, for a domain that is known to be savable, by somebody who keeps others from saving it.
    func save(
        _ domain: DomainID, to descriptor: FileDescriptor, options: SaveOptions, by channel: SuspendChannel
    ) async throws(ToolstackError) -> SaveSummary {
        let stream = try StreamDescriptor(duplicating: descriptor, for: .writing)
        // Who reads a pipe sees its end only then.
        defer { stream.close() }
        let type = try type(of: domain)
        let suspension = GuestSuspension(toolstack: self, domain: domain, type: type, channel: channel)
        let save = DomainSave(toolstack: self, suspension: suspension, stream: stream, options: options)
        do {
            return try await save.run()
        } catch {
            await save.takeBack(after: error)
            throw error
        }
    }

    /// - Throws: when the domain's nature forbids that it is saved or migrated.
    package func checkSavable(_ domain: DomainID) throws(ToolstackError) {
        let failure = "cannot save domain \(domain)"
        guard domain != .control else {
            throw ToolstackError(.invalid, failure, domain: domain, cause: "it is the control domain")
        }
        try requireNotHandedOver(domain, failure)
        guard deviceModelDomain(of: domain) == nil else {
            throw ToolstackError(
                .notSupported, failure, domain: domain, cause: "its device model runs in a domain of its own",
                remedy: "use the Xen project's xl for this guest")
        }
        if try storedConfiguration(of: domain)?.buildInfo.disableMigrate == true {
            throw ToolstackError(
                .notSupported, failure, domain: domain, cause: "its configuration has nomigrate=1",
                remedy: "create it without that to be able to save and migrate it")
        }
        let hasVirtualNUMA: Bool
        do { hasVirtualNUMA = try hypervisor.hasVirtualNUMA(domain) } catch {
            throw ToolstackError(.fail, failure, domain: domain, underlying: error)
        }
        if hasVirtualNUMA {
            throw ToolstackError(
                .notSupported, failure, domain: domain, cause: "it has virtual NUMA nodes, which streams do not keep")
        }
    }
}

/// One save of a domain.
private final class DomainSave: Sendable {
    private struct State {
        /// Whether the guest was asked to suspend.
        var isAsked = false
        var pages: UInt64 = 0
        var suspended: ContinuousClock.Instant?
    }

    private let toolstack: Toolstack
    private let suspension: GuestSuspension
    private let stream: StreamDescriptor
    private let options: SaveOptions
    private let bridge = CallbackBridge()
    private let state = Mutex(State())

    private var domain: DomainID { suspension.domain }

    init(toolstack: Toolstack, suspension: GuestSuspension, stream: StreamDescriptor, options: SaveOptions) {
        self.toolstack = toolstack
        self.suspension = suspension
        self.stream = stream
        self.options = options
    }

    func run() async throws(ToolstackError) -> SaveSummary {
        let clock = ContinuousClock()
        let start = clock.now
        try await stream.useOnOwnThread(onCancel: { self.bridge.cancel() }) { descriptor throws(ToolstackError) in
            try self.write(to: descriptor)
        }
        let state = state.withLock { $0 }
        return SaveSummary(
            bytes: stream.position, pages: state.pages, duration: clock.now - start,
            suspended: state.suspended ?? clock.now)
    }

    /// Lets the guest go on after a failure, also when the task is cancelled.
    func takeBack(after error: ToolstackError) async {
        let mayFollow = error.code == .aborted && state.withLock(\.isAsked)
        await toTheEnd { [suspension, toolstack, domain] in
            // A guest that took the request before the interruption suspends now, and nobody else would wake it.
            if mayFollow { try? await suspension.waitUntilSuspended(within: .seconds(5)) }
            unlink(toolstack.deviceModelSaveFile(of: domain).string)
            guard (try? toolstack.info(of: domain))?.shutdownReason == .suspend else { return }
            do throws(ToolstackError) {
                try await toolstack.resume(domain)
            } catch {
                toolstack.logger.error("domain \(domain) stays suspended: \(error)")
            }
        }
    }

    private func write(to descriptor: FileDescriptor) throws(ToolstackError) {
        try put(LibxlStream.header() + (LibxlRecord.libxcContext.encoded() ?? []), to: descriptor)
        // A handle of its own: libxenguest keeps the progress of one operation in it.
        let hypervisor = Hypervisor(logger: toolstack.logger) { [options] progress in
            guard progress.total > 0 else { return }
            options.report?(.progress(done: UInt64(progress.done), total: UInt64(progress.total)))
        }
        do {
            try hypervisor.saveDomain(
                domain, to: descriptor.rawValue, mode: options.mode, callbacks: callbacks(descriptor))
        } catch {
            throw failure(bridge.failure ?? ToolstackError(.fail, message, domain: domain, underlying: error))
        }
        if suspension.type == .hvm { try writeDeviceModel(to: descriptor) }
        try put(LibxlRecord.end.encoded() ?? [], to: descriptor)
    }

    private var message: String { "cannot save domain \(domain)" }

    /// Whatever fails after a cancellation fails because of it.
    private func failure(_ error: ToolstackError) -> ToolstackError {
        guard stream.isCancelled else { return error }
        return ToolstackError(.aborted, message, domain: domain, cause: "interrupted")
    }

    private func put(_ bytes: [UInt8], to descriptor: FileDescriptor) throws(ToolstackError) {
        do { _ = try descriptor.writeAll(bytes) } catch {
            throw failure(ToolstackError(.fail, message, domain: domain, cause: "\(error)"))
        }
    }

    private func callbacks(_ descriptor: FileDescriptor) -> SaveCallbacks {
        var callbacks = SaveCallbacks()
        callbacks.suspend = { [self] in bridge.call { () async throws(ToolstackError) in try await self.suspend() } }
        if let decide = options.decide {
            callbacks.decide = { [stream] in stream.isCancelled ? .abort : decide($0) }
        }
        if suspension.type == .hvm {
            callbacks.switchLogDirty = { [self] isOn in
                bridge.call { () async throws(ToolstackError) in
                    try await self.toolstack.setDirtyLog(isOn, of: self.domain)
                }
            }
        }
        if let steps = options.checkpoints {
            callbacks.resumeAfterCheckpoint = { [self] in
                bridge.call { () async throws(ToolstackError) in
                    try await steps.beforeResume()
                    try await self.toolstack.resume(self.domain)
                }
            }
            callbacks.completeCheckpoint = { [self] in complete(steps, descriptor) }
        }
        return callbacks
    }

    /// Sends what belongs to a checkpoint besides memory, and waits for the next.
    ///
    /// - Returns: whether there is to be one.
    private func complete(_ steps: CheckpointSteps, _ descriptor: FileDescriptor) -> Bool {
        let isSent = bridge.perform { () throws(ToolstackError) in
            if suspension.type == .hvm { try writeDeviceModel(to: descriptor) }
            try put(LibxlRecord.checkpointEnd.encoded() ?? [], to: descriptor)
        }
        let last = Mutex<[UInt8]?>(nil)
        guard isSent,
            bridge.call({ () async throws(ToolstackError) in
                let bytes = try await steps.complete()
                last.withLock { $0 = bytes }
            })
        else { return false }
        guard let bytes = last.withLock({ $0 }) else { return true }
        _ = bridge.perform { () throws(ToolstackError) in try put(bytes, to: descriptor) }
        return false
    }

    private func suspend() async throws(ToolstackError) {
        state.withLock { $0.isAsked = true }
        try await suspension.run()
        let pages = try toolstack.info(of: domain).pages
        state.withLock { state in
            state.pages = pages
            state.suspended = ContinuousClock().now
        }
        options.report?(.suspended)
        if suspension.type == .hvm {
            try await toolstack.saveDeviceModel(of: domain, movesAway: options.movesAway)
        }
        options.report?(.complete)
        try await options.checkpoints?.begin()
    }

    /// Writes what the device model keeps in the store, and the state that it left in a file.
    private func writeDeviceModel(to descriptor: FileDescriptor) throws(ToolstackError) {
        let pairs = try toolstack.deviceModelStoreData(of: domain)
        if !pairs.isEmpty {
            guard let record = LibxlRecord.emulatorStoreData(.qemu, pairs).encoded() else {
                throw failure(ToolstackError(.fail, message, domain: domain, cause: "its store data has no form"))
            }
            try put(record, to: descriptor)
        }
        let path = toolstack.deviceModelSaveFile(of: domain)
        defer { unlink(path.string) }
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            let length = UInt64(max(try file.seek(offset: 0, from: .end), 0))
            try file.seek(offset: 0, from: .start)
            guard let head = LibxlRecord.emulatorContext(.qemu, length: length).encoded() else {
                throw Errno.fileTooLarge
            }
            _ = try descriptor.writeAll(head)
            var left = length
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while left > 0 {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                guard count > 0, UInt64(count) <= left else { throw Errno.ioError }
                _ = try descriptor.writeAll(buffer[..<count])
                left -= UInt64(count)
            }
            _ = try descriptor.writeAll(LibxlRecord.paddingAfterContext(of: length))
        } catch {
            throw failure(
                ToolstackError(.fail, message, domain: domain, cause: "its device model's state \(path): \(error)"))
        }
    }
}
