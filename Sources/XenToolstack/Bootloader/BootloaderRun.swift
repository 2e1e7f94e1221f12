import DomainModel
import Glibc
import Logging
import SystemPackage
import XenStore
import XenTypes

extension Toolstack {
    /// Finds out what a guest boots: what the configuration names, or what its bootloader picks from its first
    /// disk.
    ///
    /// While a bootloader runs, its terminal is published as the guest's console, so that `xl console` can
    /// talk to it. It is stopped, and everything of it removed, when this fails or is cancelled.
    ///
    /// - Parameters:
    ///   - build: gets kernel, ramdisk and command line. Files that the bootloader made are open and already
    ///     unlinked; whoever ends the creation closes them.
    ///   - consoleReady: called once the bootloader's terminal can be attached to.
    /// - Throws: `ToolstackError` with the bootloader's last words.
    package func chooseKernel(
        _ build: inout DomainBuild, consoleReady: @escaping @Sendable () async throws -> Void = {}
    ) async throws(ToolstackError) {
        let info = build.configuration.buildInfo
        guard let bootloader = info.bootloader, build.type != .hvm else {
            build.kernel = info.kernel.map { BootFile(path: FilePath($0)) }
            build.ramdisk = info.ramdisk.flatMap { $0.isEmpty ? nil : BootFile(path: FilePath($0)) }
            build.commandLine = info.commandLine
            return
        }
        let start = build
        // Whoever destroys the domain leaves what belongs to a bootloader to the holder, or finds that there is none.
        let data = UserData(of: build.domain, uuid: build.uuid, paths: paths)
        let lock = try await FileLock.acquire(data.path(of: .bootloader))
        defer { lock.release() }
        build = try await withLocalPath(
            of: build.configuration.disks.first, for: build.domain, start: info.blockDeviceStart ?? "xvda"
        ) { (disk) async throws(ToolstackError) in
            var build = start
            try await run(bootloader, on: disk, &build, consoleReady)
            return build
        }
    }

    private func run(
        _ bootloader: String, on disk: FilePath?, _ build: inout DomainBuild,
        _ consoleReady: @escaping @Sendable () async throws -> Void
    ) async throws(ToolstackError) {
        let (info, domain) = (build.configuration.buildInfo, build.domain)
        guard let disk else {
            throw ToolstackError(
                .fail, "the bootloader \(bootloader) has no disk to boot from", domain: domain,
                remedy: "add disk= to the configuration")
        }
        let program = Bootloader.executable(bootloader, paths: paths)
        let restriction = try BootloaderUser.restriction(
            info, domain: domain, environment: BootloaderUser.environment(), limit: timeouts.bootloader,
            canBeConfined: Bootloader.canBeConfined(program))
        if restriction == nil, info.bootloaderRestrict == nil, Bootloader.isPygrub(program) {
            logger.warning("\(Bootloader.riskOfPygrub)")
        }
        let plan = BootloaderPlan(
            program, info, domain: domain, disk: disk, lib: paths.lib,
            restriction: restriction)
        let run = BootloaderRun(
            plan: plan, domain: domain, log: LogFile("bootloader.\(domain)", in: paths.log), logger: logger,
            publishConsole: { [self] (terminal) throws(ToolstackError) in
                try publish(terminal, of: domain)
                do { try await consoleReady() } catch {
                    throw ToolstackError(.fail, "cannot connect to the console", domain: domain, underlying: error)
                }
            }, awaitDomainsEnd: { [self] () throws(ToolstackError) in try await awaitEnd(of: domain) })
        try await run.choose(&build)
    }

    /// Removes what a bootloader of the domain's has left because the `xl` that ran it was killed.
    func removeBootloaderRemains(of domain: DomainID) async {
        do {
            guard let uuid = try hypervisor.info(of: domain)?.uuid else { return }
            let lock = UserData(of: domain, uuid: uuid, paths: paths).path(of: .bootloader)
            let files = BootloaderPlan.files(of: domain, in: paths.lib)
            guard [lock, files.output, files.directory].contains(where: { access($0.string, F_OK) == 0 }),
                // It goes with the lock's holder, who hears of the domain's end.
                let held = try FileLock.acquireIfFree(lock)
            else { return }
            defer { held.release() }
            try await detachLocalDisks(of: domain)
            BootloaderPlan.removeFiles(files)
        } catch {
            logger.error("cannot remove what the bootloader of domain \(domain) left: \(error)")
        }
    }

    private func publish(_ terminal: FilePath, of domain: DomainID) throws(ToolstackError) {
        do {
            try store.write(DomainPaths(domain).guest / "console/tty", terminal.string)
        } catch {
            throw ToolstackError(.fail, "cannot publish the bootloader's console", domain: domain, underlying: error)
        }
    }

    /// Returns when the domain is gone or on its way out.
    private func awaitEnd(of domain: DomainID) async throws(ToolstackError) {
        try await wait(for: "the domain to end", domain: domain, watching: [.releaseDomain], within: nil) {
            [hypervisor] in
            guard let info = try hypervisor.info(of: domain), !info.flags.contains(.dying) else {
                return .reached(())
            }
            return .pending("it is there")
        }
    }
}

/// One run of a bootloader.
struct BootloaderRun: Sendable {
    let plan: BootloaderPlan
    let domain: DomainID
    let log: LogFile
    let logger: Logger
    /// Makes the terminal that talks to the bootloader known.
    let publishConsole: @Sendable (FilePath) async throws(ToolstackError) -> Void
    let awaitDomainsEnd: @Sendable () async throws(ToolstackError) -> Void

