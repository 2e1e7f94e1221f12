import XenStore
import XenTypes

/// The device model of a domain, as this host sees it.
public struct DeviceModelStatus: Sendable, Hashable {
    /// What a domain's QEMU is doing.
    public enum State: String, Sendable {
        /// The domain has none.
        case none
        /// It runs.
        case running
        /// The store names a process that is none any more, or another program by now.
        case ended
    }

    /// What it is doing.
    public var state: State
    /// The number of the process, running or not; nil where there is none in this domain.
    public var process: Int32?
    /// The stub domain that it runs in, if it has one.
    public var domain: DomainID?
    /// The program and its arguments while it runs.
    public var commandLine: [String]?

    public init(state: State, process: Int32? = nil, domain: DomainID? = nil, commandLine: [String]? = nil) {
        self.state = state
        self.process = process
        self.domain = domain
        self.commandLine = commandLine
    }
}

extension Toolstack {
    /// What has become of a domain's device model.
    public func deviceModelStatus(of domain: DomainID) -> DeviceModelStatus {
        let stubdomain = deviceModelDomain(of: domain)
        guard let process = recordedDeviceModel(of: domain) else {
            return DeviceModelStatus(state: stubdomain == nil ? .none : .running, domain: stubdomain)
        }
        guard let line = deviceModelCommandLine(process, of: domain) else {
            return DeviceModelStatus(state: .ended, process: process, domain: stubdomain)
        }
        return DeviceModelStatus(state: .running, process: process, domain: stubdomain, commandLine: line)
    }

    /// The number that the store has of the process. It may be stale, or another process's by now.
    func recordedDeviceModel(of domain: DomainID) -> Int32? {
        guard let text = (try? store.read(DeviceModelPlan.processPath(domain))) ?? nil, let id = Int32(text), id > 1
        else { return nil }
        return id
    }

    /// The arguments of a process, program first; nil when it is no QEMU for this domain.
    func deviceModelCommandLine(_ process: Int32, of domain: DomainID) -> [String]? {
        HostProcess.commandLine(process).flatMap { DeviceModelPlan.isCommandLine($0, of: domain) ? $0 : nil }
    }
}

extension DeviceModelPlan {
    /// Whether a process with these arguments is a QEMU for the domain.
    static func isCommandLine(_ words: [String], of domain: DomainID) -> Bool {
        zip(words, words.dropFirst()).contains { $0 == "-xen-domid" && $1 == "\(domain)" }
    }
}
