import DomainModel
import XenStore
import XenTypes

/// The nodes that tell a guest and others about it once its memory is there, written in one transaction just
/// before it is introduced (`libxl__build_post`). All inherit their parents' permissions.
package enum PostBuildNodes {
    package static func nodes(_ build: DomainBuild) -> [StoreNode] {
        let guest = build.paths.guest
        let info = build.info
        var nodes = [
            StoreNode(guest / "memory/static-max", "\(info.maxMemKB ?? 0)"),
            StoreNode(guest / "memory/target", "\(target(info, type: build.type))"),
            StoreNode(guest / "memory/videoram", "\(info.videoMemKB ?? 0)"),
            StoreNode(guest / "domid", "\(build.domain)"),
            StoreNode(guest / "store/port", "\(build.store.port)"),
            StoreNode(guest / "store/ring-ref", "\(build.store.frame)"),
        ]
        for vcpu in 0..<max(Int(info.maxVCPUs), 0) {
            nodes.append(
                StoreNode(
                    guest / "cpu/\(vcpu)/availability", info.availableVCPUs.contains(vcpu) ? "online" : "offline"))
        }
        if build.type == .hvm {
            // Another guest has passed its hvmloader.
            if build.origin == .boot { nodes += platform(info, guest: guest) + firmware(build) }
            if let text = info.hvm?.generationID?.storeText {
                nodes.append(StoreNode(guest / "platform/generation-id", text))
            }
        }
        return nodes + machine(build)
    }

    /// What the guest is asked to have.
    private static func target(_ info: BuildInfo, type: DomainType) -> UInt64 {
        let reserved = reservedMemory(info, type: type)
        let target = info.targetMemKB ?? 0
        return target > reserved ? target - reserved : 0
    }

    /// KiB by which the target in the store is smaller than the configured one: the video memory, and a little for
    /// HVM guests that populate their memory on demand (`libxl__get_targetmem_fudge`).
    static func reservedMemory(_ info: BuildInfo, type: DomainType) -> UInt64 {
        let isPoD = type == .hvm && (info.maxMemKB ?? 0) > (info.targetMemKB ?? 0)
        return saturatingSum(info.videoMemKB ?? 0, isPoD ? MemorySizing.maximumSlackKB : 0)
    }

    /// What hvmloader reads besides what it is told with the device model (`xen/hvm/hvm_xs_strings.h`).
    private static func firmware(_ build: DomainBuild) -> [StoreNode] {
        guard let hvm = build.info.hvm else { return [] }
        let loader = build.paths.guest / "hvmloader"
        var nodes: [StoreNode] = []
        for (name, table) in [("smbios", build.firmwareTables.smbios), ("acpi", build.firmwareTables.acpi)] {
            guard let table else { continue }
            nodes.append(StoreNode(loader / name / "address", "0x" + String(table.guestAddress, radix: 16)))
            nodes.append(StoreNode(loader / name / "length", "0x" + String(table.length, radix: 16)))
        }
        if build.release.choosesPlatformDeviceCaching {
            nodes.append(
                StoreNode(loader / "pci/xen-platform-pci-bar-uc", hvm.xenPlatformPCIBARUC == false ? "0" : "1"))
        }
        return nodes + smbiosStrings(hvm, guest: build.paths.guest)
    }

    /// Texts of the guest's SMBIOS tables, those of the type `oem` numbered from 1.
    private static func smbiosStrings(_ hvm: HVMBuildInfo, guest: StorePath) -> [StoreNode] {
        var oemCount = 0
        return hvm.smbios.compactMap { entry in
            guard let key = entry.key else { return nil }
            var name = key.name
            if key == .oem {
                oemCount += 1
                name += "-\(oemCount)"
            }
            let node = String(name.map { $0 == "_" ? "-" : $0 })
            return StoreNode(guest / "bios-strings" / node, entry.value ?? "")
        }
    }

    private static func platform(_ info: BuildInfo, guest: StorePath) -> [StoreNode] {
        guard let hvm = info.hvm else { return [] }
        func flag(_ value: Bool?) -> String { value == true ? "1" : "0" }
        var nodes = [
            StoreNode(guest / "platform/acpi", flag(info.acpi == true && hvm.acpi != false)),
            StoreNode(guest / "platform/acpi_s3", flag(hvm.acpiS3)),
            StoreNode(guest / "platform/acpi_s4", flag(hvm.acpiS4)),
            StoreNode(guest / "platform/acpi_laptop_slate", flag(hvm.acpiLaptopSlate)),
        ]
        let hole = (hvm.mmioHoleMemKB ?? 0).multipliedReportingOverflow(by: 1024)
        if !hole.overflow, hole.partialValue >= GuestLayout.fourGiB - GuestLayout.hvmHoleStart,
            hole.partialValue <= GuestLayout.fourGiB
        {
            nodes.append(StoreNode(guest / "platform/mmio_hole_size", "\(hole.partialValue)"))
        }
        let model = info.deviceModelVersion == .qemuXenTraditional ? "qemu_xen_traditional" : "qemu_xen"
        return nodes + [StoreNode(guest / "platform/device-model", model)]
    }

    /// Below `/vm/UUID`: how and when the guest was started.
    private static func machine(_ build: DomainBuild) -> [StoreNode] {
        let vm = DomainPaths.vm(build.uuid)
        let start = StoreNode(vm / "start_time", startTime(build.startTime))
        switch build.type {
        case .pv:
            var nodes = [StoreNode(vm / "image/ostype", "linux")]
            if let kernel = build.kernel { nodes.append(StoreNode(vm / "image/kernel", kernel.path.string)) }
            nodes.append(start)
            if let ramdisk = build.ramdisk { nodes.append(StoreNode(vm / "image/ramdisk", ramdisk.path.string)) }
            if let line = build.commandLine { nodes.append(StoreNode(vm / "image/cmdline", line)) }
            return nodes
        case .hvm:
            return [
                StoreNode(vm / "rtc/timeoffset", build.info.hvm?.timeOffset ?? ""),
                StoreNode(vm / "image/ostype", "hvm"), start,
            ]
        default: return [start]
        }
    }

    /// Seconds since 1970 with two decimals.
    private static func startTime(_ time: (seconds: Int, microseconds: Int)) -> String {
        let hundredths = String(time.microseconds / 10000)
        return "\(time.seconds).\(hundredths.count < 2 ? "0" : "")\(hundredths)"
    }
}

extension GenerationID {
    /// Its two halves as hvmloader reads them, little-endian; nil for the one that stands for none.
    var storeText: String? {
        guard bytes.contains(where: { $0 != 0 }) else { return nil }
        let halves = [bytes.prefix(8), bytes.suffix(8)].map { half in
            half.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        return "\(halves[0]):\(halves[1])"
    }
}
