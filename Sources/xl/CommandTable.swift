/// One subcommand: the word that calls it, and its type.
struct CommandRow: Sendable {
    let name: String
    private let type: @Sendable () -> any XLCommand.Type

    /// - Parameter command: looked at only when the row is: the runtime makes generic types one by one, and to make all of
    ///   them would take longer than many a command does.
    init(name: String, command: @escaping @autoclosure @Sendable () -> any XLCommand.Type) {
        self.name = name
        type = command
    }

    var command: any XLCommand.Type { type() }
}

/// All subcommands, in the order in which `xl help` lists them: upstream's, then our own.
enum CommandTable {
    static let rows = beforeDevices + DeviceTable.rows + afterDevices

    private static let beforeDevices: [CommandRow] = [
        CommandRow(name: "create", command: CreateCommand.self),
        CommandRow(name: "config-update", command: ConfigUpdateCommand.self),
        CommandRow(name: "list", command: ListCommand.self),
        CommandRow(name: "destroy", command: DestroyCommand.self),
        CommandRow(name: "shutdown", command: ShutdownCommand.self),
        CommandRow(name: "reboot", command: RebootCommand.self),
        CommandRow(name: "pci-attach", command: PCIAttachCommand.self),
        CommandRow(name: "pci-detach", command: PCIDetachCommand.self),
        CommandRow(name: "pci-list", command: PCIListCommand.self),
        CommandRow(name: "pci-assignable-add", command: PCIAssignableAddCommand.self),
        CommandRow(name: "pci-assignable-remove", command: PCIAssignableRemoveCommand.self),
        CommandRow(name: "pci-assignable-list", command: PCIAssignableListCommand.self),
        CommandRow(name: "pause", command: PauseCommand.self),
        CommandRow(name: "unpause", command: UnpauseCommand.self),
        CommandRow(name: "console", command: ConsoleCommand.self),
        CommandRow(name: "vncviewer", command: VNCViewerCommand.self),
        CommandRow(name: "save", command: SaveCommand.self),
        CommandRow(name: "migrate", command: MigrateCommand.self),
        CommandRow(name: "restore", command: RestoreCommand.self),
        CommandRow(name: "migrate-receive", command: MigrateReceiveCommand.self),
        CommandRow(name: "dump-core", command: DumpCoreCommand.self),
        CommandRow(name: "cd-insert", command: CDInsertCommand.self),
        CommandRow(name: "cd-eject", command: CDEjectCommand.self),
        CommandRow(name: "mem-max", command: MemMaxCommand.self),
        CommandRow(name: "mem-set", command: MemSetCommand.self),
        CommandRow(name: "button-press", command: ButtonPressCommand.self),
        CommandRow(name: "vcpu-list", command: VCPUListCommand.self),
        CommandRow(name: "vcpu-pin", command: VCPUPinCommand.self),
        CommandRow(name: "vcpu-set", command: VCPUSetCommand.self),
        CommandRow(name: "vm-list", command: VMListCommand.self),
        CommandRow(name: "info", command: InfoCommand.self),
        CommandRow(name: "sharing", command: SharingCommand.self),
        CommandRow(name: "sched-credit", command: SchedCreditCommand.self),
        CommandRow(name: "sched-credit2", command: SchedCredit2Command.self),
        CommandRow(name: "sched-rtds", command: SchedRTDSCommand.self),
        CommandRow(name: "domid", command: DomIDCommand.self),
        CommandRow(name: "domname", command: DomNameCommand.self),
        CommandRow(name: "rename", command: RenameCommand.self),
        CommandRow(name: "trigger", command: TriggerCommand.self),
        CommandRow(name: "sysrq", command: SysRqCommand.self),
        CommandRow(name: "debug-keys", command: DebugKeysCommand.self),
        CommandRow(name: "set-parameters", command: SetParametersCommand.self),
        CommandRow(name: "dmesg", command: DMesgCommand.self),
        CommandRow(name: "top", command: TopCommand.self),
    ]