    /// Runs the bootloader and takes its choice.
    func choose(_ build: inout DomainBuild) async throws(ToolstackError) {
        // Also when only a part of it can be prepared.
        defer { plan.removeFiles() }
        try prepare()
        try await execute()
        try takeResult(&build)
    }

    private func prepare() throws(ToolstackError) {
        // Left over from a run that was killed; its contents must not be taken for this one's.
        plan.removeFiles()
        guard mkdir(plan.directory.string, 0o700) == 0 else {
            throw failure("make the directory \(plan.directory)", cause: "\(Errno(rawValue: errno))")
        }
        do {
            let file = try FileDescriptor.open(
                plan.output, .writeOnly, options: [.create, .truncate, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerRead, .ownerWrite])
            try file.close()
        } catch {
            throw failure("make the file \(plan.output)", cause: "\(error)")
        }
    }

    private func execute() async throws(ToolstackError) {
        let logFile = try log.open()
        defer { try? logFile.close() }
        let terminal = try PseudoTerminal()
        let console = try PseudoTerminal()
        let relay = try TerminalRelay(bootloader: terminal, console: console, log: logFile)
        try await publishConsole(console.path)
        let process = try ChildProcess.start(plan.process(terminal: terminal.path))
        logger.debug("bootloader \(plan.executable) \(plan.arguments) is process \(process.id)")
        async let relayed: Void = relay.run()
        let outcome = await watch(process)
        relay.stop()
        await relayed
        switch outcome {
        case .ended(let status) where status.isSuccess: return
        case .ended(let status):
            throw failure(
                "the bootloader \(plan.executable) \(status)", cause: log.lastLines(),
                remedy: "its output is in \(log.path)", evidence: log.evidence)
        case .expired:
            throw ToolstackError(
                .timedOut, "the bootloader \(plan.executable) took too long", domain: domain,
                cause: log.lastLines(),
                remedy: "its output is in \(log.path); LIBXL_BOOTLOADER_TIMEOUT sets the limit in seconds",
                evidence: log.evidence)
        case .domainGone:
            throw ToolstackError(.domainDestroyed, "the domain was destroyed while its bootloader ran", domain: domain)
        case .cancelled:
            throw ToolstackError(.aborted, "the bootloader was stopped", domain: domain)
        case .failed(let error): throw error
        }
    }

    private enum Outcome: Sendable {
        case ended(ChildProcess.ExitStatus)
        case expired
        case domainGone
        case cancelled
        case failed(ToolstackError)
    }

    /// Waits for the end of the bootloader, of its time or of its domain, whichever comes first. Afterwards the
    /// process is gone in any case.
    private func watch(_ process: ChildProcess) async -> Outcome {
        let outcome: Outcome
        do {
            outcome = try await withDeadline(plan.restriction?.limit) { await self.firstEnd(of: process) } ?? .expired
        } catch {
            outcome = .cancelled
        }
        if case .ended = outcome { return outcome }
        await process.stop()
        return outcome
    }

    private func firstEnd(of process: ChildProcess) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask {
                do { return .ended(try await process.wait()) } catch { return .cancelled }
            }
            group.addTask {
                do throws(ToolstackError) {
                    try await awaitDomainsEnd()
                    return .domainGone
                } catch {
                    return error.code == .aborted ? .cancelled : .failed(error)
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .cancelled
        }
    }

    private func takeResult(_ build: inout DomainBuild) throws(ToolstackError) {
        guard let output = try Files.read(plan.output, limit: BootloaderResult.sizeLimit) else {
            throw failure("the bootloader removed its output \(plan.output)")
        }
        let result = BootloaderResult(output)
        for warning in result.warnings { logger.warning("bootloader: \(warning)") }
        guard let kernel = result.kernel else {
            throw failure(
                "the bootloader \(plan.executable) chose no kernel", cause: log.lastLines(),
                remedy: "its output is in \(log.path)", evidence: log.evidence)
        }
        build.kernel = try file("kernel", kernel)
        do throws(ToolstackError) {
            build.ramdisk = try result.ramdisk.map { (path) throws(ToolstackError) in try file("ramdisk", path) }
        } catch {
            try? build.kernel?.descriptor?.close()
            build.kernel = nil
            throw error
        }
        build.commandLine = result.arguments
    }

    private func file(_ what: String, _ path: String) throws(ToolstackError) -> BootFile {
        switch plan.source(path) {
        case .host(let path): return BootFile(path: path)
        case .temporary(let path):
            do {
                let options: FileDescriptor.OpenOptions = [.closeOnExec, .noFollow, .nonBlocking]
                return BootFile(path: path, descriptor: try .open(path, .readOnly, options: options))
            } catch {
                throw failure("cannot open the \(what) \(path) of the bootloader", cause: "\(error)")
            }
        case nil:
            throw failure(
                "the bootloader named the \(what) \(path)",
                remedy: "a restricted bootloader may only name files in \(plan.directory)")
        }
    }

    private func failure(
        _ message: String, cause: String? = nil, remedy: String? = nil, evidence: ToolstackError.Evidence? = nil
    ) -> ToolstackError {
        ToolstackError(
            .fail, message, domain: domain, cause: cause, remedy: remedy, evidence: evidence, reason: .bootloaderFailed)
    }
}

/// Removal of what a program may have left in a directory of its own.
enum FileTree {
    /// Removes a directory and all in it without following links; what cannot be removed stays.
    static func remove(_ directory: FilePath, depth: Int = 8) {
        guard depth > 0 else { return }
        for name in Files.names(in: directory) {
            let path = directory.appending(name)
            if unlink(path.string) != 0, errno == EISDIR || errno == EPERM { remove(path, depth: depth - 1) }
        }
        rmdir(directory.string)
    }
}
