import Glibc
import SystemPackage
import Testing
import XenTypes
import YajlJSON

@testable import Events
@testable import XenToolstack

private typealias QEMU = ScriptedQEMU

@Suite struct QMPSessionTests {
    private let limit = Duration.seconds(60)

    private func session(_ qemu: QEMU, within limit: Duration? = nil) async throws(QMPError) -> QMPSession {
        try await QMPSession(qemu.socket, within: limit ?? self.limit)
    }

    /// What comes of one command when QEMU does these steps after the opening and the command.
    private func outcome(_ steps: QEMU.Step..., within limit: Duration? = nil) async throws -> Result<
        JSONValue, QMPError
    > {
        let qemu = try QEMU(QEMU.opening + [.read] + steps)
        do throws(QMPError) {
            return .success(try await session(qemu).execute("query-status", within: limit ?? self.limit))
        } catch {
            return .failure(error)
        }
    }

    @Test func negotiatesAndAsks() async throws {
        let qemu = try QEMU(
            QEMU.opening + [.read, .send(#"{"return": {"status": "running"}, "id": ID}"# + "\r\n"), .close])
        let session = try await session(qemu)
        #expect(await session.version == QEMUVersion(major: 7, minor: 2, micro: 22))
        let answer = try await session.execute(
            "query-status", [("a", .integer(1)), ("b", .string("ü"))], within: limit)
        #expect(answer["status"]?.string == "running")
        let commands = await qemu.commands.map { $0.replacing(#/"id":[0-9]+/#, with: "\"id\":N") }
        #expect(
            commands == [
                #"{"execute":"qmp_capabilities","id":N}"#,
                #"{"execute":"query-status","id":N,"arguments":{"a":1,"b":"ü"}}"#,
            ])
    }

    @Test func takesMessagesInPiecesAndSeveralInOne() async throws {
        let halves = QEMU.success.split(separator: ",").map(String.init)
        let result = try await outcome(
            .send(
                #"{"event": "STOP", "timestamp": {"seconds": 1}}"# + "\r\n" + #"{"event": "RESUME", "data": {"a": 1}}"#),
            .send("\r\n" + halves[0]), .send("," + halves[1]))
        #expect(result == .success(.object([])))
    }

    @Test func saysWhatQEMUSays() async throws {
        let words = #"{"error": {"class": "DeviceNotFound", "desc": "Device 'ide-1' not \u001b[31mfound"}, "id": ID}"#
        guard case .failure(let error) = try await outcome(.send(words + "\r\n")) else {
            Issue.record("it is a refusal")
            return
        }
        #expect(
            error == .refused(QMPRefusal(errorClass: "DeviceNotFound", text: "Device 'ide-1' not \u{1b}[31mfound")))
        #expect(error.code == .qmpDeviceNotFound)
        #expect(error.cause == "QEMU says: Device 'ide-1' not \u{1b}[31mfound (DeviceNotFound)")
    }

    @Test func goesOnAfterARefusal() async throws {
        let refusal = #"{"error": {"class": "GenericError", "desc": "no"}, "id": ID}"# + "\r\n"
        let qemu = try QEMU(QEMU.opening + [.read, .send(refusal), .read, .send(QEMU.success)])
        let session = try await session(qemu)
        await #expect(throws: QMPError.refused(QMPRefusal(errorClass: "GenericError", text: "no"))) {
            try await session.execute("eject", within: limit)
        }
        try await session.execute("eject", within: limit)
    }

    @Test func takesARefusalWithoutANumber() async throws {
        let words = #"{"error": {"class": "GenericError", "desc": "JSON parse error"}}"# + "\r\n"
        #expect(
            try await outcome(.send(words))
                == .failure(.refused(QMPRefusal(errorClass: "GenericError", text: "JSON parse error"))))
    }

    @Test(arguments: [
        "garbage", "{", "{}", "[]", "null", "42", #"{"return": {}"#, #"{"error": {}, "id": ID}"#,
        #"{"error": {"class": "GenericError"}, "id": ID}"#, #"{"event": 7}"#, #"{"QMP": {"version": {"qemu": {}}}}"#,
        "\u{0}", "{\"return\": \"\u{0}\", \"id\": ID}",
        String(repeating: "[", count: 5000),
    ])
    func refusesNonsense(_ text: String) async throws {
        let qemu = try QEMU(QEMU.opening + [.read, .send(text + "\r\n")])
        let session = try await session(qemu)
        let error = await #expect(throws: QMPError.self) { try await session.execute("query-status", within: limit) }
        guard case .malformed = error else {
            Issue.record("\(text) is taken for \(String(describing: error))")
            return
        }
        #expect(error?.code == .qmpProtocolError)
        // Whatever comes next could belong to the command that failed.
        await #expect(throws: QMPError.self) { try await session.execute("query-status", within: limit) }
    }

    @Test(arguments: [#"{"return": {}, "id": 7}"#, #"{"return": {}, "id": "ID"}"#, #"{"return": {}}"#, QEMU.greeting])
    func refusesWhatItDidNotAskFor(_ text: String) async throws {
        guard case .failure(.unexpected) = try await outcome(.send(text + "\r\n")) else {
            Issue.record("\(text) is taken for an answer")
            return
        }
    }

    @Test func limitsTheLengthOfAMessage() async throws {
        #expect(try await outcome(.flood(" ")) == .failure(.tooLong(limit: 1 << 20)))
        #expect(try await outcome(.flood("[")) == .failure(.tooLong(limit: 1 << 20)))
    }

    @Test func showsNoMoreOfARefusalThanAScreen() {
        let refusal = QMPRefusal(errorClass: "GenericError", text: String(repeating: "e\u{301}", count: 100_000))
        let cause = QMPError.refused(refusal).cause
        #expect(cause.hasPrefix("QEMU says: e\u{301}") && cause.unicodeScalars.count == 1001)
    }

    @Test func takesALongAnswer() async throws {
        let text = String(repeating: "x", count: 1_000_000)
        let result = try await outcome(.send(#"{"return": "\#(text)", "id": ID}"# + "\r\n"))
        #expect(result == .success(.string(text)))
    }

    @Test func dropsEventsThatNobodyAsksFor() async throws {
        let events = (0..<10_000).map { #"{"event": "E\#($0)", "data": {}}"# + "\r\n" }.joined()
        let qemu = try QEMU(QEMU.opening + [.read, .send(events + QEMU.success)])
        let session = try await session(qemu)
        try await session.execute("query-status", within: limit)
        await #expect(throws: QMPError.silent("its event DEVICE_TRAY_MOVED", .milliseconds(50))) {
            try await session.event(.trayMoved, within: .milliseconds(50))
        }
    }

    /// Empty lines, events, and events so long that each is work.
    @Test(
        arguments: [
            (line: "", count: 1), (#"{"event": "X", "data": {}}"#, 1), (#"{"event": "X", "data": ["#, 400_000),
        ])
    func givesUpOnAQEMUThatNeverPauses(_ line: String, _ count: Int) async throws {
        let text = line + (count > 1 ? String(repeating: "0,", count: count) + "0]}" : "") + "\r\n"
        let qemu = try QEMU(QEMU.opening + [.read, .flood(text)])
        let limit = limit
        // A QEMU that is waited for without end does not let this end either.
        let error = await onOwnThread {
            // As in a command: one thread for this task, its deadline and all others.
            EventLoop().run { () -> QMPError? in
                do throws(QMPError) {
                    let session = try await QMPSession(qemu.socket, within: limit)
                    try await session.execute("query-status", within: .milliseconds(200))
                    return nil
                } catch {
                    return error
                }
            }
        }
        switch error {
        case .silent, .tooMuch: break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test func waitsForAnEvent() async throws {
        let event = #"{"event": "DEVICE_TRAY_MOVED", "data": {"id": "ide-5632", "tray-open": true}}"# + "\r\n"
        let qemu = try QEMU(
            QEMU.opening + [.read, .send(#"{"event": "STOP"}"# + "\r\n"), .send(event), .send(QEMU.success)])
        let session = try await session(qemu)
        // It may come before anybody waits for it.
        try await session.execute("query-status", within: limit)
        try await session.event(.trayMoved, within: limit)
        // Each is told once.
        await #expect(throws: QMPError.self) { try await session.event(.trayMoved, within: .milliseconds(50)) }
    }

    @Test(arguments: [[], [ScriptedQEMU.Step.send(#"{"return": {}, "#)]])
    func givesUpOnSilence(_ steps: [ScriptedQEMU.Step]) async throws {
        let qemu = try QEMU(QEMU.opening + [.read] + steps)
        let session = try await session(qemu)
        let error = await #expect(throws: QMPError.self) {
            try await session.execute("query-vnc", within: .milliseconds(100))
        }
        #expect(error == .silent("its answer to \"query-vnc\"", .milliseconds(100)))
        #expect(error?.code == .timedOut)
    }

    @Test func givesUpOnAQEMUThatDoesNotGreet() async throws {
        let qemu = try QEMU([])
        let error = await #expect(throws: QMPError.self) { try await session(qemu, within: .milliseconds(100)) }
        #expect(error?.cause.contains("another program may be connected") == true)
    }

    @Test(arguments: [[], [ScriptedQEMU.Step.send(#"{"return": "#)]])
    func noticesTheEndOfTheConnection(_ steps: [ScriptedQEMU.Step]) async throws {
        #expect(try await outcome(.close) == .failure(.closed))
        let qemu = try QEMU(steps + [.close])
        await #expect(throws: QMPError.closed) { try await session(qemu) }
    }

    @Test func refusesAnotherProtocol() async throws {
        let qemu = try QEMU([.send("SSH-2.0-OpenSSH_9.2\r\n")])
        let error = await #expect(throws: QMPError.self) { try await session(qemu) }
        #expect(error?.cause.contains("SSH-2.0-OpenSSH_9.2") == true)
    }

    @Test func givesUpOnAQEMUThatDoesNotRead() async throws {
        let qemu = try QEMU([.send(QEMU.greeting), .read, .send(QEMU.success), .flood("\n")])
        let session = try await session(qemu)
        let text = String(repeating: "x", count: 4 << 20)
        let error = await #expect(throws: QMPError.self) {
            try await session.execute("human-monitor-command", [("x", .string(text))], within: .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
    }

    @Test func passesADescriptor() async throws {
        let qemu = try QEMU(
            QEMU.opening + [.read, .send(#"{"return": {"fdset-id": 0, "fd": 9}, "id": ID}"# + "\r\n"), .close])
        let pipe = try FileDescriptor.pipe()
        try pipe.writeEnd.closeAfter { _ = try pipe.writeEnd.writeAll("contents".utf8) }
        let session = try await session(qemu)
        let answer = try await session.execute("add-fd", passing: pipe.readEnd, within: limit)
        try pipe.readEnd.close()
        #expect(answer["fdset-id"]?.integer == 0)
        #expect(await qemu.commands.count == 2)
        #expect(qemu.passedContents == "contents")
    }

    @Test func stopsWhenCancelled() async throws {
        let qemu = try QEMU(QEMU.opening + [.read])
        let session = try await session(qemu)
        let work = Task { try await session.execute("query-status", within: .seconds(60)) }
        work.cancel()
        await #expect(throws: QMPError.cancelled) { try await work.value }
    }

    @Test func saysThatNobodyListens() throws {
        let error = #expect(throws: QMPError.self) { try QMPSocket(connectingTo: "/nonexistent/qmp") }
        #expect(error == .system("connect to /nonexistent/qmp", .noSuchFileOrDirectory))
        let long = FilePath("/" + String(repeating: "x", count: 200))
        #expect(throws: QMPError.system("the socket's name \(long)", .fileNameTooLong)) {
            try QMPSocket(connectingTo: long)
        }
    }
}

@Suite struct QMPLinesTests {
    @Test func findsLinesAcrossPieces() throws {
        var lines = QMPLines()
        var found: [String] = []
        for piece in ["a\r", "\nb\n\r\n\nc", "", "c\r\nd"] {
            lines.append(piece.utf8)
            while let line = try lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(found == ["a", "b", "cc"])
    }

    @Test func limitsLines() throws {
        var lines = QMPLines()
        lines.append([UInt8](repeating: 0x20, count: QMPLines.limit) + [0x0A])
        #expect(try lines.next()?.count == QMPLines.limit)
        lines.append([UInt8](repeating: 0x20, count: QMPLines.limit + 1) + [0x0A])
        #expect(throws: QMPError.tooLong(limit: QMPLines.limit)) { try lines.next() }
    }
}
