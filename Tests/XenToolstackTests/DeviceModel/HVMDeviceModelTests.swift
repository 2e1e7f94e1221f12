import DomainModel
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct HVMDeviceModelTests {
    private static let users = UserDirectory(
        entry: { name in
            ["qemu": 107, "root": 0, "xen-qemuuser-range-base": 60000][name].map {
                .init(id: $0, group: $0 + 1, name: name)
            }
        }, name: { $0 == 60009 ? "someone" : nil })

    private static func plan(
        domain: UInt32 = 8, users: UserDirectory = users, scripted: [Int32: String] = [:],
        features: QEMUFeatures = .classic,
        _ change: (inout DomainConfiguration) -> Void = { _ in }
    ) throws(ToolstackError) -> DeviceModelPlan {
        var given = DomainConfiguration()
        given.createInfo.type = .hvm
        given.createInfo.name = "web"
        given.buildInfo.type = .hvm
        given.buildInfo.maxMemKB = 262_144
        change(&given)
        var configuration = try ConfigurationDefaults.apply(to: given, on: HostCapabilities()).configuration
        for index in configuration.nics.indices {
            configuration.nics[index].deviceID = configuration.nics[index].deviceID ?? Int32(index)
            let model = configuration.nics[index].model
            configuration.nics[index].model = model ?? "rtl8139"
            configuration.nics[index].bridge = "xenbr0"
            configuration.nics[index].mac = MACAddress("00:16:3e:00:00:0\(index)")
            if configuration.nics[index].nicType == .unknown { configuration.nics[index].nicType = .vifIoemu }
        }
        var build = DomainBuild(configuration: configuration, domain: DomainID(domain), uuid: .zero)
        build.deviceModelFeatures = features
        return try DeviceModelPlan(
            build, HostPaths(release: XenRelease(4, 17)), scriptedDisks: scripted, users: users)
    }

    /// The options of QEMU 7.2 and of 10.0, as each lists them, and what becomes of settings.
    @Test(arguments: [
        (
            """
            -chroot dir     chroot to dir just before starting the VM
            -runas user     change to user id user just before starting the VM
            \t\tuser can be numeric uid:gid instead
            -no-acpi        disable ACPI
            """, ["-chroot /var/run/xen/qemu-root-8", "-runas qemu", "-no-acpi"]
        ),
        (
            """
            -run-with [async-teardown=on|off][,chroot=dir]
                            Set miscellaneous QEMU process lifecycle options:
            -runas user     change to user id user just before starting the VM
            """, ["-run-with chroot=/var/run/xen/qemu-root-8", "-runas qemu", ",acpi=off"]
        ),
        (
            """
            -run-with [async-teardown=on|off][,chroot=dir][user=username|uid:gid]
                            Set miscellaneous QEMU process lifecycle options:
                            user=username switches to the specified user before starting VM execution
            -S              freeze CPU at startup (use 'c' to start execution)
            """, ["-run-with chroot=/var/run/xen/qemu-root-8", "-run-with user=qemu", ",acpi=off"]
        ),
    ])
    func speaksAsTheQEMUAtHandUnderstands(_ help: String, _ wanted: [String]) throws {
        let plan = try Self.plan(features: QEMUFeatures(help: help)) {
            $0.buildInfo.dmRestrict = true
            $0.buildInfo.deviceModelUser = "qemu"
            $0.buildInfo.hvm?.acpi = false
        }
        let line = plan.arguments.joined(separator: " ")
        for part in wanted { #expect(line.contains(part), "\(line)") }
        let isOld = QEMUFeatures(help: help).contains(.noACPI)
        #expect(line.contains(",acpi=off") != isOld && line.contains("-no-acpi") == isOld)
    }

    @Test func refusesAQEMUThatCannotBeConfined() {
        let error = #expect(throws: ToolstackError.self) {
            try Self.plan(features: [.noACPI]) {
                $0.buildInfo.dmRestrict = true
                $0.buildInfo.deviceModelUser = "qemu"
            }
        }
        #expect(error?.description.contains("neither -chroot nor -run-with chroot=") == true)
    }

    @Test func asksOnlyWhereItMatters() {
        func matters(_ change: (inout DomainConfiguration) -> Void) -> Bool {
            var configuration = DomainConfiguration()
            configuration.buildInfo.acpi = true
            configuration.buildInfo.hvm = HVMBuildInfo()
            change(&configuration)
            return QEMUFeatures.matter(to: configuration)
        }
        #expect(!matters { _ in })
        #expect(matters { $0.buildInfo.dmRestrict = true } && matters { $0.buildInfo.deviceModelUser = "qemu" })
        #expect(matters { $0.buildInfo.acpi = false } && matters { $0.buildInfo.hvm?.acpi = false })
        #expect(!matters { $0.buildInfo.hvm = nil })
        #expect(
            !matters {
                $0.buildInfo.dmRestrict = true
                $0.buildInfo.deviceModelStubdomain = true
            })
    }

    @Test func rememberedOptionsAreThoseOfOneFile() throws {
        var record = try #require(QEMURecord(of: "/bin/sh"))
        record.features = [.runWithChroot, .runWithUser]
        let read = try #require(QEMURecord(text: Array(record.text.utf8)))
        #expect(read == record && read.isOfSameFile(as: record))
        #expect(try !#require(QEMURecord(of: "/bin/ls")).isOfSameFile(as: record))
        #expect(QEMURecord(of: "/nonexistent") == nil)
        for text in ["", "1 2 3", "1 2 3 x", "1 2 3 256", "1 2 3 4 5"] {
            #expect(QEMURecord(text: Array(text.utf8)) == nil)
        }
    }

    @Test func plain() throws {
        let plan = try Self.plan()
        #expect(plan.program == "/usr/libexec/xen-qemu-system-i386")
        #expect(
            plan.arguments == [
                "-xen-domid", "8", "-no-shutdown", "-chardev",
                "socket,id=libxl-cmd,path=/var/run/xen/qmp-libxl-8,server=on,wait=off", "-mon",
                "chardev=libxl-cmd,mode=control", "-chardev",
                "socket,id=libxenstat-cmd,path=/var/run/xen/qmp-libxenstat-8,server=on,wait=off", "-mon",
                "chardev=libxenstat-cmd,mode=control", "-nodefaults", "-no-user-config", "-name", "web",
                "-vnc", "127.0.0.1:0,to=99", "-display", "none", "-device", "cirrus-vga,vgamem_mb=8",
                "-boot", "order=cda", "-net", "none", "-machine", "xenfv,suppress-vmdesc=on", "-m", "248",
            ])
        #expect(plan.environment == ["XEN_QEMU_CONSOLE_LIMIT": "1048576", "XEN_DOMAIN_ID": "8"])
        #expect(
            plan.nodes.map(\.path.description) == [
                "/local/domain/8/hvmloader/bios", "/local/domain/8/hvmloader/allow-memory-relocate",
                "/local/domain/0/device-model/8",
            ])
        #expect(plan.nodes.map(\.value) == ["seabios", "0", nil])
        #expect(plan.warnings.isEmpty)
    }

    /// What a setting adds, as it stands in the command line, words separated by spaces.
    private typealias Row = (words: String, change: @Sendable (inout DomainConfiguration) -> Void)

    private static func hvm<Value>(
        _ path: WritableKeyPath<HVMBuildInfo, Value> & Sendable, _ value: Value
    ) -> @Sendable (inout DomainConfiguration) -> Void where Value: Sendable {
        { $0.buildInfo.hvm?[keyPath: path] = value }
    }

    private static let rows: [Row] = [
        ("-vnc none -display none -device", hvm(\.vnc.enable, false)),
        (
            "-display none -nographic -device cirrus-vga",
            { configuration in
                configuration.buildInfo.hvm?.vnc.enable = false
                configuration.buildInfo.hvm?.noGraphic = true
            }
        ),
        ("-vnc 0.0.0.0:0,password=on,to=99", { $0.buildInfo.hvm?.vnc = vnc { $0.password = "secret" } }),
        ("-vnc 0.0.0.0:5,to=99", { $0.buildInfo.hvm?.vnc = vnc { $0.display = 5 } }),
        ("-vnc ::1 -display", { $0.buildInfo.hvm?.vnc = vnc { ($0.listen, $0.findUnused) = ("::1", false) } }),
        ("-display none -display sdl -device", hvm(\.sdl.enable, true)),
        ("-display none -k de -device", hvm(\.keymap, "de")),
        ("-device VGA,vgamem_mb=16", hvm(\.vga.kind, .std)),
        ("-display none -boot order=cda", hvm(\.vga.kind, .none)),
        ("-device qxl-vga,vram_size_mb=64,ram_size_mb=64", hvm(\.vga.kind, .qxl)),
        ("-display none -serial pty -device", hvm(\.serial, "pty")),
        ("-serial pty -serial file:/tmp/x -device", hvm(\.serialList, ["pty", "file:/tmp/x"])),
        ("-boot order=dc -net", hvm(\.boot, "dc")),
        ("-boot order=cda -usb -net", hvm(\.usb, true)),
        ("-usb -usbdevice tablet -net", hvm(\.usbDevice, "tablet")),
        ("-usb -usbdevice tablet -usbdevice mouse -net", hvm(\.usbDeviceList, ["tablet", "mouse"])),
        ("-device piix3-usb-uhci,id=usb -net", hvm(\.usbVersion, 1)),
        ("-device nec-usb-xhci,id=usb -net", hvm(\.usbVersion, 3)),
        ("firstport=2,addr=0x1d.0x1,multifunction=on -device ich9-usb-uhci3", hvm(\.usbVersion, 2)),
        ("-device intel-hda -device hda-duplex -net", hvm(\.soundHardware, "HDA")),
        ("-device ac97 -net", hvm(\.soundHardware, "ac97")),
        ("-no-acpi -net", hvm(\.acpi, false)),
        ("-net none -machine pc,accel=xen,suppress-vmdesc=on -m", hvm(\.xenPlatformPCI, false)),
        ("xenfv,suppress-vmdesc=on,max-ram-below-4g=3221225472 -m", hvm(\.mmioHoleMemKB, 1 << 20)),
        ("xenfv,suppress-vmdesc=on -m", hvm(\.mmioHoleMemKB, 1 << 10)),
        ("-m 248 -device xen-pvdevice,device-id=0xc000", hvm(\.vendorDevice, .xenserver)),
        (
            "-display none -kernel /boot/k -initrd /boot/i -append a b=c,d -device",
            { configuration in
                configuration.buildInfo.kernel = "/boot/k"
                configuration.buildInfo.ramdisk = "/boot/i"
                configuration.buildInfo.commandLine = "a b=c,d"
            }
        ),
        ("-smp 1,maxcpus=4 -net", { $0.buildInfo.maxVCPUs = 4 }),
        (
            "-net none -trace x -machine xenfv,suppress-vmdesc=on -global y -m",
            { configuration in
                configuration.buildInfo.extra = ["-trace", "x"]
                configuration.buildInfo.extraHVM = ["-global", "y"]
                configuration.buildInfo.extraPV = ["-never"]
            }
        ),
        ("-m 248 -runas qemu", { $0.buildInfo.deviceModelUser = "qemu" }),
        (
            "-spice port=0,tls-port=6001,addr=::1,password=a,,b,agent-mouse=on,disable-copy-paste=on,"
                + "image-compression=quic,streaming-video=all -device cirrus",
            {
                $0.buildInfo.hvm?.spice = spice {
                    ($0.port, $0.tlsPort, $0.host, $0.disableTicketing) = (0, 6001, "::1", false)
                    ($0.password, $0.imageCompression, $0.streamingVideo) = ("a,b", "quic", "all")
                }
            }
        ),
        (
            "disable-ticketing=on,agent-mouse=off -device virtio-serial -chardev spicevmc,id=vdagent,name=vdagent "
                + "-device virtserialport,chardev=vdagent,name=com.redhat.spice.0 -device cirrus",
            {
                $0.buildInfo.hvm?.spice = spice {
                    ($0.agentMouse, $0.vdAgent, $0.clipboardSharing) = (false, true, true)
                }
            }
        ),
        (
            "multifunction=on -chardev spicevmc,name=usbredir,id=usbrc1 -device usb-redir,chardev=usbrc1,id=usbrc1 -net",
            { $0.buildInfo.hvm?.spice = spice { $0.usbRedirection = 1 } }
        ),
    ]

    private static func vnc(_ change: (inout VNCInfo) -> Void) -> VNCInfo {
        var vnc = VNCInfo()
        vnc.listen = "0.0.0.0"
        change(&vnc)
        return vnc
    }

    private static func spice(_ change: (inout SpiceInfo) -> Void) -> SpiceInfo {
        var spice = SpiceInfo()
        (spice.enable, spice.port, spice.disableTicketing) = (true, 6000, true)
        change(&spice)
        return spice
    }

    @Test(arguments: rows.indices) func settings(_ index: Int) throws {
        let row = Self.rows[index]
        let line = try Self.plan(row.change).arguments.joined(separator: " ")
        #expect(line.contains(row.words))
    }

    @Test func networkCards() throws {
        let line = try Self.plan {
            var (first, second, third) = (NICDevice(), NICDevice(), NICDevice())
            first.model = "e1000"
            second.nicType = .vif
            third.deviceID = 7
            $0.nics = [first, second, third]
        }.arguments.joined(separator: " ")
        #expect(
            line.contains(
                "-device e1000,id=nic0,netdev=net0,mac=00:16:3e:00:00:00 "
                    + "-netdev type=tap,id=net0,ifname=vif8.0-emu,br=xenbr0,script=no,downscript=no "
                    + "-device rtl8139,id=nic7,netdev=net7,mac=00:16:3e:00:00:02 "
                    + "-netdev type=tap,id=net7,ifname=vif8.7-emu,br=xenbr0,script=no,downscript=no -machine"))
        #expect(!line.contains("-net none"))
    }

    private static func disk(
        _ vdev: String, _ path: String?, _ format: DiskFormat = .raw, _ backend: DiskBackend = .phy,
        _ change: (inout DiskDevice) -> Void = { _ in }
    ) -> DiskDevice {
        var disk = DiskDevice()
        (disk.virtualDevice, disk.physicalPath, disk.format, disk.backend) = (vdev, path, format, backend)
        disk.isWritable = true
        change(&disk)
        return disk
    }

    private static func drives(_ plan: DeviceModelPlan) -> String {
        let start = plan.arguments.lastIndex(of: "-m").map { $0 + 2 } ?? plan.arguments.endIndex
        return plan.arguments[start...].joined(separator: " ")
    }

    @Test func ideDisksAndDrives() throws {
        let cdrom: (inout DiskDevice) -> Void = { ($0.isCDROM, $0.isWritable) = (true, false) }
        let plan = try Self.plan(scripted: [51760: "/dev/drbd3"]) {
            $0.disks = [
                Self.disk("hda", "/i/a,b.img"), Self.disk("xvdb", "/i/b.vhd", .vhd, .qdisk),
                Self.disk("hdc", nil, .empty, .qdisk, cdrom), Self.disk("xvdd", "r0") { $0.script = "block-drbd" },
                Self.disk("xvde", "/i/e.img"), Self.disk("51840", "/i/f.img"),
                Self.disk("hdd", "/i/g.iso", .raw, .qdisk, cdrom),
            ]
        }
        #expect(
            Self.drives(plan)
                == "-drive file=/i/a,,b.img,if=ide,index=0,media=disk,format=raw,cache=writeback "
                + "-drive file=/i/b.vhd,if=ide,index=1,media=disk,format=vpc,cache=writeback "
                + "-drive if=none,readonly=on,id=ide-5632 -device ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0 "
                + "-drive file=/dev/drbd3,if=ide,index=3,media=disk,format=raw,cache=writeback "
                + "-drive if=none,readonly=on,id=ide-5696,file=/i/g.iso,format=raw "
                + "-device ide-cd,id=ide-5696,drive=ide-5696,bus=ide.1,unit=1")
        #expect(plan.warnings.count == 2)
        #expect(plan.warnings.first?.contains("xvde") == true)
    }

    @Test func otherBuses() throws {
        let plan = try Self.plan {
            $0.buildInfo.hvm?.hdType = .ahci
            $0.disks = [
                Self.disk("hda", "/i/a", .qcow2, .qdisk), Self.disk("xvdf", "/i/f"), Self.disk("xvdg", "/i/g"),
                Self.disk("sdb", "/i/s") { $0.isWritable = false },
            ]
        }
        #expect(plan.arguments.joined(separator: " ").contains("-display none -device lsi53c895a -device cirrus"))
        #expect(
            Self.drives(plan)
                == "-device ahci,id=ahci0 -drive file=/i/a,if=none,id=ahcidisk-0,format=qcow2,cache=writeback "
                + "-device ide-hd,bus=ahci0.0,unit=0,drive=ahcidisk-0 "
                + "-drive file=/i/f,if=none,id=ahcidisk-5,format=raw,cache=writeback "
                + "-device ide-hd,bus=ahci0.5,unit=0,drive=ahcidisk-5 "
                + "-drive file=/i/s,id=scsi0-hd1,format=raw,if=none,readonly=on,cache=writeback "
                + "-device scsi-hd,drive=scsi0-hd1,scsi-id=1")
    }

    @Test func replicatedDisks() throws {
        let replicated: @Sendable (inout DiskDevice) -> Void = {
            ($0.coloEnable, $0.coloExport, $0.activeDisk, $0.hiddenDisk) = (true, "e", "/a", "/h")
        }
        let plan = try Self.plan {
            $0.disks = [
                Self.disk("hda", "/i/a", .raw, .qdisk, replicated),
                Self.disk("sda", "/i/s", .raw, .qdisk) {
                    replicated(&$0)
                    $0.coloRestoreEnable = true
                },
            ]
        }
        #expect(
            Self.drives(plan)
                == "-drive if=ide,index=0,media=disk,cache=writeback,driver=quorum,id=e,children.0.file.filename=/i/a,"
                + "children.0.driver=raw,read-pattern=fifo,vote-threshold=1 "
                + "-drive if=none,driver=raw,file=/i/s,id=e,readonly=off "
                + "-drive if=none,readonly=off,cache=writeback,id=top-colo,driver=replication,mode=secondary,"
                + "top-id=top-colo,file.driver=qcow2,file.file.filename=/a,file.backing.driver=qcow2,"
                + "file.backing.file.filename=/h,file.backing.backing=e -device scsi-hd,drive=top-colo,scsi-id=0")
    }

    private static let refused: [@Sendable (inout DomainConfiguration) -> Void] = [
        { $0.buildInfo.hvm?.vnc = vnc { ($0.listen, $0.display) = ("127.0.0.1:3", 2) } },
        {
            $0.buildInfo.hvm?.serial = "pty"; $0.buildInfo.hvm?.serialList = ["pty"]
        },
        {
            $0.buildInfo.hvm?.usbDevice = "tablet"; $0.buildInfo.hvm?.usbDeviceList = ["mouse"]
        },
        hvm(\.usbVersion, 4), hvm(\.soundHardware, "theremin"), hvm(\.gfxPassthru, true),
        { $0.buildInfo.hvm?.spice = spice { $0.port = 0 } },
        { $0.buildInfo.hvm?.spice = spice { $0.disableTicketing = false } },
        { $0.buildInfo.hvm?.spice = spice { $0.usbRedirection = 5 } },
        { $0.disks = [disk("hda", "/i/a") { $0.isWritable = false }] },
        { $0.buildInfo.deviceModelUser = "root" }, { $0.buildInfo.deviceModelUser = "nobody-here" },
        { $0.buildInfo.deviceModelVersion = .qemuXenTraditional },
    ]

    @Test(arguments: refused.indices) func refusals(_ index: Int) {
        #expect(throws: ToolstackError.self) { try Self.plan(Self.refused[index]) }
    }
}
