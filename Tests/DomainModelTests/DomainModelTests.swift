import Foundation
import Testing
import XenTypes
import YajlJSON

@testable import DomainModel

/// What upstream's `xl create -n` of Xen 4.17.5 printed for configurations that between them set nearly every key.
private let fixtures = [
    "bytes", "defaults", "hvm-full", "hvm-minimal", "hvm-rombios", "pv-devices", "pv-minimal", "pvh-full",
    "pvh-minimal",
]

private func fixture(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    return Array(try Data(contentsOf: folder.appendingPathComponent("\(name).json")))
}

private func decode(_ text: String) throws -> DomainConfiguration {
    try YajlDecoder().decode(DomainConfiguration.self, from: text)
}

private func compact(_ value: some Encodable) throws -> String {
    try YajlEncoder(layout: .compact).encodeText(value)
}

@Suite struct ConfigurationJSON {
    @Test(arguments: fixtures) func upstreamsDocumentComesBackByteForByte(name: String) throws {
        let text = try fixture(name)
        let configuration = try YajlDecoder().decode(DomainConfiguration.self, from: text)
        #expect(try YajlEncoder().encode(configuration) == text)
        #expect(try YajlDecoder().decodeAll(DomainConfiguration.self, from: text).unknown == [])
    }

    @Test func fieldsOfAnotherTimeAreNamed() throws {
        let text =
            #"{"new":[1,{"a":2}],"c_info":{"type":"pvh","x":null},"disks":[{"vdev":"xvda","y":{"z":1}}],"new":3}"#
        let found = try YajlDecoder().decodeAll(DomainConfiguration.self, from: Array(text.utf8))
        #expect(found.unknown == ["new", "c_info.x", "disks[0].y"])
        #expect(found.value.disks.first?.virtualDevice == "xvda")
    }

    @Test func theEmptyConfigurationIsUpstreams() throws {
        #expect(
            try compact(DomainConfiguration())
                == #"{"c_info":{},"b_info":{"sched_params":{},"type.invalid":{},"arch_arm":{},"arch_x86":{}}}"#)
        #expect(try decode("{}").buildInfo.type == .invalid)
    }

    @Test func valuesLandInTheirPlaces() throws {
        let configuration = try YajlDecoder().decode(DomainConfiguration.self, from: fixture("pv-devices"))
        #expect(configuration.createInfo.type == .pv)
        #expect(configuration.createInfo.driverDomain == true)
        #expect(configuration.buildInfo.maxVCPUs == 4)
        #expect(configuration.buildInfo.schedulerParameters.cap == 50)
        #expect(configuration.buildInfo.vcpuHardAffinity.first == [0, 1, 3])
        #expect(configuration.buildInfo.pv?.e820Host == true)
        #expect(configuration.disks.count == 6)
        #expect(configuration.disks[1].isCDROM && !configuration.disks[1].isWritable)
        #expect(configuration.nics[0].mac == MACAddress("00:16:3E:01:02:03"))
        #expect(configuration.channels.map(\.connection) == [.pty, .socket(path: "/tmp/s")])
        #expect(configuration.usbDevices.first?.hostDevice?.hostBus == 1)
        #expect(configuration.onCrash == .coredumpRestart)
    }

    @Test func setInitialValuesAreLeftOut() throws {
        var configuration = DomainConfiguration()
        configuration.buildInfo.type = .hvm
        configuration.buildInfo.hvm?.usbVersion = 0
        configuration.buildInfo.maxMemKB = .max
        configuration.buildInfo.hvm?.hdType = .ide
        configuration.createInfo.uuid = .zero
        configuration.onPoweroff = .destroy
        configuration.nics = [NICDevice()]
        configuration.nics[0].mac = MACAddress(bytes: [0, 0, 0, 0, 0, 0])
        configuration.nics[0].deviceID = 0
        let text = try compact(configuration)
        #expect(text.contains(#""nics":[{"devid":0}]"#))
        for name in ["usbversion", "max_memkb", "hdtype", "uuid", "on_poweroff", "mac"] {
            #expect(!text.contains(name))
        }
    }

    @Test func zeroIsKeptWhereItIsNotInitial() throws {
        let text = #"{"b_info":{"max_memkb":0,"sched_params":{"cap":0},"max_grant_version":0}}"#
        let configuration = try decode(text)
        #expect(configuration.buildInfo.maxMemKB == 0)
        #expect(configuration.buildInfo.schedulerParameters.cap == 0)
        #expect(try compact(configuration).contains(#""max_memkb":0"#))
        #expect(try decode(#"{"b_info":{"max_memkb":18446744073709551615}}"#).buildInfo.maxMemKB == nil)
    }

