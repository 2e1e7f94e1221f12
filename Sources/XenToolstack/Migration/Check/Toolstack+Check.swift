import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes
import YajlJSON

extension Toolstack {
    /// What a domain needs of the host that it is to move to.
    ///
    /// - Parameter configuration: as it would be sent.
    public func migrationRequest(
        for domain: DomainID, _ configuration: DomainConfiguration
    ) throws(ToolstackError) -> MigrationRequest {
        do {
            let version = try hypervisor.version()
            let text = String(decoding: try YajlEncoder().encode(configuration), as: UTF8.self)
            return MigrationRequest(
                version: MigrationRequest.currentVersion, xen: [version.major, version.minor],
                streamVersion: LibxlStream.version, configuration: text, uuid: "\(try info(of: domain).uuid)",
                host: Self.hostIdentity, cpu: try hypervisor.cpuLeaves(of: domain), time: Int64(time(nil)))
        } catch {
            throw ToolstackError(
                .fail, "cannot tell what domain \(domain) needs of another host", domain: domain, underlying: error)
        }
    }

    /// Tells one host from another: hosts that were started from one snapshot have drawn the same number.
    private static var hostIdentity: String {
        let bytes = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 100)) ?? nil
        var names = utsname()
        uname(&names)
        let name = withUnsafeBytes(of: names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return String(decoding: (bytes ?? []).prefix { $0 > 0x20 }, as: UTF8.self) + " " + name
    }

    /// The guests of this host that run or wait: not the control domain, not those that serve another as device model,
    /// and not those that have ended.
    public func movableGuests() throws(ToolstackError) -> [(id: DomainID, name: String)] {
        let guests: [(id: DomainID, name: String)] = try listDomains().compactMap { domain in
            let (id, info) = (domain.info.domain, domain.info)
            guard id != .control, !info.flags.contains(.dying),
                info.shutdownReason == nil || info.shutdownReason == .suspend, let name = domain.name
            else { return nil }
            return (id, name)
        }
        let targets: [String?]
        do { targets = try store.read(guests.map { DomainPaths($0.id).guest / "target" }) } catch {
            throw ToolstackError(.fail, "cannot look at the domains", underlying: error)
        }
        return zip(guests, targets).filter { $1 == nil }.map(\.0)
    }

    /// KiB that must be free on another host for a domain that runs here.
    public func migrationNeedKiB(of configuration: DomainConfiguration) throws(ToolstackError) -> UInt64 {
        do {
            let complete = try ConfigurationDefaults.apply(to: configuration, on: capabilities(for: configuration))
                .configuration
            return MemorySizing.neededKB(complete.buildInfo, type: complete.createInfo.type)
        } catch {
            throw ToolstackError(.fail, "cannot tell how much memory the domain needs", underlying: error)
        }
    }

    /// What speaks against a domain's coming to this host.
    ///
    /// - Parameter balloons: whether the control domain would give up memory for it.
    public func check(_ request: MigrationRequest, balloons: Bool) throws(ToolstackError) -> MigrationFindings {
        guard request.version == MigrationRequest.currentVersion else {
            throw ToolstackError(.version, "the other side asks in a form of version \(request.version)")
        }
        let given: DomainConfiguration
        do {
            given = try YajlDecoder().decode(DomainConfiguration.self, from: Array(request.configuration.utf8))
        } catch {
            throw ToolstackError(.invalid, "cannot read the configuration that the other side sent", underlying: error)
        }
        var findings = MigrationFindings()
        // Before anything is computed from them.
        findings.problems = ConfigurationRanges.problems(given).map { .init("configuration", $0) }
        guard findings.problems.isEmpty else { return findings }
        var configuration = given
        do {
            configuration = try ConfigurationDefaults.apply(to: given, on: capabilities(for: given)).configuration
        } catch {
            findings.problems.append(.init("configuration", "\(error)"))
        }
        let facts = try targetFacts(configuration, balloons: balloons)
        findings.freeKiB = facts.freeKB
        return findings + TargetCheck(request: request, configuration: configuration, facts: facts).findings()
    }

    private func targetFacts(
        _ configuration: DomainConfiguration, balloons: Bool
    ) throws(ToolstackError) -> TargetFacts {
        var facts = TargetFacts()
        let type = configuration.createInfo.type
        do {
            let version = try hypervisor.version()
            facts.xen = [version.major, version.minor]
            facts.cpu = try hypervisor.cpuLeaves(of: type == .pv ? .pvMaximum : .hvmMaximum)
            let domains = try hypervisor.domains()
            for (domain, name) in zip(domains, try names(of: domains.map(\.domain))) {
                facts.uuids[domain.uuid] = domain.domain
                if let name { facts.names[name] = domain.domain }
            }
            facts.freeKB = try freeMemoryKiB()
            if balloons, let text = try store.read(DomainPaths(.control).guest / "memory/target"),
                let target = UInt64(text), target > Self.leastControlDomainMemory
            {
                facts.freeKB = saturatingSum(facts.freeKB, target - Self.leastControlDomainMemory)
            }
            let host = try hypervisor.physicalInfo()
            facts.cpus = Int(host.maximumCPUID) + 1
            let limits = Preflight.Limits(freeKB: nil, cpus: facts.cpus)
            facts.preflight = Preflight.problems(configuration, limits: limits, paths: paths, boots: false)
                .map(\.description)
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.fail, "cannot read what this host offers", underlying: error)
        }
        facts.pools = Set(try cpuPools().compactMap(\.name))
        facts.host = Self.hostIdentity
        facts.time = Int64(time(nil))
        facts.hasInterface = { HostFile.inspect("/sys/class/net/\($0.replacing("/", with: "_"))") == .directory }
        facts.inspect = { HostFile.inspect($0) }
        facts.scripts = paths.scripts.string
        return facts
    }
}
