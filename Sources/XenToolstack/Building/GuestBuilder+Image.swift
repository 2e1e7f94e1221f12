import DomainModel
import SystemPackage
import XenControl
import XenTypes

extension GuestBuilder {
    /// Loads kernel and ramdisk into the domain's memory and sets up its first vCPU.
    ///
    /// Blocks a thread of its own for as long as copying takes. Finds the frames of the rings of the store and
    /// the console.
    package func buildImage(_ build: inout DomainBuild) async throws(ToolstackError) {
        let start = build
        build = try await onOwnThread { () throws(ToolstackError) in
            var build = start
            let frames =
                switch start.type {
                case .pv: try PVImage(build: start, builder: self).make()
                case .pvh: try PVHImage(build: start, builder: self).make()
                case .hvm: try HVMImage.make(&build, builder: self)
                case .invalid:
                    throw ToolstackError(.invalid, "cannot build a domain without a type", domain: start.domain)
                }
            build.store.frame = frames.store
            build.console.frame = frames.console
            return build
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
        try parse(image, kernel: kernelFile())
        try populate(image, sizeKB: info.targetMemKB ?? 0)
        try finish(image)
        return RingFrames(image)
    }
}

private struct PVHImage: ImageRecipe {
    let build: DomainBuild
    let builder: GuestBuilder

    private var memoryKB: UInt64 { GuestLayout.memoryKB(info) }

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
        image.targetPages = (info.targetMemKB ?? 0).minusOrZero(info.videoMemKB ?? 0) / 4
        image.mmioSize = layout.holeSize
        image.mmioStart = layout.holeStart
        image.lowMemoryEnd = layout.lowEnd
        image.highMemoryEnd = layout.highEnd
        image.vgaHolePages = 0
        try loadFiles(image)
        let numa = try virtualNUMA(image, layout: layout)
        try parse(image, kernel: kernelFile())
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
        let map = MemoryMap.pvh(layout: layout, acpi: acpi, keepsTables: build.release.keepsACPITables)
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
