import CXen
import Glibc
import Synchronization
import Testing
import XenTypes

@testable import Events
@testable import XenStore

/// A socket that speaks xenstore's wire protocol as far as a test says.
private final class FakeStore: Sendable {
    private let listener: Int32
    let path: String

    /// - Parameter serve: gets each connection's descriptor on a thread of its own; the connection closes when it
    ///   returns.
    init(_ serve: @escaping @Sendable (Int32) -> Void) {
        path = "/tmp/fake-xenstore-\(getpid())-\(UInt32.random(in: .min ... .max))"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(listener, 8)
        setenv("XENSTORED_PATH", path, 1)
        _ = startThread { [listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    // Here, so that the next fake cannot get the number while this thread still waits on it.
                    close(listener)
                    return
                }
                _ = startThread {
                    serve(connection)
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    static func read(_ connection: Int32) -> (type: UInt32, body: [UInt8])? {
        var header = xsd_sockmsg()
        guard recv(connection, &header, MemoryLayout<xsd_sockmsg>.size, Int32(MSG_WAITALL)) == 16 else {
            return nil
        }
        var body = [UInt8](repeating: 0, count: Int(header.len))
        guard header.len == 0 || recv(connection, &body, body.count, Int32(MSG_WAITALL)) == body.count else {
            return nil
        }
        return (header.type, body)
    }

    static func write(_ connection: Int32, type: UInt32, _ text: String) {
        let body = Array(text.utf8)
        var header = xsd_sockmsg(type: type, req_id: 0, tx_id: 0, len: UInt32(body.count))
        send(connection, &header, MemoryLayout<xsd_sockmsg>.size, Int32(MSG_NOSIGNAL))
        send(connection, body, body.count, Int32(MSG_NOSIGNAL))
    }
}

@Suite(.serialized) struct FakeStoreTests {
    @Test func givesUpOnAStoreThatDoesNotAnswer() {
        let fake = FakeStore { connection in
            while FakeStore.read(connection) != nil {}
        }
        let store = StoreConnection(deadline: .milliseconds(100))
        let expected = StoreError(.open, code: ETIMEDOUT, cause: .notAnswering(after: .milliseconds(100)))
        #expect(throws: expected) { try store.read("/a") }
        #expect(throws: expected) { try store.read("/b") }
        withExtendedLifetime(fake) {}
    }

    @Test func readsValues() throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                let isThere = request.body.starts(with: "/there".utf8)
                FakeStore.write(
                    connection, type: isThere ? request.type : XS_ERROR.rawValue, isThere ? "a\u{0}b" : "ENOENT\u{0}")
            }
        }
        let store = StoreConnection()
        #expect(try store.read("/there") == "a")
        #expect(try store.readBytes("/there") == [97, 0, 98])
        #expect(try store.read("/gone") == nil)
        #expect(try store.list("/gone") == nil)
        #expect(try store.read(["/there", "/gone", "/there/too"]) == ["a", nil, "a"])
        #expect(try store.read([]) == [])
        let many = (0..<200).map { StorePath($0 % 3 == 0 ? "/there/\($0)" : "/gone/\($0)") }
        #expect(try store.readBytes(many) == (0..<200).map { $0 % 3 == 0 ? [97, 0, 98] : nil })
        withExtendedLifetime(fake) {}
    }

