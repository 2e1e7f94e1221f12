/// What dom0 can be short of.
enum ResourceFindings {
    static let table = [
        Ailment("module-missing", "dom0's kernel lacks what guests' devices need", modules),
        Ailment("memory-short", "dom0 is short of memory", memory),
        Ailment("loop-devices-short", "dom0 has no free loop device", loops),
        Ailment("processor-short", "dom0 is short of processor time", processor),
        Ailment("disk-slow", "dom0's processes wait for its disks", disk),
    ]

    /// KiB below which dom0's programs may be killed: QEMU alone takes as much.
    private static let leastMemoryKB: UInt64 = 64 << 10
    /// Percent of the time over one minute and over five, above which waiting is no passing thing.
    private static let mostMemoryPressure = 20.0
    private static let mostProcessorPressure = 80.0
    private static let mostDiskPressure = 60.0

    /// Without these, QEMU and the other programs that serve guests do not start, and nothing loads them by itself.
    private static let essentials: Set<String> = ["xen-privcmd", "xen-evtchn", "xen-gntdev"]

    static func modules(_ host: HostSnapshot) -> [Finding] {
        host.resources.missingModules.compactMap { module in
            if essentials.contains(module.name) {
                return Finding(
                    module.name, "It is neither in the kernel nor loaded: programs that serve guests do not start.",
                    remedy: "modprobe \(module.name), and a line with its name in /etc/modules-load.d/xen.conf")
            }
            // A backend's driver is loaded when the first device wants it.
            guard module.isInstalled == false else { return nil }
            return Finding(
                module.name, "The running kernel has no such module: dom0 cannot serve devices that need it.",
                remedy:
                    "install a kernel with it, or the modules of the running one; or serve them from another domain",
                severity: .note)
        }
    }

    static func memory(_ host: HostSnapshot) -> [Finding] {
        let resources = host.resources
        let isShort = resources.totalKB > 0 && resources.availableKB < leastMemoryKB
        guard isShort || exceeds(resources.memoryPressure, mostMemoryPressure) else { return [] }
        return [
            Finding(
                "dom0's memory",
                """
                \(resources.availableKB >> 10) of \(resources.totalKB >> 10) MiB are available, and its processes wait \
                for memory \(Int(resources.memoryPressure.fiveMinutes)) % of the time. QEMU or xenstored may be killed.
                """,
                remedy:
                    "xl mem-set 0 gives it more, if the host has free memory ('xl info'); dom0_mem= does from the start"
            )
        ]
    }

    static func loops(_ host: HostSnapshot) -> [Finding] {
        guard !host.resources.hasFreeLoop else { return [] }
        return [
            Finding(
                "loop devices", "All \(host.loops.count) are in use, and there is no /dev/loop-control to make more.",
                remedy: "modprobe loop; where it is part of the kernel, max_loop= sets their number")
        ]
    }

    static func processor(_ host: HostSnapshot) -> [Finding] {
        guard exceeds(host.resources.processorPressure, mostProcessorPressure) else { return [] }
        return [
            Finding(
                "dom0's processors",
                "Its processes wait for one \(Int(host.resources.processorPressure.fiveMinutes)) % of the time.",
                remedy: "give dom0 more weight in the scheduler, or more processors with dom0_max_vcpus=")
        ]
    }

    static func disk(_ host: HostSnapshot) -> [Finding] {
        guard exceeds(host.resources.diskPressure, mostDiskPressure) else { return [] }
        return [
            Finding(
                "dom0's disks",
                "Its processes wait for them \(Int(host.resources.diskPressure.fiveMinutes)) % of the time.",
                remedy: "look for the cause with iostat or iotop")
        ]
    }

    private static func exceeds(_ pressure: HostResources.Pressure, _ limit: Double) -> Bool {
        pressure.minute > limit && pressure.fiveMinutes > limit
    }
}
