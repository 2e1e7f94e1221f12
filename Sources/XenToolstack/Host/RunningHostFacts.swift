import DomainConfig
import DomainModel
import Glibc
import XenStore
import XenTypes

/// What this host answers when a configuration is checked against it; asked once and then remembered.
public final class RunningHostFacts: HostFacts {
    private let toolstack: Toolstack
    private lazy var info = try? toolstack.hypervisor.physicalInfo()
    private lazy var domains = (try? toolstack.hypervisor.domains()) ?? []
    private lazy var addresses = toolstack.hardwareAddresses(servedBy: .control)

    /// Facts of a host, each looked up when it is first asked for.
    public init(_ toolstack: Toolstack) { self.toolstack = toolstack }

    public var scriptDirectory: String { toolstack.paths.scripts.string }
    public var programDirectory: String { toolstack.paths.libexec.string }
    public var freeMemoryKiB: UInt64? { try? toolstack.freeMemoryKiB() }
    public var totalMemoryKiB: UInt64? { info.map { $0.totalPages * 4 } }
    public var onlineCPUs: Int? { info.map { Int($0.onlineCPUs) } }

    public func readingProblem(_ path: String) -> String? {
        if let problem = accessProblem(path, R_OK) { return problem }
        var status = stat()
        guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
        return status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : nil
    }

    public func runningProblem(_ path: String) -> String? {
        if let problem = accessProblem(path, X_OK) { return problem }
        var status = stat()
        guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
        return status.st_mode & S_IFMT == S_IFREG ? nil : "it is no program"
    }

    public func hasBridge(_ name: String) -> Bool {
        func exists(_ file: String) -> Bool { accessProblem("/sys/class/net/\(file)", F_OK) == nil }
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else { return false }
        if exists(name) { return exists("\(name)/bridge") }
        // The script takes ethN for a missing xenbrN.
        return name.hasPrefix("xenbr") && exists("eth\(name.dropFirst("xenbr".count))/bridge")
    }

    public func hasCPUPool(_ name: String) -> Bool { (try? toolstack.findCPUPool(name)) != nil }

    public func hasDomain(_ text: String) -> Bool { (try? toolstack.findDomain(text)) != nil }

    public func domain(named name: String) -> DomainID? {
        guard let matches = try? toolstack.store.domains(named: name) else { return nil }
        return matches.first { match in domains.contains { $0.domain == match } }
    }

    /// The running domain with this UUID; nil for none.
    public func domain(with uuid: XenUUID) -> DomainID? { domains.first { $0.uuid == uuid }?.domain }

    /// The running domain with a card of this address; nil for none.
    public func domain(using address: MACAddress) -> DomainID? { addresses[address] }

    public func assignmentProblem(_ device: PCIDevice) -> String? {
        let passthrough = PCIPassthrough(toolstack)
        return problem { () throws(ToolstackError) in
            for function in try passthrough.functions(of: device) { try passthrough.check(function) }
        }
    }

    public func assignmentProblem(_ device: USBDevice) -> String? {
        let passthrough = USBPassthrough(toolstack)
        return problem { () throws(ToolstackError) in
            try passthrough.check(try passthrough.hostDevice(of: device), isForced: false)
        }
    }

    private func problem(_ check: () throws(ToolstackError) -> Void) -> String? {
        do throws(ToolstackError) {
            try check()
            return nil
        } catch {
            return error.cause.map { "\(error.message): \($0)" } ?? error.message
        }
    }

    private func accessProblem(_ path: String, _ mode: Int32) -> String? {
        guard !path.utf8.contains(0) else { return "its name holds a NUL byte" }
        return access(path, mode) == 0 ? nil : String(cString: strerror(errno))
    }
}
