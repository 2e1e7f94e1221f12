import Glibc
import XenTypes

/// Why a request to the hypervisor failed: what was tried, for which domain, with what answer.
public struct HypervisorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, in words that follow "cannot" and that "domain 3" may follow: "pause", "set the name of".
    public var operation: String
    public var domain: DomainID?
    /// An errno value.
    public var code: Int32
    /// What libxc said about the cause, where it said anything.
    public var detail: String?

    public init(_ operation: String, _ domain: DomainID? = nil, code: Int32, detail: String? = nil) {
        self.operation = operation
        self.domain = domain
        self.code = code
        self.detail = detail
    }

    /// Whether the handle could not be opened at all: there is no hypervisor, or no access to it.
    public var isNoHypervisor: Bool { operation == Self.openOperation }

    /// Whether the domain that was meant does not exist.
    public var isNoSuchDomain: Bool { code == ESRCH && domain != nil }

    static let openOperation = "open the hypervisor interface"

    /// The hypervisor is of another release than this program's headers. Their structures differ, so nothing is asked.
    static func otherRelease(_ found: XenRelease, built: XenRelease = .built) -> HypervisorError {
        HypervisorError(
            openOperation, code: 0,
            detail: "this program was built for Xen \(built) and the hypervisor is Xen \(found); "
                + "use the program that was built for Xen \(found)")
    }

    /// The libraries of the release that this program was built for are not on this host.
    ///
    /// - Parameter running: the hypervisor's release, nil where there is none.
    static func missingLibrary(running: XenRelease?, built: XenRelease = .built) -> HypervisorError {
        if let running, running != built { return otherRelease(running, built: built) }
        return HypervisorError(
            openOperation, code: 0,
            detail: "this program was built for Xen \(built), and libxenctrl.so.\(built) is not here; "
                + "install the libraries of Xen \(built) (in Debian: libxenmisc\(built))")
    }

    public var description: String {
        let target = domain.map { " domain \($0)" } ?? ""
        let words = String(cString: strerror(code))
        // Where libxc finds the fault itself, there is no number to it.
        let cause = detail.map { code == 0 || $0.contains(words) ? $0 : "\($0) (\(words))" } ?? words
        return "cannot \(operation)\(target): \(cause)\(advice.map { "; \($0)" } ?? "")"
    }

    private var advice: String? {
        if isNoHypervisor {
            switch code {
            case ENOENT, ENODEV, ENXIO:
                return "/dev/xen/privcmd is missing: is this the control domain of a Xen host, with xen-privcmd loaded?"
            case EACCES, EPERM:
                return "run the command as root"
            default:
                return nil
            }
        }
        return switch code {
        case EACCES:
            "the hypervisor takes another release's control interface than that of Xen \(XenRelease.built), for which "
                + "this program was built"
        case ELIBACC:
            "install the libraries of Xen \(XenRelease.built), for which this program was built "
                + "(in Debian: libxenmisc\(XenRelease.built))"
        case EPERM: "only the control domain may do this, and its security policy must allow it"
        case ENOSYS, EOPNOTSUPP: "this hypervisor does not support it"
        case ENOMEM: "the host has too little free memory"
        case ESRCH where domain != nil: "there is no such domain"
        default: nil
        }
    }
}

extension HypervisorError {
    /// The message in a line of libxc's log: without the place in libxc's source before it and the general class
    /// of the error after it (`xc_error_code_to_desc`).
    static func message(in line: String) -> String {
        var message = line[...]
        if message.hasPrefix("panic: "), let place = message.firstRange(of: ".c:") {
            let rest = message[place.upperBound...].drop { $0.isNumber }
            if rest.hasPrefix(": ") { message = rest.dropFirst(2) }
        }
        for end in [": Internal error", ": Invalid kernel", ": Invalid configuration", ": Out of memory"]
        where message.hasSuffix(end) {
            message = message.dropLast(end.count)
        }
        return String(message)
    }
}