    private static let afterDevices: [CommandRow] = [
        CommandRow(name: "uptime", command: UptimeCommand.self),
        CommandRow(name: "claims", command: ClaimsCommand.self),
        CommandRow(name: "cpupool-create", command: CPUPoolCreateCommand.self),
        CommandRow(name: "cpupool-list", command: CPUPoolListCommand.self),
        CommandRow(name: "cpupool-destroy", command: CPUPoolDestroyCommand.self),
        CommandRow(name: "cpupool-rename", command: CPUPoolRenameCommand.self),
        CommandRow(name: "cpupool-cpu-add", command: CPUPoolCPUAddCommand.self),
        CommandRow(name: "cpupool-cpu-remove", command: CPUPoolCPURemoveCommand.self),
        CommandRow(name: "cpupool-migrate", command: CPUPoolMigrateCommand.self),
        CommandRow(name: "cpupool-numa-split", command: CPUPoolNUMASplitCommand.self),
        CommandRow(name: "getenforce", command: GetEnforceCommand.self),
        CommandRow(name: "setenforce", command: SetEnforceCommand.self),
        CommandRow(name: "loadpolicy", command: LoadPolicyCommand.self),
        CommandRow(name: "remus", command: RemusCommand.self),
        CommandRow(name: "devd", command: DriverDomainCommand.self),
        CommandRow(name: "psr-hwinfo", command: PSRHardwareCommand.self),
        CommandRow(name: "psr-cmt-attach", command: PSRMonitorAttachCommand.self),
        CommandRow(name: "psr-cmt-detach", command: PSRMonitorDetachCommand.self),
        CommandRow(name: "psr-cmt-show", command: PSRMonitorShowCommand.self),
        CommandRow(name: "psr-cat-set", command: PSRCacheSetCommand.self),
        CommandRow(name: "psr-cat-show", command: PSRCacheShowCommand.self),
        CommandRow(name: "psr-mba-set", command: PSRBandwidthSetCommand.self),
        CommandRow(name: "psr-mba-show", command: PSRBandwidthShowCommand.self),
        CommandRow(name: "usbctrl-attach", command: USBControllerAttachCommand.self),
        CommandRow(name: "usbctrl-detach", command: USBControllerDetachCommand.self),
        CommandRow(name: "usbdev-attach", command: USBDeviceAttachCommand.self),
        CommandRow(name: "usbdev-detach", command: USBDeviceDetachCommand.self),
        CommandRow(name: "usb-list", command: USBListCommand.self),
        CommandRow(name: "qemu-monitor-command", command: QEMUMonitorCommand.self),
        CommandRow(name: "suspend", command: SuspendCommand.self),
        CommandRow(name: "resume", command: ResumeCommand.self),
        CommandRow(name: "xenstore-quota-get", command: XenstoreQuotaGetCommand.self),
        CommandRow(name: "xenstore-quota-set", command: XenstoreQuotaSetCommand.self),
        CommandRow(name: "evacuate", command: EvacuateCommand.self),
        CommandRow(name: "migrate-recover", command: MigrateRecoverCommand.self),
        CommandRow(name: "migrate-check", command: MigrateCheckCommand.self),
        CommandRow(name: "migrate-state", command: MigrateStateCommand.self),
        CommandRow(name: "migrate-only", command: MigrateOnlyCommand.self),
        CommandRow(name: "config", command: ConfigCommand.self),
        CommandRow(name: "pci-check", command: PCICheckCommand.self),
        CommandRow(name: "doctor", command: DoctorCommand.self),
        CommandRow(name: "wait", command: WaitCommand.self),
        CommandRow(name: "events", command: EventsCommand.self),
        CommandRow(name: "explain", command: ExplainCommand.self),
        CommandRow(name: "schema", command: SchemaCommand.self),
        CommandRow(name: "help", command: HelpCommand.self),
    ]

    /// The command of that name, or the only one whose name begins so.
    static func lookUp(_ word: String) -> CommandRow? {
        if let exact = rows.first(where: { $0.name == word }) { return exact }
        let candidates = candidates(word)
        return candidates.count == 1 ? candidates.first : nil
    }

    private static func candidates(_ word: String) -> [CommandRow] {
        guard !word.isEmpty else { return [] }
        let matches = rows.filter { $0.name.hasPrefix(word) }
        let upstreams = matches.filter { $0.command.isUpstream }
        return upstreams.isEmpty ? matches : upstreams
    }

    /// What is said of a word that names no command.
    static func unknownCommandText(_ word: String) -> String {
        let candidates = candidates(word).map(\.name)
        let hint =
            candidates.isEmpty ? "'xl help' lists the commands" : "could be \(candidates.joined(separator: ", "))"
        return "'\(word)': command not implemented (\(hint))"
    }

    /// The list of commands that `xl help` prints, without a newline at its end.
    static var listing: String { listing(of: rows) }

    static func listing(of rows: some Sequence<CommandRow>) -> String {
        var lines = ["Usage xl [-vfNtT] <subcommand> [args]", "", "xl full list of subcommands:", ""]
        for row in rows where row.command.configuration.shouldDisplay {
            let abstract = row.command.configuration.abstract
            if row.name.utf8.count > 19 {
                lines.append(" \(row.name) ")
                lines.append(String(repeating: " ", count: 21) + abstract)
            } else {
                lines.append(" \(row.name.padded(to: 19)) \(abstract)")
            }
        }
        return lines.joined(separator: "\n")
    }
}
