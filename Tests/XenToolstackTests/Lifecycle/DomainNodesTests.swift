import DomainModel
import Testing
import XenStore
import XenTypes

@testable import XenToolstack

@Suite struct DomainNodesTests {
    /// As `xenstore-ls -fp` shows the nodes of upstream's xl for such a domain, before it is built.
    @Test func beginsAPVDomainAsUpstreamDoes() throws {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .pv
        configuration.createInfo.name = "web"
        configuration.buildInfo.deviceModelVersion = .qemuXen
        let uuid = try #require(XenUUID("c8394b17-d9f3-4e7d-b28c-b5a61f30bf67"))
        let build = DomainBuild(configuration: configuration, domain: DomainID(18), uuid: uuid)
        let lines = build.initialNodes().map {
            "\($0.path) = \"\($0.value ?? "")\"   (\($0.permissions?.description ?? "-"))"
        }
        let expected = """
            /libxl/18 = ""   (n0)
            /libxl/18/device = ""   (n0)
            /libxl/18/dm-version = "qemu_xen"   (-)
            /libxl/18/type = "pv"   (-)
            /local/domain/18 = ""   (n0,r18)
            /local/domain/18/attr = ""   (n18)
            /local/domain/18/control = ""   (n0,r18)
            /local/domain/18/control/feature-poweroff = ""   (n18)
            /local/domain/18/control/feature-reboot = ""   (n18)
            /local/domain/18/control/feature-suspend = ""   (n18)
            /local/domain/18/control/platform-feature-multiprocessor-suspend = "1"   (-)
            /local/domain/18/control/platform-feature-xs_reset_watches = "1"   (-)
            /local/domain/18/control/shutdown = ""   (n18)
            /local/domain/18/control/sysrq = ""   (n18)
            /local/domain/18/cpu = ""   (n0,r18)
            /local/domain/18/data = ""   (n18)
            /local/domain/18/device = ""   (n0,r18)
            /local/domain/18/device/suspend/event-channel = ""   (n18)
            /local/domain/18/drivers = ""   (n18)
            /local/domain/18/error = ""   (n18)
            /local/domain/18/feature = ""   (n18)
            /local/domain/18/memory = ""   (n0,r18)
            /local/domain/18/name = "web"   (-)
            /local/domain/18/vm = "/vm/c8394b17-d9f3-4e7d-b28c-b5a61f30bf67"   (-)
            /vm/c8394b17-d9f3-4e7d-b28c-b5a61f30bf67 = ""   (n0,r18)
            /vm/c8394b17-d9f3-4e7d-b28c-b5a61f30bf67/name = "web"   (-)
            /vm/c8394b17-d9f3-4e7d-b28c-b5a61f30bf67/uuid = "c8394b17-d9f3-4e7d-b28c-b5a61f30bf67"   (-)
            """
        #expect(lines.sorted() == expected.split(separator: "\n").map(String.init))
    }

    @Test func addsWhatHVMAndDriverDomainsNeed() throws {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .hvm
        configuration.createInfo.driverDomain = true
        configuration.createInfo.platformData["key"] = "value"
        let build = DomainBuild(configuration: configuration, domain: DomainID(3), uuid: .zero)
        let paths = Set(build.initialNodes().map(\.path))
        for path: StorePath in [
            "/local/domain/3/hvmloader", "/local/domain/3/control/feature-s3", "/local/domain/3/libxl",
            "/local/domain/3/device-model", "/local/domain/3/platform/key",
        ] { #expect(paths.contains(path)) }
    }
}
