import Glibc
import SystemPackage
import XenTypes

/// Reads what `/proc` says of the processes.
struct ProcessReader {
    let proc: FilePath
    /// Where monitors write.
    let logs: FilePath

    init(proc: FilePath = "/proc", logs: FilePath) { (self.proc, self.logs) = (proc, logs) }

    /// The parent of the kernel's own threads.
    private static let kernelThreads: Int32 = 2
    /// More of a process's arguments, in bytes, or descriptors are not looked at.
    private static let argumentLimit = 1 << 16
    private static let descriptorLimit = 1 << 12
    /// How much of the end of a monitor's log is searched.
    private static let logTail = 1 << 18

    func read() -> [SeenProcess] {
        let boot = bootTime()
        let ticks = UInt64(max(sysconf(CInt(_SC_CLK_TCK)), 1))
        let own = getpid()
        return Files.names(in: proc).compactMap { Int32($0) }.filter { $0 != own }.sorted().compactMap { id in
            guard let text = text(of: "\(id)/stat", limit: 4096), var process = SeenProcess.parse(stat: text) else {
                return nil
            }
            var status = stat()
            if stat(proc.appending("\(id)").string, &status) == 0 { process.user = status.st_uid }
            process.time = boot + Int(clamping: process.identity.start / ticks)
            // The kernel's own threads, children of the second process, have neither arguments nor files.
            guard id != Self.kernelThreads, process.parent != Self.kernelThreads else { return process }
            process.arguments = words(of: "\(id)/cmdline")
            if !process.arguments.isEmpty { complete(&process) }
            return process
        }
    }

    /// What a process has open that can do something to a domain.
    private static let hypervisorDevices: Set<String> = ["/dev/xen/privcmd", "/dev/xen/hypercall", "/proc/xen/privcmd"]

    private static func isLock(_ path: String) -> Bool {
        path.hasSuffix("lock") || path.hasSuffix("/xl") || path.contains("/xen-hotplug/")
    }

    private func complete(_ process: inout SeenProcess) {
        let directory = "\(process.id)"
        for number in Files.names(in: proc.appending(directory).appending("fd"), limit: Self.descriptorLimit) {
            guard let target = link("\(directory)/fd/\(number)") else { continue }
            if Self.hypervisorDevices.contains(target) { process.opensHypervisor = true }
            if target == "/dev/xen/gntdev" { process.mapsGrants = true }
            let name = target.split(separator: "/").last ?? ""
            if target.hasPrefix("/dev/loop") || name.hasPrefix(".") || Self.isLock(target) {
                process.opened.insert(target)
            }
        }
        let isScript = process.arguments.prefix(3).contains { $0.contains("/xen/scripts/") }
        guard process.opensHypervisor || isScript else { return }
        let environment = words(of: "\(directory)/environ")
        func variable(_ name: String) -> String? {
            environment.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
        }
        if isScript { process.script = variable("XENBUS_PATH") }
        guard process.opensHypervisor else { return }
        process.watched =
            variable("XL_MONITOR_DOMAIN").flatMap { UInt32($0) }.map { DomainID($0) } ?? watchedByLog(process)
    }

    /// Upstream's monitor says which domain it watches only in its log, which is its output.
    private func watchedByLog(_ process: SeenProcess) -> DomainID? {
        guard let target = link("\(process.id)/fd/1"), target.hasPrefix("\(logs)/xl-"),
            let file = try? FileDescriptor.open(
                proc.appending("\(process.id)/fd/1"), .readOnly, options: [.closeOnExec, .nonBlocking])
        else { return nil }
        let bytes = try? file.closeAfter {
            let size = try file.seek(offset: 0, from: .end)
            return try [UInt8](unsafeUninitializedCapacity: Self.logTail) { buffer, count in
                count = try file.read(
                    fromAbsoluteOffset: max(0, size - Int64(Self.logTail)), into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        return bytes.flatMap { SeenProcess.watched(by: process.id, in: String(escapingBytes: $0)) }
    }

    /// When the host started, in seconds since 1970.
    private func bootTime() -> Int {
        let lines = text(of: "stat", limit: 1 << 20)?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) } ?? 0
    }

    private func text(of name: String, limit: Int) -> String? {
        Files.beginning(of: proc.appending(name), limit: limit).map { String(escapingBytes: $0) }
    }

    /// Texts that each end in a NUL.
    private func words(of name: String) -> [String] {
        (Files.beginning(of: proc.appending(name), limit: Self.argumentLimit) ?? []).split(separator: 0).map {
            String(escapingBytes: $0)
        }
    }

    private func link(_ name: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(proc.appending(name).string, start, buffer.count)
            guard count > 0 else { return nil }
            return String(escapingBytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
        }
    }
}
