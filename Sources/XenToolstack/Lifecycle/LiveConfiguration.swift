import DomainModel
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// A domain's configuration as it is now: the stored one, with what has changed since in the hypervisor and
    /// the store (`libxl_retrieve_domain_configuration`).
    ///
    /// - Throws: `notFound` when none is stored.
    public func currentConfiguration(of domain: DomainID) async throws(ToolstackError) -> DomainConfiguration {
        let info = try info(of: domain)
        let data = UserData(of: domain, uuid: info.uuid, paths: paths)
        // Whoever changes devices writes both store and file under this lock.
        let lock = try await FileLock.acquire(data.path(of: .devices), logger: logger)
        defer { lock.release() }
        guard var configuration = try storedConfiguration(of: domain) else {
            throw ToolstackError(
                .notFound, "cannot read the configuration of domain \(domain)", domain: domain, cause: "none is stored")
        }
        configuration.createInfo.uuid = info.uuid
        do {
            try await readIdentity(of: domain, into: &configuration)
            try readMemory(of: domain, into: &configuration.buildInfo, type: configuration.createInfo.type)
            configuration.buildInfo.schedulerParameters = try schedulerParameters(of: info)
        } catch {
            throw ToolstackError(
                .fail, "cannot read the present state of domain \(domain)", domain: domain, underlying: error)
        }
        let present = try Set(DeviceEngine(self).devices(of: domain).map { DeviceKey(kind: $0.kind, id: $0.id) })
        let passed = try PCIPassthrough(self).devices(of: domain).map(\.address)
        configuration.pciDevices.removeAll { device in
            ((try? PCIPassthrough(self).functions(of: device)) ?? []).allSatisfy { !passed.contains($0.address) }
        }
        try USBPassthrough(self).dropAbsent(in: &configuration, of: domain)
        for deviceClass in DeviceClasses.all where deviceClass.isReconciled {
            dropAbsent(deviceClass, in: &configuration, domain, present)
        }
        return configuration
    }

    private struct DeviceKey: Hashable {
        var kind: DeviceKind
        var id: UInt32
    }

    private func readIdentity(of domain: DomainID, into configuration: inout DomainConfiguration) async throws {
        let guest = DomainPaths(domain).guest
        if let name = try store.read(guest / "name") { configuration.createInfo.name = name }
        if configuration.createInfo.type == .hvm {
            // A QEMU that does not answer hides nothing else; what is stored is the next best.
            do throws(ToolstackError) {
                // Of those that the stored configuration speaks of, which may be none: the one that is always there.
                let known = Bitmap(0..<max(Int(configuration.buildInfo.maxVCPUs), 0))
                configuration.buildInfo.availableVCPUs = try await pluggedVCPUs(of: domain).intersection(known)
            } catch {
                logger.warning("\(error)")
            }
            return
        }
        let vcpus = 0..<max(Int(configuration.buildInfo.maxVCPUs), 0)
        let availability = try store.read(vcpus.map { guest / "cpu/\($0)/availability" })
        configuration.buildInfo.availableVCPUs = Bitmap(vcpus.filter { availability[$0] == "online" })
    }

    private func readMemory(of domain: DomainID, into build: inout BuildInfo, type: DomainType) throws {
        let guest = DomainPaths(domain).guest
        guard let target = try store.read(guest / "memory/target").flatMap({ UInt64($0) }),
            let maximum = try store.read(guest / "memory/static-max").flatMap({ UInt64($0) })
        else { return }
        build.targetMemKB = saturatingSum(target, PostBuildNodes.reservedMemory(build, type: type))
        build.maxMemKB = maximum
    }

    private func schedulerParameters(of info: DomainInfo) throws -> SchedulerParameters {
        var parameters = SchedulerParameters()
        let number = try hypervisor.cpuPool(info.cpupool)?.scheduler ?? hypervisor.schedulerID()
        switch XenControl.Scheduler(rawValue: number) {
        case .credit:
            let credit = try hypervisor.creditParameters(of: info.domain)
            parameters.sched = .credit
            (parameters.weight, parameters.cap) = (Int32(credit.weight), Int32(credit.cap))
        case .credit2:
            let credit = try hypervisor.credit2Parameters(of: info.domain)
            parameters.sched = .credit2
            (parameters.weight, parameters.cap) = (Int32(credit.weight), Int32(credit.cap))
        case .rtds:
            parameters.sched = .rtds
            let vcpus = info.maximumVCPUID.map { Array(0...$0) } ?? []
            let shares = Set(try hypervisor.rtdsParameters(ofVCPUs: vcpus, of: info.domain))
            // A configuration has no words for vCPUs that differ.
            guard let share = shares.first, shares.count == 1 else { break }
            (parameters.period, parameters.budget) = (Int32(clamping: share.period), Int32(clamping: share.budget))
            parameters.extratime = share.extraTime ? 1 : 0
        case .null: parameters.sched = .null
        case .arinc653: parameters.sched = .arinc653
        case nil: break
        }
        return parameters
    }

    /// Leaves out the devices that are stored but no longer attached.
    private func dropAbsent<Class: DeviceClass>(
        _: Class.Type, in configuration: inout DomainConfiguration, _ domain: DomainID, _ present: Set<DeviceKey>
    ) {
        let context = DeviceContext(
            domain: domain, type: configuration.createInfo.type, scripts: paths.scripts, release: paths.release)
        let devices = configuration[keyPath: Class.devices]
        configuration[keyPath: Class.devices] = devices.enumerated().compactMap { index, device in
            guard let address = try? Class.plan(device, index: index, context).address else { return device }
            return present.contains(DeviceKey(kind: address.kind, id: address.id)) ? device : nil
        }
    }
}
