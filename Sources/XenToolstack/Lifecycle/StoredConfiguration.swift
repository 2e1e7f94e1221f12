import DomainModel
import XenTypes
import YajlJSON

extension DomainConfiguration {
    /// What is stored for a domain: the configuration as it was given, and of what the creation chose only
    /// that which must stay the same after a restart or migration (`libxl__update_domain_configuration`).
    ///
    /// - Parameters:
    ///   - created: the configuration with which the domain was made.
    ///   - release: the hypervisor's; the configurations of older ones do not say what they have no choice of.
    func recording(_ created: DomainConfiguration, on release: XenRelease) -> DomainConfiguration {
        var stored = self
        for deviceClass in DeviceClasses.all { Self.remember(deviceClass, created, in: &stored) }
        stored.rememberUSB(of: created)
        for index in stored.disks.indices { stored.disks[index].coloRestoreEnable = false }
        stored.createInfo.uuid = created.createInfo.uuid
        stored.buildInfo.videoMemKB = created.buildInfo.videoMemKB
        stored.buildInfo.archX86.msrRelaxed =
            stored.buildInfo.archX86.msrRelaxed ?? created.buildInfo.archX86.msrRelaxed ?? false
        if release.leavesOutPIRQs, var hvm = stored.buildInfo.hvm {
            hvm.pirq = hvm.pirq ?? created.buildInfo.hvm?.pirq
            stored.buildInfo.hvm = hvm
        }
        return stored
    }

    /// A guest that was saved or that migrates has, where its configuration does not say so, what the release gave it
    /// that it was started on: access to MSRs that newer ones do not let it have, and interrupts as event channels.
    mutating func keepWhatOlderReleasesGave(on release: XenRelease) {
        buildInfo.archX86.msrRelaxed = buildInfo.archX86.msrRelaxed ?? true
        guard release.leavesOutPIRQs, var hvm = buildInfo.hvm else { return }
        hvm.pirq = hvm.pirq ?? true
        buildInfo.hvm = hvm
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
