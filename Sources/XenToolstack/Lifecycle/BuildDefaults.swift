import DomainModel
import XenTypes

/// The defaults of `b_info` (`libxl__domain_build_info_setdefault`).
extension ConfigurationDefaults {
    /// Most vCPUs of any guest (`HVM_MAX_VCPUS` in `xen/hvm/hvm_info_table.h`).
    static let vcpuLimit = 128

    mutating func completeBuildInfo() throws(ToolstackError) {
        try takeDeprecatedFields()
        build.deviceModelStubdomain = build.deviceModelStubdomain ?? false
        build.vpmu = build.vpmu ?? false
        if build.deviceModelStubdomain == true, build.deviceModelSSIDRef == 0 {
            build.deviceModelSSIDRef = Self.deviceModelSID
        }
        chooseDeviceModel()
        build.blockDeviceStart = build.blockDeviceStart ?? "xvda"
        try completeVCPUs()
        completeMemory()
        completeSwitches()
        switch configuration.createInfo.type {
        case .hvm: try completeHVM()
        case .pvh: completePVH()
        default: completePV()
        }
        if !isPV {
            if build.timerMode == .unknown { build.timerMode = .noDelayForMissedTicks }
            build.apic = build.apic ?? true
            build.nestedHVM = build.nestedHVM ?? false
        }
        completeAltp2m()
        warnOfLostSettings()
        try completeGrants()
    }

    /// Settings that this host's release has nothing for, or no release.
    private mutating func warnOfLostSettings() {
        let (release, hvm) = (host.release, build.hvm)
        func needs(_ capability: KeyPath<XenRelease, Bool>) -> String {
            "it needs Xen \(XenRelease.first(with: capability)), and this host runs Xen \(release)"
        }
        let rows: [(key: String, isLost: Bool, reason: String)] = [
            ("altp2m_count", build.altp2mCount != nil && !release.countsAltp2mViews, needs(\.countsAltp2mViews)),
            (
                "xen_platform_pci_bar_uc",
                hvm?.xenPlatformPCIBARUC == false && !release.choosesPlatformDeviceCaching,
                needs(\.choosesPlatformDeviceCaching)
            ),
            (
                "vkb",
                hvm != nil && configuration.vkbs.count > configuration.vfbs.count && !release.servesKeyboardsOfHVM,
                "for HVM guests \(needs(\.servesKeyboardsOfHVM))"
            ),
        ]
        for row in rows where row.isLost { warnings.append("\(row.key) has no effect: \(row.reason)") }
    }

    /// Moves settings from where older releases kept them; a value in both places is an error.
    private mutating func takeDeprecatedFields() throws(ToolstackError) {
        func move<Value>(
            _ key: String, _ old: inout Value?, _ new: inout Value?
        ) throws(ToolstackError) {
            guard let value = old else { return }
            guard new == nil else { throw Self.invalid("\(key) is set twice, in its old and in its new place") }
            new = value
            old = nil
        }
        if var pv = build.pv {
            try move("kernel", &pv.kernel, &build.kernel)
            try move("bootloader", &pv.bootloader, &build.bootloader)
            try move("cmdline", &pv.commandLine, &build.commandLine)
            try move("ramdisk", &pv.ramdisk, &build.ramdisk)
            if !pv.bootloaderArgs.isEmpty {
                guard build.bootloaderArgs.isEmpty else {
                    throw Self.invalid("bootloader_args is set twice, in its old and in its new place")
                }
                build.bootloaderArgs = pv.bootloaderArgs
                pv.bootloaderArgs = []
            }
            build.pv = pv
        }
        if var hvm = build.hvm {
            try move("apic", &hvm.apic, &build.apic)
            try move("nested_hvm", &hvm.nestedHVM, &build.nestedHVM)
            if hvm.timerMode != .unknown {
                guard build.timerMode == .unknown else {
                    throw Self.invalid("timer_mode is set twice, in its old and in its new place")
                }
                build.timerMode = hvm.timerMode
                hvm.timerMode = .unknown
            }
            build.hvm = hvm
        }
    }