    /// The requests of Xen 4.21, by the numbers and words of `docs/misc/xenstore.txt`.
    @Test func readsAndSetsFeaturesAndQuotas() throws {
        let asked = Mutex<[String]>([])
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                let words = request.body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                asked.withLock { $0.append(([String(request.type)] + words).joined(separator: " ")) }
                let answer =
                    switch (request.type, words.count) {
                    case (23, _): "11\u{0}"
                    case (25, 0): "nodes watches\u{0}"
                    case (25, 1): "1000\u{0}"
                    case (25, _): "7\u{0}"
                    default: "OK\u{0}"
                    }
                FakeStore.write(connection, type: request.type, answer)
            }
        }
        let (store, domain) = (StoreConnection(), DomainID(3))
        #expect(try store.supportedFeatures() == 11)
        #expect(try store.features(of: domain) == 11)
        try store.setFeatures(5, of: domain)
        #expect(try store.quotaNames() == ["nodes", "watches"])
        #expect(try store.quota("nodes", of: nil) == 1000)
        #expect(try store.quota("nodes", of: domain) == 7)
        try store.setQuota("nodes", to: 0, of: domain)
        try store.setQuota("watches", to: 9, of: nil)
        #expect(
            asked.withLock { $0 } == [
                "23", "23 3", "24 3 5", "25", "25 nodes", "25 3 nodes", "26 3 nodes 0", "26 watches 9",
            ])
        withExtendedLifetime(fake) {}
    }

    @Test func anOlderStoreHasNeitherFeaturesNorQuotas() throws {
        let fake = FakeStore { connection in
            while FakeStore.read(connection) != nil {
                FakeStore.write(connection, type: XS_ERROR.rawValue, "ENOSYS\u{0}")
            }
        }
        let store = StoreConnection()
        #expect(try store.supportedFeatures() == nil)
        #expect(try store.quotaNames() == nil)
        #expect(throws: StoreError.self) { try store.setQuota("nodes", to: 1, of: nil) }
        withExtendedLifetime(fake) {}
    }

    @Test func listsMoreThanAMessageOfLibxenstore() throws {
        let names = (0..<2000).map { "node-\($0)" }
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                FakeStore.write(connection, type: request.type, names.map { $0 + "\u{0}" }.joined())
            }
        }
        #expect(try StoreConnection().list("/many") == names)
        withExtendedLifetime(fake) {}
    }

    @Test func fetchesADirectoryInParts() throws {
        let names = (0..<2000).map { "node-\($0)" }
        let list = names.map { $0 + "\u{0}" }.joined()
        let generations = Mutex(["1", "2"])
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                let words = request.body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                guard request.type == XS_DIRECTORY_PART.rawValue, let start = words.last.flatMap({ Int($0) }) else {
                    FakeStore.write(connection, type: XS_ERROR.rawValue, "E2BIG\u{0}")
                    continue
                }
                // The directory changes after the first part.
                let generation = generations.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
                let part = list.utf8.dropFirst(start).prefix(4000)
                let end = start + part.count == list.utf8.count ? "\u{0}" : ""
                FakeStore.write(
                    connection, type: request.type, "\(generation)\u{0}" + String(decoding: part, as: UTF8.self) + end)
            }
        }
        #expect(try StoreConnection().list("/many") == names)
        withExtendedLifetime(fake) {}
    }

    /// As a guest can have it with a directory of its own.
    @Test(.timeLimit(.minutes(1))) func aDirectoryThatNeverRestsIsGivenUp() throws {
        let list = (0..<2000).map { "node-\($0)\u{0}" }.joined()
        let generation = Mutex(0)
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                let words = request.body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                guard request.type == XS_DIRECTORY_PART.rawValue, let start = words.last.flatMap({ Int($0) }) else {
                    FakeStore.write(connection, type: XS_ERROR.rawValue, "E2BIG\u{0}")
                    continue
                }
                let number = generation.withLock { number in
                    number += 1
                    return number
                }
                let part = String(decoding: list.utf8.dropFirst(start).prefix(4001), as: UTF8.self)
                FakeStore.write(connection, type: request.type, "\(number)\u{0}" + part)
            }
        }
        let whole = list.utf8.prefix(4001).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(try StoreConnection().list("/local/domain/1/many") == whole.dropLast())
        #expect(throws: StoreError.self) { try StoreConnection().list("/local/domain") }
        withExtendedLifetime(fake) {}
    }

    @Test func takesEventsThatCameBeforeTheAnswer() async throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                if request.type == XS_READ.rawValue {
                    FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/a/b\u{0}w1\u{0}")
                }
                FakeStore.write(connection, type: request.type, "OK\u{0}")
            }
        }
        let store = StoreConnection()
        let watch = try store.watch("/a")
        #expect(try store.read("/c") == "OK")
        var events = watch.makeAsyncIterator()
        #expect(try await events.next() == StoreEvent(path: "/a/b"))
        withExtendedLifetime(fake) {}
    }

    @Test func saysThatAConnectionIsLost() throws {
        let fake = FakeStore { connection in
            guard let request = FakeStore.read(connection) else { return }
            FakeStore.write(connection, type: request.type, "OK\u{0}")
        }
        let store = StoreConnection()
        #expect(try store.read("/a") == "OK")
        #expect(throws: StoreError(.read, "/b", code: ECONNRESET, cause: .connectionLost)) { try store.read("/b") }
        withExtendedLifetime(fake) {}
    }

    /// Answers each request with its own path, after a silence in which more requests come than a socket's buffer holds.
    @Test(.timeLimit(.minutes(1))) func goesOnAfterASilence() async throws {
        let isSilent = Mutex(false)
        let fake = FakeStore { connection in
            var token = ""
            while let request = FakeStore.read(connection) {
                while isSilent.withLock(\.self) { usleep(1000) }
                let words = request.body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                if request.type == XS_WATCH.rawValue { token = words[1] }
                if words[0] == "/changed" {
                    FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/w/new\u{0}\(token)\u{0}")
                }
                FakeStore.write(connection, type: request.type, words[0])
            }
        }
        let store = StoreConnection(deadline: .milliseconds(100))
        let watch = try store.watch("/w")
        #expect(try store.read("/a") == "/a")
        isSilent.withLock { $0 = true }
        #expect(throws: StoreError(.read, "/b", code: ETIMEDOUT, cause: .notAnswering(after: .milliseconds(100)))) {
            try store.read("/b")
        }
        let start = ContinuousClock.now
        for number in 0..<100 {
            #expect(throws: StoreError.self) {
                try store.write(StorePath("/much/\(number)"), String(repeating: "x", count: 4000))
            }
        }
        // Who goes on without an answer does not wait as long for each.
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(store.lapses == 101)
        #expect(await store.awaitRecovery(within: .milliseconds(200)) == false)
        isSilent.withLock { $0 = false }
        #expect(await store.awaitRecovery(within: .seconds(30)))
        #expect(try store.read("/c") == "/c")
        #expect(try store.read(["/d", "/changed", "/e"]) == ["/d", "/changed", "/e"])
        var events = watch.makeAsyncIterator()
        #expect(try await events.next() == StoreEvent(path: "/w/new"))
        withExtendedLifetime(fake) {}
    }

    /// xenstored goes and another one comes: what was begun with the first ends with it.
    @Test(.timeLimit(.minutes(1))) func connectsAgainAfterALoss() async throws {
        let connections = Mutex(0)
        let fake = FakeStore { connection in
            let number = connections.withLock { number in
                number += 1
                return number
            }
            while let request = FakeStore.read(connection) {
                if number == 1, request.body.starts(with: "/end".utf8) { return }
                FakeStore.write(connection, type: request.type, "\(number)\u{0}")
            }
        }
        let store = StoreConnection()
        let watch = try store.watch("/w")
        var seen: (end: StoreError?, second: String?)
        #expect(throws: StoreError(.write, "/b", code: ECONNRESET, cause: .connectionLost)) {
            try store.transaction { transaction throws(StoreError) in
                do throws(StoreError) { _ = try store.read("/end") } catch { seen.end = error }
                // The new connection knows nothing of the transaction, or has another of that number.
                seen.second = try store.read("/a")
                try transaction.write("/b", "c")
            }
        }
        #expect(seen.end == StoreError(.read, "/end", code: ECONNRESET, cause: .connectionLost))
        #expect(seen.second == "2")
        var events = watch.makeAsyncIterator()
        await #expect(throws: StoreError(.watch, code: ECONNRESET, cause: .connectionLost)) {
            _ = try await events.next()
        }
        #expect(store.lapses == 1)
        #expect(await store.awaitRecovery(within: .seconds(30)))
        #expect(try store.transaction { transaction throws(StoreError) in try transaction.read("/c") } == "2")
        let next = try store.watch("/w")
        next.cancel()
        withExtendedLifetime(fake) {}
    }

    /// A header cut short, one of nonsense, one with more content than any answer has, and content cut short.
    @Test(
        arguments: [
            [1, 2, 3], [UInt8](repeating: 0xFF, count: 16),
            Array(StoreMessage(type: XS_READ, content: []).bytes.dropLast(4) + [0, 0, 0, 0x10]),
            Array(StoreMessage(type: XS_READ, content: [1, 2, 3]).bytes.dropLast()),
        ] as [[UInt8]])
    func dropsAConnectionThatTalksNonsense(_ answer: [UInt8]) throws {
        let fake = FakeStore { connection in
            guard FakeStore.read(connection) != nil else { return }
            send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
        }
        let store = StoreConnection()
        for path: StorePath in ["/a", "/b"] {
            #expect(throws: StoreError(.read, path, code: ECONNRESET, cause: .connectionLost)) { try store.read(path) }
        }
        withExtendedLifetime(fake) {}
    }

    @Test(arguments: [XS_WRITE.rawValue, 0, 77])
    func refusesTheAnswerToAnotherRequest(_ type: UInt32) throws {
        let fake = FakeStore { connection in
            while FakeStore.read(connection) != nil { FakeStore.write(connection, type: type, "x") }
        }
        #expect(throws: StoreError(.read, "/a", code: EIO, cause: .system)) { try StoreConnection().read("/a") }
        withExtendedLifetime(fake) {}
    }

    @Test(.timeLimit(.minutes(1))) func staysSmallInAFloodOfEvents() async throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                FakeStore.write(connection, type: request.type, "OK\u{0}")
                guard request.type == XS_WATCH.rawValue else { continue }
                for number in 0..<20_000 {
                    FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/a/\(number)\u{0}w1\u{0}")
                }
            }
        }
        let store = StoreConnection()
        let watch = try store.watch("/a")
        // The answer comes after all of them.
        #expect(try store.read("/b") == "OK")
        var taken = 0
        var isWhole = false
        var events = watch.makeAsyncIterator()
        while !isWhole, let event = try await events.next() {
            taken += 1
            isWhole = event.path == "/a"
        }
        // What was lost is told as a change of the whole.
        #expect(isWhole)
        #expect(taken <= WatchQueue.limit)
        withExtendedLifetime((fake, watch)) {}
    }

    /// A FIFO gives back what is written to it, as if the kernel's device answered.
    @Test func usesADeviceWhereThereIsNoSocket() throws {
        let path = "/tmp/fake-xenbus-\(getpid())"
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        setenv("XENSTORED_PATH", path, 1)
        #expect(try StoreConnection().readBytes("/a") == Array("/a\u{0}".utf8))
        #expect(try StoreConnection().readBytes(["/a", "/b"]) == [Array("/a\u{0}".utf8), Array("/b\u{0}".utf8)])
    }

    @Test func saysThatThereIsNeitherSocketNorDevice() {
        setenv("XENSTORED_PATH", "/nonexistent/socket", 1)
        #expect(throws: StoreError(.open, code: ENOENT, cause: .unavailable)) { try StoreConnection().read("/a") }
    }

    @Test func retriesTransactionsWithABound() throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                switch request.type {
                case XS_TRANSACTION_START.rawValue: FakeStore.write(connection, type: request.type, "7\u{0}")
                case XS_TRANSACTION_END.rawValue: FakeStore.write(connection, type: XS_ERROR.rawValue, "EAGAIN\u{0}")
                default: FakeStore.write(connection, type: request.type, "OK\u{0}")
                }
            }
        }
        var bodies = 0
        #expect(throws: StoreError(.endTransaction, code: EAGAIN, cause: .contention(attempts: 3))) {
            try StoreConnection().transaction(attempts: 3) { transaction throws(StoreError) in
                bodies += 1
                try transaction.write("/a", "b")
            }
        }
        #expect(bodies == 3)
        withExtendedLifetime(fake) {}
    }

    /// Several series, with answers that wait until the whole series is there, and events among them.
    @Test(.timeLimit(.minutes(1))) func sendsChangesTogether() throws {
        let seen = Mutex<[String]>([])
        let fake = FakeStore { connection in
            var waiting = 0
            while let request = FakeStore.read(connection) {
                switch request.type {
                case XS_TRANSACTION_START.rawValue: FakeStore.write(connection, type: request.type, "7\u{0}")
                case XS_TRANSACTION_END.rawValue: FakeStore.write(connection, type: request.type, "OK\u{0}")
                default:
                    let count = seen.withLock { seen in
                        seen.append(String(decoding: request.body.prefix { $0 != 0 }, as: UTF8.self))
                        return seen.count
                    }
                    waiting += 1
                    guard waiting == StoreRequest.mostInSeries || count == 150 else { continue }
                    for number in 0..<waiting {
                        if number == 3 { FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/x\u{0}w\u{0}") }
                        FakeStore.write(connection, type: request.type, "OK\u{0}")
                    }
                    waiting = 0
                }
            }
        }
        let paths = (0..<150).map { "/node\($0)" }
        try StoreConnection().transaction { transaction throws(StoreError) in
            try transaction.perform(paths.map { .write(StorePath($0), "value") })
        }
        #expect(seen.withLock(\.self) == paths)
        withExtendedLifetime(fake) {}
    }

    @Test func splitsSeriesByTheirSize() throws {
        func series(_ sizes: [Int]) throws -> [Int] {
            var rest = try sizes.map { size in
                try StoreRequest(.write(.root, bytes: [UInt8](repeating: 0, count: size)), transaction: 1)
            }[...]
            var counts: [Int] = []
            while !rest.isEmpty {
                let first = StoreRequest.series(of: rest)
                counts.append(first.count)
                rest = rest[first.endIndex...]
            }
            return counts
        }
        #expect(try series([]) == [])
        #expect(try series([4000]) == [1])
        #expect(try series(Array(repeating: 1, count: 129)) == [64, 64, 1])
        #expect(try series(Array(repeating: 4000, count: 40)) == [17, 17, 6])
    }

    /// A removal may fail for want of the node; of other failures the first counts, and nothing is committed.
    @Test func saysWhichOfManyChangesFailed() throws {
        let ends = Mutex<[UInt8]>([])
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                let path = String(decoding: request.body.prefix { $0 != 0 }, as: UTF8.self)
                switch (request.type, path) {
                case (XS_TRANSACTION_START.rawValue, _): FakeStore.write(connection, type: request.type, "7\u{0}")
                case (XS_TRANSACTION_END.rawValue, _):
                    ends.withLock { $0 += request.body.prefix(1) }
                    FakeStore.write(connection, type: request.type, "OK\u{0}")
                case (XS_RM.rawValue, _): FakeStore.write(connection, type: XS_ERROR.rawValue, "ENOENT\u{0}")
                case (_, "/full"): FakeStore.write(connection, type: XS_ERROR.rawValue, "ENOSPC\u{0}")
                case (_, "/mine"): FakeStore.write(connection, type: XS_ERROR.rawValue, "EACCES\u{0}")
                default: FakeStore.write(connection, type: request.type, "OK\u{0}")
                }
            }
        }
        let store = StoreConnection()
        func perform(_ changes: [StoreChange]) throws(StoreError) {
            try store.transaction { transaction throws(StoreError) in try transaction.perform(changes) }
        }
        try perform([.remove("/gone"), .write("/a", "b")])
        #expect(throws: StoreError(.write, "/full", code: ENOSPC, cause: .quota(.nodes))) {
            try perform([.remove("/gone"), .write("/a", "b"), .write("/full", "b"), .makeDirectory("/mine")])
        }
        let bad = StorePath("/a//b")
        #expect(throws: StoreError(.write, bad, cause: .invalidPath(bad.problem ?? ""))) {
            try perform([.write("/a", "b"), .write(bad, "b")])
        }
        #expect(ends.withLock { String(decoding: $0, as: UTF8.self) } == "TFF")
        // The connection is as good as before.
        try perform([.setPermissions(StorePermissions(owner: .control), of: "/a")])
        withExtendedLifetime(fake) {}
    }

    /// xenstored goes in the middle of a series, or answers more than it was asked.
    @Test(arguments: [2, 5]) func losesAConnectionInASeries(_ answers: Int) throws {
        let fake = FakeStore { connection in
            guard let start = FakeStore.read(connection) else { return }
            FakeStore.write(connection, type: start.type, "7\u{0}")
            for _ in 0..<4 { _ = FakeStore.read(connection) }
            let answer = StoreMessage(type: XS_WRITE, content: Array("OK\u{0}".utf8)).bytes
            let bytes = Array(repeating: answer, count: answers).flatMap(\.self)
            send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        let paths: [StorePath] = ["/a", "/b", "/c", "/d"]
        let named = paths[min(answers, 3)]
        #expect(throws: StoreError(.write, named, code: ECONNRESET, cause: .connectionLost)) {
            try StoreConnection().transaction { transaction throws(StoreError) in
                try transaction.perform(paths.map { .write($0, "value") })
            }
        }
        withExtendedLifetime(fake) {}
    }

    @Test func endsATransactionForGood() throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                FakeStore.write(connection, type: request.type, request.type == 6 ? "7\u{0}" : "OK\u{0}")
            }
        }
        let ended = try StoreConnection().transaction { transaction throws(StoreError) in transaction }
        #expect(throws: StoreError(.write, "/a", cause: .transactionEnded)) { try ended.write("/a", "b") }
        withExtendedLifetime(fake) {}
    }

    @Test(.timeLimit(.minutes(1))) func watchesUntilTheStoreGoes() async throws {
        let fake = FakeStore { connection in
            guard let request = FakeStore.read(connection) else { return }
            FakeStore.write(connection, type: request.type, "OK\u{0}")
            let token = String(decoding: request.body.split(separator: 0).last ?? [], as: UTF8.self)
            FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/a/b\u{0}\(token)\u{0}")
            FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, "/c\u{0}other\u{0}")
        }
        let store = StoreConnection()
        let watch = try store.watch("/a")
        var events = watch.makeAsyncIterator()
        #expect(try await events.next() == StoreEvent(path: "/a/b"))
        await #expect(throws: StoreError(.watch, code: ECONNRESET, cause: .connectionLost)) {
            _ = try await events.next()
        }
        withExtendedLifetime(fake) {}
    }

    @Test(.timeLimit(.minutes(1))) func closesWithWatches() async throws {
        let fake = FakeStore { connection in
            while let request = FakeStore.read(connection) {
                FakeStore.write(connection, type: request.type, "OK\u{0}")
                guard request.type == XS_WATCH.rawValue else { continue }
                let words = request.body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                FakeStore.write(connection, type: XS_WATCH_EVENT.rawValue, words.map { $0 + "\u{0}" }.joined())
            }
        }
        var store: StoreConnection? = StoreConnection()
        var watch = try store?.watch("/a")
        var first: StoreEvent?
        if let watch {
            for try await event in watch {
                first = event
                break
            }
        }
        #expect(first == StoreEvent(path: "/a"))
        watch = nil
        store = nil
        withExtendedLifetime(fake) {}
    }
}
