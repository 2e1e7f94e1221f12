import CXen
import Glibc
import XenTypes

/// The security module XSM/Flask.
extension Hypervisor {
    /// Whether Flask is there and enforces its policy; nil when the hypervisor was built or booted without it.
    package func flaskEnforcing() throws(HypervisorError) -> Bool? {
        do {
            return try call("ask for Flask's mode") { xc_flask_getenforce($0) } != 0
        } catch {
            guard error.code == ENOSYS || error.code == EOPNOTSUPP else { throw error }
            return nil
        }
    }

    /// - Throws: with the code ENOSYS where Flask is not there.
    package func setFlaskEnforcing(_ isEnforcing: Bool) throws(HypervisorError) {
        try call("set Flask's mode") { xc_flask_setenforce($0, isEnforcing ? 1 : 0) }
    }

    /// Gives Flask another policy.
    ///
    /// - Parameter policy: a compiled one, such as checkpolicy(8) makes.
    /// - Throws: with the code ENOSYS where Flask is not there.
    package func loadFlaskPolicy(_ policy: [UInt8]) throws(HypervisorError) {
        var bytes = policy.map { CChar(bitPattern: $0) }
        let size = UInt32(clamping: bytes.count)
        try call("load Flask's policy") { xc_flask_load($0, &bytes, size) }
    }

    /// The number for a security label such as "system_u:system_r:domU_t".
    package func flaskSID(of label: String) throws(HypervisorError) -> UInt32 {
        var bytes = label.utf8.map { CChar(bitPattern: $0) } + [0]
        let length = UInt32(clamping: bytes.count - 1)
        var sid: UInt32 = 0
        try call("find the security label \(label)") {
            xc_flask_context_to_sid($0, &bytes, length, &sid)
        }
        return sid
    }

    /// The label for a number.
    package func flaskLabel(of sid: UInt32) throws(HypervisorError) -> String {
        // XEN_FLASK contexts are short; libxl reads at most this much.
        var bytes = [CChar](repeating: 0, count: 1024)
        try call("read the security label \(sid)") {
            xc_flask_sid_to_context($0, Int32(bitPattern: sid), &bytes, UInt32(bytes.count - 1))
        }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Gives a domain another label.
    package func relabelDomain(_ domain: DomainID, sid: UInt32) throws(HypervisorError) {
        try call("relabel", domain) { xc_flask_relabel_domain($0, domain.rawValue, sid) }
    }
}