    private mutating func chooseDeviceModel() {
        guard build.deviceModelVersion == .unknown else { return }
        let isStubdomain = configuration.createInfo.type == .hvm && build.deviceModelStubdomain == true
        build.deviceModelVersion = isStubdomain ? .qemuXenTraditional : .qemuXen
        if build.deviceModelVersion == .qemuXen, !host.hasDeviceModel { build.deviceModelVersion = .qemuXenTraditional }
    }

    private mutating func completeVCPUs() throws(ToolstackError) {
        if build.maxVCPUs == 0 { build.maxVCPUs = 1 }
        guard build.maxVCPUs > 0 else { throw Self.invalid("the number of vCPUs is negative") }
        if build.availableVCPUs.isEmpty { build.availableVCPUs = [0] }
        guard (build.availableVCPUs.max ?? 0) < Self.vcpuLimit else {
            throw Self.invalid("a guest can have \(Self.vcpuLimit) vCPUs at most")
        }
        if !build.cpuMap.isEmpty, build.vcpuHardAffinity.isEmpty {
            build.vcpuHardAffinity = Array(repeating: build.cpuMap, count: Int(build.maxVCPUs))
        }
        build.numaPlacement = build.numaPlacement ?? true
    }

    private mutating func completeMemory() {
        let maximum = build.maxMemKB ?? 32 << 10
        build.maxMemKB = maximum
        build.targetMemKB = build.targetMemKB ?? maximum
        if build.stubdomainMemKB == nil {
            build.stubdomainMemKB =
                switch (build.deviceModelStubdomain == true, build.deviceModelVersion) {
                case (false, _): 0
                case (true, .qemuXen): 128 << 10
                case (true, _): 28 << 10
                }
        }
    }

    private mutating func completeSwitches() {
        build.claimMode = build.claimMode ?? false
        build.localtime = build.localtime ?? false
        build.disableMigrate = build.disableMigrate ?? false
        for index in build.ioMemory.indices where build.ioMemory[index].gfn == nil {
            build.ioMemory[index].gfn = build.ioMemory[index].start
        }
        if build.eventChannels == 0 { build.eventChannels = 1023 }
        build.acpi = build.acpi ?? true
        build.archX86.msrRelaxed = build.archX86.msrRelaxed ?? false
        build.dmRestrict = build.dmRestrict ?? false
    }

    /// Views beside the ordinary one: ten, as many as releases give that do not ask for a number.
    private mutating func completeAltp2m() {
        guard host.release.countsAltp2mViews else { return }
        let isOn = !isPV && (build.altp2m != .disabled || build.hvm?.altp2m == true)
        build.altp2mCount = build.altp2mCount ?? (isOn ? 10 : 0)
    }

    private mutating func completePV() {
        guard var pv = build.pv else { return }
        pv.e820Host = pv.e820Host ?? false
        pv.slackMemKB = pv.slackMemKB ?? 0
        build.pv = pv
        build.videoMemKB = build.videoMemKB ?? 0
    }

    private mutating func completePVH() {
        guard var pvh = build.pvh else { return }
        pvh.pvShim = pvh.pvShim ?? false
        build.videoMemKB = build.videoMemKB ?? 0
        if pvh.pvShim == true {
            pvh.pvShimPath = pvh.pvShimPath ?? host.firmware.appending("xen-shim").string
            // libxl's PVSHIM_CMDLINE.
            pvh.pvShimCommandLine = pvh.pvShimCommandLine ?? "pv-shim console=xen,pv"
        }
        build.pvh = pvh
    }

    private mutating func completeGrants() throws(ToolstackError) {
        guard let version = build.maxGrantVersion else {
            build.maxGrantVersion = host.grantTableV2 ? 2 : host.grantTableV1 ? 1 : 0
            return
        }
        // XEN_DOMCTL_GRANT_version_mask in xen/domctl.h has four bits.
        guard (0...15).contains(version) else { throw Self.invalid("max_grant_version is out of range: \(version)") }
    }
}
