import CXen
import Glibc
import Synchronization

// What stands in for libxenguest.

typealias Image = UnsafeMutablePointer<xc_dom_image>

/// - Returns: the function that takes the place of libxenguest's; nil for what a simulated host has not.
@_cdecl("host_simulator_guest_function")
func guestFunction(_ name: UnsafePointer<CChar>) -> UnsafeMutableRawPointer? {
    let name = String(cString: name)
    return imageFunction(name) ?? domainFunction(name)
}

/// What libxenguest allocated for an image.
private let memory = Mutex<[UInt: [UInt]]>([:])

private func raw<Function>(_ function: Function) -> UnsafeMutableRawPointer {
    unsafeBitCast(function, to: UnsafeMutableRawPointer.self)
}

private func step(_ name: String) -> UnsafeMutableRawPointer? {
    let step: (@convention(c) (Image) -> Int32)? =
        switch name {
        case "xc_dom_build_image": { image in call(image, "xc_dom_build_image") }
        case "xc_dom_gnttab_init": { image in call(image, "xc_dom_gnttab_init") }
        case "xc_dom_parse_image": { image in call(image, "xc_dom_parse_image") }
        case "xc_dom_boot_image": { image in call(image, "xc_dom_boot_image") { $0.content = "booted" } }
        case "xc_dom_boot_mem_init":
            { image in
                guard let host = SimulatedHypervisor.of(image.pointee.xch) else { return -1 }
                return host.call("xc_dom_boot_mem_init") { machine throws(SimulatedHypervisor.Errno) in
                    try machine.populate(image.pointee.guest_domid, UInt64(image.pointee.total_pages))
                    return 0
                }
            }
        default: nil
        }
    return step.map { raw($0) }
}

private func call(
    _ image: Image, _ name: String, _ body: (inout SimulatedDomain) -> Void = { _ in }
) -> Int32 {
    SimulatedHypervisor.of(image.pointee.xch)?.call(name, image.pointee.guest_domid) { body(&$0) } ?? -1
}

private func allocate(_ image: Image, _ size: Int) -> UnsafeMutableRawPointer? {
    let block = calloc(max(size, 1), 1)
    memory.withLock { $0[UInt(bitPattern: image), default: []].append(UInt(bitPattern: block)) }
    return block
}

private func readable(_ image: Image, _ name: String, _ path: UnsafePointer<CChar>?) -> Int32 {
    guard let host = SimulatedHypervisor.of(image.pointee.xch), let path else { return -1 }
    let text = String(cString: path)
    return host.call("\(name) \(text)") { _ throws(SimulatedHypervisor.Errno) in
        guard access(text, R_OK) == 0 else { throw .init(errno) }
        return 0
    }
}

