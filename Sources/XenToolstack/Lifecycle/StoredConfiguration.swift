import DomainModel
import YajlJSON

extension DomainConfiguration {
    /// What is stored for a domain: the configuration as it was given, and of what the creation chose only
    /// that which must stay the same after a restart or migration (`libxl__update_domain_configuration`).
    ///
    /// - Parameter created: the configuration with which the domain was made.
    func recording(_ created: DomainConfiguration) -> DomainConfiguration {
        var stored = self
        for deviceClass in DeviceClasses.all { Self.remember(deviceClass, created, in: &stored) }
        for index in stored.disks.indices { stored.disks[index].coloRestoreEnable = false }
        stored.createInfo.uuid = created.createInfo.uuid
        stored.buildInfo.videoMemKB = created.buildInfo.videoMemKB
        stored.buildInfo.archX86.msrRelaxed =
            stored.buildInfo.archX86.msrRelaxed ?? created.buildInfo.archX86.msrRelaxed ?? false
        return stored
    }

    private static func remember<Class: DeviceClass>(
        _: Class.Type, _ created: DomainConfiguration, in stored: inout DomainConfiguration
    ) {
        let completed = created[keyPath: Class.devices]
        for index in stored[keyPath: Class.devices].indices where completed.indices.contains(index) {
            Class.remember(completed[index], in: &stored[keyPath: Class.devices][index])
        }
    }
}
