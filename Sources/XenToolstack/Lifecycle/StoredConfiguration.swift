import DomainModel
import YajlJSON

extension DomainConfiguration {
    /// What is stored for a domain: the configuration as it was given, and of what the creation chose only
    /// that which must stay the same after a restart or migration (`libxl__update_domain_configuration`).
    ///
    /// - Parameter created: the configuration with which the domain was made.
    func recording(_ created: DomainConfiguration) -> DomainConfiguration {
        var stored = self
        for (index, nic) in created.nics.enumerated() where stored.nics.indices.contains(index) {
            stored.nics[index].deviceID = nic.deviceID
            stored.nics[index].nicType = nic.nicType
            stored.nics[index].mac = nic.mac
        }
        for (index, vtpm) in created.vtpms.enumerated() where stored.vtpms.indices.contains(index) {
            stored.vtpms[index].deviceID = vtpm.deviceID
            stored.vtpms[index].uuid = vtpm.uuid
        }
        for (index, display) in created.vdispls.enumerated() where stored.vdispls.indices.contains(index) {
            stored.vdispls[index].deviceID = display.deviceID
            stored.vdispls[index].backendAllocates = display.backendAllocates
        }
        for (index, sound) in created.vsnds.enumerated() where stored.vsnds.indices.contains(index) {
            stored.vsnds[index].deviceID = sound.deviceID
        }
        stored.createInfo.uuid = created.createInfo.uuid
        stored.buildInfo.videoMemKB = created.buildInfo.videoMemKB
        stored.buildInfo.archX86.msrRelaxed =
            stored.buildInfo.archX86.msrRelaxed ?? created.buildInfo.archX86.msrRelaxed ?? false
        return stored
    }
}
