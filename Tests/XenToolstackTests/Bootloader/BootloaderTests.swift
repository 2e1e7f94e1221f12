import DomainModel
import Glibc
import Logging
import Synchronization
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct BootloaderResultTests {
    @Test func readsItems() {
        let result = BootloaderResult(Array("kernel /d/k\0ramdisk\t /d/r\0args root=/dev/xvda1 ro\0".utf8))
        #expect(result.kernel == "/d/k" && result.ramdisk == "/d/r" && result.arguments == "root=/dev/xvda1 ro")
        #expect(result.warnings.isEmpty)
    }

    @Test func takesTheLastOfSeveralAndMissingEnds() {
        let result = BootloaderResult(Array("kernel a\0\0\0kernel  b".utf8))
        #expect(result.kernel == "b" && result.ramdisk == nil && result.arguments == nil && result.warnings.isEmpty)
    }

    @Test func ignoresWhatItDoesNotKnow() {
        let result = BootloaderResult(Array("kernel\0kernels /x\0 kernel /y\0\u{1B}[2J\0args \0".utf8))
        #expect(result.kernel == nil && result.arguments == "")
        #expect(result.warnings.count == 4)
    }

    @Test func refusesOverlongItemsAndTakesTheLongest() {
        let value = String(repeating: "x", count: BootloaderResult.itemLimit - 5)
        let result = BootloaderResult(Array("args \(value)\0kernel y\(value)\0".utf8))
        #expect(result.arguments == value && result.kernel == nil && result.warnings.count == 1)
        #expect((result.warnings.first?.count ?? .max) < 160)
    }

    @Test func tellsHowManyMoreItIgnores() {
        let result = BootloaderResult(Array(String(repeating: "x\0", count: 1000).utf8))
        #expect(result.warnings.count == 11 && result.warnings.last == "990 more items are too long or not understood")
    }

    @Test func survivesAnything() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let length = Int.random(in: 0..<400, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) & 0x6F }
            #expect(BootloaderResult(bytes).warnings.count <= bytes.count + 1)
        }
    }
}

@Suite struct BootloaderPlanTests {
    private func plan(restricted: Bool = false, _ change: (inout BuildInfo) -> Void = { _ in }) -> BootloaderPlan {
        var info = BuildInfo()
        change(&info)
        return BootloaderPlan(
            "/usr/lib/xen-4.17/bin/pygrub", info, domain: DomainID(7), disk: "/dev/vg/disk", lib: "/var/lib/xen",
            restriction: restricted ? BootloaderPlan.Restriction(userID: 70007, limit: .seconds(5)) : nil)
    }

