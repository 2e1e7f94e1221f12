import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenTypes

/// Fills a domain that is being made from a saved image instead of a kernel.
struct DomainRestore: Sendable {
    let toolstack: Toolstack
    let image: SavedImage

    /// What reading the image finds out.
    private struct Findings: Sendable {
        var store: UInt64
        var console: UInt64
        /// Where the device model's state was put.
        var deviceModelState: FilePath?
    }

    /// Reads the image to its end, and notes where the rings are. Cancelling the task ends it.
    func run(_ build: inout DomainBuild) async throws(ToolstackError) {
        let start = build
        guard build.type != .hvm || build.info.deviceModelStubdomain != true else {
            throw ToolstackError(
                .notSupported, Self.message(build), domain: build.domain,
                cause: "its device model is to run in a domain of its own, which cannot be restored")
        }
        // A sender of checkpoints is silent in between for as long as its user likes.
        let isWatched = image.isArriving && !image.isCheckpointed
        let findings = try await whileGettingOn(
            within: toolstack.timeouts.migrationSilence, count: { isWatched ? image.stream.bytesRead : nil },
            orThrow: ToolstackError(
                .timedOut, Self.message(start), domain: start.domain,
                cause: "its sender has sent nothing for \(toolstack.timeouts.migrationSilence)")
        ) { () async throws(ToolstackError) in try await read(start) }
        // To libxenguest that is one more end of the sender.
        if image.isCheckpointed, image.stream.isCancelled { throw Self.interruption(start) }
        build.store.frame = findings.store
        build.console.frame = findings.console
        build.deviceModelState = findings.deviceModelState
    }

    private func read(_ build: DomainBuild) async throws(ToolstackError) -> Findings {
        do {
            return try await image.stream.useOnOwnThread { descriptor throws(ToolstackError) in
                try read(build, descriptor)
            }
        } catch {
            guard image.stream.isCancelled else { throw error }
            throw Self.interruption(build)
        }
    }

    private static func message(_ build: DomainBuild) -> String {
        "cannot restore domain \(build.configuration.createInfo.name ?? "\(build.domain)")"
    }

    private static func interruption(_ build: DomainBuild) -> ToolstackError {
        ToolstackError(.aborted, message(build), domain: build.domain, cause: "interrupted")
    }

    private func read(_ build: DomainBuild, _ descriptor: FileDescriptor) throws(ToolstackError) -> Findings {
        try image.requireRelease(upTo: build.release)
        do {
            var reader = try LibxlStreamReader(StreamReader(DescriptorSource(descriptor: descriptor)))
            if image.isCheckpointed { return try readCheckpoints(build, descriptor, &reader) }
            var findings: Findings?
            while true {
                switch try reader.next() {
                case .end:
                    guard let findings else { throw StreamError(at: reader.offset, "it has no memory image") }
                    return findings
                case .libxcContext:
                    guard findings == nil else { throw StreamError(at: reader.offset, "it has two memory images") }
                    findings = try restoreMemory(build, descriptor, bridge: CallbackBridge())
                case .emulatorStoreData(_, let pairs):
                    try Self.expectDeviceModel(build, at: reader.offset)
                    try toolstack.restoreDeviceModelStoreData(pairs, of: build.domain)
                case .emulatorContext:
                    try Self.expectDeviceModel(build, at: reader.offset)
                    guard findings != nil else {
                        throw StreamError(at: reader.offset, "its device model's state comes before its memory")
                    }
                    findings?.deviceModelState = try writeDeviceModelState(build, &reader)
                case .checkpointEnd, .checkpointState:
                    throw StreamError(at: reader.offset, "it has a checkpoint where none may be")
                }
            }
        } catch let error as StreamError {
            throw ToolstackError(
                .fail, Self.message(build), domain: build.domain, cause: "the saved image: \(error)",
                remedy: error.remedy)
        } catch {
            throw ToolstackError(.fail, Self.message(build), domain: build.domain, underlying: error)
        }
    }

    private static func expectDeviceModel(_ build: DomainBuild, at offset: UInt64) throws(StreamError) {
        guard build.type == .hvm else {
            throw StreamError(at: offset, "it has the state of a device model, which this domain does not have")
        }
    }

    /// Follows a sender until it is no more.
    private func readCheckpoints(
        _ build: DomainBuild, _ descriptor: FileDescriptor, _ reader: inout LibxlStreamReader<DescriptorSource>
    ) throws -> Findings {
        guard case .libxcContext = try reader.next() else {
            throw StreamError(at: reader.offset, "it does not begin with a memory image")
        }
        let emulation = build.type == .hvm ? toolstack.deviceModelRestoreFile(of: build.domain) : nil
        let checkpoints = CheckpointReader(reader, deviceModelState: emulation)
        let bridge = CallbackBridge()
        var findings = try restoreMemory(build, descriptor, bridge: bridge) {
            var isEnd = false
            let isRead = bridge.perform { () throws(ToolstackError) in isEnd = try !checkpoints.read() }
            return isEnd ? .failover : isRead ? .success : .error
        }
        try toolstack.restoreDeviceModelStoreData(checkpoints.storeData, of: build.domain)
        findings.deviceModelState = emulation
        return findings
    }

    private func restoreMemory(
        _ build: DomainBuild, _ descriptor: FileDescriptor, bridge: CallbackBridge,
        checkpoint: (@Sendable () -> RestoreCallbacks.CheckpointOutcome)? = nil
    ) throws -> Findings {
        var callbacks = RestoreCallbacks()
        callbacks.checkpoint = checkpoint
        callbacks.completeStaticData = { [toolstack] missing in
            guard missing.contains(.cpuid) else { return true }
            // Streams of before Xen 4.14: the policy is made anew.
            var policy = CPUPolicy(build.info, type: build.type)
            policy.isRestored = true
            return bridge.call { [policy] () async throws(ToolstackError) in
                do { try toolstack.hypervisor.applyCPUPolicy(policy, to: build.domain) } catch {
                    throw ToolstackError(.fail, "cannot apply the CPU policy", domain: build.domain, underlying: error)
                }
            }
        }
        let rings = RestoreRings(
            storePort: build.store.port, storeDomain: build.store.server, consolePort: build.console.port,
            consoleDomain: build.console.server)
        // A handle of its own: libxenguest keeps the progress of one operation in it.
        let hypervisor = Hypervisor(logger: toolstack.logger)
        do {
            let frames = try hypervisor.restoreDomain(
                build.domain, from: descriptor.rawValue, rings: rings, isCheckpointed: image.isCheckpointed,
                callbacks: callbacks)
            return Findings(store: UInt64(frames.store), console: UInt64(frames.console))
        } catch {
            if let failure = bridge.failure { throw failure }
            throw error
        }
    }

    /// Puts the device model's state where it looks for it when it starts.
    private func writeDeviceModelState(
        _ build: DomainBuild, _ reader: inout LibxlStreamReader<DescriptorSource>
    ) throws -> FilePath {
        let path = toolstack.deviceModelRestoreFile(of: build.domain)
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        defer { try? file.close() }
        while let piece = try reader.nextOfContext() { _ = try file.writeAll(piece) }
        return path
    }
}
