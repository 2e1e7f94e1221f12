import Glibc

// What stands in for libxenevtchn in test programs, where these definitions win over the library's.

private final class EventHandle: @unchecked Sendable {
    let pipe: (read: Int32, write: Int32)
    var remote: [UInt32: (hypervisor: SimulatedHypervisor, domain: UInt32, port: UInt32)] = [:]

    init?() {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return nil
        }
        pipe = (ends[0], ends[1])
    }

    deinit {
        close(pipe.read)
        close(pipe.write)
    }

    static func of(_ handle: Handle) -> EventHandle? {
        handle.map { Unmanaged<EventHandle>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }
}

@_cdecl("xenevtchn_open")
func eventOpen(_ logger: UnsafeMutableRawPointer?, _ flags: UInt32) -> Handle {
    guard let handle = EventHandle() else { return nil }
    return OpaquePointer(Unmanaged.passRetained(handle).toOpaque())
}

@_cdecl("xenevtchn_close")
func eventClose(_ handle: Handle) -> Int32 {
    if let handle { Unmanaged<EventHandle>.fromOpaque(UnsafeRawPointer(handle)).release() }
    return 0
}

@_cdecl("xenevtchn_fd")
func eventDescriptor(_ handle: Handle) -> Int32 { EventHandle.of(handle)?.pipe.read ?? -1 }

@_cdecl("xenevtchn_bind_interdomain")
func eventBindInterdomain(_ handle: Handle, _ domain: UInt32, _ remote: UInt32) -> Int32 {
    guard let hypervisor = SimulatedHypervisor.owning(remote, of: domain) else {
        errno = EINVAL
        return -1
    }
    let local = SimulatedHypervisor.newPort()
    return hypervisor.call("xenevtchn_bind_interdomain \(domain)") { _ in
        EventHandle.of(handle)?.remote[local] = (hypervisor, domain, remote)
        return Int32(local)
    }
}

/// A guest that is told by its suspend port suspends, and the hypervisor signals that.
@_cdecl("xenevtchn_notify")
func eventNotify(_ handle: Handle, _ port: UInt32) -> Int32 {
    guard let events = EventHandle.of(handle), let end = events.remote[port] else {
        errno = EINVAL
        return -1
    }
    let status = end.hypervisor.call("xenevtchn_notify", end.domain)
    guard status == 0, end.hypervisor.domains[end.domain]?.suspendPort == end.port else { return status }
    end.hypervisor.shutDown(end.domain, reason: 2)
    return withUnsafeBytes(of: port) { write(events.pipe.write, $0.baseAddress, $0.count) } == 4 ? 0 : -1
}

@_cdecl("xenevtchn_pending")
func eventPending(_ handle: Handle) -> Int32 {
    var port: UInt32 = 0
    guard let events = EventHandle.of(handle), read(events.pipe.read, &port, 4) == 4 else { return -1 }
    return Int32(port)
}

@_cdecl("xenevtchn_unmask")
func eventUnmask(_ handle: Handle, _ port: UInt32) -> Int32 { 0 }

@_cdecl("xenevtchn_unbind")
func eventUnbind(_ handle: Handle, _ port: UInt32) -> Int32 {
    EventHandle.of(handle)?.remote[port] = nil
    return 0
}
