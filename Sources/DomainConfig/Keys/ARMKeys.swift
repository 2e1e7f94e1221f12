import DomainModel

/// Keys of ARM guests: read and kept, without effect on x86.
let armKeys: [ConfigKey] = armRows.map { $0.treated(.ignored("only ARM guests have it")) }

private let armRows: [ConfigKey] = [
    .text("device_tree", \.buildInfo.deviceTree, "PATH", "Part of a device tree to add to the guest's (ARM)"),
    .choice("vuart", \.buildInfo.archARM.vuart, "An emulated serial port (ARM)"),
    .choice("gic_version", \.buildInfo.archARM.gicVersion, "The interrupt controller (ARM)", default: "default"),
    .choice("tee", \.buildInfo.tee, "Trusted execution environment (ARM)", default: "none"),
    .choice(
        "sve", \.buildInfo.archARM.sveVectorLength, "Vector length of SVE (ARM)", default: "disabled", since: "4.18"),
    .integer("nr_spis", \.buildInfo.archARM.spiCount, 0...Int64(UInt32.max), "Shared interrupts (ARM)", since: "4.19"),
    .flag(
        "trap_unmapped_accesses", \.buildInfo.trapUnmappedAccesses, "Fault on accesses to unmapped memory (ARM)",
        since: "4.21"),
    ConfigKey(
        "arm_sci", .text("type=none|scmi_smc"), "System control interface (ARM)", since: "4.21",
        write: { $0.buildInfo.archARM.armSCI.map { .text("type=\($0.type.name)") } }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        var interface = ARMSCI()
        for word in text.string.split(separator: ",") {
            guard word.hasPrefix("type="), let type = ARMSCIType(name: word.dropFirst("type=".count)) else {
                draft.reportChoice(text, key)
                return
            }
            interface.type = type
        }
        draft.configuration.buildInfo.archARM.armSCI = interface
    },
]
