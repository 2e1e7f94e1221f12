import Glibc
import XenControl
import XenStore
import XenTypes

/// What a toolstack operation fails with: what was tried, on what, why it failed, and what the user can do.
public struct ToolstackError: Error, Sendable, CustomStringConvertible {
    /// libxl's error numbers (`enum libxl_error` in `libxl_types.idl`). `create`
    /// exits with the negated number; clients tell causes apart by it.
    public enum Code: Int32, Sendable, CaseIterable {
        case nonspecific = -1
        case version = -2
        case fail = -3
        case notSupported = -4
        case noMemory = -5
        case invalid = -6
        case guestTimedOut = -8
        case timedOut = -9
        case noParavirt = -10
        case notReady = -11
        case bufferFull = -13
        case lockFail = -15
        case deviceExists = -17
        case vnumaConfigurationInvalid = -20
        case domainNotFound = -21
        case aborted = -22
        case notFound = -23
        case domainDestroyed = -24
        case featureRemoved = -25
        case qmpProtocolError = -26
        case unknownQMPError = -27
        case qmpGenericError = -28
        case qmpCommandNotFound = -29
        case qmpDeviceNotActive = -30
        case qmpDeviceNotFound = -31
        case qemuAPI = -32
    }

    /// What a log says of the failure. It holds what other programs wrote: escape it before it goes to a terminal.
    public struct Evidence: Sendable, Equatable {
        /// The log's path.
        public var source: String
        /// Its last lines, the latest last.
        public var lines: [String]

        public init(source: String, lines: [String]) {
            self.source = source
            self.lines = lines
        }
    }

    /// What is to blame, where that says more than the code.
    public enum Reason: String, Sendable, CaseIterable {
        /// There is no hypervisor here, or none of a release that this library serves.
        case noHypervisor = "no_hypervisor"
        /// The hypervisor refused a request; its own log may say why.
        case hypervisorRefused = "hypervisor_refused"
        /// The process may not speak to the hypervisor or to xenstored.
        case permissionDenied = "permission_denied"
        /// xenstored cannot be reached, or does not answer.
        case storeUnreachable = "xenstore_unreachable"
        /// A quota of xenstored is used up.
        case storeQuota = "xenstore_quota"
        /// QEMU did not start, or has ended.
        case deviceModelFailed = "device_model_failed"
        case hotplugFailed = "hotplug_failed"
        case bootloaderFailed = "bootloader_failed"
        /// A process that is to watch over a domain did not start.
        case monitorFailed = "monitor_failed"

        /// The reason that an error from a lower room is.
        public init?(_ error: any Error) {
            switch error {
            case let error as ToolstackError:
                guard let reason = error.reason else { return nil }
                self = reason
            case let error as HypervisorError:
                guard !error.isNoSuchDomain else { return nil }
                guard error.isNoHypervisor else {
                    self = .hypervisorRefused
                    return
                }
                self = [EACCES, EPERM].contains(error.code) ? .permissionDenied : .noHypervisor
            case let error as StoreError:
                switch error.cause {
                case .unavailable, .notAnswering, .connectionLost: self = .storeUnreachable
                case .connectionDenied: self = .permissionDenied
                case .quota: self = .storeQuota
                default: return nil
                }
            default: return nil
            }
        }
    }

    public var code: Code
    /// What failed, as a statement: "cannot attach vif 0", "memory is smaller than a guest needs".
    public var message: String
    /// The domain concerned, if there is one.
    public var domain: DomainID?
    /// Lower-level words: errno text, the store's or QEMU's own answer, the last lines of a script's output.
    public var cause: String?
    /// What the user can do about it.
    public var remedy: String?
    /// What the log of the program that failed says, where there is one.
    public var evidence: Evidence?
    public var reason: Reason?

    public init(
        _ code: Code, _ message: String, domain: DomainID? = nil, cause: String? = nil, remedy: String? = nil,
        evidence: Evidence? = nil, reason: Reason? = nil
    ) {
        self.code = code
        self.message = message
        self.domain = domain
        self.cause = cause
        self.remedy = remedy
        self.evidence = evidence
        self.reason = reason
    }

    /// Wraps an error from a lower room; its description becomes the cause, but for what says the same again.
    public init(_ code: Code, _ message: String, domain: DomainID? = nil, underlying: any Error, remedy: String? = nil)
    {
        if let inner = underlying as? ToolstackError {
            self.init(
                inner.code, inner.message == message ? message : "\(message): \(inner.message)",
                domain: domain ?? inner.domain, cause: inner.cause, remedy: remedy ?? inner.remedy,
                evidence: inner.evidence, reason: inner.reason)
        } else {
            let words = "\(underlying)"
            let same = "\(message): "
            self.init(
                code, message, domain: domain,
                cause: words.hasPrefix(same) ? String(words.dropFirst(same.count)) : words, remedy: remedy,
                reason: Reason(underlying))
        }
    }

    public var description: String {
        var text = message
        if let cause { text += ": \(cause)" }
        if let remedy { text += " (\(remedy))" }
        return text
    }
}
