import DomainModel
import SystemPackage
import XenControl
import XenTypes

extension GuestBuilder {
    /// Loads kernel and ramdisk into the domain's memory and sets up its first vCPU.
    ///
    /// Blocks a thread of its own for as long as copying takes. Finds the frames of the rings of the store and
    /// the console.
    public func buildImage(_ build: inout DomainBuild) async throws(ToolstackError) {
        let start = build
        let frames = try await onOwnThread { () throws(ToolstackError) in
            switch start.type {
            case .pv: try PVImage(build: start, builder: self).make()
            case .pvh: try PVHImage(build: start, builder: self).make()
            default:
                throw ToolstackError(
                    .invalid, "cannot build a domain of type \"\(start.type)\"", domain: start.domain)
            }
        }
        build.store.frame = frames.store
        build.console.frame = frames.console
    }
}

/// Where the rings are, as their servers know them.
private struct RingFrames: Sendable {
    var store: UInt64
    var console: UInt64

    init(_ image: GuestImage) {
        store = UInt64(image.storeFrame)
        console = UInt64(image.consoleFrame)
    }
}

/// The steps that all kinds of image have in common.
private protocol ImageRecipe {
    var build: DomainBuild { get }
    var builder: GuestBuilder { get }
}

extension ImageRecipe {
    fileprivate var domain: DomainID { build.domain }
    fileprivate var info: BuildInfo { build.info }

    fileprivate func kernelFile() throws(ToolstackError) -> BootFile {
        if let kernel = build.kernel { return kernel }
        throw ToolstackError(
            .invalid, "the configuration names no kernel", domain: domain,
            remedy: "set kernel=, firmware= or bootloader=")
    }

    /// Performs a step, with the file that it is about in the error instead of a descriptor's name.
    fileprivate func load(
        _ what: String, _ file: BootFile, _ body: (String) throws(HypervisorError) -> Void
    ) throws(ToolstackError) {
        do {
            try body(file.openablePath.string)
        } catch {
            throw ToolstackError(
                .fail, "cannot load the \(what) \(file.path)", domain: domain, cause: error.detail ?? "\(error)",
                remedy: "check that the file is complete and readable")
        }
    }

    fileprivate func setRings(_ image: GuestImage) {
        image.consoleEventChannel = build.console.port
        image.consoleDomain = build.console.server
        image.storeEventChannel = build.store.port
        image.storeDomain = build.store.server
        image.claimsMemory = info.claimMode == true
        image.maximumVCPUs = UInt32(clamping: info.maxVCPUs)
    }

    fileprivate func parse(_ image: GuestImage) throws(ToolstackError) {
        let kernel = try kernelFile()
        try builder.attempt("prepare the image", domain) { () throws(HypervisorError) in
            try image.attach(to: domain)
        }
        do {
            try image.parse()
        } catch {
            throw KernelFile.unsuitable(kernel.path, type: build.type, domain: domain, error: error)
        }
    }

    /// Allocates the guest's memory.
    ///
    /// - Parameter sizeKB: what the guest has in all.
    fileprivate func populate(_ image: GuestImage, sizeKB: UInt64) throws(ToolstackError) {
        try builder.attempt("lay out \(sizeKB) KiB of memory", domain) { () throws(HypervisorError) in
            try image.initializeMemory(mib: UInt32(clamping: sizeKB / 1024))
        }
        do {
            try image.populateMemory()
        } catch {
            let free =
                (try? builder.hypervisor.physicalInfo()).map { " \($0.freePages * 4 / 1024) MiB" } ?? " too little"
            throw ToolstackError(
                .fail, "cannot allocate \(sizeKB / 1024) MiB of memory", domain: domain,
                cause: error.detail ?? "\(error)",
                remedy: "the host has\(free) free: choose a smaller memory=, or free some with xl mem-set")
        }
    }

    fileprivate func finish(_ image: GuestImage) throws(ToolstackError) {
        do {
            try image.buildImage()
        } catch {
            throw ToolstackError(
                .fail, "cannot load the kernel into the guest's memory", domain: domain,
                cause: error.detail ?? "\(error)",
                remedy: "kernel and ramdisk must fit into the guest's memory: try a larger memory=")
        }
        try builder.attempt("set up the first vCPU", domain) { () throws(HypervisorError) in try image.boot() }
        try builder.attempt("set up the grant table", domain) { () throws(HypervisorError) in
            try image.initializeGrantTable()
        }
    }
}

private struct PVImage: ImageRecipe {
    let build: DomainBuild
    let builder: GuestBuilder

    func make() throws(ToolstackError) -> RingFrames {
        let image = try builder.attempt("prepare the image", domain) { () throws(HypervisorError) in
            try GuestImage(builder.hypervisor, container: .pv, commandLine: build.commandLine)
        }
        try load("kernel", try kernelFile()) { (path) throws(HypervisorError) in try image.loadKernel(from: path) }
        if let ramdisk = build.ramdisk {
            try load("ramdisk", ramdisk) { (path) throws(HypervisorError) in try image.loadModule(from: path) }
        }
        image.flags = 0
        setRings(image)
        try parse(image)
        try populate(image, sizeKB: info.targetMemKB ?? 0)
        try finish(image)
        return RingFrames(image)
    }
}

private struct PVHImage: ImageRecipe {
    let build: DomainBuild
    let builder: GuestBuilder

