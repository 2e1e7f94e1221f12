import DomainConfig
import Glibc
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct StorageTests {
    /// Runs `body` with paths into a directory of its own.
    private func withPaths(_ body: (HostPaths) async throws -> Void) async throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        var paths = HostPaths(release: XenRelease(4, 17))
        paths.lib = directory
        paths.run = directory
        defer {
            var listing = glob_t()
            if glob(directory.appending("*").string, 0, nil, &listing) == 0 {
                for index in 0..<Int(listing.gl_pathc) { listing.gl_pathv[index].map { _ = unlink($0) } }
            }
            globfree(&listing)
            rmdir(directory.string)
        }
        try await body(paths)
    }

    private let uuid = XenUUID("a0d5ae6c-0c5c-4ffd-b2b5-6ba0ba0f2b5e")

    @Test func keepsUserDataUnderUpstreamsNames() async throws {
        try await withPaths { paths in
            let data = UserData(of: DomainID(7), uuid: try #require(uuid), paths: paths)
            #expect(try data.read(.configuration) == nil)
            try data.write(.configuration, Array("{}\0".utf8))
            #expect(try data.read(.configuration) == Array("{}\0".utf8))
            let path = paths.lib.appending("userdata-d.7.a0d5ae6c-0c5c-4ffd-b2b5-6ba0ba0f2b5e.libxl-json")
            var status = stat()
            #expect(stat(path.string, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
            try data.removeAll()
            #expect(try data.read(.configuration) == nil)
        }
    }

    @Test func removesAllButTheLockInUse() async throws {
        try await withPaths { paths in
            let data = UserData(of: DomainID(7), uuid: try #require(uuid), paths: paths)
            let other = UserData(of: DomainID(70), uuid: try #require(uuid), paths: paths)
            try data.write(.update, [1])
            try other.write(.update, [2])
            let lock = try await FileLock.acquire(data.path(of: .files))
            try data.removeAll()
            #expect(access(data.path(of: .files).string, F_OK) == 0)
            lock.release()
            #expect(access(data.path(of: .files).string, F_OK) != 0)
            #expect(try other.read(.update) == [2])
        }
    }

    @Test func removesTheNotesOfAnEarlierDomain() async throws {
        try await withPaths { paths in
            let data = UserData(of: DomainID(7), uuid: try #require(uuid), paths: paths)
            try data.removeNotes()
            #expect(try !data.has(.handover))
            for name in [UserData.Name.configuration, .update, .handover] { try data.write(name, [1]) }
            #expect(try data.has(.handover))
            try data.removeNotes()
            for name in [UserData.Name.update, .handover] { #expect(try data.read(name) == nil) }
            #expect(try data.read(.configuration) == [1])
            try data.removeAll()
        }
    }

    @Test func givesTheLockToOneAtATime() async throws {
        try await withPaths { paths in
            let path = paths.lib.appending("lock")
            let counter = LastSeen()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        guard let lock = try? await FileLock.acquire(path) else { return }
                        defer { lock.release() }
                        let before = Int(counter.text ?? "0") ?? 0
                        try? await Task.sleep(for: .milliseconds(1))
                        counter.text = "\(before + 1)"
                    }
                }
            }
            #expect(counter.text == "8")
        }
    }

    /// A lock that this process itself holds over another open file, as another process would.
    @Test func stopsWaitingForALockWhenCancelled() async throws {
        try await withPaths { paths in
            let path = paths.lib.appending("lock")
            let held = try await FileLock.acquire(path)
            let waiting = Task { try await FileLock.acquire(path) }
            try await idle(for: .milliseconds(20))
            waiting.cancel()
            let error = await #expect(throws: ToolstackError.self) { try await waiting.value }
            #expect(error?.code == .aborted)
            let limited = await #expect(throws: ToolstackError.self) {
                try await FileLock.acquire(path, within: .milliseconds(20))
            }
            #expect(limited?.code == .timedOut)
            #expect(limited?.cause?.contains("process \(getpid()) (") == true, "\(String(describing: limited))")
            held.release()
            try await FileLock.acquire(path).release()
        }
    }

    @Test func stopsWaitingForMemoryWhenCancelled() async throws {
        try await withPaths { paths in
            let path = paths.lib.appending("xl")
            try await RecordLock.acquire(path).release()
            let holder = open(path.string, O_RDWR)
            var range = Glibc.flock()
            range.l_type = Int16(F_WRLCK)
            // F_OFD_SETLK, which excludes locks of the other kind also in the same process.
            #expect(fcntl(holder, 37, &range) == 0)
            let waiting = Task { try await RecordLock.acquire(path) }
            try await idle(for: .milliseconds(20))
            waiting.cancel()
            let error = await #expect(throws: ToolstackError.self) { try await waiting.value }
            #expect(error?.code == .aborted)
            let next = Task { try await RecordLock.acquire(path) }
            try await idle(for: .milliseconds(20))
            close(holder)
            try await next.value.release()
        }
    }

    @Test func refusesALockThatIsNoFile() async throws {
        try await withPaths { paths in
            let path = paths.lib.appending("xl")
            #expect(mkfifo(path.string, 0o600) == 0)
            await #expect(throws: ToolstackError.self) { try await RecordLock.acquire(path) }
        }
    }

    @Test func findsWhoHoldsALock() {
        let table = """
            1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF
            2: FLOCK  ADVISORY  WRITE 3517 fd:00:2531448 0 EOF
            2: -> FLOCK  ADVISORY  WRITE 99 fd:00:2531448 0 EOF
            3: OFDLCK ADVISORY  WRITE -1 00:19:7 0 EOF
            4: -> POSIX ADVISORY WRITE 5 08:101:8 0 EOF
            """
        #expect(LockHolder.file(0xFD00, 2531448) == "fd:00:2531448")
        #expect(LockHolder.file(0x100801, 8) == "08:101:8")
        #expect(LockHolder.process(holding: "fd:00:2531448", in: table) == 3517)
        #expect(LockHolder.process(holding: "fd:00:2531452", in: table) == 3568)
        for file in ["00:19:7", "08:101:8", "fd:00:1", ""] {
            #expect(LockHolder.process(holding: file, in: table) == nil)
        }
    }

    @Test func remembersDomainsForAWhile() async throws {
        try await withPaths { paths in
            let history = DomainIDHistory(paths: paths, timeouts: Timeouts())
            #expect(try history.isRecent(DomainID(5)) == false)
            try history.record(DomainID(5))
            try history.record(DomainID(6))
            #expect(try history.isRecent(DomainID(5)))
            #expect(try history.isRecent(DomainID(7)) == false)
            var none = Timeouts()
            none.domainIDReuse = .seconds(-1)
            #expect(try DomainIDHistory(paths: paths, timeouts: none).isRecent(DomainID(5)) == false)
        }
    }

    @Test(arguments: [("0", 0), ("90", 90), ("0x10", 16), ("010", 8), ("5 minutes", 5), ("rubbish", 0)])
    func environmentSetsHowLong(_ text: String, _ seconds: Int) {
        var timeouts = Timeouts()
        timeouts.heed { _ in nil }
        #expect(timeouts.domainIDReuse == .seconds(60))
        timeouts.heed { $0 == "LIBXL_DOMID_REUSE_TIMEOUT" ? text : nil }
        #expect(timeouts.domainIDReuse == .seconds(seconds))
    }

    @Test(arguments: [
        ("100 5\n", [5]), ("40 5\n39 6\n100 7\n", [5, 7]), ("", []), ("garbage\n100\n100 x\n-1 5\n100 8", [8]),
        ("100 32752\n", []), ("99999999999999999999 5\n", []),
    ])
    func readsTheHistoryOfAnybody(_ text: String, _ expected: [UInt32]) {
        let entries = DomainIDHistory.recent(Array(text.utf8), now: 100, timeout: 60)
        #expect(entries.map(\.domain.rawValue) == expected)
    }
}
