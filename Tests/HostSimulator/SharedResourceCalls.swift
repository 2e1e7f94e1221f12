import CXen
import Glibc

// Intel's Platform Shared Resources and Flask, which no test host has: with the errno values of `xen/arch/x86/psr.c` and
// `xen/xsm/flask`.

/// A processor that monitors and divides its caches and its memory bandwidth.
public struct SimulatedResources: Sendable {
    public var monitors: UInt32 = 55
    /// A bit for each resource that is monitored.
    public var monitored: UInt32 = 0b111
    public var scale: UInt32 = 65536
    /// In KiB.
    public var cacheSize: UInt32 = 35840
    public var level3 = (maximumClass: UInt32(15), maskLength: UInt32(20))
    /// nil where the level 2 cache cannot be divided.
    public var level2: (maximumClass: UInt32, maskLength: UInt32)?
    public var hasCDP = false
    /// nil where the bandwidth cannot be divided.
    public var throttle: UInt32? = 90
    public var isLinear = true
    /// The monitors of domains.
    public var monitorOf: [UInt32: UInt32] = [:]
    /// What the counters show, and how much they grow from one reading to the next.
    public var count: UInt64 = 112
    public var growth: UInt64 = 2
    /// The shares of domains: by domain, kind (`xc_psr_type`) and socket.
    public var shares: [[UInt32]: UInt64] = [:]
    /// The host's time, in nanoseconds, at the next reading.
    var time: UInt64 = 1_000_000_000

    public init() {}

    func defaultShare(_ kind: UInt32) -> UInt64 {
        switch kind {
        case 4: 1 << UInt64(level2?.maskLength ?? 0) - 1
        case 5: 0
        default: 1 << UInt64(level3.maskLength) - 1
        }
    }

    /// Whether the processor has shares of a kind.
    func check(_ kind: UInt32) throws(SimulatedHypervisor.Errno) {
        switch kind {
        case 2, 3: guard hasCDP else { throw .init(ENXIO) }
        case 4: guard level2 != nil else { throw .init(ENOENT) }
        case 5: guard throttle != nil else { throw .init(ENOENT) }
        default: return
        }
    }
}

private func resources(
    _ handle: Handle, _ name: String, _ domain: UInt32? = nil,
    _ body: (inout SimulatedResources) throws(SimulatedHypervisor.Errno) -> Void
) -> Int32 {
    call(handle, domain.map { "\(name) \($0)" } ?? name, naming: domain) {
        machine throws(SimulatedHypervisor.Errno) in
        if let domain { _ = try machine.domain(domain) }
        guard var found = machine.resources else { throw .init(ENODEV) }
        try body(&found)
        machine.resources = found
        return 0
    }
}

@_cdecl("simulated_xc_psr_cmt_enabled")
func monitorEnabled(_ handle: Handle) -> Int32 {
    call(handle, "xc_psr_cmt_enabled") { $0.resources == nil ? 0 : 1 }
}

@_cdecl("simulated_xc_psr_cmt_get_total_rmid")
func monitorCount(_ handle: Handle, _ value: UnsafeMutablePointer<UInt32>) -> Int32 {
    resources(handle, "xc_psr_cmt_get_total_rmid") { value.pointee = $0.monitors }
}

@_cdecl("simulated_xc_psr_cmt_get_l3_event_mask")
func monitorEvents(_ handle: Handle, _ value: UnsafeMutablePointer<UInt32>) -> Int32 {
    resources(handle, "xc_psr_cmt_get_l3_event_mask") { value.pointee = $0.monitored }
}

@_cdecl("simulated_xc_psr_cmt_get_l3_upscaling_factor")
func monitorScale(_ handle: Handle, _ value: UnsafeMutablePointer<UInt32>) -> Int32 {
    resources(handle, "xc_psr_cmt_get_l3_upscaling_factor") { value.pointee = $0.scale }
}

@_cdecl("simulated_xc_psr_cmt_get_l3_cache_size")
func cacheSize(_ handle: Handle, _ cpu: UInt32, _ value: UnsafeMutablePointer<UInt32>) -> Int32 {
    resources(handle, "xc_psr_cmt_get_l3_cache_size") { value.pointee = $0.cacheSize }
}

@_cdecl("simulated_xc_psr_cmt_attach")
func monitorAttach(_ handle: Handle, _ domain: UInt32) -> Int32 {
    resources(handle, "xc_psr_cmt_attach", domain) { resources throws(SimulatedHypervisor.Errno) in
        guard resources.monitorOf[domain] == nil else { throw .init(EEXIST) }
        guard resources.monitorOf.count < Int(resources.monitors) else { throw .init(EOVERFLOW) }
        resources.monitorOf[domain] = UInt32(resources.monitorOf.count) + 1
    }
}

@_cdecl("simulated_xc_psr_cmt_detach")
func monitorDetach(_ handle: Handle, _ domain: UInt32) -> Int32 {
    resources(handle, "xc_psr_cmt_detach", domain) { resources throws(SimulatedHypervisor.Errno) in
        guard resources.monitorOf.removeValue(forKey: domain) != nil else { throw .init(ENOENT) }
    }
}

@_cdecl("simulated_xc_psr_cmt_get_domain_rmid")
func monitorOf(_ handle: Handle, _ domain: UInt32, _ value: UnsafeMutablePointer<UInt32>) -> Int32 {
    resources(handle, "xc_psr_cmt_get_domain_rmid", domain) { value.pointee = $0.monitorOf[domain] ?? 0 }
}