    private var memoryKB: UInt64 {
        let (maximum, video) = (info.maxMemKB ?? 0, info.videoMemKB ?? 0)
        return maximum > video ? maximum - video : 0
    }

    private var usesShim: Bool { info.pvh?.pvShim == true }

    /// The command line of what starts first: the shim's, or the guest's.
    private var commandLine: String? {
        guard usesShim else { return build.commandLine }
        return [info.pvh?.pvShimCommandLine, info.pvh?.pvShimExtra].compactMap(\.self).joined(separator: " ")
    }

    func make() throws(ToolstackError) -> RingFrames {
        let image = try builder.attempt("prepare the image", domain) { () throws(HypervisorError) in
            try GuestImage(builder.hypervisor, container: .hvm, commandLine: commandLine)
        }
        let layout = GuestLayout.pvh(memory: memoryKB << 10)
        setRings(image)
        image.hasDeviceModel = false
        image.targetPages = ((info.targetMemKB ?? 0) - min(info.videoMemKB ?? 0, info.targetMemKB ?? 0)) / 4
        image.mmioSize = layout.holeSize
        image.mmioStart = layout.holeStart
        image.lowMemoryEnd = layout.lowEnd
        image.highMemoryEnd = layout.highEnd
        image.vgaHolePages = 0
        try loadFiles(image)
        let numa = try virtualNUMA(image, layout: layout)
        try parse(image)
        try populate(image, sizeKB: memoryKB)
        try describeMachine(image, layout: layout, numa: numa)
        try finish(image)
        return RingFrames(image)
    }

    /// With the shim, it is the kernel and the guest's kernel its first module.
    private func loadFiles(_ image: GuestImage) throws(ToolstackError) {
        let kernel = try kernelFile()
        if usesShim {
            guard let path = info.pvh?.pvShimPath else {
                throw ToolstackError(.invalid, "there is no path of the PV shim", domain: domain)
            }
            try load("PV shim", BootFile(path: FilePath(path))) { (path) throws(HypervisorError) in
                try image.loadKernel(from: path)
            }
            try load("kernel", kernel) { (path) throws(HypervisorError) in
                try image.loadModule(from: path, commandLine: build.commandLine)
            }
        } else {
            try load("kernel", kernel) { (path) throws(HypervisorError) in try image.loadKernel(from: path) }
        }
        if let ramdisk = build.ramdisk {
            try load("ramdisk", ramdisk) { (path) throws(HypervisorError) in try image.loadModule(from: path) }
        }
    }

    private func virtualNUMA(_ image: GuestImage, layout: GuestLayout) throws(ToolstackError) -> VirtualNUMA? {
        guard !info.vnumaNodes.isEmpty else { return nil }
        let topology = try builder.nodeOfCPU(domain)
        let nodes = try builder.attempt("read the host's NUMA nodes", domain) { () throws(HypervisorError) in
            try builder.hypervisor.numaNodes().count
        }
        let numa = try VirtualNUMA(info, layout: layout, nodeOfCPU: topology, nodeCount: nodes)
        for warning in numa.warnings { builder.logger.warning("\(warning)") }
        let raw = numa.hypervisorForm
        try builder.attempt("set the virtual NUMA nodes", domain) { () throws(HypervisorError) in
            try builder.hypervisor.setVirtualNUMA(raw, of: domain)
            try image.setVirtualNUMA(ranges: raw.ranges, physicalNodes: raw.physicalNodes)
        }
        return numa
    }

    /// Adds the ACPI tables and the memory map, which must tell of them.
    private func describeMachine(
        _ image: GuestImage, layout: GuestLayout, numa: VirtualNUMA?
    ) throws(ToolstackError) {
        var acpi: (tables: ACPITables, rootPointer: UInt64)?
        if info.acpi != false {
            let tables = ACPITables(
                ACPIDescription(
                    maximumVCPUs: Int(info.maxVCPUs), onlineVCPUs: info.availableVCPUs,
                    hasLocalAPIC: info.apic != false, numa: numa?.acpi))
            let anywhere = image.guestOS != "linux" || image.kernelSupports(feature: Self.unrestrictedRootPointer)
            acpi = (tables, tables.rootPointerAddress(isUnrestricted: anywhere))
        }
        let map = MemoryMap.pvh(layout: layout, acpi: acpi)
        try builder.attempt("describe the machine", domain) { () throws(HypervisorError) in
            if let (tables, address) = acpi {
                try image.setACPIModule(0, bytes: tables.rootPointer, guestAddress: address)
                try image.setACPIModule(
                    1, bytes: tables.information, guestAddress: GuestLayout.acpiInformationAddress)
                try image.setACPIModule(2, bytes: tables.tables, guestAddress: ACPITables.tablesAddress)
            }
            try builder.hypervisor.setMemoryMap(map, of: domain)
            try image.setMemoryMap(map)
        }
    }

    /// `XENFEAT_linux_rsdp_unrestricted` in `xen/features.h`.
    private static let unrestrictedRootPointer: UInt32 = 15
}

extension VirtualNUMA {
    var hypervisorForm: Hypervisor.VirtualNUMA {
        Hypervisor.VirtualNUMA(
            ranges: ranges.map {
                Hypervisor.VirtualNUMA.Range(start: $0.start, end: $0.end, node: UInt32(clamping: $0.node))
            },
            distances: Array(distances.joined()), nodeOfVCPU: nodeOfVCPU.map { UInt32(clamping: $0) },
            physicalNodes: physicalNode.map { UInt32(clamping: $0) })
    }
}
