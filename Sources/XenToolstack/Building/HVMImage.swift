import DomainModel
import SystemPackage
import XenControl
import XenTypes

/// The image of an HVM guest: hvmloader runs first, and starts the firmware that it finds beside itself in memory.
struct HVMImage: ImageRecipe {
    private(set) var build: DomainBuild
    let builder: GuestBuilder
    private let firmware: HVMFirmware
    private var layout: GuestLayout

    /// Loads the image, and notes in the build what was found out about it.
    static func make(_ build: inout DomainBuild, builder: GuestBuilder) throws(ToolstackError) -> RingFrames {
        var work = HVMImage(build: build, builder: builder)
        let frames = try work.make()
        build = work.build
        return frames
    }

    private init(build: DomainBuild, builder: GuestBuilder) {
        self.build = build
        self.builder = builder
        firmware = HVMFirmware(build.info, paths: builder.paths)
        layout = .hvm(build.info)
    }

    private mutating func make() throws(ToolstackError) -> RingFrames {
        try reserveDeviceMemory()
        let image = try builder.attempt("prepare the image", domain) { () throws(HypervisorError) in
            try GuestImage(builder.hypervisor, container: .hvm, commandLine: nil)
        }
        setRings(image)
        image.hasDeviceModel = true
        image.targetPages = (info.targetMemKB ?? 0).minusOrZero(info.videoMemKB ?? 0) / 4
        image.mmioSize = layout.holeSize
        image.mmioStart = layout.holeStart
        image.lowMemoryEnd = layout.lowEnd
        image.highMemoryEnd = layout.highEnd
        image.vgaHolePages = GuestLayout.vgaHolePages
        try loadFiles(image)
        _ = try virtualNUMA(image, layout: layout)
        try parse(image, kernel: firmware.loader)
        try populate(image, sizeKB: GuestLayout.memoryKB(info))
        let map = MemoryMap.hvm(layout: layout, reserved: build.configuration.rdms)
        try builder.attempt("describe the machine", domain) { () throws(HypervisorError) in
            try builder.hypervisor.setMemoryMap(map, of: domain)
            try image.setMemoryMap(map)
        }
        try finish(image)
        try builder.attempt("tell the firmware of the processors", domain) { () throws(HypervisorError) in
            try builder.hypervisor.setFirmwareProcessors(
                hasAPIC: info.apic != false, count: UInt32(clamping: info.maxVCPUs), online: info.availableVCPUs,
                of: domain)
        }
        build.firmwareTables = (acpi: image.acpiModule, smbios: image.smbiosModule)
        return RingFrames(image)
    }

    private func loadFiles(_ image: GuestImage) throws(ToolstackError) {
        try load("HVM loader", firmware.loader) { (path) throws(HypervisorError) in try image.loadKernel(from: path) }
        try load("\(firmware.bios.name) image", firmware.system) { (bytes) throws(HypervisorError) in
            try image.setSystemFirmware(bytes)
        }
        try load("file of ACPI tables", firmware.acpi) { (bytes) throws(HypervisorError) in
            // The builder chooses a place for it where hvmloader can read it.
            try image.setACPIModule(0, bytes: bytes, guestAddress: 0)
        }
        try load("file of SMBIOS structures", firmware.smbios) { (bytes) throws(HypervisorError) in
            try image.setSMBIOS(bytes)
        }
    }

    private func load(
        _ what: String, _ path: FilePath?, _ body: ([UInt8]) throws(HypervisorError) -> Void
    ) throws(ToolstackError) {
        guard let path else { return }
        guard let bytes = try Files.read(path, limit: HVMFirmware.sizeLimit), !bytes.isEmpty else {
            throw ToolstackError(
                .fail, "cannot load the \(what) \(path)", domain: domain, cause: "it is missing or empty",
                remedy: "check the path")
        }
        try load(what, BootFile(path: path)) { _ throws(HypervisorError) in try body(bytes) }
    }

    /// Keeps the guest's RAM out of the way of memory that devices of the host need at fixed addresses.
    private mutating func reserveDeviceMemory() throws(ToolstackError) {
        guard build.configuration.rdms.isEmpty else { return }
        let regions = try reservedRegions()
        guard !regions.isEmpty else { return }
        let reserved = try ReservedDeviceMemory(
            regions, layout: layout,
            boundary: (info.hvm?.rdmMemBoundaryMemKB ?? 0).timesOrMaximum(1024),
            alignsForLargePages: build.configuration.createInfo.hap == true)
        for warning in reserved.warnings { builder.logger.warning("\(warning)") }
        layout = reserved.layout
        build.configuration.rdms = reserved.regions
    }

    private func reservedRegions() throws(ToolstackError) -> [RDMDevice] {
        let rdm = info.hvm?.rdm ?? RDMReserve()
        let devices = build.configuration.pciDevices
        guard rdm.strategy == .host || !devices.isEmpty else { return [] }
        return try builder.attempt("read the host's reserved device memory", domain) { () throws(HypervisorError) in
            var regions: [RDMDevice] = []
            func add(_ found: [Hypervisor.ReservedDeviceMemory], _ policy: RDMReservePolicy) {
                for memory in found {
                    let start = memory.startFrame.timesOrMaximum(GuestLayout.pageSize)
                    // What is said of a device goes before what is said of all.
                    if let index = regions.firstIndex(where: { $0.start == start }) {
                        regions[index].policy = policy
                    } else {
                        var region = RDMDevice()
                        region.start = start
                        region.size = memory.pages.timesOrMaximum(GuestLayout.pageSize)
                        region.policy = policy
                        regions.append(region)
                    }
                }
            }
            if rdm.strategy == .host { add(try builder.hypervisor.reservedDeviceMemory(), rdm.policy) }
            for device in devices {
                let address = (
                    segment: UInt16(truncatingIfNeeded: device.domain), bus: device.bus,
                    devfn: device.device << 3 | device.function & 7
                )
                add(
                    try builder.hypervisor.reservedDeviceMemory(of: address),
                    device.rdmPolicy == .invalid ? .relaxed : device.rdmPolicy)
            }
            return regions
        }
    }
}