    @Test func policyOfBothReleasesIsRead() throws {
        let leaves = #"[{"leaf":0,"subleaf":0,"eax":"\#(String(repeating: "x", count: 32))"}]"#
        let old = try decode(#"{"b_info":{"cpuid":\#(leaves)}}"#)
        let new = try decode(#"{"b_info":{"cpuid":{"cpuid":\#(leaves),"msr":[]}}}"#)
        #expect(old == new)
        #expect(old.buildInfo.cpuid.leaves.first?.subleaf == 0)
        #expect(try compact(old).contains(#""cpuid":{"cpuid":\#(leaves),"msr":[]}"#))
        let wrong = #expect(throws: JSONDecodingError.self) {
            try decode(#"{"b_info":{"cpuid":{"cpuid":[{"leaf":-1}],"msr":[]}}}"#)
        }
        #expect(wrong?.path == "b_info.cpuid.cpuid[0].leaf")
    }

    @Test func unknownFieldsAreIgnoredAndNamesAreOfAnyCase() throws {
        let configuration = try decode(
            #"{"new":[1,{}],"c_info":{"type":"PVH","x":null,"name":null},"on_crash":"Coredump_Destroy"}"#)
        #expect(configuration.createInfo.type == .pvh)
        #expect(configuration.createInfo.name == nil)
        #expect(configuration.onCrash == .coredumpDestroy)
    }

    @Test(arguments: [
        (#"{"c_info":{"type":"qvm"}}"#, "c_info.type"), (#"{"c_info":{"hap":"maybe"}}"#, "c_info.hap"),
        (#"{"c_info":{"hap":true}}"#, "c_info.hap"), (#"{"c_info":{"uuid":"xyz"}}"#, "c_info.uuid"),
        (#"{"nics":[{"mac":"00:16:3e"}]}"#, "nics[0].mac"), (#"{"disks":{}}"#, "disks"),
        (#"{"b_info":{"max_vcpus":2147483648}}"#, "b_info.max_vcpus"),
        (#"{"b_info":{"avail_vcpus":[-1]}}"#, "b_info.avail_vcpus"),
        (#"{"b_info":{"type.hvm":{"ms_vm_genid":[1]}}}"#, #"b_info.type.hvm.ms_vm_genid"#),
    ])
    func wrongValuesAreErrorsWithTheirPlace(text: String, path: String) {
        let error = #expect(throws: JSONDecodingError.self) { try decode(text) }
        #expect(error?.path == path)
    }

    @Test func laterReleasesFieldsAreKept() throws {
        var configuration = DomainConfiguration()
        configuration.buildInfo.type = .hvm
        configuration.buildInfo.llcColors = [1, 2]
        configuration.buildInfo.xenstoreFeatureMask = 0
        configuration.buildInfo.hvm?.pirq = false
        var entry = SMBIOSEntry()
        entry.key = .oem
        entry.value = "x"
        configuration.buildInfo.hvm?.smbios = [entry]
        configuration.virtios = [VirtIODevice()]
        configuration.virtios[0].type = "virtio,device22"
        let text = try compact(configuration)
        #expect(text.contains(#""smbios":[{"key":"oem","value":"x"}]"#))
        #expect(text.contains(#""pirq":"False""#))
        #expect(try decode(text) == configuration)
    }

    @Test func keyValueListsKeepOrderAndNulls() throws {
        let text = #"{"c_info":{"xsdata":{"b":"1","a":null}}}"#
        let configuration = try decode(text)
        #expect(configuration.createInfo.storeData["b"] == "1")
        #expect(try compact(configuration).contains(#""xsdata":{"b":"1","a":null}"#))
    }
}

@Suite struct Values {
    @Test func theTypeOfAGuestHasOnePart() {
        var info = BuildInfo()
        info.type = .hvm
        info.hvm?.boot = "c"
        info.type = .hvm
        #expect(info.hvm?.boot == "c")
        info.type = .pv
        #expect(info.hvm == nil && info.pv != nil && info.type == .pv)
    }

    @Test(arguments: [
        "", "00:16:3e:01:02", "00:16:3e:01:02:03:04", "00-16-3e-01-02-03", "0:16:3e:01:02:03", "zz:16:3e:01:02:03",
    ])
    func noMACAddress(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test func enumerationsHaveLibxlsNamesAndNumbers() {
        #expect(Scheduler(name: "Credit2")?.rawValue == 6)
        #expect(TimerMode.oneMissedTickPending.name == "one_missed_tick_pending")
        #expect(VSndPCMFormat.iec958SubframeLe.name == "iec958_subframe_le")
        #expect(DiskFormat(name: "qcow3") == nil)
        for mode in ViridianEnlightenment.allCases { #expect(!mode.name.isEmpty) }
    }
}
