import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing

@testable import XenToolstack

/// Asking a QEMU for its options: real programs in its place, on a simulated host.
@Suite struct QEMUQuestionTests {
    private let host: SimulatedHost

    init() throws { host = try SimulatedHost { $0.deviceModelStart = .seconds(30) } }

    /// Puts a script in QEMU's place that notes each question, as a line of a log.
    private func place(_ script: String, as name: String = "qemu", on host: SimulatedHost? = nil) throws {
        let host = host ?? self.host
        let text = "#!/bin/sh\n[ \"$1\" != -help ] || echo $$ >> '\(host.root)/log/asked'\n\(script)\n"
        try host.write(name, Array(text.utf8), mode: 0o755)
    }

    private func questions(to host: SimulatedHost? = nil) -> [Substring] {
        let host = host ?? self.host
        return host.text(of: host.root.appending("log/asked")).split(separator: "\n")
    }

    private var options: FilePath { host.toolstack.paths.run.appending("xl-qemu-options") }

    private func ask(
        _ host: SimulatedHost? = nil, _ change: (inout BuildInfo) -> Void = { $0.dmRestrict = true }
    ) async throws(ToolstackError) -> QEMUFeatures {
        var configuration = DomainConfiguration()
        configuration.buildInfo.acpi = true
        configuration.buildInfo.hvm = HVMBuildInfo()
        change(&configuration.buildInfo)
        return try await (host ?? self.host).toolstack.deviceModelFeatures(for: configuration)
    }

