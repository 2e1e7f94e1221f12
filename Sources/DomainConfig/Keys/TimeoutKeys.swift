extension GlobalConfig {
    /// `timeout.…` of `xl.conf`.
    static let timeoutKeys: [ConfigKey] = [
        seconds("device", \.deviceInitialise, "a backend to take up a new device"),
        seconds("device_close", \.deviceDestroy, "a backend to let go of a device"),
        seconds("device_change", \.deviceChange, "others to finish with the devices of a domain that is destroyed"),
        seconds("device_binding", \.deviceBinding, "the kernel to bind, release or reset a PCI device"),
        seconds("hotplug", \.hotplugScript, "one hotplug script"),
        seconds(
            "hotplug_grace", \.hotplugGrace,
            "a hotplug script whose result nobody wants any more, if hotplug is not less"),
        seconds("device_model", \.deviceModelStart, "QEMU or xen-9pfsd to run"),
        seconds("stubdomain", \.stubDomainStart, "the QEMU in a stub domain to run"),
        seconds("qmp", \.deviceModelCommand, "QEMU to answer a command"),
        seconds("device_model_release", \.deviceModelRelease, "QEMU to close a device of a guest that does not run"),
        seconds("device_model_state", \.deviceModelState, "QEMU to write its devices' state when its guest is saved"),
        seconds("device_model_end", \.deviceModelEnd, "QEMU to end once it was told to, before it is killed"),
        seconds("medium", \.mediumChange, "QEMU to change a drive's medium"),
        seconds("tray", \.trayOpen, "a guest to open a drive that it has locked"),
        seconds("monitor_command", \.monitorCommand, "QEMU to carry out a command of qemu-monitor-command"),
        seconds("shutdown", \.shutdownAcknowledgement, "a guest to take a request to shut down, reboot or suspend"),
        seconds("suspend", \.guestSuspend, "a guest to suspend after it took the request"),
        seconds("bootloader", \.bootloader, "a bootloader that is confined"),
        seconds("console", \.consoleTerminal, "xenconsoled or QEMU to make a console's terminal"),
        seconds("balloon", \.balloon, "dom0 to give up memory"),
        seconds("vcpu", \.vcpuUnplug, "dom0 to give up virtual CPUs"),
        seconds("domain_end", \.domainEnd, "a paused domain whose QEMU has ended to go, when somebody destroys it"),
        seconds("watcher", \.monitorStart, "the process that watches over a domain to begin"),
        seconds("store", \.storeRecovery, "a xenstored that does not answer to come back"),
        seconds(
            "migration_stall", \.migrationStall,
            "the target to take more of a domain that stands still, or the word to let it run"),
        seconds("migration_arrival", \.migrationArrival, "the target to make the devices once all has arrived"),
        seconds("migration_start", \.migrationStart, "the target to let the domain run"),
        seconds("migration_return", \.migrationReturn, "the target to destroy its copy when it cannot run"),
        seconds("migration_decision", \.migrationDecision, "finding out whether the domain runs on the target"),
        seconds("migration_answer", \.migrationAnswer, "the other host to answer a question, or to take its leave"),
        seconds("migration_pause", \.migrationInquiryPause, "the moment to ask the target again"),
        seconds(
            "migration_silence", \.migrationSilence,
            "the sender of a domain that arrives to send more of it, or the target to take more of one that runs"),
        seconds("checkpoint_end", \.checkpointEnd, "the last checkpoint, when the end of a protection is wanted"),
        seconds(
            "domid_reuse", \.domainIDReuse,
            "the moment to give a destroyed domain's number to another; LIBXL_DOMID_REUSE_TIMEOUT in the environment counts more"
        ),
    ]

    /// A day, for what somebody must come and look at.
    private static let range: ClosedRange<Int64> = 1...86_400

    private static func seconds(_ name: String, _ place: Place<Timeouts, Duration>, _ summary: String) -> ConfigKey {
        let usual = Timeouts()[keyPath: place].components.seconds
        return ConfigKey(
            "timeout.\(name)", .integer(range, unit: "seconds"), "How long to wait for \(summary)", default: "\(usual)"
        ) {
            if let count = $2.integer($0, $1) { $2.environment.global.timeouts[keyPath: place] = .seconds(count) }
        }
    }
}
