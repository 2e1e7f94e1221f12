import DomainModel
import Glibc
import SystemPackage
import XenTypes

/// Cheap checks of what a domain needs, made before anything of it exists.
///
/// Everything that is wrong is found in one go. What passes may still fail: only the hypervisor and
/// libxenguest have the last word. The errors' code is the one that a creation fails with at that point in libxl.
package struct Preflight: Sendable {
    /// The host's limits that a domain must keep to.
    package struct Limits: Sendable, Hashable {
        /// KiB of memory that the hypervisor has free, or could get from the control domain.
        package var freeKB: UInt64?
        /// CPU numbers of the host are below this.
        package var cpus: Int?

        package init(freeKB: UInt64? = nil, cpus: Int? = nil) {
            self.freeKB = freeKB
            self.cpus = cpus
        }
    }

    /// Most vCPUs: hypervisor's limits for PV, and for HVM and PVH (`HVM_MAX_VCPUS`).
    static let maximumPVVCPUs: Int32 = 8192
    static let maximumHVMVCPUs: Int32 = 128

    /// What speaks against creating the domain, in the order of the configuration's keys.
    ///
    /// - Parameters:
    ///   - configuration: with every default applied.
    ///   - paths: where firmware is found.
    ///   - boots: whether the domain is loaded from files, not from a saved image.
    package static func problems(
        _ configuration: DomainConfiguration, limits: Limits, paths: HostPaths, boots: Bool = true
    ) -> [ToolstackError] {
        let info = configuration.buildInfo
        let type = configuration.createInfo.type
        return vcpuProblems(info, type: type) + memoryProblems(info, type: type, limits: limits)
            + affinityProblems(info, limits: limits) + viridianProblems(info)
            + (boots ? fileProblems(configuration, paths: paths) : [])
            + DeviceModelPlan.problems(configuration, paths: paths)
    }

    /// - Throws: everything that speaks against creating the domain, in one error.
    package static func check(
        _ configuration: DomainConfiguration, limits: Limits, paths: HostPaths, boots: Bool = true
    ) throws(ToolstackError) {
        let problems = problems(configuration, limits: limits, paths: paths, boots: boots)
        guard let first = problems.first else { return }
        guard problems.count > 1 else { throw first }
        throw ToolstackError(first.code, problems.map(\.description).joined(separator: "; "))
    }

    private static func vcpuProblems(_ info: BuildInfo, type: DomainType) -> [ToolstackError] {
        let limit = type == .pv ? maximumPVVCPUs : maximumHVMVCPUs
        guard info.maxVCPUs > limit else { return [] }
        return [
            ToolstackError(
                .fail, "\(info.maxVCPUs) vCPUs are more than this hypervisor allows",
                remedy: "a \(type == .pv ? "PV" : "PVH or HVM") guest can have \(limit)")
        ]
    }

    private static func memoryProblems(
        _ info: BuildInfo, type: DomainType, limits: Limits
    ) -> [ToolstackError] {
        let (target, maximum) = (info.targetMemKB ?? 0, info.maxMemKB ?? 0)
        if target > maximum {
            return [
                ToolstackError(
                    .fail, "memory is \(target / 1024) MiB and maxmem only \(maximum / 1024) MiB",
                    remedy: "make maxmem at least as large as memory")
            ]
        }
        // xc_dom_mem_init takes MiB in 32 bits; pages of 4 KiB must fit 52 bits of address.
        guard maximum <= 1 << 42 else {
            return [ToolstackError(.fail, "memory of \(maximum) KiB is more than any guest can have")]
        }
        guard target >= 1024 || type == .pv else {
            return [ToolstackError(.fail, "memory of \(target) KiB is too little", remedy: "use 1 MiB and more")]
        }
        let ram = GuestLayout.hvm(info).lowEnd
        guard type != .hvm || (ram >= GuestLayout.leastLowMemory && target > info.videoMemKB ?? 0) else {
            let least = saturatingSum(info.videoMemKB ?? 0, GuestLayout.leastLowMemory / 1024)
            return [
                ToolstackError(
                    .fail, "memory of \(target) KiB is too little for \(info.videoMemKB ?? 0) KiB of video memory",
                    remedy: "use memory=\(least / 1024) and more, or less videoram= or mmio_hole=")
            ]
        }
        // The least that is allocated for certain: what the hypervisor needs besides differs from one to the next,
        // and a PV guest has no paging pool until it migrates.
        let need = saturatingSum(target, type == .pv ? 0 : info.shadowMemKB ?? 0)
        guard let free = limits.freeKB, need > free else { return [] }
        return [
            ToolstackError(
                .fail, "the domain needs \(need / 1024) MiB of memory and the host has \(free / 1024) MiB free",
                remedy: "choose a smaller memory=, or free some with xl mem-set or xl destroy")
        ]
    }

    private static func affinityProblems(_ info: BuildInfo, limits: Limits) -> [ToolstackError] {
        guard let cpus = limits.cpus else { return [] }
        let host = Bitmap(0..<max(cpus, 0))
        return info.vcpuHardAffinity.enumerated().prefix(Int(max(info.maxVCPUs, 0))).compactMap { vcpu, affinity in
            guard affinity.intersection(host).isEmpty else { return nil }
            return ToolstackError(
                .fail, "vCPU \(vcpu) may use none of this host's CPUs",
                remedy: "cpus= must name some of 0-\(cpus - 1)")
        }
    }

    private static func viridianProblems(_ info: BuildInfo) -> [ToolstackError] {
        guard let hvm = info.hvm else { return [] }
        do throws(ToolstackError) { _ = try ViridianSet(hvm) } catch { return [error] }
        return []
    }

    private static func fileProblems(_ configuration: DomainConfiguration, paths: HostPaths) -> [ToolstackError] {
        let info = configuration.buildInfo
        var problems: [ToolstackError] = []
        if configuration.createInfo.type == .hvm {
            problems += HVMFirmware(info, paths: paths).problems
            if let kernel = info.kernel { problems += kernelProblems(FilePath(kernel)) }
            if let ramdisk = info.ramdisk { problems += FileCheck(FilePath(ramdisk), "ramdisk").problems }
            return problems
        }
        if let bootloader = info.bootloader {
            problems += Bootloader.problems(bootloader, disks: configuration.disks, paths: paths)
        } else if let kernel = info.kernel {
            problems += kernelProblems(FilePath(kernel))
            if let ramdisk = info.ramdisk, !ramdisk.isEmpty {
                problems += FileCheck(FilePath(ramdisk), "ramdisk").problems
            }
        } else {
            problems.append(
                ToolstackError(
                    .fail, "the configuration names nothing to boot",
                    remedy: "set kernel=, firmware= or bootloader="))
        }
        if info.pvh?.pvShim == true, let shim = info.pvh?.pvShimPath {
            problems += FileCheck(FilePath(shim), "PV shim").problems
        }
        return problems
    }

    /// - Returns: at most one problem of a kernel's file.
    static func kernelProblems(_ path: FilePath) -> [ToolstackError] {
        let check = FileCheck(path, "kernel")
        guard check.problems.isEmpty, let head = check.head else { return check.problems }
        guard let kernel = KernelFile(head: head) else {
            return [
                ToolstackError(
                    .fail, "the kernel \(path) is neither an ELF file nor a bzImage",
                    remedy: "kernel= must name a kernel, such as /boot/vmlinuz-…")
            ]
        }
        return KernelFile.truncation("kernel", path, expected: kernel.expectedSize, size: check.size)
    }
}

