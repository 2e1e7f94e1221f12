import DomainModel
import XenControl
import XenTypes

/// Where the rings are, as their servers know them.
struct RingFrames: Sendable {
    var store: UInt64
    var console: UInt64

    init(_ image: GuestImage) {
        store = UInt64(image.storeFrame)
        console = UInt64(image.consoleFrame)
    }
}

/// The steps that all kinds of image have in common.
protocol ImageRecipe {
    var build: DomainBuild { get }
    var builder: GuestBuilder { get }
}

extension ImageRecipe {
    var domain: DomainID { build.domain }
    var info: BuildInfo { build.info }

    func kernelFile() throws(ToolstackError) -> BootFile {
        if let kernel = build.kernel { return kernel }
        throw ToolstackError(
            .invalid, "the configuration names no kernel", domain: domain,
            remedy: "set kernel=, firmware= or bootloader=")
    }

    /// Performs a step, with the file that it is about in the error instead of a descriptor's name.
    func load(
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

    func setRings(_ image: GuestImage) {
        image.consoleEventChannel = build.console.port
        image.consoleDomain = build.console.server
        image.storeEventChannel = build.store.port
        image.storeDomain = build.store.server
        image.claimsMemory = info.claimMode == true
        image.maximumVCPUs = UInt32(clamping: info.maxVCPUs)
    }

    func parse(_ image: GuestImage, kernel: BootFile) throws(ToolstackError) {
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
    func populate(_ image: GuestImage, sizeKB: UInt64) throws(ToolstackError) {
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

    func finish(_ image: GuestImage) throws(ToolstackError) {
        do {
            try image.buildImage()
        } catch {
            throw ToolstackError(
                .fail, "cannot load the kernel into the guest's memory", domain: domain,
                cause: error.detail ?? "\(error)",
                remedy: "kernel, ramdisk and firmware must fit into the guest's memory: try a larger memory=")
        }
        try builder.attempt("set up the first vCPU", domain) { () throws(HypervisorError) in try image.boot() }
        try builder.attempt("set up the grant table", domain) { () throws(HypervisorError) in
            try image.initializeGrantTable()
        }
    }

    /// Tells the hypervisor and the builder of the virtual NUMA nodes, if there are any.
    func virtualNUMA(_ image: GuestImage, layout: GuestLayout) throws(ToolstackError) -> VirtualNUMA? {
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
