import Glibc
import XenTypes

/// Why a request to the hypervisor failed: what was tried, for which domain, with what answer.
public struct HypervisorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, in words that follow "cannot" and that "domain 3" may follow: "pause", "set the name of".
    public var operation: String
    /// The domain concerned, if there is one.
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

    /// The hypervisor is of a release whose interface this program does not know, so that nothing is asked.
    static func unknownRelease(_ found: XenRelease) -> HypervisorError {
        let known = XenRelease.supported
        return HypervisorError(
            openOperation, code: 0,
            detail: "this program was built for Xen \(known.lowerBound) to \(known.upperBound), and the hypervisor is "
                + "Xen \(found); \(found > known.upperBound ? "a newer version of the program may know it" : "it is too old")"
        )
    }

    /// The library that belongs to the hypervisor could not be loaded.
    ///
    /// - Parameter running: the hypervisor's release, nil where there is none.
    static func missingLibrary(running: XenRelease?) -> HypervisorError {
        guard let running else { return HypervisorError(openOperation, code: ENOENT) }
        guard XenRelease.supported.contains(running) else { return unknownRelease(running) }
        return HypervisorError(
            openOperation, code: 0,
            detail: "the hypervisor is Xen \(running), and libxenctrl.so.\(running) is not here or cannot be loaded; "
                + "install the libraries of Xen \(running) (in Debian: libxenmisc\(running))")
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
                return
                    "/dev/xen/privcmd or /sys/hypervisor/version is missing: is this the control domain of a Xen host, "
                    + "with xen-privcmd loaded?"
            case EACCES, EPERM:
                return "run the command as root"
            default:
                return nil
            }
        }
        return switch code {
        case EACCES: "the hypervisor takes another control interface than that of the libraries of its release here"
        case ELIBACC: "the Xen libraries here have no such function: install those of the release that runs"
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
