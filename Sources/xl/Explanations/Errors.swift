import XenTypes

extension Explanation {
    /// Of errors: libxl's, and this program's own.
    static let errors: [Row] = [
        Row(
            "nonspecific", "Something failed that has no code of its own.",
            ["a request that another program refused without saying why"],
            "The message and its cause say all that is known; xl -vvv logs each step."),
        Row(
            "version", "Two sides do not speak the same version of something.",
            ["another xl on the other host of a migration", "libraries of Xen of another release than the hypervisor"],
            "Compare 'xl --version' and 'xl info' on both hosts."),
        Row(
            "fail", "It was tried, and did not succeed.",
            [
                "a hotplug script, a bootloader or QEMU that ended with an error",
                "a request that the hypervisor, xenstored or the kernel refused",
                "a file that cannot be read or written",
            ],
            """
            The cause names what refused, and the evidence is the end of its log in /var/log/xen; 'xl dmesg' shows the \
            hypervisor's own. What was half done has been taken back.
            """),
        Row(
            "not_supported", "Neither this program nor this host can do that.",
            ["a feature that the hypervisor was built without", "a device or key of another architecture"],
            "The message names what is missing; 'xl info' shows what the host has (xen_caps, virt_caps)."),
        Row(
            "no_memory", "There is not enough free memory.",
            ["guests have it", "dom0 has it and does not give it: autoballoon is off", "it is on other NUMA nodes"],
            "'xl info' shows free_memory. Give the guest less, end another, or take some from dom0 with 'xl mem-set 0'."
        ),
        Row(
            "invalid", "The request cannot be met as it stands.",
            [
                "a value out of its range", "settings that contradict each other",
                "something that this guest does not have",
            ],
            "The message names the value; 'xl help COMMAND' and xl.cfg(5) have what is accepted."),
        Row(
            "guest_timed_out", "The guest did not do in time what it was asked to.",
            ["it is paused, or hangs", "its kernel has no driver for the request", "it is short of processor time"],
            "See its console. Ask again, or force it: 'xl destroy' ends a guest at once, 'xl migrate --if-busy' waits longer."
        ),
        Row(
            "timed_out", "Something on the host took longer than it may.",
            ["a hotplug script or QEMU hangs", "the host is overloaded", "a driver domain does not answer"],
            """
            The message says what was awaited and what was seen last. 'xl doctor' finds what hangs; if the host is \
            just slow, timeout.… in xl.conf(5) give it more time.
            """),
        Row(
            "no_paravirt", "The guest has no driver that takes requests.",
            ["an HVM guest without Xen's drivers", "a guest that has not yet started them"],
            "'xl shutdown -F' and 'xl reboot -F' press its virtual buttons instead."),
        Row(
            "not_ready", "It cannot be done now, but may be later.",
            [
                "a guest that is still starting", "a device model that is not running",
                "another command at the same device",
            ],
            "Wait, and try again."),
        Row(
            "buffer_full", "An answer is longer than what may be taken.",
            [
                "a shell on the other host that prints a banner",
                "QEMU or another program that does not work as it should",
            ],
            "See what the other side prints; for a migration: ssh HOST xl info."),
        Row(
            "lock_fail", "A lock cannot be had.",
            ["another xl is at work on the same guest", "/var/run/xen or /var/lib/xen cannot be written"],
            "Wait for the other command; 'xl doctor' shows locks that a stopped process holds."),
        Row(
            "device_exists", "The guest has such a device already.",
            ["the device number or name is in use", "the same command was given twice"],
            "Choose another number (vdev=, devid=), or detach the other first; 'xl block-list' and its like show them."),
        Row(
            "vnuma_configuration_invalid", "The virtual NUMA nodes do not fit the guest.",
            ["sizes that do not add up to maxmem", "a vCPU in no node, or in two", "a distance that is missing"],
            "Correct vnuma= of the configuration; xl.cfg(5) has an example."),
        Row(
            "domain_not_found", "There is no such domain.",
            [
                "a slip in the name", "it has ended, or was moved to another host",
                "a number that it had before a restart",
            ],
            "'xl list' shows those that there are. A UUID stays the same over restarts."),
        Row(
            "aborted", "It was interrupted before it was done.",
            ["Ctrl-C, or a signal of a service's end", "another command that took its place"],
            "What was half done has been taken back. Give the command again."),
        Row(
            "not_found", "There is no such thing.",
            ["a device that the domain does not have", "a pool, a key or a schema of that name does not exist"],
            "The hint names the command that lists what there is."),
        Row(
            "domain_destroyed", "The domain was destroyed meanwhile.",
            ["another command destroyed it", "it ended, and its monitor removed it"],
            "/var/log/xen/xl-NAME.log says what its monitor did."),
        Row(
            "feature_removed", "Xen no longer has this.",
            ["a configuration that was written for an older release"], "The hint names what takes its place."),
        Row(
            "qmp_protocol_error", "QEMU does not speak its protocol as it should.",
            ["a QEMU that was replaced or is being ended", "another program that uses the same socket"],
            "The guest's /var/log/xen/qemu-dm-NAME.log may say more. Restart the guest if it stays so."),
        Row(
            "qmp_unknown_error", "QEMU refused a request for a reason that is not known here.",
            ["a QEMU that is newer than this program"], "The cause has QEMU's own words."),
        Row(
            "qmp_generic_error", "QEMU refused a request.",
            ["a file that it cannot open: it may run as another user", "a device that is busy"],
            "The cause has QEMU's own words, and its log in /var/log/xen perhaps more."),
        Row(
            "qmp_command_not_found", "QEMU has no such command.",
            ["a QEMU that is too old, or was built without it"], "See 'xl info' and the version of QEMU."),
        Row(
            "qmp_device_not_active", "A device of QEMU's is not in use.",
            ["a drive that is empty, or was just detached"],
            "'xl qemu-monitor-command DOMAIN \"info block\"' shows drives."),
        Row(
            "qmp_device_not_found", "QEMU has no such device.",
            ["the device was attached for the guest's drivers only", "it has been detached"],
            "'xl qemu-monitor-command DOMAIN \"info block\"' and \"info pci\" show what it has."),
        Row(
            "qemu_api", "QEMU answered in a form that is not known here.",
            ["a QEMU that is newer than this program"], "The cause has the answer; please report it."),
        Row(
            "no_hypervisor", "There is no hypervisor here that this program serves.",
            [
                "the host was started without Xen", "xen-privcmd is not loaded",
                "the command is run in a guest, or in a container",
            ],
            "Start the host with Xen; 'xl --version' names the releases that are served. Dry runs and 'xl config check' need none."
        ),
        Row(
            "hypervisor_refused", "The hypervisor refused a request.",
            [
                "the host has too little free memory",
                "a guest that is of another type, or in another state, than is needed",
                "a security policy that forbids it", "a feature that the hypervisor was built without",
            ],
            "The cause has its answer; the evidence is the end of its log, which 'xl dmesg' shows whole."),
        Row(
            "permission_denied", "The command may not speak to the hypervisor or to xenstored.",
            ["it is not run as root"], "Run it as root."),
        Row(
            "xenstore_unreachable", "xenstored cannot be reached, or does not answer.",
            ["it does not run, or has crashed", "it was stopped", "it is overloaded by a guest's requests"],
            "See whether it runs: 'xl doctor'. A xenstored that has crashed cannot be started again: the host must be."),
        Row(
            "xenstore_quota", "A quota of xenstored is used up.",
            ["a driver domain or a guest with very many devices"],
            "'xl xenstore-quota-get' shows quotas from Xen \(XenRelease.first(with: \.answersForStoreLimits)) on; else they "
                + "are options of xenstored."),
        Row(
            "device_model_failed", "The guest's QEMU did not start, or has ended.",
            ["an image that it cannot open", "an option that this QEMU does not have", "too little memory in dom0"],
            "The evidence is the end of its log, /var/log/xen/qemu-dm-NAME.log."),
        Row(
            "hotplug_failed", "A hotplug script could not connect a disk or a network card.",
            ["a bridge that does not exist", "an image that is not there, or that another guest uses"],
            "The cause is what it said; its log is /var/log/xen/xen-hotplug.log."),
        Row(
            "bootloader_failed", "The bootloader found no kernel in the guest's disk.",
            [
                "a disk without a system that pygrub knows", "a wrong partition",
                "bootloader_args= that it does not know",
            ],
            "The evidence is what it said. 'xl create -c' shows its menu."),
        Row(
            "monitor_failed", "The process that is to stay in the background did not start.",
            ["too little memory in dom0", "/var/log/xen cannot be written"],
            "The evidence is the end of its log. The domain has been taken back."),
        Row(
            "usage", "The command line is not one that can be.",
            ["an unknown option", "operands that are missing, or too many"], "'xl help COMMAND' shows how it is used."),
        Row(
            "unknown_command", "There is no such command.",
            ["a slip", "a beginning that several commands have"], "'xl help' lists the commands."),
        Row(
            "configuration_invalid", "A configuration has errors, and cannot be used.",
            ["a slip in a file, or in words that were given as key=value"],
            """
            The message has the place, the cause is a code that 'xl explain' knows, too, and the evidence is the line. \
            'xl config check FILE' shows all of them.
            """),
        Row(
            "output_incomplete", "Not all of the answer could be written to standard output.",
            ["the disk is full", "the program that reads it has ended"],
            "What was asked for has been done; only the answer is lost. Make room, or ask again."),
    ]
}
