import DomainModel
import SystemPackage
import XenTypes

/// All that QEMU's arguments depend on.
struct QEMUSetup: Sendable {
    let domain: DomainID
    /// With every default applied and every device completed.
    let configuration: DomainConfiguration
    let paths: HostPaths
    /// Where scripts put the disks that they made, by the disks' numbers.
    var scriptedDisks: [Int32: String] = [:]
    /// Whom QEMU becomes once it has opened what it needs.
    var user: DeviceModelUser?
    /// Which of its options this QEMU has.
    var features = QEMUFeatures.classic
    /// Number of QEMU's descriptor that its state is read from; nil for a guest that starts anew.
    var incoming: Int?

    var info: BuildInfo { configuration.buildInfo }
    /// nil exactly for PV and PVH guests.
    var hvm: HVMBuildInfo? { info.hvm }
    var isStubdomain: Bool { info.deviceModelStubdomain == true }
    var isRestricted: Bool { info.dmRestrict == true }
    var hasACPI: Bool { info.acpi == true && hvm?.acpi != false }

    /// What a user gets to see of the guest.
    var vnc: VNCInfo? {
        let vnc = hvm.map(\.vnc) ?? configuration.vfbs.first?.vnc
        return vnc?.enable == true ? vnc : nil
    }
    var sdl: SDLInfo? {
        let sdl = hvm.map(\.sdl) ?? configuration.vfbs.first?.sdl
        return sdl?.enable == true ? sdl : nil
    }
    var keymap: String? { hvm != nil ? hvm?.keymap : configuration.vfbs.first?.keymap }

    func refusal(_ cause: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(
            .invalid, "cannot start the device model", domain: domain.isReal ? domain : nil, cause: cause,
            remedy: remedy)
    }
}

extension String {
    /// As a value within one of QEMU's options, which commas separate: one in a value is written twice.
    var asOptionValue: String {
        contains(",") ? split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,") : self
    }
}
