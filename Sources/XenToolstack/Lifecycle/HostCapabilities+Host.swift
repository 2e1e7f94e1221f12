import DomainModel
import Glibc
import XenControl
import XenStore

extension Toolstack {
    /// Reads what decides over the defaults of a domain with this configuration.
    package func capabilities(for configuration: DomainConfiguration) throws(ToolstackError) -> HostCapabilities {
        do {
            let info = try hypervisor.physicalInfo()
            var host = HostCapabilities()
            host.release = paths.release
            host.hap = info.capabilities.contains(.hap)
            host.shadow = info.capabilities.contains(.shadow)
            host.hvmDirectIO = info.capabilities.contains(.directIO)
            host.iommuSharesPageTables = info.capabilities.contains(.iommuHAPPageTableShare)
            host.vpmu = info.capabilities.contains(.vpmu)
            host.grantTableV1 = info.capabilities.contains(.grantTableV1)
            host.grantTableV2 = info.capabilities.contains(.grantTableV2)
            host.hasDeviceModel = access(configuration.buildInfo.deviceModel ?? paths.qemu.string, X_OK) == 0
            host.firmware = paths.firmware
            host.pools = try poolNames()
            let labels = [
                configuration.createInfo.ssidLabel, configuration.buildInfo.execSSIDLabel,
                configuration.buildInfo.deviceModelSSIDLabel,
            ].compactMap(\.self)
            if !labels.isEmpty, try hypervisor.flaskEnforcing() != nil {
                host.enforcesLabels = true
                for label in labels { host.securityIDs[label] = try? hypervisor.flaskSID(of: label) }
            }
            return host
        } catch {
            throw ToolstackError(.fail, "cannot read what this host offers", underlying: error)
        }
    }

    /// The numbers of the cpupools by name; libxl keeps the names in the store.
    private func poolNames() throws -> [String: UInt32] {
        var names: [String: UInt32] = [:]
        for pool in try hypervisor.cpuPools() {
            let name = try store.read("/local/pool/\(pool.id)/name") ?? "Pool-\(pool.id)"
            names[name] = pool.id
        }
        return names
    }
}
