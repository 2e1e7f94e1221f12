import DomainModel
import Testing
import XenTypes

@testable import DomainConfig

/// A host with one guest, one bridge and a few files.
private struct SmallHost: HostFacts {
    let scriptDirectory = "/scripts"
    let programDirectory = "/libexec"
    let freeMemoryKiB: UInt64? = 1 << 20
    let totalMemoryKiB: UInt64? = 4 << 20
    let onlineCPUs: Int? = 4

    private static let files = ["/k", "/disk", "/scripts/vif-bridge", "/libexec/pygrub"]

    func readingProblem(_ path: String) -> String? { Self.files.contains(path) ? nil : "no such file" }
    func runningProblem(_ path: String) -> String? { readingProblem(path) }
    func hasBridge(_ name: String) -> Bool { name == "xenbr0" }
    func hasCPUPool(_ name: String) -> Bool { name == "Pool-0" }
    func hasDomain(_ text: String) -> Bool { text == "0" }
    func assignmentProblem(_ device: USBDevice) -> String? { device.hostDevice?.hostBus == 1 ? nil : "it is gone" }
    func domain(named name: String) -> DomainID? { name == "taken" ? DomainID(3) : nil }
    func domain(with uuid: XenUUID) -> DomainID? { uuid == .zero ? DomainID(3) : nil }
    func domain(using address: MACAddress) -> DomainID? {
        address.description == "00:16:3e:00:00:01" ? DomainID(3) : nil
    }
    func assignmentProblem(_ device: PCIDevice) -> String? { device.bus == 0 ? "it is not there" : nil }
}

@Suite struct HostCheckTests {
    private func problems(_ lines: String) throws -> [String] {
        let document = ConfigDocument(file: ConfigSource(name: "t", text: "name='n'\nkernel='/k'\n" + lines))
        let result = DomainConfigParser.parse(document, environment: ConfigEnvironment())
        let configuration = try #require(result.configuration)
        return HostCheck.diagnostics(configuration, document: document, facts: SmallHost()).map {
            "\($0.location?.line ?? 0):\($0.location?.column ?? 0)\($0.severity == .error ? "!" : " ")\($0.code.rawValue)"
        }
    }

    @Test(arguments: [
        ("memory=512\nvcpus=4\ndisk=['/disk,raw,xvda,w']\nvif=['bridge=xenbr0']\nbootloader='pygrub'", []),
        ("vif=['']", []), ("ramdisk='/r'", ["3:9!host-missing"]),
        ("disk=['/disk,raw,xvda,w', '/none,raw,xvdb,w']", ["3:27!host-missing"]),
        ("disk=['vdev=xvda,script=block-x,target=y']", ["3:7!host-missing"]),
        ("disk=['vdev=xvda,backend=0,target=/none']", []), ("vif=['bridge=br9']", ["3:6!host-missing"]),
        ("vif=['mac=00:16:3e:00:00:01']", ["3:6!host-in-use"]), ("vif=['script=vif-x']", ["3:6!host-missing"]),
        ("name='taken'", ["3:6!host-in-use"]), ("uuid='00000000-0000-0000-0000-000000000000'", ["3:6!host-in-use"]),
        ("memory=2048", ["3:8 host-shortage"]), ("memory=8192", ["3:8!host-shortage"]),
        ("vcpus=5", ["3:7 host-shortage"]), ("pci=['00:1f.0']", ["3:6!host-missing"]), ("pci=['01:00.0']", []),
        ("vif=['','backend=nosuch']", ["3:9!host-missing"]),
        ("vkb=['backend-type=linux,backend=x']", ["3:6!host-missing"]),
        ("pool='Pool-0'", []), ("pool='other'", ["3:6!host-missing"]),
        ("type='hvm'\nusbdev=['hostbus=1,hostaddr=2','hostbus=2,hostaddr=2']", ["4:32!host-missing"]),
        ("bootloader='/b'", ["3:12!host-missing"]),
        ("type='pvh'\nvcpus=129", ["4:7!host-shortage", "4:7 host-shortage"]),
    ])
    func problemsHavePlaces(lines: String, expected: [String]) throws {
        #expect(try problems(lines) == expected)
    }
}

@Suite struct RefusedSettingsTests {
    /// What `xl create` refuses, `xl config check` calls an error, at its place.
    @Test(arguments: [
        ("type='hvm'", []), ("dtdev=['/a']", ["3:7 dtdev"]), ("virtio=['type=virtio,device22']", ["3:8 virtio"]),
        (
            "disk=['/a,raw,xvda,w','vdev=xvdb,specification=virtio,target=/b','/c,raw,xvdc,w']", ["3:23 disk"]
        ),
        ("type='hvm'\ndevice_model_version='qemu-xen-traditional'", ["4:22 device_model_version"]),
        (
            "type='hvm'\ndisk=['format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=phy,target=/a']", ["4:7 disk"]
        ),
        ("type='pvh'\npci=['01:00.0']", ["4:5 pci"]), ("type='hvm'\npci=['01:00.0']", []),
    ])
    func areErrorsWithPlaces(lines: String, expected: [String]) throws {
        let document = ConfigDocument(file: ConfigSource(name: "t", text: "name='n'\nkernel='/k'\n" + lines))
        let result = DomainConfigParser.parse(document, environment: ConfigEnvironment())
        let configuration = try #require(result.configuration, "\(result.diagnostics)")
        let found = RefusedSettings.diagnostics(configuration, document: document)
        #expect(found.allSatisfy { $0.severity == .error && $0.code == .refused })
        #expect(found.map { "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.key ?? "")" } == expected)
    }

    /// What changes nothing for the guest is told, at its place.
    @Test(arguments: [
        ("type='hvm'\nnx=0", ["4:4 nx"]), ("type='hvm'\nnx=1", []), ("type='hvm'\nsdl=1\nopengl=1", ["5:8 opengl"]),
        ("type='hvm'\nvfb=['vnc=1']", ["4:5 vfb"]), ("vfb=['vnc=1']", []),
        (
            "disk=['vdev=xvda,access=rw,target=/a','vdev=xvdb,access=rw,grant_usage=1,target=/b']", ["3:39 disk"]
        ),
        ("device_model_version='qemu-xen-traditional'", ["3:22 device_model_version"]), ("slice=5", ["3:1 slice"]),
        ("latency=5", ["3:1 latency"]), ("period=10000\nextratime=1", []),
    ])
    func whatHasNoEffectIsAWarning(lines: String, expected: [String]) {
        let document = ConfigDocument(file: ConfigSource(name: "t", text: "name='n'\nkernel='/k'\n" + lines))
        let found = DomainConfigParser.parse(document, environment: ConfigEnvironment()).diagnostics
        #expect(found.allSatisfy { $0.severity == .warning && [.unusedKey, .ignored].contains($0.code) })
        #expect(found.map { "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.key ?? "")" } == expected)
    }

    @Test func keysOfOtherArchitecturesAreIgnoredWithAWarning() {
        for (line, key) in [("tee='optee'", "tee"), ("nr_spis=4", "nr_spis"), ("llc_colors=['0-3']", "llc_colors")] {
            let document = ConfigDocument(file: ConfigSource(name: "t", text: "name='n'\nkernel='/k'\n" + line))
            let result = DomainConfigParser.parse(document, environment: ConfigEnvironment())
            #expect(result.diagnostics.map(\.code) == [.ignored] && result.diagnostics.first?.key == key)
        }
    }
}
