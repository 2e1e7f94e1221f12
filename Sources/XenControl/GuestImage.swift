import CXen
import CXenShim
import Glibc
import XenTypes

/// A guest's kernel with all that is needed to put it into a new domain's memory (`xc_dom_image` in `xenguest.h`).
///
/// The order of a build: kernel and modules, the properties, then `attach`, `parse`, `initializeMemory`,
/// `populateMemory`, `buildImage`, `boot`, `initializeGrantTable`, and last the frames of the rings. It is used by
/// one thread, which it blocks for long; whatever libxenguest allocated goes with this object.
package final class GuestImage {
    let image: UnsafeMutablePointer<xc_dom_image>
    private let hypervisor: Hypervisor
    private let handle: OpaquePointer
    private var domain: DomainID?
    /// Keeps memory alive that libxenguest refers to.
    private var owners: [AnyObject] = []

    /// How the domain runs: PV, or in an HVM container (HVM and PVH).
    package enum Container: Sendable { case pv, hvm }

    /// - Parameters:
    ///   - commandLine: the kernel's; nil for none.
    ///   - features: features to ask of a PV kernel, in the words of its ELF notes.
    package init(
        _ hypervisor: Hypervisor, container: Container, commandLine: String?, features: String? = nil
    ) throws(HypervisorError) {
        self.hypervisor = hypervisor
        handle = try hypervisor.raw()
        xc_dom_loginit(handle)
        guard let image = xc_dom_allocate(handle, commandLine, features) else {
            throw Hypervisor.lastError("allocate a guest image", nil, code: errno == 0 ? ENOMEM : errno)
        }
        self.image = image
        image.pointee.container_type = container == .pv ? XC_DOM_PV_CONTAINER : XC_DOM_HVM_CONTAINER
    }

    deinit { xc_dom_release(image) }

    /// Performs a step of libxenguest, which returns something other than 0 when it fails.
    private func step(_ operation: String, _ body: () -> Int32) throws(HypervisorError) {
        cxs_clear_first_error()
        errno = 0
        let value = body()
        guard value != 0 else { return }
        let code = errno != 0 ? errno : value < -1 ? 0 - value : EINVAL
        throw Hypervisor.lastError(operation, domain, code: code)
    }
}

/// What goes into the domain.
extension GuestImage {
    /// Loads the kernel, which may be compressed, from a file.
    package func loadKernel(from path: String) throws(HypervisorError) {
        try step("load the kernel \(path)") { xc_dom_kernel_file(image, path) }
    }

    /// Takes the kernel from memory that stays as it is while `owner` lives.
    package func useKernel(_ memory: UnsafeRawBufferPointer, owner: AnyObject) throws(HypervisorError) {
        owners.append(owner)
        try step("load the kernel") { xc_dom_kernel_mem(image, memory.baseAddress, memory.count) }
    }

    /// Loads a module (for most kernels the ramdisk) from a file.
    package func loadModule(from path: String, commandLine: String? = nil) throws(HypervisorError) {
        try step("load the ramdisk \(path)") { xc_dom_module_file(image, path, commandLine) }
    }

    /// Takes a module from memory that stays as it is while `owner` lives.
    package func useModule(
        _ memory: UnsafeRawBufferPointer, owner: AnyObject, commandLine: String? = nil
    ) throws(HypervisorError) {
        owners.append(owner)
        try step("load the ramdisk") { xc_dom_module_mem(image, memory.baseAddress, memory.count, commandLine) }
    }

    package var moduleCount: Int { Int(image.pointee.num_modules) }

    /// Most bytes that a kernel may have after it was decompressed.
    package func limitKernelSize(_ bytes: Int) throws(HypervisorError) {
        try step("limit the kernel's size") { xc_dom_kernel_max_size(image, bytes) }
    }

    package func limitModuleSize(_ bytes: Int) throws(HypervisorError) {
        try step("limit the ramdisk's size") { xc_dom_module_max_size(image, bytes) }
    }

    /// Adds an ACPI table, or tables that belong together, at a guest-physical address.
    ///
    /// - Parameter index: 0 up to 3 (`MAX_ACPI_MODULES`).
    package func setACPIModule(_ index: Int, bytes: [UInt8], guestAddress: UInt64) throws(HypervisorError) {
        guard (0..<Int(MAX_ACPI_MODULES)).contains(index) else {
            throw HypervisorError("add ACPI tables", domain, code: EINVAL, detail: "there is no ACPI module \(index)")
        }
        let memory = try copy(bytes)
        withUnsafeMutableBytes(of: &image.pointee.acpi_modules) { modules in
            let module = modules.bindMemory(to: xc_hvm_firmware_module.self)
            module[index] = xc_hvm_firmware_module(
                data: memory, length: UInt32(clamping: bytes.count), guest_addr_out: guestAddress)
        }
    }

