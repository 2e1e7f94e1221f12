import CXen
import Glibc
import XenTypes

extension Hypervisor {
    /// Makes a port in a domain that `remote` can bind to; for domains that are being built.
    package func allocateUnboundPort(in domain: DomainID, for remote: DomainID) throws(HypervisorError) -> UInt32 {
        UInt32(
            bitPattern: try call("allocate an event channel of", domain) {
                xc_evtchn_alloc_unbound($0, domain.rawValue, remote.rawValue)
            })
    }

    /// Closes all event channels of a domain.
    package func resetEventChannels(of domain: DomainID) throws(HypervisorError) {
        try call("reset the event channels of", domain) { xc_evtchn_reset($0, domain.rawValue) }
    }
}

/// This process's event channels: one libxenevtchn handle.
///
/// Ports stay bound until `unbind` or the end of this object. One thread at a time takes pending events.
package final class EventChannels: @unchecked Sendable {
    // libxenevtchn's handle is a descriptor; its calls are ioctls, reads and writes of four bytes.
    private let handle: OpaquePointer

    package init() throws(HypervisorError) {
        guard let handle = xenevtchn_open(nil, 0) else {
            throw HypervisorError("open /dev/xen/evtchn", code: errno)
        }
        self.handle = handle
    }

    deinit { xenevtchn_close(handle) }

    /// Becomes readable when an event is pending; poll it before `pending()`, which may block.
    package var fileDescriptor: Int32 { xenevtchn_fd(handle) }

    /// Makes a port here that `remote` can bind to.
    package func bindUnbound(for remote: DomainID) throws(HypervisorError) -> UInt32 {
        try port("open an event channel for", remote) { xenevtchn_bind_unbound_port($0, remote.rawValue) }
    }

    /// Binds to a port of another domain.
    package func bind(to remote: DomainID, port remotePort: UInt32) throws(HypervisorError) -> UInt32 {
        try port("bind an event channel of", remote) { xenevtchn_bind_interdomain($0, remote.rawValue, remotePort) }
    }

    /// Binds to a virtual interrupt (`VIRQ_*` in `xen/xen.h`).
    package func bind(toVIRQ virq: UInt32) throws(HypervisorError) -> UInt32 {
        try port("bind virtual interrupt \(virq)", nil) { xenevtchn_bind_virq($0, virq) }
    }

    package func notify(_ port: UInt32) throws(HypervisorError) {
        try self.port("signal event channel \(port)", nil) { xenevtchn_notify($0, port) }
    }

    /// The next port that was signalled; it stays masked until `unmask`.
    package func pending() throws(HypervisorError) -> UInt32 {
        try port("wait for an event channel", nil) { xenevtchn_pending($0) }
    }

    package func unmask(_ port: UInt32) throws(HypervisorError) {
        try self.port("unmask event channel \(port)", nil) { xenevtchn_unmask($0, port) }
    }

    package func unbind(_ port: UInt32) throws(HypervisorError) {
        try self.port("close event channel \(port)", nil) { xenevtchn_unbind($0, port) }
    }

    @discardableResult
    private func port(
        _ operation: String, _ domain: DomainID?, _ body: (OpaquePointer) -> Int32
    ) throws(HypervisorError) -> UInt32 {
        let value = body(handle)
        guard value >= 0 else { throw HypervisorError(operation, domain, code: errno) }
        return UInt32(value)
    }
}
