import Glibc
import SystemPackage
import XenTypes
import YajlJSON

/// The notes on domains that arrived by migration: `migration-arrival.UUID` in `/var/lib/xen`.
struct ArrivalJournal: Sendable {
    let directory: FilePath
    /// The start of the host that lasts (`boot_id` of Linux).
    let boot: String

    /// Larger ones are no notes of ours.
    private static let limit = 1 << 16
    /// Seconds after which no sender asks any more: 30 days.
    private static let lifetime = 30 * 86_400
    private static let prefix = "migration-arrival."
    private static let bootPath: FilePath = "/proc/sys/kernel/random/boot_id"

    init(in directory: FilePath, boot: String) {
        self.directory = directory
        self.boot = boot
    }

    /// Of the running host.
    init(in directory: FilePath) throws(ToolstackError) {
        guard let bytes = try Files.read(Self.bootPath, limit: 100), !bytes.isEmpty else {
            throw ToolstackError(.fail, "cannot read \(Self.bootPath)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        self.init(in: directory, boot: String(text.prefix { !$0.isNewline }))
    }

    func path(of uuid: XenUUID) -> FilePath { directory.appending("\(Self.prefix)\(uuid)") }

    /// Uses and changes a note while nobody else does.
    ///
    /// One that says `returned` is on the disk when this returns. The others need not be: while the host is without
    /// power its domains are gone, too, and what was not yet decided then is not decided by the note.
    func withNote<Value>(
        of uuid: XenUUID, _ body: (inout Arrival?) throws(ToolstackError) -> Value
    ) throws(ToolstackError) -> Value {
        let lock = try FileLock.acquireBlocking(directory.appending("migration-lock.\(uuid)"))
        defer { lock.release() }
        let old = try read(uuid)
        var note = old
        let value = try body(&note)
        if note != old { try write(note, uuid) }
        return value
    }

    /// - Returns: nil also for one of an earlier start that does not say how it ended: nobody knows.
    private func read(_ uuid: XenUUID) throws(ToolstackError) -> Arrival? {
        let path = path(of: uuid)
        guard let bytes = try Files.read(path, limit: Self.limit) else { return nil }
        var note: Arrival
        do { note = try YajlDecoder().decode(Arrival.self, from: bytes) } catch {
            throw ToolstackError(.fail, "cannot read \(path)", underlying: error)
        }
        guard note.boot != boot else { return note }
        note.domid = nil
        return note.stage.isFinal ? note : nil
    }

    private func write(_ note: Arrival?, _ uuid: XenUUID) throws(ToolstackError) {
        let path = path(of: uuid)
        guard let note else { return try Files.remove(path) }
        let bytes: [UInt8]
        do { bytes = try YajlEncoder().encode(note) } catch {
            throw ToolstackError(.fail, "cannot encode a note on a migration", underlying: error)
        }
        try Files.replace(
            path, with: bytes, temporary: directory.appending("migration-new.\(uuid)"), permissions: .ownerReadWrite)
        if note.stage == .returned { try Files.synchronise(path) }
    }

    /// Notes that a domain has arrived and waits.
    func record(_ domain: DomainID, _ uuid: XenUUID) throws(ToolstackError) {
        try withNote(of: uuid) { note in note = Arrival(domain, boot: boot) }
    }

    /// Notes the next stage of a domain's arrival.
    ///
    /// - Returns: false when the note says something else by now, which then stays.
    func advance(
        _ domain: DomainID, _ uuid: XenUUID, from stages: Set<Arrival.Stage>, to next: Arrival.Stage
    ) throws(ToolstackError) -> Bool {
        try withNote(of: uuid) { note in
            guard let stage = note?.stage, note?.domain == domain, note?.boot == boot, stages.contains(stage) else {
                return false
            }
            note?.stage = next
            return true
        }
    }

    /// Drops what is noted of an earlier domain with this UUID, and is not to be taken for the new one's.
    ///
    /// - Parameter isArriving: whether the new one arrives by migration: then its sender has not waited for an answer.
    func begin(_ domain: DomainID, _ uuid: XenUUID, isArriving: Bool) throws(ToolstackError) {
        if isArriving { dropOld() }
        let path = path(of: uuid)
        guard access(path.string, F_OK) == 0 else { return }
        let isOver =
            try? withNote(of: uuid) { note in
                guard let old = note else { return true }
                return old.domain == domain || isArriving && old.stage.isFinal
            }
        // One that cannot be read must not keep a domain from coming.
        guard isOver ?? isArriving else { return }
        try Files.remove(path)
        // A loss of power must not bring it back.
        try Files.synchronise(directory)
    }

    /// Drops notes that nobody asks for any more.
    ///
    /// - Parameter now: seconds since 1970.
    func dropOld(now: Int = time(nil)) {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(directory.appending(Self.prefix + "*").string, 0, nil, &found) == 0 else { return }
        for index in 0..<Int(found.gl_pathc) {
            var status = stat()
            guard let path = found.gl_pathv[index], lstat(path, &status) == 0,
                now - status.st_mtim.tv_sec > Self.lifetime
            else { continue }
            unlink(path)
        }
    }
}
