import Glibc
import SystemPackage
import XenTypes

/// Reads what the control domain has, and what it lacks.
struct ResourceReader {
    /// What shows that the kernel has what a module brings, built in or loaded.
    private static let modules: [(module: String, sign: FilePath)] = [
        ("xen-privcmd", "/dev/xen/privcmd"), ("xen-evtchn", "/dev/xen/evtchn"), ("xen-gntdev", "/dev/xen/gntdev"),
        ("xen-blkback", "/sys/bus/xen-backend/drivers/vbd"), ("xen-netback", "/sys/bus/xen-backend/drivers/vif"),
    ]

    func read(loops: [SeenLoop]) -> HostResources {
        var found = HostResources()
        let memory = Self.fields(of: Files.text("/proc/meminfo") ?? "")
        found.totalKB = memory["MemTotal"] ?? 0
        found.availableKB = memory["MemAvailable"] ?? 0
        found.memoryPressure = Self.pressure("full", in: Files.text("/proc/pressure/memory") ?? "")
        found.processorPressure = Self.pressure("some", in: Files.text("/proc/pressure/cpu") ?? "")
        found.diskPressure = Self.pressure("full", in: Files.text("/proc/pressure/io") ?? "")
        let missing = Self.modules.filter { access($0.sign.string, F_OK) != 0 }.map(\.module)
        let list = missing.isEmpty ? nil : Self.moduleList
        found.missingModules = missing.map { module in
            HostResources.MissingModule(name: module, isInstalled: list.map { Self.lists($0, module) })
        }
        let count = Files.names(in: "/sys/block").count { $0.hasPrefix("loop") }
        found.hasFreeLoop = access("/dev/loop-control", F_OK) == 0 || count > loops.count
        return found
    }

    /// What the running kernel can load, by path, each with the paths of what it needs (`modules.dep(5)`); ends in a NUL.
    private static var moduleList: [UInt8]? {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var list = Files.beginning(of: FilePath("/lib/modules/\(release)/modules.dep"), limit: 1 << 24)
        list?.append(0)
        return list
    }

    /// Whether a list of modules that ends in a NUL has one of this name, compressed or not.
    static func lists(_ list: [UInt8], _ module: String) -> Bool {
        // Half a megabyte: libc's search is many times faster than a split into lines.
        list.withUnsafeBytes { text in
            text.assumingMemoryBound(to: CChar.self).baseAddress.map { strstr($0, "/\(module).ko") != nil } ?? false
        }
    }

    /// The numbers of `/proc/meminfo`, in KiB.
    static func fields(of text: String) -> [String: UInt64] {
        var fields: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count > 1, parts[0].hasSuffix(":"), let value = UInt64(parts[1]) else { continue }
            fields[String(parts[0].dropLast())] = value
        }
        return fields
    }

    /// A line of a file of `/proc/pressure`, such as "some avg10=0.00 avg60=1.82 avg300=1.09 total=6251604".
    static func pressure(_ kind: String, in text: String) -> HostResources.Pressure {
        var pressure = HostResources.Pressure()
        for line in text.split(separator: "\n") where line.hasPrefix(kind + " ") {
            for word in line.split(separator: " ") {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let value = Double(parts[1]) else { continue }
                if parts[0] == "avg60" { pressure.minute = value }
                if parts[0] == "avg300" { pressure.fiveMinutes = value }
            }
        }
        return pressure
    }
}

/// Reads which loop devices are in use, from sysfs.
struct LoopReader {
    func read() -> [SeenLoop] {
        let mounted = Self.numbers(mounts: Files.text("/proc/self/mountinfo") ?? "")
        let swaps = Files.text("/proc/swaps") ?? ""
        return Files.names(in: "/sys/block").compactMap { name -> SeenLoop? in
            guard name.hasPrefix("loop"), let number = UInt32(name.dropFirst(4)),
                let file = attribute(name, "backing_file")
            else { return nil }
            var loop = SeenLoop(identity: SeenLoop.Identity(number: number, file: file))
            loop.clearsItself = attribute(name, "autoclear") == "1"
            loop.isSpecial =
                ["offset", "sizelimit"].contains { attribute(name, $0) != "0" } || attribute(name, "partscan") == "1"
            loop.isHeld =
                mounted.contains(number) || swaps.contains("/dev/\(name) ")
                || !Files.names(in: FilePath("/sys/block/\(name)/holders")).isEmpty
            return loop
        }.sorted { $0.identity.number < $1.identity.number }
    }

    /// The loop devices of `/proc/PID/mountinfo`: the third field is the device, "major:minor".
    static func numbers(mounts text: String) -> Set<UInt32> {
        Set(
            text.split(separator: "\n").compactMap { line -> UInt32? in
                let fields = line.split(separator: " ", maxSplits: 3)
                guard fields.count > 2, fields[2].hasPrefix("7:") else { return nil }
                return UInt32(fields[2].dropFirst(2))
            })
    }

    private func attribute(_ name: String, _ attribute: String) -> String? {
        guard let text = Files.text(FilePath("/sys/block/\(name)/loop/\(attribute)")) else { return nil }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
