import Glibc
import XenControl
import XenStore
import XenTypes

/// What a toolstack operation fails with: what was tried, on what, why it failed, and what the user can do.
public struct ToolstackError: Error, Sendable, CustomStringConvertible {
    /// libxl's error numbers (`enum libxl_error` in `libxl_types.idl`). `create`
    /// exits with the negated number; clients tell causes apart by it.
    public enum Code: Int32, Sendable, CaseIterable {
        /// Nothing more is known.
        case nonspecific = -1
        /// A version is not understood.
        case version = -2
        /// Something failed that has no number of its own.
        case fail = -3
        /// It cannot be done here, or not at all.
        case notSupported = -4
        /// There is too little memory.
        case noMemory = -5
        /// What was asked for makes no sense.
        case invalid = -6
        /// The guest did not answer in time.
        case guestTimedOut = -8
        /// Somebody else did not answer in time.
        case timedOut = -9
        /// The guest has no driver that could answer.
        case noParavirt = -10
        /// It is too early for it.
        case notReady = -11
        /// There is more than there is room for.
        case bufferFull = -13
        /// A lock was not to be had.
        case lockFail = -15
        /// There is such a device already.
        case deviceExists = -17
        /// The guest's NUMA nodes do not fit together.
        case vnumaConfigurationInvalid = -20
        /// There is no such domain.
        case domainNotFound = -21
        /// The task was cancelled.
        case aborted = -22
        /// There is no such thing.
        case notFound = -23
        /// The domain is gone meanwhile, or is going.
        case domainDestroyed = -24
        /// Xen no longer has it.
        case featureRemoved = -25
        /// QEMU said what is no QMP.
        case qmpProtocolError = -26
        /// QEMU refused with a class that has no number of its own.
        case unknownQMPError = -27
        /// QEMU refused.
        case qmpGenericError = -28
        /// QEMU does not know the command.
        case qmpCommandNotFound = -29
        /// QEMU's device is not in use.
        case qmpDeviceNotActive = -30
        /// QEMU has no such device.
        case qmpDeviceNotFound = -31
        /// QEMU did not do what it does by its interface.
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
        /// A disk or card could not be connected.
        case hotplugFailed = "hotplug_failed"
        /// The bootloader did not start, or found no kernel.
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

    /// libxl's number for it.
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
    /// What is to blame, where that is known.
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
