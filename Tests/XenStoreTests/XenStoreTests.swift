import CXen
import Glibc
import Testing
import XenTypes

@testable import XenStore

@Suite struct StorePathTests {
    @Test func composes() {
        let domain: StorePath = "/local/domain/\(7)"
        #expect((domain / "device" / "vbd" / 51712).description == "/local/domain/7/device/vbd/51712")
        #expect((StorePath.root / "vm").description == "/vm")
        #expect((domain / "device/vif").lastComponent == "vif")
        #expect(domain.parent == "/local/domain")
        #expect(StorePath("/local").parent == .root)
        #expect(StorePath.root.parent == nil)
        #expect(StorePath.releaseDomain.parent == nil)
        #expect(domain.components == ["local", "domain", "7"])
    }

    @Test func knowsWhatIsBelow() {
        let domain: StorePath = "/local/domain/1"
        #expect(domain.contains("/local/domain/1"))
        #expect(domain.contains("/local/domain/1/name"))
        #expect(!domain.contains("/local/domain/10"))
        #expect(StorePath.root.contains("/vm"))
        #expect(!StorePath.root.contains("@releaseDomain"))
        #expect(domain.relativePart(of: "/local/domain/1/device/vif") == "device/vif")
        #expect(StorePath.root.relativePart(of: "/vm") == "vm")
        #expect(domain.relativePart(of: domain) == nil)
    }

    @Test(arguments: ["/", "/a", "/local/domain/0/backend/vbd/1/51712", "@releaseDomain", "device/vbd", "/a_b-c@d"])
    func accepts(_ path: String) { #expect(StorePath(path).problem == nil) }

    @Test(arguments: [
        ("", "empty"), ("/a/", "slash"), ("//", "slash"), ("/a//b", "empty part"), ("/a b", "0x20"), ("/a.b", "'.'"),
        ("/a\u{0}b", "0x0"), ("/ä", "0xc3"), ("/a\n", "0xa"),
    ])
    func refuses(_ path: String, _ reason: String) {
        #expect(StorePath(path).problem?.contains(reason) == true)
    }

    @Test func limitsLength() {
        #expect(StorePath("/" + String(repeating: "a", count: 3071)).problem == nil)
        #expect(StorePath("/" + String(repeating: "a", count: 3072)).problem != nil)
        #expect(StorePath(String(repeating: "a", count: 2049)).problem != nil)
    }
}

@Suite struct StorePermissionsTests {
    @Test func readsAndPrintsLsForm() {
        let text = "n0,r1,b2,w32752"
        let permissions = StorePermissions(text)
        #expect(permissions?.owner == .control)
        #expect(permissions?.others == StorePermissions.Access.none)
        #expect(permissions?.entries.count == 3)
        #expect(permissions?.description == text)
        #expect(StorePermissions.owned(by: DomainID(3), readableBy: .control).description == "n3,r0")
    }

    @Test(arguments: ["", "n", "x0", "n0,", "n-1", "n+1", "n0,,r1", "0", "n4294967296", "n0 ,r1"])
    func refuses(_ text: String) { #expect(StorePermissions(text) == nil) }
}

@Suite struct StoreErrorTests {
    @Test func saysWhatAndWhy() {
        let denied = StoreError(.write, "/local/domain/0/name", errno: 13)
        #expect(denied.cause == .denied)
        #expect(
            denied.description
                == "cannot write xenstore node /local/domain/0/name: "
                + "the node's permissions do not allow it (Permission denied)")
    }

    @Test func namesQuotas() {
        #expect(StoreError(.write, "/a", errno: 28).cause == .quota(.nodes))
        #expect(StoreError(.setPermissions, "/a", errno: 28).cause == .quota(.permissions))
        #expect(StoreError(.startTransaction, nil, errno: 28).cause == .quota(.transactions))
        #expect(StoreError(.watch, "/a", errno: 7).cause == .quota(.watches))
        #expect(StoreError(.watch, "/a", errno: 7).description.contains("watch-nb"))
    }

    @Test func findsInvalidPathBeforeAsking() {
        let store = StoreConnection()
        #expect(throws: StoreError.self) { try store.read("/a b") }
        #expect(throws: StoreError(.write, "/a", code: 7, cause: .tooLarge(bytes: 4097))) {
            try store.write("/a", bytes: Array(repeating: 0, count: 4094))
        }
    }
}

@Suite struct WatchQueueTests {
    @Test func mergesChangesOfOneNode() async throws {
        let queue = WatchQueue(path: "/a", token: "w1")
        for path: StorePath in ["/a", "/a/b", "/a", "/a/b"] { queue.add(path) }
        queue.finish(nil)
        #expect(try await queue.next() == StoreEvent(path: "/a"))
        #expect(try await queue.next() == StoreEvent(path: "/a/b"))
        #expect(try await queue.next() == nil)
    }

    @Test func boundsWhatItKeeps() async throws {
        let queue = WatchQueue(path: "/a", token: "w1")
        for number in 0..<(WatchQueue.limit + 1) { queue.add("/a/\(number)") }
        #expect(try await queue.next() == StoreEvent(path: "/a"))
        #expect(try await queue.next() == StoreEvent(path: "/a/\(WatchQueue.limit)"))
    }

    @Test func endsWithTheConnectionsError() async {
        let queue = WatchQueue(path: "/a", token: "w1")
        let waiter = Task { try await queue.next() }
        queue.finish(StoreError(.watch, code: 104, cause: .connectionLost))
        await #expect(throws: StoreError.self) { try await waiter.value }
    }

    @Test func wakesAWaiter() async throws {
        let queue = WatchQueue(path: "/a", token: "w1")
        let waiter = Task { try await queue.next() }
        await Task.yield()
        queue.add("/a/b")
        #expect(try await waiter.value == StoreEvent(path: "/a/b"))
    }

    @Test func endsWhenTheTaskIsCancelled() async throws {
        let queue = WatchQueue(path: "/a", token: "w1")
        let waiter = Task { try await queue.next() }
        await Task.yield()
        waiter.cancel()
        #expect(try await waiter.value == nil)
    }
}

@Suite struct StoreMessageTests {
    @Test func isTakenWhenItIsComplete() throws {
        let bytes = StoreMessage(type: XS_READ, transaction: 7, content: Array("a\u{0}b".utf8)).bytes
        #expect(bytes.count == 19)
        var received: [UInt8] = []
        for byte in bytes {
            #expect(try StoreMessage.take(from: &received) == nil)
            received.append(byte)
        }
        received += [1, 2]
        let message = try #require(try StoreMessage.take(from: &received))
        #expect(message == StoreMessage(type: XS_READ, transaction: 7, content: Array("a\u{0}b".utf8)))
        #expect(received == [1, 2])
        #expect(message.words == ["a", "b"])
    }

    @Test func isRefusedWhenItIsTooLong() {
        let header = xsd_sockmsg(type: 1, req_id: 0, tx_id: 0, len: .max)
        var received = withUnsafeBytes(of: header) { Array($0) }
        #expect(throws: StoreSocket.Failure.broken(EMSGSIZE)) { try StoreMessage.take(from: &received) }
    }

    @Test(arguments: [("ENOENT\u{0}", ENOENT), ("E2BIG\u{0}", E2BIG), ("EQUOTA\u{0}", EINVAL), ("", EINVAL)])
    func namesErrors(_ text: String, _ code: Int32) {
        #expect(StoreMessage(type: XS_ERROR, content: Array(text.utf8)).failure == code)
        #expect(StoreMessage(type: XS_READ, content: Array(text.utf8)).failure == nil)
    }
}
