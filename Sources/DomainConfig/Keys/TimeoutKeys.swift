extension GlobalConfig {
    /// `timeout.…` of `xl.conf`.
    static let timeoutKeys: [ConfigKey] = [
        seconds("device", \.deviceInitialise, "A backend to take up a new device"),
        seconds("device_close", \.deviceDestroy, "A backend to let go of a device"),
        seconds("device_change", \.deviceChange, "Others to finish with the devices of a domain that is destroyed"),
        seconds("device_binding", \.deviceBinding, "The kernel to bind, release or reset a PCI device"),
        seconds("hotplug", \.hotplugScript, "One hotplug script"),
        seconds("hotplug_grace", \.hotplugGrace, "A hotplug script whose result nobody wants any more"),
        seconds("device_model", \.deviceModelStart, "QEMU to run"),
        seconds("stubdomain", \.stubDomainStart, "The QEMU in a stub domain to run"),
        seconds("qmp", \.deviceModelCommand, "QEMU to answer a command"),
        seconds("device_model_release", \.deviceModelRelease, "QEMU to close a device of a guest that does not run"),
        seconds("device_model_state", \.deviceModelState, "QEMU to write its devices' state when its guest is saved"),
        seconds("device_model_end", \.deviceModelEnd, "QEMU to end once it was told to, before it is killed"),
        seconds("medium", \.mediumChange, "QEMU to change a drive's medium"),
        seconds("tray", \.trayOpen, "A guest to open a drive that it has locked"),
        seconds("monitor_command", \.monitorCommand, "QEMU to carry out a command of qemu-monitor-command"),
        seconds("shutdown", \.shutdownAcknowledgement, "A guest to take a request to shut down, reboot or suspend"),
        seconds("suspend", \.guestSuspend, "A guest to suspend after it took the request"),
        seconds("bootloader", \.bootloader, "A bootloader that is confined"),
        seconds("console", \.consoleTerminal, "xenconsoled or QEMU to make a console's terminal"),
        seconds("balloon", \.balloon, "dom0 to give up memory"),
        seconds("vcpu", \.vcpuUnplug, "dom0 to give up virtual CPUs"),
        seconds("domain_end", \.domainEnd, "A paused domain whose QEMU has ended to go, when somebody destroys it"),
        seconds("watcher", \.monitorStart, "The process that watches over a domain to begin"),
        seconds("store", \.storeRecovery, "A xenstored that does not answer to come back"),
        seconds("migration_stall", \.migrationStall, "The target to take more of a domain that stands still"),
        seconds("migration_arrival", \.migrationArrival, "The target to make the devices once all has arrived"),
        seconds("migration_start", \.migrationStart, "The target to let the domain run"),
        seconds("migration_return", \.migrationReturn, "The target to destroy its copy when it cannot run"),
        seconds("migration_decision", \.migrationDecision, "Finding out whether the domain runs on the target"),
        seconds("migration_answer", \.migrationAnswer, "The other host to answer a question"),
        seconds("migration_pause", \.migrationInquiryPause, "Until the target is asked again"),
        seconds("migration_silence", \.migrationSilence, "The sender of a domain that arrives to send more of it"),
        seconds("checkpoint_end", \.checkpointEnd, "The last checkpoint, when the end of a protection is wanted"),
        seconds("domid_reuse", \.domainIDReuse, "A destroyed domain's number to stay unused"),
    ]

    /// A day, for what somebody must come and look at.
    private static let range: ClosedRange<Int64> = 1...86_400

    private static func seconds(_ name: String, _ place: Place<Timeouts, Duration>, _ summary: String) -> ConfigKey {
        let usual = Timeouts()[keyPath: place].components.seconds
        return ConfigKey(
            "timeout.\(name)", .integer(range, unit: "seconds"), "Time limit: \(summary)", default: "\(usual)"
        ) {
            if let count = $2.integer($0, $1) { $2.environment.global.timeouts[keyPath: place] = .seconds(count) }
        }
    }
}