    /// Where the builder put something that the guest's firmware is to find.
    package struct Module: Hashable, Sendable {
        package var guestAddress: UInt64
        /// In bytes.
        package var length: UInt32

        package init(guestAddress: UInt64, length: UInt32) {
            self.guestAddress = guestAddress
            self.length = length
        }

        fileprivate init?(_ module: xc_hvm_firmware_module) {
            guard module.guest_addr_out != 0 else { return nil }
            self.init(guestAddress: module.guest_addr_out, length: module.length)
        }
    }

    /// The first ACPI module, once the image was built.
    package var acpiModule: Module? { Module(image.pointee.acpi_modules.0) }
    package var smbiosModule: Module? { Module(image.pointee.smbios_module) }

    /// The firmware that hvmloader starts (BIOS or OVMF).
    package func setSystemFirmware(_ bytes: [UInt8]) throws(HypervisorError) {
        image.pointee.system_firmware_module.data = try copy(bytes)
        image.pointee.system_firmware_module.length = UInt32(clamping: bytes.count)
    }

    /// Additional SMBIOS structures for hvmloader.
    package func setSMBIOS(_ bytes: [UInt8]) throws(HypervisorError) {
        image.pointee.smbios_module.data = try copy(bytes)
        image.pointee.smbios_module.length = UInt32(clamping: bytes.count)
    }

    /// The memory map that a PVH guest finds in its start info.
    package func setMemoryMap(_ regions: [MemoryRegion]) throws(HypervisorError) {
        let entries = try array(regions.map(\.raw))
        image.pointee.e820 = entries
        image.pointee.e820_entries = UInt32(clamping: regions.count)
    }

    /// The domain's memory by virtual node, and the physical node of each virtual one.
    package func setVirtualNUMA(
        ranges: [Hypervisor.VirtualNUMA.Range], physicalNodes: [UInt32]
    ) throws(HypervisorError) {
        image.pointee.vmemranges = try array(ranges.map(\.raw))
        image.pointee.nr_vmemranges = UInt32(clamping: ranges.count)
        image.pointee.vnode_to_pnode = try array(physicalNodes)
        image.pointee.nr_vnodes = UInt32(clamping: physicalNodes.count)
    }

    /// A copy that lives as long as the image.
    private func array<Element: BitwiseCopyable>(
        _ elements: [Element]
    ) throws(HypervisorError) -> UnsafeMutablePointer<Element> {
        let size = max(elements.count, 1) * MemoryLayout<Element>.stride
        guard let memory = xc_dom_malloc(image, size) else {
            throw HypervisorError("build", domain, code: ENOMEM)
        }
        let array = memory.bindMemory(to: Element.self, capacity: max(elements.count, 1))
        array.initialize(from: elements, count: elements.count)
        return array
    }

    private func copy(_ bytes: [UInt8]) throws(HypervisorError) -> UnsafeMutablePointer<UInt8> { try array(bytes) }
}

