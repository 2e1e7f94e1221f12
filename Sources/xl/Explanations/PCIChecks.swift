extension Explanation {
    /// Of `xl pci-check`.
    static let checks: [Row] = [
        Row(
            "no-iommu", "The hypervisor uses no IOMMU: a guest with a device could read and write all memory.",
            ["VT-d or AMD-Vi is off in the firmware", "iommu=off on Xen's command line", "a processor without one"],
            "Switch it on in the firmware; 'xl dmesg' says what the hypervisor found."),
        Row(
            "pvh-control-domain", "This domain is a PVH guest, which cannot give devices away.",
            ["dom0=pvh on Xen's command line"], "Start with a PV dom0."),
        Row(
            "no-pciback", "The driver that holds PCI devices for guests is not loaded.",
            ["it is a module that nobody loaded"],
            "modprobe xen-pciback"),
        Row(
            "bridge", "It is a bridge to other devices, not a device of its own.", ["a wrong address"],
            "Give the devices behind it; 'lspci -t' shows the tree."),
        Row(
            "in-use", "A domain has the device.", ["it was given to a guest that still runs"],
            "'xl pci-detach DOMAIN DEVICE', or end that domain."),
        Row(
            "vital", "This host cannot do without the device.",
            ["the disk of / is on it", "it is the only network card that is connected, or part of a bridge"],
            "Use another device. 'xl pci-assignable-add --force' takes it all the same."),
        Row(
            "used-here", "This host uses the device, and can do without.",
            ["a file system, an interface or a keyboard on it"],
            "Stop using it first: umount, ip link set down."),
        Row(
            "not-assignable", "A driver of this host has the device, or none, but not pciback.",
            ["it has not been made assignable"], "'xl pci-assignable-add DEVICE', or seize=1 in xl.cfg."),
        Row(
            "reset", "The kernel can reset the device before another guest gets it.", ["this is as it should be"],
            "Nothing."),
        Row(
            "no-reset", "The kernel cannot reset the device alone.", ["a device without any way of resetting it"],
            "Give it to guests only that trust each other, or restart the host in between."),
        Row(
            "other-functions", "Other functions of the same device stay with this host.",
            ["a card with several ports", "a graphics card with its sound device"],
            "Give all functions to the same guest."),
        Row(
            "shared-group", "The IOMMU cannot tell the device from others.",
            ["devices behind a bridge to conventional PCI", "a bridge without access control (ACS)"],
            "Give all of them to the same guest, or none."),
        Row(
            "resource", "Memory or ports that the device has, and that a guest would reach.",
            ["this is as it should be"], "Nothing."),
        Row(
            "partial-page", "The device's memory does not fill whole pages of 4 KiB.",
            ["a small register area that shares its page with another device"],
            "Have the firmware or the kernel place it alone (pci=resource_alignment=DEVICE)."),
    ]
}