    /// Sets when a file was last changed, in whole seconds since 1970.
    private func touch(_ name: String, _ seconds: Int) throws {
        let times = Array(repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
        try #require(utimensat(AT_FDCWD, host.root.appending(name).string, times, 0) == 0)
    }

    /// Waits for what no event tells.
    private func wait(until isSo: () -> Bool) async throws -> Bool {
        for _ in 0..<600 {
            if isSo() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// Whether a process is gone, or about to be.
    private func hasEnded(_ process: Substring) -> Bool {
        ((try? Files.read(FilePath("/proc/\(process)/cmdline"), limit: 4096)) ?? nil)?.isEmpty ?? true
    }

    @Test func aProgramIsAskedOnce() async throws {
        try place("echo '-run-with [async-teardown=on|off][,chroot=dir][user=username|uid:gid]'")
        let wanted: QEMUFeatures = [.runWithChroot, .runWithUser]
        for _ in 0..<3 { #expect(try await ask() == wanted) }
        #expect(questions().count == 1)
        let record = try #require(QEMURecord(of: host.toolstack.paths.qemu, features: wanted))
        #expect(host.text(of: options) == record.text)
        #expect(Files.names(in: host.toolstack.paths.run).filter { $0.hasPrefix("xl-qemu") } == ["xl-qemu-options"])
        // Nobody is asked where nothing depends on the answer, nor who is not there.
        #expect(try await ask { _ in } == .classic)
        #expect(try await ask { ($0.dmRestrict, $0.deviceModel) = (true, "/nonexistent/qemu") } == .classic)
        #expect(questions().count == 1)
    }

    @Test func anotherProgramUnderTheNameIsAskedAgain() async throws {
        try place("echo '-chroot dir'")
        try touch("qemu", 1_700_000_000)
        #expect(try await ask() == .chroot)
        // The same file, changed later.
        try place("echo '-runas user'")
        try touch("qemu", 1_700_000_001)
        #expect(try await ask() == .runAs)
        // Another file, as old.
        try place("echo '-no-acpi'", as: "qemu.new")
        try touch("qemu.new", 1_700_000_001)
        #expect(rename(host.root.appending("qemu.new").string, host.root.appending("qemu").string) == 0)
        #expect(try await ask() == .noACPI)
        #expect(questions().count == 3)
        // One that a configuration names.
        try place("echo '-chroot dir'", as: "other")
        let other = host.root.appending("other").string
        #expect(try await ask { ($0.dmRestrict, $0.deviceModel) = (true, other) } == .chroot)
        #expect(try await ask() == .noACPI)
        #expect(questions().count == 5)
    }

    @Test(arguments: ["", "nonsense", "1 2 3 4", "18446744073709551616 1 1 1"])
    func aRecordThatIsNoneIsReplaced(_ text: String) async throws {
        try place("echo '-chroot dir'")
        try host.write("run/xl-qemu-options", Array(text.utf8))
        for _ in 0..<2 { #expect(try await ask() == .chroot) }
        #expect(questions().count == 1)
    }

    @Test func nonsenseHasNoOptions() async throws {
        try place(#"printf '\377\376\000-\n--\n-chrootx\n -chroot\n\tuser=\n'; head -c 200000 /dev/zero"#)
        for _ in 0..<2 { #expect(try await ask() == []) }
        #expect(questions().count == 1)
    }

    /// Neither domain nor file is left, and the next creation asks again.
    @Test(arguments: [
        ("exit 1", "it exited with status 1"), ("echo '-chroot dir'; kill -9 $$", "it was killed by signal 9"),
        ("exec yes", "its answer has more than 1048576 bytes"),
    ])
    func aProgramThatCannotAnswerIsToldBeforeAnythingIsMade(_ script: String, _ cause: String) async throws {
        let given = try host.hvmGuest("acpi=0")
        try place(script)
        let before = host.snapshot
        for _ in 0..<2 {
            host.faults.start()
            let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
            #expect(error?.message == "cannot ask \(host.toolstack.paths.qemu) for its options")
            #expect(error?.cause == cause)
            #expect(!host.faults.points.contains { $0.name.hasPrefix("xc_domain_create") })
        }
        #expect(questions().count == 2)
        #expect(questions().allSatisfy { hasEnded($0) })
        #expect(host.snapshot.changes(since: before) == [])
    }

    /// One that is silent, one whose child is, and one that has said all and stays.
    @Test(arguments: ["exec sleep 3600", "sleep 3600 & echo $! >> CHILD; wait", "exec >&-; exec sleep 3600"])
    func aProgramThatHangsIsStoppedWithWhatItStarted(_ script: String) async throws {
        let host = try SimulatedHost { $0.deviceModelStart = .seconds(1) }
        let child = host.root.appending("log/child")
        try place(script.replacing("CHILD", with: child.string), on: host)
        let error = await #expect(throws: ToolstackError.self) { _ = try await ask(host) }
        #expect(error?.cause == "it did not answer in time")
        let started = questions(to: host) + host.text(of: child).split(separator: "\n")
        #expect(try await wait { started.allSatisfy { hasEnded($0) } })
        #expect(!Files.exists(host.toolstack.paths.run.appending("xl-qemu-options")))
    }

    @Test func whoHasEnoughOfItStopsTheProgram() async throws {
        try place("exec sleep 3600")
        let asking = Task { try await ask() }
        #expect(try await wait { !questions().isEmpty })
        asking.cancel()
        let error = await #expect(throws: ToolstackError.self) { _ = try await asking.value }
        #expect(error?.code == .aborted)
        #expect(try await wait { questions().allSatisfy { hasEnded($0) } })
    }

    /// What QEMU 7.2 and 10 say, and what each is then told.
    @Test(arguments: [("-no-acpi        disable ACPI", true), ("-run-with [user=username|uid:gid]", false)])
    func aMachineWithoutACPIIsAskedForInItsWords(_ help: String, _ isOld: Bool) async throws {
        let given = try host.hvmGuest("acpi=0")
        try place("[ \"$1\" != -help ] || { echo '\(help)'; exit; }\n\(try host.stay())")
        let domain = try await host.start(given)
        let line = try #require(host.toolstack.deviceModelStatus(of: domain).commandLine)
        #expect(line.contains("-no-acpi") == isOld)
        #expect(line.contains { $0.hasSuffix(",acpi=off") } == !isOld)
        #expect(questions().count == 1)
        try await host.toolstack.destroy(domain)
    }
}
