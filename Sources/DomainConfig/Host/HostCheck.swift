import DomainModel

/// Compares what a configuration names with what its host has.
public struct HostCheck {
    private let configuration: DomainConfiguration
    private let settings: SettingTable
    private let facts: any HostFacts
    private var sink: DiagnosticSink

    /// Everything that this host misses for a domain.
    ///
    /// - Parameters:
    ///   - configuration: what the document means.
    ///   - document: where the names stand.
    public static func diagnostics(
        _ configuration: DomainConfiguration, document: ConfigDocument, facts: any HostFacts
    ) -> [Diagnostic] {
        var check = HostCheck(configuration, document, facts)
        check.checkFiles()
        check.checkDisks()
        check.checkNetworkCards()
        check.checkIdentity()
        check.checkSizes()
        check.checkPassthrough()
        check.checkBackends()
        return check.sink.sorted()
    }

    private init(_ configuration: DomainConfiguration, _ document: ConfigDocument, _ facts: any HostFacts) {
        self.configuration = configuration
        self.facts = facts
        var scratch = DiagnosticSink(sources: document.sources)
        settings = SettingTable(document, sink: &scratch)
        sink = DiagnosticSink(sources: document.sources)
    }

    /// Where a key's value stands, or one element of its list.
    private func place(_ name: String, element: Int? = nil) -> SourceRange? {
        guard let value = settings[name]?.value else { return nil }
        guard let element, case .list(let list) = value, list.elements.indices.contains(element) else {
            return value.range
        }
        return list.elements[element].range
    }

    private mutating func requireFile(_ path: String?, _ key: String, element: Int? = nil) {
        guard let path, !path.isEmpty, let problem = facts.readingProblem(path) else { return }
        sink.error(
            .hostMissing, "\(key): \"\(path)\" cannot be read: \(problem)", at: place(key, element: element), key: key)
    }

    private mutating func requireProgram(_ path: String?, in folder: String, _ key: String, element: Int? = nil) {
        guard let path, !path.isEmpty else { return }
        let full = path.contains("/") ? path : "\(folder)/\(path)"
        guard let problem = facts.runningProblem(full) else { return }
        sink.error(
            .hostMissing, "\(key): \"\(full)\" cannot be run: \(problem)", at: place(key, element: element), key: key)
    }

    private mutating func checkFiles() {
        let build = configuration.buildInfo
        requireFile(build.kernel, settings["kernel"] == nil ? "firmware" : "kernel")
        requireFile(build.ramdisk, "ramdisk")
        requireFile(build.pvh?.pvShimPath, "pvshim_path")
        requireFile(build.hvm?.firmware, settings["firmware_override"] == nil ? "firmware" : "firmware_override")
        requireFile(build.hvm?.systemFirmware, "bios_path_override")
        requireFile(build.hvm?.smbiosFirmware, "smbios_firmware")
        requireFile(build.hvm?.acpiFirmware, "acpi_firmware")
        requireFile(build.stubdomainKernel, "stubdomain_kernel")
        requireFile(build.stubdomainRamdisk, "stubdomain_ramdisk")
        requireProgram(build.bootloader, in: facts.programDirectory, "bootloader")
        requireProgram(build.deviceModel, in: facts.programDirectory, "device_model_override")
    }

    private mutating func checkDisks() {
        for (index, disk) in configuration.disks.enumerated() where disk.backendDomainName == nil {
            // A script gives its own meaning to the target.
            if let script = disk.script {
                requireProgram(script, in: facts.scriptDirectory, "disk", element: index)
            } else {
                requireFile(disk.physicalPath, "disk", element: index)
            }
        }
    }

    private mutating func checkNetworkCards() {
        for (index, nic) in configuration.nics.enumerated() where nic.backendDomainName == nil {
            let script = nic.script ?? "vif-bridge"
            requireProgram(script, in: facts.scriptDirectory, "vif", element: index)
            let bridge = nic.bridge ?? "xenbr0"
            if script.hasSuffix("vif-bridge"), !facts.hasBridge(bridge) {
                sink.error(
                    .hostMissing, "vif: there is no bridge \"\(bridge)\"", at: place("vif", element: index),
                    expected: "bridge= with a bridge of this host", key: "vif")
            }
            if let address = nic.mac, let user = facts.domain(using: address) {
                sink.error(
                    .hostInUse, "vif: domain \(user) has the address \(address) already",
                    at: place("vif", element: index), key: "vif")
            }
        }
    }