private func imageFunction(_ name: String) -> UnsafeMutableRawPointer? {
    switch name {
    case "xc_dom_loginit": return raw({ _ in 0 } as @convention(c) (Handle) -> Int32)
    case "xc_dom_allocate":
        return raw(
            { handle, _, _ in
                guard let host = SimulatedHypervisor.of(handle), host.call("xc_dom_allocate", { _ in 0 }) == 0 else {
                    return nil
                }
                let image = calloc(1, MemoryLayout<xc_dom_image>.size)?.bindMemory(to: xc_dom_image.self, capacity: 1)
                image?.pointee.xch = handle
                return image
            } as @convention(c) (Handle, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Image?)
    case "xc_dom_release":
        return raw(
            { image in
                for block in memory.withLock({ $0.removeValue(forKey: UInt(bitPattern: image)) }) ?? [] {
                    free(UnsafeMutableRawPointer(bitPattern: block))
                }
                free(image)
            } as @convention(c) (Image) -> Void)
    case "xc_dom_malloc":
        return raw({ image, size in allocate(image, size) } as @convention(c) (Image, Int) -> UnsafeMutableRawPointer?)
    case "xc_dom_boot_xen_init":
        return raw(
            { image, handle, domain in
                image.pointee.guest_domid = domain
                return call(image, "xc_dom_boot_xen_init")
            } as @convention(c) (Image, Handle, UInt32) -> Int32)
    case "xc_dom_mem_init":
        return raw(
            { image, mebibytes in
                image.pointee.total_pages = xen_pfn_t(mebibytes) << 8
                image.pointee.xenstore_pfn = 1
                image.pointee.console_pfn = 2
                let frames = allocate(image, Int(mebibytes) << 8 * MemoryLayout<xen_pfn_t>.size)
                image.pointee.pv_p2m = frames?.bindMemory(to: xen_pfn_t.self, capacity: 1)
                for frame in 0..<min(3, Int(mebibytes) << 8) {
                    image.pointee.pv_p2m?[frame] = 0x1000 + xen_pfn_t(frame)
                }
                return 0
            } as @convention(c) (Image, UInt32) -> Int32)
    case "xc_dom_translated":
        return raw({ $0.pointee.container_type == XC_DOM_HVM_CONTAINER } as @convention(c) (Image) -> Bool)
    case "xc_dom_feature_get": return raw({ _, _ in false } as @convention(c) (Image, UInt32) -> Bool)
    case "xc_dom_guest_os":
        return raw({ _ in nil } as @convention(c) (Image) -> UnsafeMutablePointer<CChar>?)
    case "xc_dom_kernel_file":
        return raw(
            { image, path in readable(image, "xc_dom_kernel_file", path) }
                as @convention(c) (Image, UnsafePointer<CChar>?) -> Int32)
    case "xc_dom_module_file":
        return raw(
            { image, path, _ in
                image.pointee.num_modules += 1
                return readable(image, "xc_dom_module_file", path)
            } as @convention(c) (Image, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Int32)
    case "xc_dom_kernel_max_size", "xc_dom_module_max_size":
        return raw({ _, _ in 0 } as @convention(c) (Image, Int) -> Int32)
    default: return step(name)
    }
}

private func domainFunction(_ name: String) -> UnsafeMutableRawPointer? {
    switch name {
    case "xc_cpuid_apply_policy":
        return raw(
            { handle, domain, _, _, _, _, _, _, _, _ in
                SimulatedHypervisor.of(handle)?.call("xc_cpuid_apply_policy", domain) ?? -1
            }
                as @convention(c) (
                    Handle, UInt32, Bool, UnsafePointer<UInt32>?, UInt32, Bool, Bool, Bool, UnsafeRawPointer?,
                    UnsafeRawPointer?
                ) -> Int32)
    case "xc_domain_get_native_protocol":
        return raw(
            { handle, domain in
                guard SimulatedHypervisor.of(handle)?.call("xc_domain_get_native_protocol", domain) == 0 else {
                    return nil
                }
                return nativeProtocol.utf8Start.withMemoryRebound(to: CChar.self, capacity: 11) { $0 }
            } as @convention(c) (Handle, UInt32) -> UnsafePointer<CChar>?)
    case "xc_domain_resume":
        return raw(
            { handle, domain, isCooperative in
                SimulatedHypervisor.of(handle)?.call("xc_domain_resume", domain) { domain in
                    domain.shutdownReason = nil
                    domain.lastResume = isCooperative
                } ?? -1
            } as @convention(c) (Handle, UInt32, Int32) -> Int32)
    default: return streamFunction(name)
    }
}

private func streamFunction(_ name: String) -> UnsafeMutableRawPointer? {
    switch name {
    case "xc_domain_save":
        return raw(
            { handle, descriptor, domain, flags, callbacks, _, _ in
                save(SimulatedHypervisor.of(handle, naming: domain), descriptor, domain, flags, callbacks)
            }
                as @convention(c) (
                    Handle, Int32, UInt32, UInt32, UnsafeMutablePointer<save_callbacks>, xc_stream_type_t, Int32
                ) -> Int32)
    case "xc_domain_restore":
        return raw(
            {
                handle, descriptor, domain, port, store, owner, consolePort, console, consoleOwner, type, callbacks,
                back, last in
                store.pointee = 1
                console.pointee = 2
                let rest = [port, owner, consolePort, consoleOwner, type.rawValue, UInt32(bitPattern: back), last]
                return restore(SimulatedHypervisor.of(handle, naming: domain), descriptor, domain, callbacks, rest)
            }
                // As 4.22 has it; for earlier ones the last is nothing.
                as @convention(c) (
                    Handle, Int32, UInt32, UInt32, UnsafeMutablePointer<UInt>, UInt32, UInt32,
                    UnsafeMutablePointer<UInt>, UInt32, xc_stream_type_t, UnsafeMutablePointer<restore_callbacks>,
                    Int32, UInt32
                ) -> Int32)
    default: return nil
    }
}

private let nativeProtocol: StaticString = "x86_64-abi"
