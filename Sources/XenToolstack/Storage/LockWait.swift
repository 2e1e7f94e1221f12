import Glibc
import Logging
import SystemPackage

/// Waiting for a lock that another process holds.
struct LockWait {
    let path: FilePath
    /// nil to wait for ever.
    let limit: Duration?
    let logger: Logger?

    /// After this time it is said who holds the lock.
    private static let patience = Duration.seconds(1)

    /// - Parameters:
    ///   - letGo: lets go of a lock that comes too late.
    ///   - acquire: takes the lock and blocks for as long as that takes.
    /// - Throws: `timedOut`, `aborted` when the task is cancelled, or what `acquire` throws.
    func take<Lock: Sendable>(
        letGo: @escaping @Sendable (Lock) -> Void,
        _ acquire: @escaping @Sendable () throws(ToolstackError) -> Lock
    ) async throws(ToolstackError) -> Lock {
        // Nothing interrupts a thread that waits for a lock. When it gets it too late, it lets go of it.
        let result = AsyncStream<Result<Lock, ToolstackError>>.makeStream()
        Task(executorPreference: EventLoop.shared.preference) {
            do throws(ToolstackError) {
                let lock = try await onOwnThread { () throws(ToolstackError) in try acquire() }
                if case .terminated = result.continuation.yield(.success(lock)) { letGo(lock) }
            } catch {
                result.continuation.yield(.failure(error))
            }
        }
        let stream = result.stream
        let outcome = try? await withDeadline(limit) { [self] in
            async let _ = sayWhoHoldsIt()
            return await stream.first { _ in true }
        }
        if let lock = try outcome??.get() { return lock }
        let holder = LockHolder.name(of: path) ?? "another process"
        guard !Task.isCancelled, let limit else {
            throw ToolstackError(
                .aborted, "cannot take the lock \(path)", cause: "interrupted while \(holder) held it")
        }
        throw ToolstackError(
            .timedOut, "cannot take the lock \(path)", cause: "\(holder) has held it for \(limit)")
    }

    private func sayWhoHoldsIt() async {
        guard let logger, (try? await idle(for: Self.patience)) != nil else { return }
        logger.warning("waiting for the lock \(path), which \(LockHolder.name(of: path) ?? "another process") holds")
    }
}

/// Who holds a lock, as the kernel tells (`/proc/locks`, proc(5)).
enum LockHolder {
    /// - Returns: the process with its command, or nil when it cannot be told.
    static func name(of path: FilePath) -> String? {
        var status = stat()
        guard stat(path.string, &status) == 0, let bytes = (try? Files.read("/proc/locks", limit: 4 << 20)) ?? nil
        else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let id = process(holding: file(UInt64(status.st_dev), UInt64(status.st_ino)), in: text) else {
            return nil
        }
        let words = (try? Files.read(FilePath("/proc/\(id)/cmdline"), limit: 1 << 16)) ?? nil
        let command = (words ?? []).split(separator: 0).map { String(escapingBytes: $0) }.joined(separator: " ")
        return command.isEmpty ? "process \(id)" : "process \(id) (\(command.prefix(80)))"
    }

    /// A file as the table names it: major and minor number of the device, and the inode.
    static func file(_ device: UInt64, _ inode: UInt64) -> String {
        // As glibc takes a device's number apart (`gnu_dev_major` in <sys/sysmacros.h>).
        let major = (device >> 8 & 0xFFF) | (device >> 32 & 0xFFFF_F000)
        let minor = (device & 0xFF) | (device >> 12 & 0xFFFF_FF00)
        func hex(_ number: UInt64) -> String { (number < 16 ? "0" : "") + String(number, radix: 16) }
        return "\(hex(major)):\(hex(minor)):\(inode)"
    }

    /// - Returns: nil when nobody holds a lock on the file, or a process of which no number is known.
    static func process(holding file: String, in table: String) -> pid_t? {
        for line in table.split(separator: "\n") {
            // "1: FLOCK  ADVISORY  WRITE 3517 fd:00:25315 0 EOF"; those that wait have an arrow behind the number.
            let words = line.split(separator: " ")
            guard words.count >= 6, words[5] == file, let id = pid_t(words[4]), id > 0 else { continue }
            return id
        }
        return nil
    }
}