    private mutating func checkIdentity() {
        if let name = configuration.createInfo.name, let user = facts.domain(named: name) {
            sink.error(.hostInUse, "name: domain \(user) is called \"\(name)\" already", at: place("name"), key: "name")
        }
        if let uuid = configuration.createInfo.uuid, let user = facts.domain(with: uuid) {
            sink.error(.hostInUse, "uuid: domain \(user) has the UUID \(uuid) already", at: place("uuid"), key: "uuid")
        }
    }

    private mutating func checkSizes() {
        let build = configuration.buildInfo
        if let pool = configuration.createInfo.poolName, !facts.hasCPUPool(pool) {
            sink.error(
                .hostMissing, "pool: there is no CPU pool \"\(pool)\"", at: place("pool"),
                expected: "a pool that \"xl cpupool-list\" shows", key: "pool")
        }
        if let wanted = build.targetMemKB ?? build.maxMemKB { checkMemory(wanted) }
        if configuration.createInfo.type != .pv, build.maxVCPUs > Self.mostHVMCPUs {
            sink.error(
                .hostShortage, "vcpus: HVM and PVH guests have at most \(Self.mostHVMCPUs) virtual CPUs",
                at: place("maxvcpus") ?? place("vcpus"), key: "vcpus")
        }
        if let online = facts.onlineCPUs, Int(build.maxVCPUs) > online {
            sink.warning(
                .hostShortage, "vcpus: \(build.maxVCPUs) virtual CPUs will share \(online) processors",
                at: place("maxvcpus") ?? place("vcpus"), key: "vcpus")
        }
    }

    /// More than the host has is an error; more than is free may still come from dom0.
    private mutating func checkMemory(_ wanted: UInt64) {
        let range = place("memory") ?? place("maxmem")
        if let total = facts.totalMemoryKiB, wanted > total {
            sink.error(
                .hostShortage, "memory: \(wanted >> 10) MiB are wanted, the host has \(total >> 10) MiB", at: range,
                key: "memory")
        } else if let free = facts.freeMemoryKiB, wanted > free {
            sink.warning(
                .hostShortage, "memory: \(wanted >> 10) MiB are wanted, \(free >> 10) MiB are free", at: range,
                key: "memory")
        }
    }

    /// `HVM_MAX_VCPUS` of `xen/hvm/hvm_info_table.h`.
    private static let mostHVMCPUs: Int32 = 128

    private mutating func checkPassthrough() {
        for (index, device) in configuration.pciDevices.enumerated() {
            guard let problem = facts.assignmentProblem(device) else { continue }
            sink.error(
                .hostMissing, "pci: the device cannot be given to a guest: \(problem)",
                at: place("pci", element: index), expected: "a device that \"xl pci-assignable-list\" shows", key: "pci"
            )
        }
        for (index, device) in configuration.usbDevices.enumerated() {
            guard let problem = facts.assignmentProblem(device) else { continue }
            sink.error(
                .hostMissing, "usbdev: the device cannot be given to a guest: \(problem)",
                at: place("usbdev", element: index), expected: "hostbus= and hostaddr= as lsusb shows them",
                key: "usbdev")
        }
    }

    /// The domains that are to serve devices.
    private mutating func checkBackends() {
        for key in deviceKeys {
            for (index, backend) in (key.devices?.backends(configuration) ?? []).enumerated() {
                guard let backend, !backend.isEmpty, !facts.hasDomain(backend) else { continue }
                sink.error(
                    .hostMissing, "\(key.name): there is no domain \"\(backend)\" to serve the device",
                    at: place(key.name, element: index), expected: "backend= with a domain that \"xl list\" shows",
                    key: key.name)
            }
        }
    }
}
