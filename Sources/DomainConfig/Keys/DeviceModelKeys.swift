import DomainModel

/// QEMU, and the domain that it can run in.
let deviceModelKeys: [ConfigKey] = [
    ConfigKey(
        "device_model", .text("PATH"), "The device model's program, in old words",
        .ignored("write device_model_override= if another program is really wanted")),
    .text(
        "device_model_override", \.buildInfo.deviceModel, "PATH", "The device model's program",
        default: "the system's QEMU"),
    ConfigKey(
        "device_model_version", .choice(["qemu-xen", "qemu-xen-traditional"]),
        "Which kind of QEMU it is; qemu-xen-traditional is refused for HVM guests and means nothing for others",
        default: "qemu-xen",
        write: {
            $0.buildInfo.deviceModelVersion == .unknown
                ? nil : .text(String($0.buildInfo.deviceModelVersion.name.map { $0 == "_" ? "-" : $0 }))
        }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        switch text.string {
        case "qemu-xen": draft.configuration.buildInfo.deviceModelVersion = .qemuXen
        case "qemu-xen-traditional": draft.configuration.buildInfo.deviceModelVersion = .qemuXenTraditional
        default: draft.reportChoice(text, key)
        }
    },
    .flag(
        "device_model_stubdomain_override", \.buildInfo.deviceModelStubdomain, "Run QEMU in a domain of its own",
        default: "0", for: .hvm),
    .text(
        "device_model_stubdomain_seclabel", \.buildInfo.deviceModelSSIDLabel, "LABEL", "Flask label of that domain",
        for: .hvm),
    .text("device_model_user", \.buildInfo.deviceModelUser, "USER", "The user that QEMU runs as"),
    .text("stubdomain_kernel", \.buildInfo.stubdomainKernel, "PATH", "Kernel of that domain", for: .hvm),
    .text("stubdomain_cmdline", \.buildInfo.stubdomainCommandLine, "STRING", "Command line of that kernel", for: .hvm),
    .text("stubdomain_ramdisk", \.buildInfo.stubdomainRamdisk, "PATH", "Initial RAM disk of that kernel", for: .hvm),
    .mebibytes("stubdomain_memory", \.buildInfo.stubdomainMemKB, "Memory of that domain", for: .hvm),
    .texts("device_model_args", \.buildInfo.extra, "ARGUMENT", "More arguments for QEMU"),
    .texts("device_model_args_pv", \.buildInfo.extraPV, "ARGUMENT", "More arguments for QEMU as a PV backend"),
    .texts("device_model_args_hvm", \.buildInfo.extraHVM, "ARGUMENT", "More arguments for QEMU as a device model"),
    .flag("dm_restrict", \.buildInfo.dmRestrict, "Run QEMU with few rights", default: "0", for: .hvm),
]
