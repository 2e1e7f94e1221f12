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
    private lazy var usbDevices = connectedUSBDevices()

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

    public func hasUSBDevice(bus: UInt8, address: UInt8) -> Bool { usbDevices.contains([bus, address]) }

    public func domain(named name: String) -> DomainID? {
        guard let matches = try? toolstack.store.domains(named: name) else { return nil }
        return matches.first { match in domains.contains { $0.domain == match } }
    }

    public func domain(with uuid: XenUUID) -> DomainID? { domains.first { $0.uuid == uuid }?.domain }

    public func domain(using address: MACAddress) -> DomainID? { addresses[address] }

    public func assignmentProblem(_ device: PCIDevice) -> String? {
        let passthrough = PCIPassthrough(toolstack)
        do throws(ToolstackError) {
            for function in try passthrough.functions(of: device) { try passthrough.check(function) }
            return nil
        } catch {
            return error.cause.map { "\(error.message): \($0)" } ?? error.message
        }
    }

    private func accessProblem(_ path: String, _ mode: Int32) -> String? {
        guard !path.utf8.contains(0) else { return "its name holds a NUL byte" }
        return access(path, mode) == 0 ? nil : String(cString: strerror(errno))
    }

    /// Bus and address of each device on the host's USB.
    private func connectedUSBDevices() -> Set<[UInt8]> {
        let folder = "/sys/bus/usb/devices"
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: Set<[UInt8]> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let numbers = ["busnum", "devnum"].compactMap { smallNumber("\(folder)/\(name)/\($0)") }
            if numbers.count == 2 { found.insert(numbers) }
        }
        return found
    }

    /// The number from 0 to 255 that a file of sysfs holds.
    private func smallNumber(_ path: String) -> UInt8? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return UInt8(String(decoding: buffer[0..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
