import DomainModel
import Glibc
import SystemPackage

/// Which options a QEMU has of those that came and went: `-chroot` ended with 9.0, `-runas` with 10.0, `-no-acpi` with
/// 9.0 (QEMU's `docs/about/removed-features.rst`).
struct QEMUFeatures: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let chroot = QEMUFeatures(rawValue: 1 << 0)
    static let runWithChroot = QEMUFeatures(rawValue: 1 << 1)
    static let runAs = QEMUFeatures(rawValue: 1 << 2)
    static let runWithUser = QEMUFeatures(rawValue: 1 << 3)
    static let noACPI = QEMUFeatures(rawValue: 1 << 4)

    /// Those of QEMU up to 8.0, as a stub domain's is taken to be.
    static let classic: QEMUFeatures = [.chroot, .runAs, .noACPI]

    /// - Parameter help: what QEMU prints for `-help`: an option at the start of a line, and more of it on lines that
    ///   begin with a blank.
    init(help: String) {
        var features: QEMUFeatures = []
        var option: Substring = ""
        for line in help.split(separator: "\n") {
            if line.hasPrefix("-") { option = line.prefix { $0 != " " } }
            switch option {
            case "-chroot": features.insert(.chroot)
            case "-runas": features.insert(.runAs)
            case "-no-acpi": features.insert(.noACPI)
            case "-run-with":
                if line.contains("chroot=") { features.insert(.runWithChroot) }
                if line.contains("user=") { features.insert(.runWithUser) }
            default: break
            }
        }
        self = features
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whether a domain's QEMU gets an option for which this matters.
    static func matter(to configuration: DomainConfiguration) -> Bool {
        let info = configuration.buildInfo
        guard let hvm = info.hvm, info.deviceModelStubdomain != true else { return false }
        return info.dmRestrict == true || info.deviceModelUser != nil || info.acpi != true || hvm.acpi == false
    }
}

/// What has been asked of a program, and which file that was: another program under the same name is asked again.
struct QEMURecord: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    /// Nanoseconds since 1970.
    let modified: Int64
    var features: QEMUFeatures

    /// - Returns: nil when there is no such file.
    init?(of program: FilePath, features: QEMUFeatures = []) {
        var status = stat()
        guard program.withPlatformString({ stat($0, &status) }) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        self.features = features
    }

    /// - Returns: nil for what is no record.
    init?(text: [UInt8]) {
        let words = String(decoding: text, as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count == 4, let device = UInt64(words[0]), let inode = UInt64(words[1]),
            let modified = Int64(words[2]), let features = UInt8(words[3])
        else { return nil }
        self.device = device
        self.inode = inode
        self.modified = modified
        self.features = QEMUFeatures(rawValue: features)
    }

    var text: String { "\(device) \(inode) \(modified) \(features.rawValue)" }

    func isOfSameFile(as other: QEMURecord) -> Bool {
        (device, inode, modified) == (other.device, other.inode, other.modified)
    }
}

extension Toolstack {
    /// The options of the QEMU that a domain gets, where they matter. A program is asked once.
    func deviceModelFeatures(for configuration: DomainConfiguration) async throws(ToolstackError) -> QEMUFeatures {
        let program = DeviceModelPlan.program(configuration.buildInfo, paths)
        guard QEMUFeatures.matter(to: configuration), var record = QEMURecord(of: program) else { return .classic }
        let file = paths.run.appending("xl-qemu-options")
        if let text = try? Files.read(file, limit: 4096), let known = QEMURecord(text: text),
            known.isOfSameFile(as: record)
        {
            return known.features
        }
        record.features = QEMUFeatures(help: try await help(of: program))
        logFailure("remember the options of \(program)") {
            try Files.makeDirectory(paths.run)
            try Files.replace(
                file, with: Array(record.text.utf8), temporary: paths.run.appending("xl-qemu-options.\(getpid())"),
                permissions: .ownerReadWrite)
        }
        return record.features
    }

    /// The longest answer that is read; that of QEMU 10 has some 40 KB.
    private static let longestHelp = 1 << 20

    private func help(of program: FilePath) async throws(ToolstackError) -> String {
        @Sendable func failure(_ cause: String) -> ToolstackError {
            ToolstackError(.fail, "cannot ask \(program) for its options", cause: cause)
        }
        let output = try Pipe()
        var plan = ChildProcess.Plan(program, ["-help"])
        plan.output = .descriptor(output.writeEnd)
        plan.error = .null
        // It may be a script: one that must be stopped ends with all that it started.
        plan.group = .own
        let process = try ChildProcess.start(plan)
        output.closeWriteEnd()
        do {
            let end = try await withDeadline(timeouts.deviceModelStart) {
                guard let answer = try await Self.readAll(of: output) else {
                    throw failure("its answer has more than \(Self.longestHelp) bytes")
                }
                return (answer, status: try await process.wait())
            }
            guard let (answer, status) = end else { throw failure("it did not answer in time") }
            guard status.isSuccess else { throw failure("it \(status)") }
            return String(decoding: answer, as: UTF8.self)
        } catch {
            await process.stop()
            if error is CancellationError {
                throw ToolstackError(.aborted, "stopped asking \(program) for its options")
            }
            throw error as? ToolstackError ?? failure("\(error)")
        }
    }

    /// - Returns: nil for an answer that is too long.
    private static func readAll(of output: Pipe) async throws -> [UInt8]? {
        var answer: [UInt8] = []
        while answer.count <= longestHelp {
            try await waitUntilReadable(output.readEnd)
            let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = try output.readEnd.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { return answer }
            answer += piece
        }
        return nil
    }
}