/// A file that must be there and readable.
struct FileCheck {
    private(set) var problems: [ToolstackError] = []
    private(set) var size: UInt64 = 0
    /// Its first bytes, nil when it cannot be read.
    private(set) var head: [UInt8]?

    init(_ path: FilePath, _ what: String) {
        do {
            try inspect(path)
        } catch {
            problems = [ToolstackError(.fail, "the \(what) \(path) \(error.reason)", remedy: error.remedy)]
        }
    }

    private struct Defect: Error {
        var reason: String
        var remedy: String
    }

    private mutating func inspect(_ path: FilePath) throws(Defect) {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else {
            throw errno == ENOENT
                ? Defect(reason: "does not exist", remedy: "check the path")
                : Defect(reason: "cannot be found: \(Errno(rawValue: errno))", remedy: "check the path")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Defect(reason: "is a directory", remedy: "name a file in it")
        default: throw Defect(reason: "is not a regular file", remedy: "name a regular file")
        }
        guard status.st_size > 0 else { throw Defect(reason: "is empty", remedy: "copy or install it again") }
        size = UInt64(clamping: status.st_size)
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            head = try [UInt8](unsafeUninitializedCapacity: KernelFile.headLength) { buffer, count in
                count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw Defect(reason: "cannot be read: \(error)", remedy: "check its permissions")
        }
    }
}
