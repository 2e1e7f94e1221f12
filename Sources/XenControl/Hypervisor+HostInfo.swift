import CXen
import CXenShim
import Glibc
import XenTypes

extension Hypervisor {
    package func version() throws(HypervisorError) -> XenVersion {
        let number = UInt32(bitPattern: try call("read the version of Xen") { xc_version($0, XENVER_version, nil) })
        var compile = xen_compile_info_t()
        try call("read the version of Xen") { xc_version($0, XENVER_compile_info, &compile) }
        var platform = xen_platform_parameters_t()
        try call("read the version of Xen") { xc_version($0, XENVER_platform_parameters, &platform) }
        let pageSize = try call("read the version of Xen") { xc_version($0, XENVER_pagesize, nil) }
        return XenVersion(
            major: number >> 16, minor: number & 0xFFFF, extra: try versionText(CXS_EXTRAVERSION),
            compiler: Self.text(compile.compiler), compileBy: Self.text(compile.compile_by),
            compileDomain: Self.text(compile.compile_domain), compileDate: Self.text(compile.compile_date),
            capabilities: try versionText(CXS_CAPABILITIES), changeset: try versionText(CXS_CHANGESET),
            commandLine: try versionText(CXS_COMMANDLINE), virtualStart: UInt64(platform.virt_start),
            pageSize: UInt32(bitPattern: pageSize), buildID: try buildID())
    }

    private func versionText(_ which: cxs_version_text) throws(HypervisorError) -> String {
        var text = [CChar](repeating: 0, count: 4096)
        try call("read the version of Xen") { cxs_version_text(UnsafeMutableRawPointer($0), which, &text, text.count) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The text in a fixed array of C, up to its first NUL.
    private static func text<Array>(_ array: Array) -> String {
        withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The identifier in hexadecimal digits; empty when the hypervisor has none.
    private func buildID() throws(HypervisorError) -> String {
        // An xen_build_id_t: a 32-bit length, then the bytes. Linkers make up to 20; there is room for more.
        let room = 256
        var memory = [UInt32](repeating: 0, count: 1 + room / 4)
        memory[0] = UInt32(room)
        let count: Int32
        do {
            count = try call("read the build identifier of Xen") { xc_version($0, XENVER_build_id, &memory) }
        } catch {
            guard error.code == ENODATA || error.code == ENOSYS || error.code == EPERM else { throw error }
            return ""
        }
        return memory.withUnsafeBytes { bytes in
            bytes.dropFirst(4).prefix(Int(count)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    package func physicalInfo() throws(HypervisorError) -> PhysicalInfo {
        var info = xc_physinfo_t()
        try call("read the host's properties") { xc_physinfo($0, &info) }
        return PhysicalInfo(info)
    }

    /// Each CPU's place, by number.
    package func cpuTopology() throws(HypervisorError) -> [CPUTopology] {
        var count: UInt32 = 0
        try call("read the CPU topology") { xc_cputopoinfo($0, &count, nil) }
        var raw = [xc_cputopo_t](repeating: xc_cputopo_t(), count: Int(count))
        try call("read the CPU topology") { xc_cputopoinfo($0, &count, &raw) }
        return raw.prefix(Int(count)).map {
            CPUTopology(core: Self.known($0.core), socket: Self.known($0.socket), node: Self.known($0.node))
        }
    }

    /// Each NUMA node's memory and distances, by number.
    package func numaNodes() throws(HypervisorError) -> [NUMANode] {
        var capacity: UInt32 = 0
        try call("read the NUMA layout") { xc_numainfo($0, &capacity, nil, nil) }
        var memory = [xc_meminfo_t](repeating: xc_meminfo_t(), count: Int(capacity))
        var distances = [UInt32](repeating: UInt32.max, count: Int(capacity) * Int(capacity))
        var count = capacity
        try call("read the NUMA layout") { xc_numainfo($0, &count, &memory, &distances) }
        let nodes = Int(min(count, capacity))
        return (0..<nodes).map { node in
            NUMANode(
                size: Self.known(memory[node].memsize), free: Self.known(memory[node].memfree),
                distances: distances[node * nodes..<(node + 1) * nodes].map { Self.known($0) })
        }
    }

    /// The NUMA node of each device; nil for one that the hypervisor does not know or cannot place.
    package func nodes(of devices: [PCIDeviceAddress]) throws(HypervisorError) -> [UInt32?] {
        guard !devices.isEmpty else { return [] }
        var raw = devices.map { physdev_pci_device_t(seg: $0.segment, bus: $0.bus, devfn: $0.devfn) }
        var nodes = [UInt32](repeating: UInt32.max, count: devices.count)
        try call("read the PCI topology") { xc_pcitopoinfo($0, UInt32(clamping: devices.count), &raw, &nodes) }
        // XEN_INVALID_NODE_ID and XEN_INVALID_DEV in xen/sysctl.h
        return nodes.map { $0 >= UInt32.max - 1 ? nil : $0 }
    }

    /// `XEN_INVALID_*` in `xen/sysctl.h` are all ones.
    private static func known(_ value: UInt32) -> UInt32? { value == UInt32.max ? nil : value }
    /// `XEN_INVALID_MEM_SZ` is a 32-bit value in a 64-bit field.
    private static func known(_ value: UInt64) -> UInt64? {
        value == UInt64(UInt32.max) || value == UInt64.max ? nil : value
    }

    /// The hypervisor's message buffer; its bytes are whatever guests and drivers made it print.
    ///
    /// - Parameter clear: empties the buffer once all of it was read.
    package func consoleRing(clear: Bool) throws(HypervisorError) -> [UInt8] {
        var result: [UInt8] = []
        var index: UInt32 = 0
        while let part = try consoleRing(from: &index, clear: false) { result += part }
        // Clearing drops what does not fit into the same answer, so it comes after the last full one.
        if clear, let rest = try consoleRing(from: &index, clear: true) { result += rest }
        return result
    }

    /// - Returns: nil when there is nothing new.
    private func consoleRing(from index: inout UInt32, clear: Bool) throws(HypervisorError) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 16384)
        var count = UInt32(buffer.count)
        var next = index
        try call("read the hypervisor's messages") {
            xc_readconsolering($0, &buffer, &count, clear ? 1 : 0, 1, &next)
        }
        index = next
        return count == 0 ? nil : buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }

    /// Acts as if these keys were pressed on the hypervisor's console.
    package func sendDebugKeys(_ keys: String) throws(HypervisorError) {
        try call("send debug keys") { xc_send_debug_keys($0, keys) }
    }

    /// Pages that sharing has freed.
    package func sharingFreedPages() throws(HypervisorError) -> Int {
        try call("read the number of shared pages") { xc_sharing_freed_pages($0) }
    }

    /// Frames that shared pages take.
    package func sharingUsedFrames() throws(HypervisorError) -> Int {
        try call("read the number of shared pages") { xc_sharing_used_frames($0) }
    }
}
