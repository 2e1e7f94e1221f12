import Glibc
import SystemPackage
import XenTypes
import YajlJSON

extension Toolstack {
    /// Talks with a domain's QEMU while nobody else does, over the socket and under the lock that upstream uses.
    ///
    /// - Parameters:
    ///   - what: what the talk is for, in words that follow "cannot": "eject the CD in hdc".
    ///   - body: throws nothing but `QMPError` and `ToolstackError`.
    /// - Throws: `notReady` when the domain has no QEMU, or when it is gone; QEMU's own words; what `body` throws.
    func withDeviceModel<Value: Sendable>(
        of domain: DomainID, to what: String, _ body: (QMPSession) async throws -> Value
    ) async throws(ToolstackError) -> Value {
        let data = UserData(of: domain, uuid: try info(of: domain).uuid, paths: paths)
        let lock: FileLock
        do {
            lock = try await FileLock.acquire(
                data.path(of: .monitorSocket), within: timeouts.deviceModelCommand)
        } catch {
            throw ToolstackError(error.code, "cannot \(what)", domain: domain, underlying: error)
        }
        defer { lock.release() }
        // A domain that ended while this waited has taken its files along; the lock must not stay.
        _ = try info(of: domain)
        do {
            let socket = try QMPSocket(connectingTo: DeviceModelPlan.monitorSocket(domain, paths))
            return try await body(try await QMPSession(socket, within: timeouts.deviceModelCommand))
        } catch let error as QMPError {
            throw failure(error, domain, what)
        } catch {
            throw ToolstackError(.fail, "cannot \(what)", domain: domain, underlying: error)
        }
    }

    private func failure(_ error: QMPError, _ domain: DomainID, _ what: String) -> ToolstackError {
        if case .system(_, let errno) = error, [.noSuchFileOrDirectory, .connectionRefused].contains(errno) {
            return ToolstackError(
                .notReady, "cannot \(what)", domain: domain,
                cause: errno == .connectionRefused
                    ? "the QEMU of domain \(domain) has ended" : "domain \(domain) has no QEMU on this host")
        }
        return ToolstackError(error.code, "cannot \(what)", domain: domain, cause: error.cause)
    }

    /// Has QEMU carry out a line of its human monitor.
    ///
    /// - Returns: what it answers; lines end in CR LF.
    public func humanMonitor(_ line: String, of domain: DomainID) async throws(ToolstackError) -> String {
        try await withDeviceModel(of: domain, to: "send a command to the QEMU of domain \(domain)") { session in
            let answer = try await session.execute(
                "human-monitor-command", [("command-line", .string(line))], within: timeouts.monitorCommand)
            guard let text = answer.string else { throw QMPError.malformed("the answer is no text") }
            return text
        }
    }

    /// Lets a QEMU go on that is stopped.
    func resumeDeviceModel(of domain: DomainID) async throws(ToolstackError) {
        try await withDeviceModel(of: domain, to: "resume the QEMU of domain \(domain)") { session in
            _ = try await session.execute("cont", within: timeouts.deviceModelStart)
        }
    }

    /// Wakes a guest from ACPI's state S3.
    func wake(_ domain: DomainID) async throws(ToolstackError) {
        let what = "wake domain \(domain)"
        guard try type(of: domain) == .hvm else {
            throw ToolstackError(.invalid, "cannot \(what)", domain: domain, cause: "only HVM guests can sleep")
        }
        try await withDeviceModel(of: domain, to: what) { session in
            _ = try await session.execute("system_wakeup", within: timeouts.deviceModelCommand)
        }
    }
}
