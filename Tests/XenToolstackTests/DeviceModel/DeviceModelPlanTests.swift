import DomainModel
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

/// Expected arguments follow from the rules of `libxl_dm.c` (Xen 4.17); the host tests compare with what upstream's own
/// tool gives QEMU.
@Suite struct DeviceModelPlanTests {
    private func build(_ change: (inout DomainConfiguration) -> Void) -> DomainBuild {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .pv
        configuration.createInfo.name = "web"
        configuration.buildInfo.maxMemKB = 262_144
        change(&configuration)
        return DomainBuild(configuration: configuration, domain: DomainID(8), uuid: .zero)
    }

    private let paths = HostPaths(release: XenRelease(4, 17))

    /// The arguments of upstream's QEMU for a PV guest with a qcow2 disk.
    @Test func plain() throws {
        let plan = try DeviceModelPlan(build { _ in }, paths)
        #expect(plan.program == "/usr/libexec/xen-qemu-system-i386")
        #expect(
            plan.arguments == [
                "-xen-domid", "8", "-no-shutdown", "-chardev",
                "socket,id=libxl-cmd,path=/var/run/xen/qmp-libxl-8,server=on,wait=off", "-mon",
                "chardev=libxl-cmd,mode=control", "-chardev",
                "socket,id=libxenstat-cmd,path=/var/run/xen/qmp-libxenstat-8,server=on,wait=off", "-mon",
                "chardev=libxenstat-cmd,mode=control", "-nodefaults", "-no-user-config", "-xen-attach", "-name", "web",
                "-vnc", "none", "-display", "none", "-nographic", "-machine", "xenpv", "-m", "256",
            ])
        #expect(plan.environment == ["XEN_QEMU_CONSOLE_LIMIT": "1048576"])
        #expect(plan.logName == "qemu-dm-web")
    }

    @Test func whatWouldHaveNoEffectIsLeftOut() throws {
        // Only the QEMU of Xen's own that earlier releases had heeds the limit.
        let later = try DeviceModelPlan(build { _ in }, HostPaths(release: XenRelease(4, 20)))
        #expect(later.environment.isEmpty)
        let plan = try DeviceModelPlan(build { $0.buildInfo.deviceModelUser = "nobody" }, paths)
        #expect(plan.warnings.count == 1 && plan.warnings[0].hasPrefix("device_model_user has no effect: "))
        #expect(!plan.arguments.contains("-runas") && !plan.isRestricted)
    }

    @Test func framebufferAndChannels() throws {
        let plan = try DeviceModelPlan(
            build {
                var vfb = VFBDevice()
                (vfb.vnc.enable, vfb.vnc.listen, vfb.vnc.findUnused) = (true, "0.0.0.0", true)
                vfb.keymap = "de"
                $0.vfbs = [vfb]
                var channel = ChannelDevice()
                (channel.name, channel.connection) = ("c", .socket(path: "/run/a,b"))
                $0.channels = [channel]
                $0.buildInfo.extra = ["-trace", "x"]
            }, paths)
        let text = plan.arguments.joined(separator: " ")
        #expect(text.contains("-vnc 0.0.0.0:0,to=99 -display none -k de -trace x -machine xenpv -m 256"))
        #expect(!text.contains("-nographic"))
        #expect(text.contains("-chardev socket,id=libxl-channel1,path=/run/a,,b,server=on,wait=off -nodefaults"))
    }

    @Test func need() {
        func isNeeded(_ change: (inout DomainConfiguration) -> Void) -> Bool {
            DeviceModelPlan.needed(by: build(change).configuration)
        }
        var disk = DiskDevice()
        disk.backend = .phy
        #expect(!isNeeded { $0.disks = [disk] })
        disk.backend = .qdisk
        #expect(isNeeded { $0.disks = [disk] })
        disk.backendDomainID = DomainID(2)
        #expect(!isNeeded { $0.disks = [disk] })
        #expect(isNeeded { $0.vfbs = [VFBDevice()] })
        #expect(isNeeded { $0.p9s = [P9Device()] })
        #expect(isNeeded { $0.channels = [ChannelDevice()] })
        #expect(!isNeeded { $0.nics = [NICDevice()] })
    }
}