@_cdecl("simulated_xc_psr_cmt_get_data")
func monitorData(
    _ handle: Handle, _ monitor: UInt32, _ cpu: UInt32, _ type: xc_psr_cmt_type, _ value: UnsafeMutablePointer<UInt64>,
    _ time: UnsafeMutablePointer<UInt64>?
) -> Int32 {
    resources(handle, "xc_psr_cmt_get_data") { resources in
        value.pointee = resources.count
        time?.pointee = resources.time
        // A count of memory traffic grows; the time goes on by 10 ms.
        if type.rawValue > 0 { resources.count += resources.growth }
        resources.time += 10_000_000
    }
}

@_cdecl("simulated_xc_psr_get_hw_info")
func divisionInfo(
    _ handle: Handle, _ socket: UInt32, _ type: xc_psr_feat_type, _ info: UnsafeMutablePointer<xc_psr_hw_info>
) -> Int32 {
    resources(handle, "xc_psr_get_hw_info \(socket)") { resources throws(SimulatedHypervisor.Errno) in
        switch type.rawValue {
        case 2:
            guard let throttle = resources.throttle else { throw .init(ENOENT) }
            (info.pointee.mba.cos_max, info.pointee.mba.thrtl_max) = (7, throttle)
            info.pointee.mba.linear = resources.isLinear
        default:
            let cache: (maximumClass: UInt32, maskLength: UInt32)? =
                type.rawValue == 1 ? resources.level2 : resources.level3
            guard let cache else { throw .init(ENOENT) }
            (info.pointee.cat.cos_max, info.pointee.cat.cbm_len) = cache
            info.pointee.cat.cdp_enabled = type.rawValue == 0 && resources.hasCDP
        }
    }
}

@_cdecl("simulated_xc_psr_get_domain_data")
func getShare(
    _ handle: Handle, _ domain: UInt32, _ type: xc_psr_type, _ socket: UInt32, _ value: UnsafeMutablePointer<UInt64>
) -> Int32 {
    resources(handle, "xc_psr_get_domain_data", domain) { resources throws(SimulatedHypervisor.Errno) in
        try resources.check(type.rawValue)
        value.pointee = resources.shares[[domain, type.rawValue, socket]] ?? resources.defaultShare(type.rawValue)
    }
}

@_cdecl("simulated_xc_psr_set_domain_data")
func setShare(_ handle: Handle, _ domain: UInt32, _ type: xc_psr_type, _ socket: UInt32, _ value: UInt64) -> Int32 {
    resources(handle, "xc_psr_set_domain_data", domain) { resources throws(SimulatedHypervisor.Errno) in
        try resources.check(type.rawValue)
        guard type.rawValue == 5 || value > 0 && value <= resources.defaultShare(type.rawValue) else { throw .invalid }
        resources.shares[[domain, type.rawValue, socket]] = value
    }
}

// MARK: Flask

private func flask(_ handle: Handle, _ name: String, _ body: (inout SimulatedHypervisor.Machine) -> Int32) -> Int32 {
    call(handle, name) { machine throws(SimulatedHypervisor.Errno) in
        guard machine.flaskEnforces != nil else { throw .init(ENOSYS) }
        return body(&machine)
    }
}

@_cdecl("simulated_xc_flask_getenforce")
func flaskGetEnforce(_ handle: Handle) -> Int32 {
    flask(handle, "xc_flask_getenforce") { $0.flaskEnforces == true ? 1 : 0 }
}

@_cdecl("simulated_xc_flask_setenforce")
func flaskSetEnforce(_ handle: Handle, _ mode: Int32) -> Int32 {
    flask(handle, "xc_flask_setenforce") { machine in
        machine.flaskEnforces = mode != 0
        return 0
    }
}

@_cdecl("simulated_xc_flask_load")
func flaskLoad(_ handle: Handle, _ policy: UnsafePointer<CChar>, _ size: UInt32) -> Int32 {
    flask(handle, "xc_flask_load") { machine in
        machine.flaskPolicy = UnsafeBufferPointer(start: policy, count: Int(size)).map { UInt8(bitPattern: $0) }
        return 0
    }
}

/// - Parameter size: of the label, without a byte that ends it.
@_cdecl("simulated_xc_flask_context_to_sid")
func flaskContextToSID(
    _ handle: Handle, _ label: UnsafePointer<CChar>, _ size: UInt32, _ sid: UnsafeMutablePointer<UInt32>
) -> Int32 {
    let bytes = UnsafeBufferPointer(start: label, count: Int(size)).map { UInt8(bitPattern: $0) }
    return call(handle, "xc_flask_context_to_sid") { machine throws(SimulatedHypervisor.Errno) in
        guard machine.flaskEnforces != nil else { throw .init(ENOSYS) }
        guard let known = machine.flaskLabels[String(decoding: bytes, as: UTF8.self)] else { throw .invalid }
        sid.pointee = known
        return 0
    }
}

@_cdecl("simulated_xc_flask_relabel_domain")
func flaskRelabelDomain(_ handle: Handle, _ domain: UInt32, _ sid: UInt32) -> Int32 {
    call(handle, "xc_flask_relabel_domain", domain) { $0.ssid = sid }
}
