import CXen
import Glibc

// What stands in for libxc's stream: the length of a text and the text, which is the guest's whole memory.

/// Brings the guest to stand still as libxenguest does, and writes its memory.
func save(
    _ host: SimulatedHypervisor?, _ descriptor: Int32, _ domain: UInt32, _ flags: UInt32,
    _ callbacks: UnsafeMutablePointer<save_callbacks>
) -> Int32 {
    guard let host, host.call("xc_domain_save", domain) == 0 else { return -1 }
    let callbacks = callbacks.pointee
    if flags & UInt32(XCFLAGS_LIVE) != 0 {
        if host.domains[domain]?.isHVM == true { _ = callbacks.switch_qemu_logdirty?(domain, 1, callbacks.data) }
        let decision = callbacks.precopy_policy?(precopy_stats(), callbacks.data) ?? XGS_POLICY_STOP_AND_COPY
        guard decision != XGS_POLICY_ABORT else {
            errno = ECANCELED
            return -1
        }
    }
    guard callbacks.suspend?(callbacks.data) == 1, let guest = host.domains[domain], guest.shutdownReason == 2 else {
        errno = EINTR
        return -1
    }
    let text = Array("\(guest.content) \(guest.maximumVCPUs) \(guest.pages)".utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    return put(length + text, descriptor) ? 0 : -1
}

private func put(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { rest = rest.dropFirst(count) } else if count == 0 || errno != EINTR { return false }
    }
    return true
}

/// Fills a domain from what `save` wrote.
///
/// - Parameter rest: the other arguments, which are kept with the domain.
func restore(
    _ host: SimulatedHypervisor?, _ descriptor: Int32, _ domain: UInt32,
    _ callbacks: UnsafeMutablePointer<restore_callbacks>, _ rest: [UInt32]
) -> Int32 {
    let settings = rest.map { UInt64($0) }
    guard let host, host.call("xc_domain_restore", domain, { $0.settings["xc_domain_restore"] = settings }) == 0 else {
        return -1
    }
    guard callbacks.pointee.static_data_done?(0, callbacks.pointee.data) == 0, let head = take(8, descriptor) else {
        return -1
    }
    let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length < 4096, let bytes = take(length, descriptor) else { return -1 }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard words.count > 2, let pages = words.last.flatMap({ UInt64($0) }) else {
        errno = EINVAL
        return -1
    }
    return host.call("xc_domain_restore: memory") { machine throws(SimulatedHypervisor.Errno) in
        try machine.populate(domain, pages)
        machine.domains[domain]?.content = words.dropLast(2).joined(separator: " ")
        return 0
    }
}

/// - Returns: nil when the stream fails or ends before.
private func take(_ count: Int, _ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
        let got = read(descriptor, &buffer, count - bytes.count)
        if got > 0 {
            bytes += buffer[..<got]
        } else if got == 0 {
            errno = EPIPE
            return nil
        } else if errno != EINTR {
            return nil
        }
    }
    return bytes
}