    @Test func passesWhatTheConfigurationNames() {
        let plan = plan {
            $0.kernel = "/boot/k"
            $0.ramdisk = "/boot/r"
            $0.commandLine = "ro quiet"
            $0.bootloaderArgs = ["--offset=32256", "-q"]
        }
        #expect(
            plan.arguments == [
                "--kernel=/boot/k", "--ramdisk=/boot/r", "--args=ro quiet", "--output=/var/lib/xen/bootloader.7.out",
                "--output-format=simple0", "--output-directory=/var/lib/xen/bootloader.7.d", "--offset=32256", "-q",
                "/dev/vg/disk",
            ])
        let process = plan.process(terminal: "/dev/pts/9")
        #expect(process.environment == ["TERM": "vt100"] && process.group == .session)
        #expect(process.input == .file("/dev/pts/9") && process.error == .file("/dev/pts/9"))
    }

    @Test func restricts() {
        let plan = plan(restricted: true) { $0.commandLine = "" }
        #expect(
            Array(plan.arguments.prefix(3)) == ["--runas=70007", "--quiet", "--output=/var/lib/xen/bootloader.7.out"])
    }

    @Test func trustsOnlyPathsItsBootloaderMayName() {
        let inside = "/var/lib/xen/bootloader.7.d/k"
        #expect(plan().source(inside) == .temporary(FilePath(inside)))
        #expect(plan().source("/boot/vmlinuz") == .host("/boot/vmlinuz"))
        #expect(plan(restricted: true).source(inside) == .temporary(FilePath(inside)))
        for path in [
            "/boot/vmlinuz", "vmlinuz", "", "/var/lib/xen/bootloader.7.d", "/var/lib/xen/bootloader.7.d/../x",
            "/var/lib/xen/bootloader.7.dd/k",
        ] {
            #expect(plan(restricted: true).source(path) == nil, "\(path)")
        }
        #expect(plan().source("/var/lib/xen/bootloader.7.d/../../../etc/shadow") == .host("/var/etc/shadow"))
    }

    @Test func choosesTheUser() throws {
        let users: [String: UInt32] = ["xen-qemuuser-range-base": 70000, "grub": 1234, "xen-qemuuser-shared": 999]
        func choose(
            _ environment: [String: String], users: [String: UInt32], canBeConfined: Bool = false,
            _ change: (inout BuildInfo) -> Void = { _ in }
        ) throws(ToolstackError) -> BootloaderPlan.Restriction? {
            var info = BuildInfo()
            change(&info)
            return try BootloaderUser.restriction(
                info, domain: DomainID(7), environment: environment, limit: .seconds(120), canBeConfined: canBeConfined,
                directory: UserDirectory(
                    entry: { name in users[name].map { .init(id: $0, group: $0, name: name) } },
                    name: { id in users.first { $0.value == id }?.key }))
        }
        #expect(try choose([:], users: users) == nil)
        // What can be confined is, unless there is nobody to be, or it is told otherwise.
        #expect(try choose([:], users: users, canBeConfined: true)?.userID == 70007)
        #expect(try choose([:], users: ["xen-qemuuser-shared": 999], canBeConfined: true)?.userID == 999)
        #expect(try choose([:], users: ["grub": 1234], canBeConfined: true) == nil)
        #expect(try choose([:], users: users, canBeConfined: true) { $0.bootloaderRestrict = false } == nil)
        #expect(try choose(["LIBXL_BOOTLOADER_RESTRICT": ""], users: users)?.userID == 70007)
        #expect(try choose(["LIBXL_BOOTLOADER_USER": "grub"], users: users)?.userID == 1234)
        #expect(try choose([:], users: users) { $0.bootloaderRestrict = true }?.limit == .seconds(120))
        #expect(try choose([:], users: users) { $0.bootloaderUser = "grub" }?.userID == 1234)
        #expect(try choose(["LIBXL_BOOTLOADER_USER": "grub"], users: users) { $0.bootloaderRestrict = false } == nil)
        let limits = ["LIBXL_BOOTLOADER_RESTRICT": "1", "LIBXL_BOOTLOADER_TIMEOUT": "9"]
        #expect(try choose(limits, users: users)?.limit == .seconds(9))
        #expect(try choose(limits.merging(["LIBXL_BOOTLOADER_TIMEOUT": "0"]) { $1 }, users: users)?.limit == nil)
        #expect(try choose(limits, users: ["xen-qemuuser-shared": 999])?.userID == 999)
        let refused: [([String: String], [String: UInt32])] = [
            (["LIBXL_BOOTLOADER_USER": "nobody-here"], users), (limits, [:]),
            (["LIBXL_BOOTLOADER_USER": "root"], ["root": 0]),
            (limits, ["xen-qemuuser-range-base": 70000, "someone": 70007]),
        ]
        for (environment, users) in refused {
            #expect(throws: ToolstackError.self) { try choose(environment, users: users) }
        }
    }
}

/// Runs scripts as bootloaders, in a directory of their own.
@Suite struct BootloaderRunTests {
    private let directory: FilePath
    private let domain = DomainID(UInt32.random(in: 1..<30000))

    init() throws {
        var template = Array("/tmp/bootloader-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = FilePath(platformString: template)
    }

    private func run(
        _ script: String, restriction: BootloaderPlan.Restriction? = nil,
        console: @escaping @Sendable (FilePath) -> Void = { _ in },
        domainsEnd: @escaping @Sendable () async throws(ToolstackError) -> Void = { () throws(ToolstackError) in
            do { try await Task.sleep(for: .seconds(600)) } catch { throw ToolstackError(.aborted, "stopped") }
        }
    ) async throws -> DomainBuild {
        let program = directory.appending("loader")
        let file = try FileDescriptor.open(
            program, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWriteExecute])
        try file.closeAfter { _ = try file.writeAll(Array("#!/bin/sh\n\(prelude)\(script)\n".utf8)) }
        var build = DomainBuild(configuration: DomainConfiguration(), domain: domain, uuid: .random())
        let plan = BootloaderPlan(
            program, build.info, domain: domain, disk: "/dev/null", lib: directory, restriction: restriction)
        try await BootloaderRun(
            plan: plan, domain: domain, log: LogFile("bootloader.\(domain)", in: directory),
            logger: Logger(label: "test"), publishConsole: { (path) async throws(ToolstackError) in console(path) },
            awaitDomainsEnd: domainsEnd
        ).choose(&build)
        return build
    }

