/// A part of QEMU's command line: one row of the table below.
struct QEMUOption: Sendable {
    /// Whose QEMU gets it.
    enum Guests: Sendable {
        case all
        /// QEMU is the machine.
        case hvm
        /// QEMU only serves backends of a PV or PVH guest.
        case backendsOnly
    }

    /// What it is about, for errors in tests.
    let subject: String
    let guests: Guests
    let arguments: @Sendable (QEMUSetup) throws(ToolstackError) -> [String]

    init(
        _ subject: String, for guests: Guests = .all,
        _ arguments: @escaping @Sendable (QEMUSetup) throws(ToolstackError) -> [String]
    ) {
        self.subject = subject
        self.guests = guests
        self.arguments = arguments
    }

    private func applies(to setup: QEMUSetup) -> Bool {
        switch guests {
        case .all: true
        case .hvm: setup.hvm != nil
        case .backendsOnly: setup.hvm == nil
        }
    }

    /// Everything after the program's name.
    ///
    /// - Throws: `invalid` naming settings that do not go together.
    static func commandLine(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        var line: [String] = []
        for option in table where option.applies(to: setup) { line += try option.arguments(setup) }
        return line
    }

    /// In upstream's order, on which the numbers of the guest's PCI slots depend.
    static let table: [QEMUOption] = [
        QEMUOption("domain") { ["-xen-domid", "\($0.domain)", "-no-shutdown"] },
        QEMUOption("monitors", QEMUConnections.monitors),
        QEMUOption("channels", QEMUConnections.channels),
        // Nothing but what follows: no devices of QEMU's own choice, no files in /etc.
        QEMUOption("defaults") { _ in ["-nodefaults", "-no-user-config"] },
        QEMUOption("attachment", for: .backendsOnly) { _ in ["-xen-attach"] },
        QEMUOption("name") { ["-name", ($0.configuration.createInfo.name ?? "").asOptionValue] },
        QEMUOption("VNC", QEMUDisplay.vnc),
        QEMUOption("display", QEMUDisplay.display),
        QEMUOption("keymap") { $0.keymap.map { ["-k", $0] } ?? [] },
        QEMUOption("direct boot", for: .hvm, QEMUMachine.directBoot),
        // Ahead of other cards, so that it keeps its slot.
        QEMUOption("SCSI controller", for: .hvm, QEMUDisks.scsiController),
        QEMUOption("serial lines", for: .hvm, QEMUConnections.serialLines),
        QEMUOption("no graphics", QEMUDisplay.noGraphics),
        QEMUOption("SPICE", for: .hvm, QEMUSpice.arguments),
        QEMUOption("graphics card", for: .hvm, QEMUDisplay.card),
        QEMUOption("boot order", for: .hvm) { $0.hvm?.boot.map { ["-boot", "order=\($0.asOptionValue)"] } ?? [] },
        QEMUOption("USB", for: .hvm, QEMUUSB.arguments),
        QEMUOption("sound", for: .hvm, QEMUMachine.sound),
        QEMUOption("ACPI", for: .hvm) { $0.hasACPI || !$0.features.contains(.noACPI) ? [] : ["-no-acpi"] },
        QEMUOption("vCPUs", for: .hvm, QEMUMachine.processors),
        QEMUOption("network cards", for: .hvm, QEMUNetwork.cards),
        QEMUOption("restriction", QEMUMachine.restriction),
        QEMUOption("saved state", QEMUMachine.savedState),
        QEMUOption("the user's arguments") { $0.info.extra },
        QEMUOption("machine", QEMUMachine.machine),
        QEMUOption("memory", QEMUMachine.memory),
        QEMUOption("AHCI controller", for: .hvm) { $0.hvm?.hdType == .ahci ? ["-device", "ahci,id=ahci0"] : [] },
        QEMUOption("disks", for: .hvm, QEMUDisks.drives),
        QEMUOption("vendor device", for: .hvm, QEMUMachine.vendorDevice),
        // Last of the cards, as those are that a running guest gets: each has the same slot when its state is restored.
        QEMUOption("USB passed through", for: .hvm, QEMUUSB.passedThrough),
        QEMUOption("user", for: .hvm, QEMUMachine.user),
    ]
}