/// What the domain is told.
extension GuestImage {
    /// `SIF_*` of the PV start info.
    package var flags: UInt {
        get { image.pointee.flags }
        set { image.pointee.flags = newValue }
    }
    package var consoleEventChannel: UInt32 {
        get { image.pointee.console_evtchn }
        set { image.pointee.console_evtchn = newValue }
    }
    package var consoleDomain: DomainID {
        get { DomainID(image.pointee.console_domid) }
        set { image.pointee.console_domid = newValue.rawValue }
    }
    package var storeEventChannel: UInt32 {
        get { image.pointee.xenstore_evtchn }
        set { image.pointee.xenstore_evtchn = newValue }
    }
    package var storeDomain: DomainID {
        get { DomainID(image.pointee.xenstore_domid) }
        set { image.pointee.xenstore_domid = newValue.rawValue }
    }
    /// Memory is claimed as a whole before it is allocated.
    package var claimsMemory: Bool {
        get { image.pointee.claim_enabled != 0 }
        set { image.pointee.claim_enabled = newValue ? 1 : 0 }
    }
    /// A device model serves the domain, so that it needs I/O request pages.
    package var hasDeviceModel: Bool {
        get { image.pointee.device_model }
        set { image.pointee.device_model = newValue }
    }
    package var maximumVCPUs: UInt32 {
        get { image.pointee.max_vcpus }
        set { image.pointee.max_vcpus = newValue }
    }
    /// Pages that an HVM domain gets at once; below its size for populate-on-demand.
    package var targetPages: UInt64 {
        get { UInt64(image.pointee.target_pages) }
        set { image.pointee.target_pages = xen_pfn_t(newValue) }
    }
    /// Guest-physical address and size in bytes of the hole below 4 GiB.
    package var mmioStart: UInt64 {
        get { image.pointee.mmio_start }
        set { image.pointee.mmio_start = newValue }
    }
    package var mmioSize: UInt64 {
        get { image.pointee.mmio_size }
        set { image.pointee.mmio_size = newValue }
    }
    /// Ends of the memory below and above 4 GiB; 0 for no memory above.
    package var lowMemoryEnd: UInt64 {
        get { image.pointee.lowmem_end }
        set { image.pointee.lowmem_end = newValue }
    }
    package var highMemoryEnd: UInt64 {
        get { image.pointee.highmem_end }
        set { image.pointee.highmem_end = newValue }
    }
    /// In pages.
    package var vgaHolePages: UInt64 {
        get { UInt64(image.pointee.vga_hole_size) }
        set { image.pointee.vga_hole_size = xen_pfn_t(newValue) }
    }
}

/// The steps of a build.
extension GuestImage {
    /// Says which domain is built.
    package func attach(to domain: DomainID) throws(HypervisorError) {
        self.domain = domain
        try step("prepare the build of") { xc_dom_boot_xen_init(image, handle, domain.rawValue) }
    }

    /// Finds out what the kernel is and needs.
    package func parse() throws(HypervisorError) {
        try step("recognise the kernel for") { xc_dom_parse_image(image) }
    }

    /// - Parameter mib: the domain's memory.
    package func initializeMemory(mib: UInt32) throws(HypervisorError) {
        try step("lay out the memory of") { xc_dom_mem_init(image, mib) }
    }

    /// Allocates the domain's memory.
    package func populateMemory() throws(HypervisorError) {
        try step("allocate the memory of") { xc_dom_boot_mem_init(image) }
    }

    /// Puts kernel and modules into the domain's memory.
    package func buildImage() throws(HypervisorError) {
        try step("load the kernel into") { xc_dom_build_image(image) }
    }

    /// Sets up page tables, start info and the first vCPU.
    package func boot() throws(HypervisorError) {
        try step("set up the first vCPU of") { xc_dom_boot_image(image) }
    }

    /// Grants the ring pages to their backends.
    package func initializeGrantTable() throws(HypervisorError) {
        try step("set up the grant table of") { xc_dom_gnttab_init(image) }
    }

    /// The format that libxenguest found the kernel to have, such as "xen-3.0-x86_64"; nil before `parse`.
    package var guestType: String? { image.pointee.guest_type.map { String(cString: $0) } }

    /// What the kernel says it is, such as "linux".
    package var guestOS: String? {
        guard image.pointee.parms != nil else { return nil }
        return xc_dom_guest_os(image).map { String(cString: $0) }
    }

    /// Whether the kernel says it has a feature (`XENFEAT_*` in `xen/features.h`).
    package func kernelSupports(feature: UInt32) -> Bool {
        image.pointee.parms != nil && xc_dom_feature_get(image, feature)
    }

    /// Whether the guest's frame numbers are its own, as for PVH and HVM, not the machine's.
    package var isTranslated: Bool { xc_dom_translated(image) }

    /// The console ring's frame as its backend knows it: GFN of a translated domain, MFN of a PV one.
    package var consoleFrame: UInt { ringFrame(image.pointee.console_pfn) }

    /// The xenstore ring's frame, likewise.
    package var storeFrame: UInt { ringFrame(image.pointee.xenstore_pfn) }

    private func ringFrame(_ pfn: xen_pfn_t) -> UInt { UInt(isTranslated ? pfn : xc_dom_p2m(image, pfn)) }

    /// Where a PVH guest's start info is, as a frame number.
    package var startInfoFrame: UInt { UInt(image.pointee.start_info_seg.pfn) }

    /// Domain memory in pages.
    package var totalPages: UInt64 { UInt64(image.pointee.total_pages) }
}