    private let prelude = """
        for a; do case $a in --output=*) out=${a#*=};; --output-directory=*) dir=${a#*=};; esac; done
        result() { printf 'kernel %s\\0ramdisk %s\\0args %s\\0' "$1" "$2" "$3" > "$out"; }

        """

    /// What must be gone after every run.
    private func expectNoResidue() {
        #expect(access(directory.appending("bootloader.\(domain).d").string, F_OK) != 0)
        #expect(access(directory.appending("bootloader.\(domain).out").string, F_OK) != 0)
    }

    private func log() throws -> String {
        let path = directory.appending("bootloader.\(domain).log")
        return String(decoding: try #require(try Files.read(path, limit: 1 << 20)), as: UTF8.self)
    }

    private func contents(_ file: BootFile?) throws -> String {
        let path = try #require(file).openablePath
        return String(decoding: try #require(try Files.read(path, limit: 100)), as: UTF8.self)
    }

    @Test func takesFilesThatAreThenGone() async throws {
        let build = try await run(
            "mkdir $dir/sub; echo left > $dir/sub/over; echo k > $dir/k; echo r > $dir/r; result $dir/k $dir/r 'a b'")
        expectNoResidue()
        #expect(build.commandLine == "a b")
        #expect(build.kernel?.path == directory.appending("bootloader.\(domain).d/k"))
        #expect(try contents(build.kernel) == "k\n" && contents(build.ramdisk) == "r\n")
        for file in [build.kernel, build.ramdisk] { try file?.descriptor?.close() }
    }

    @Test func leavesFilesOfTheHostWhereTheyAre() async throws {
        let kernel = directory.appending("vmlinuz")
        let build = try await run("echo host > \(kernel); printf 'kernel \(kernel)\\0' > $out")
        #expect(build.kernel == BootFile(path: kernel) && build.ramdisk == nil && build.commandLine == nil)
        #expect(try contents(build.kernel) == "host\n")
    }

    @Test func isATerminalThatConsolesCanTalkTo() async throws {
        let seen = Mutex("")
        let build = try await run(
            "test -t 0 && test -t 2 && tty > /dev/null && echo ready; read line; echo \"got $line $TERM\"; "
                + "echo k > $dir/k; result $dir/k $dir/k \"$line\"",
            console: { path in
                startClient(path, answer: "entry 3\n") { text in seen.withLock { $0 += text } }
            })
        #expect(build.commandLine == "entry 3")
        #expect(try log().contains("got entry 3 vt100"))
        #expect(seen.withLock { $0 }.contains("ready"))
        try build.kernel?.descriptor?.close()
        try build.ramdisk?.descriptor?.close()
    }

    @Test func keepsRunningWhenNobodyReadsItsConsole() async throws {
        let build = try await run("seq 1 20000; echo end; echo k > $dir/k; result $dir/k $dir/k x")
        #expect(try log().contains("\n20000\nend"))
        try build.kernel?.descriptor?.close()
        try build.ramdisk?.descriptor?.close()
    }

    @Test(arguments: [
        ("echo 'no such partition'; exit 3", "exited with status 3"),
        ("kill -9 $$", "killed by signal 9"),
        ("echo nothing; exit 0", "chose no kernel"),
        ("rm $out", "removed its output"),
        ("printf 'kernel relative\\0' > $out", "named the kernel relative"),
        ("printf 'kernel %s/missing\\0' $dir > $out", "cannot open the kernel"),
        ("ln -s /etc/passwd $dir/k; printf 'kernel %s/k\\0' $dir > $out", "cannot open the kernel"),
        ("echo k > $dir/k; printf 'kernel %s/k\\0ramdisk %s/r\\0' $dir $dir > $out", "cannot open the ramdisk"),
        ("head -c 300000 /dev/zero > $out", "read "),
    ])
    func explainsFailures(script: String, message: String) async throws {
        let error = await #expect(throws: ToolstackError.self) { try await run(script) }
        #expect(error?.message.contains(message) == true, "\(error?.description ?? "none")")
        expectNoResidue()
    }

    @Test func quotesTheBootloadersLastWords() async throws {
        let error = await #expect(throws: ToolstackError.self) {
            try await run("printf 'bad\\033[31m disk\\n'; exit 1")
        }
        #expect(error?.cause?.contains("bad\u{1b}[31m disk") == true)
    }

    @Test func limitsARestrictedBootloader() async throws {
        let error = await #expect(throws: ToolstackError.self) {
            try await run(
                "sleep 3600", restriction: BootloaderPlan.Restriction(userID: 5, limit: .milliseconds(200)))
        }
        #expect(error?.code == .timedOut)
        expectNoResidue()
    }

