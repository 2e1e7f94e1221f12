extension Explanation {
    /// Of the doctor's findings; what each is, its own table says.
    static let findings: [Row] = [
        Row(
            "domain-half-made", ["xl create was killed", "the host was short of memory, and the kernel ended it"],
            "'xl destroy' takes the domain away; 'xl doctor --fix' does it, too."),
        Row(
            "domain-unwatched", ["it was created with -e", "its monitor was killed, or ended with a login session"],
            "'xl doctor --fix DOMAIN' starts a monitor for it. Without one the domain stays when it ends."),
        Row(
            "domain-without-configuration",
            ["the file in /var/lib/xen was removed", "another toolstack made the domain"],
            "'xl config-update DOMAIN FILE' stores one; until then it cannot be restarted, saved or moved."),
        Row(
            "domain-without-nodes", ["its destruction was cut off", "another program made it without xenstore"],
            "'xl destroy' ends it, unless it was made so."),
        Row(
            "domain-zombie",
            [
                "a process in dom0 still maps its memory: QEMU, a backend, a debugger",
                "another guest has pages of it mapped",
            ],
            "The finding names who holds its pages. When that process ends, the domain goes."),
        Row(
            "stub-domain-without-guest", ["the destruction of its guest was cut off"],
            "'xl destroy' takes it away; 'xl doctor --fix' does it, too."),
        Row(
            "migration-undecided", ["the connection broke when the domain changed hosts"],
            "'xl migrate-recover DOMAIN' asks the other host, and ends the copy here or lets it go on. Never let both run."
        ),
        Row(
            "migration-gone", ["xl migrate was killed", "upstream's xl could not find out where the domain runs"],
            "Look where it was to go. 'xl migrate-recover --there' ends this copy, --here lets it go on."),
        Row(
            "migration-incoming", ["the sender or the receiver was killed"],
            "The finding says whether it may be the only copy; if not, 'xl destroy' takes it away."),
        Row(
            "domain-suspended", ["xl save, migrate or remus was killed"],
            "'xl doctor --fix DOMAIN' lets it go on, unless remus protected it and the other host runs it."),
        Row(
            "network-buffer", ["xl remus was killed"],
            "Look at the other host; 'xl migrate-recover --here' or --there decides, and the queue goes."),
        Row(
            "device-backend-left", ["a detach or a destruction was cut off", "a driver domain was restarted"],
            "'xl doctor --fix' removes it, where it is dom0's."),
        Row(
            "device-backend-gone", ["its driver domain has ended", "somebody removed the backend's nodes"],
            "Detach the device by force and attach it anew, when its driver domain runs."),
        Row(
            "device-unserved", ["the backend's driver is not loaded", "the program that serves it does not run"],
            "Load the module that the finding names, then detach and attach the device."),
        Row(
            "device-script-failed", ["a bridge that does not exist", "an image that is not there, or in use"],
            "See /var/log/xen/xen-hotplug.log. Detach the device, mend the cause, and attach it."),
        Row(
            "device-closing",
            ["the guest uses the device: a mounted disk", "the guest hangs", "the detach was cut off"],
            "Have the guest let go of it, or detach it by force."),
        Row(
            "control-disk",
            ["a bootloader, or the command that ran it, was killed", "a disk that was attached to dom0 by hand"],
            "'xl block-detach 0 NUMBER' takes it off, if nobody in dom0 uses it."),
        Row(
            "loop-device-left", ["a hotplug script was killed", "somebody set it up by hand"],
            "'losetup -d DEVICE', unless it was made for later."),
        Row(
            "interface-left", ["the QEMU or the backend of a guest did not take it along"],
            "'ip link delete NAME'; 'xl doctor --fix' does it where that is certain."),
        Row(
            "usb-device-left", ["a detach or a destruction was cut off", "the kernel's backend did not let go of it"],
            "'xl doctor --fix' gives it back; or unplug it and plug it in again."),
        Row(
            "xenstored-silent", ["it was stopped, or has crashed", "it is overloaded by a guest's requests"],
            "See whether it runs. A xenstored that has crashed cannot be started again: the host must be."),
        Row(
            "xenconsoled-missing", ["it crashed, was stopped, or was never started"], "systemctl restart xenconsoled"),
        Row(
            "console-unserved", ["xenconsoled has forgotten the guest", "it has no terminal left to give"],
            "systemctl restart xenconsoled; guests go on meanwhile."),
        Row(
            "device-model-ended", ["QEMU crashed, or was killed for lack of memory"],
            "See its log in /var/log/xen; 'xl destroy' the guest, and create it anew."),
        Row(
            "device-model-stopped", ["a debugger, or 'kill -STOP'"],
            "'kill -CONT' with the number that the finding names."),
        Row(
            "device-model-left", ["the destruction of its guest was cut off"],
            "End the process; 'xl doctor --fix' does it."),
        Row(
            "bootloader-left", ["xl create was killed while pygrub ran"], "End the process; 'xl doctor --fix' does it."),
        Row(
            "script-left", ["its caller was killed, and it waits for a lock or a device"],
            "See what it waits for, end it, and look with 'xl doctor' again."),
        Row(
            "lock-held", ["a command was stopped with Ctrl-Z", "a program that it started has outlived it"],
            "Let the process that the finding names go on, or end it."),
        Row(
            "store-nodes-left", ["a destruction was cut off", "xenstored ran while domains ended that it did not see"],
            "'xl doctor --fix' removes them. Until then no other domain can have the name."),
        Row(
            "store-machine-left", ["the creation or destruction of a domain was cut off"],
            "'xl doctor --fix' removes them."),
        Row(
            "store-stray-node", ["the stock bridge script, which takes an interface's name for a number"],
            "'xl doctor --fix' removes those; others are perhaps somebody's."),
        Row(
            "store-cut-short", ["a guest with a backend of its own writes nodes without end"],
            "'xenstore-ls /local/domain' shows whose they are."),
        Row("pool-name-left", ["the destruction of a pool was cut off"], "'xl doctor --fix' removes the name."),
        Row(
            "pool-half-made", ["the creation of a pool was cut off"],
            "'xl cpupool-destroy NUMBER', or 'xl cpupool-rename NUMBER NAME' where domains are in it."),
        Row("files-left", ["a destruction was cut off", "the host was reset"], "'xl doctor --fix' removes them."),
        Row(
            "bootloader-files-left", ["xl create was killed between the bootloader and the domain's start"],
            "'xl doctor --fix' removes them."),
        Row(
            "save-unfinished", ["xl save was killed", "the disk was full"],
            "Remove the file: it is not whole, and holds a part of the guest's memory."),
        Row(
            "files-unfinished", ["a command was killed while it wrote"],
            "'xl doctor --fix' removes them; nothing waits for them."),
        Row(
            "module-missing", ["a kernel without Xen's backends", "modules of another kernel than the one that runs"],
            "modprobe it, and name it in /etc/modules-load.d/xen.conf; or install a kernel that has it."),
        Row(
            "memory-short", ["dom0 was given too little", "many guests, each with a QEMU in dom0"],
            "'xl mem-set 0 SIZE' gives it more; dom0_mem= on Xen's command line does from the start."),
        Row(
            "loop-devices-short", ["the module was loaded with max_loop="],
            "Load it without, or serve images from another kind of device."),
        Row(
            "processor-short", ["guests have the processors", "dom0 has few, and many devices to serve"],
            "Give dom0 more weight ('xl sched-credit2'), or more processors (dom0_max_vcpus=)."),
        Row(
            "disk-slow", ["a disk that fails", "guests that write much"],
            "See iostat(1), iotop(8) and the disk's health."),
    ]
}