    @Test func stopsWithItsDomain() async throws {
        let error = await #expect(throws: ToolstackError.self) {
            try await run("sleep 3600", domainsEnd: { () throws(ToolstackError) in })
        }
        #expect(error?.code == .domainDestroyed)
        expectNoResidue()
    }

    @Test func stopsWhenCancelled() async throws {
        let started = AsyncStream<Void>.makeStream()
        let task = Task { try await run("sleep 3600", console: { _ in started.continuation.yield() }) }
        for await _ in started.stream { break }
        task.cancel()
        let error = await #expect(throws: ToolstackError.self) { try await task.value }
        #expect(error?.code == .aborted)
        expectNoResidue()
    }

    @Test func reportsWhatCannotBeStarted() async throws {
        let error = await #expect(throws: ToolstackError.self) {
            var build = DomainBuild(configuration: DomainConfiguration(), domain: domain, uuid: .random())
            try await BootloaderRun(
                plan: BootloaderPlan(
                    "/nonexistent", build.info, domain: domain, disk: "/dev/null", lib: directory, restriction: nil),
                domain: domain, log: LogFile("bootloader.\(domain)", in: directory), logger: Logger(label: "test"),
                publishConsole: { (_) async throws(ToolstackError) in },
                awaitDomainsEnd: { () throws(ToolstackError) in }
            ).choose(&build)
        }
        #expect(error?.description.contains("/nonexistent") == true)
        expectNoResidue()
    }
}

/// Attaches to a terminal as a console client does: reads until there is "ready", then answers.
private func startClient(_ path: FilePath, answer: String, _ seen: @escaping @Sendable (String) -> Void) {
    Task {
        await onOwnThread {
            let terminal = open(path.string, O_RDWR | O_NOCTTY | O_CLOEXEC)
            guard terminal >= 0 else { return }
            defer { close(terminal) }
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 512)
            while !text.contains("ready") {
                let count = read(terminal, &buffer, buffer.count)
                guard count > 0 else { return }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            seen(text)
            _ = answer.withCString { write(terminal, $0, strlen($0)) }
        }
    }
}

@Suite struct LocalDiskTests {
    @Test func knowsWhichDisksNeedNoAttaching() {
        var disk = DiskDevice()
        disk.physicalPath = "/dev/vg/root"
        disk.format = .raw
        #expect(LocalDisk.directPath(of: disk) == "/dev/vg/root")
        for change in [
            { $0.format = .qcow2 }, { $0.script = "block-iscsi" }, { $0.backendDomainID = DomainID(3) },
            { $0.backendDomainName = "store" }, { $0.physicalPath = nil },
        ] as [(inout DiskDevice) -> Void] {
            var other = disk
            change(&other)
            #expect(LocalDisk.directPath(of: other) == nil)
        }
    }

    @Test func findsAFreeName() {
        #expect(LocalDisk.freeName(from: "xvda", taken: []) == "xvda")
        #expect(LocalDisk.freeName(from: "xvdb", taken: [51712]) == "xvdb")
        #expect(LocalDisk.freeName(from: "xvda", taken: [51712, 51728]) == "xvdc")
        let sixteen = Set((0..<16).map { UInt32(51712 + $0 * 16) })
        #expect(LocalDisk.freeName(from: "xvda", taken: sixteen) == "xvdq")
        for bad in ["xvda1", "", "51712", "nonsense"] { #expect(LocalDisk.freeName(from: bad, taken: []) == nil) }
    }
}
