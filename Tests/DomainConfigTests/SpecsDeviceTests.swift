import DomainModel
import Testing
import XenTypes

@testable import DomainConfig

/// The fault of a specification; nil when it has none.
private func fault<Spec: DeviceSpec>(_ spec: Spec.Type, _ text: String) -> SpecError? {
    do throws(SpecError) { _ = try Spec.parse(text) } catch { return error }
    return nil
}

/// What a specification gives, having checked that writing and reading it again gives the same.
private func device<Spec: DeviceSpec>(_ spec: Spec.Type, _ text: String) throws -> Spec.Device {
    let device = try Spec.parse(text).value
    let written = try Spec.text(for: device)
    #expect(try Spec.parse(written).value == device, "\(text) became \(written)")
    return device
}

@Suite struct SpecsDeviceTests {
    @Test func usb() throws {
        let controller = try device(USBControllerSpec.self, "type=PV, version=2,,ports=8")
        #expect(controller.type == .pv && controller.version == 2 && controller.ports == 8)
        #expect(fault(USBControllerSpec.self, "ports=-1")?.kind == .outOfRange)
        #expect(fault(USBControllerSpec.self, "type=foo")?.kind == .invalidValue)
        #expect(fault(USBControllerSpec.self, "port=1")?.suggestion == "ports")
        #expect(fault(USBControllerSpec.self, " ")?.kind == .syntax)
        let hostDevice = try device(USBDeviceSpec.self, "type=hostdev,hostbus=1,hostaddr=0x10,controller=1,port=2")
        #expect(hostDevice.hostDevice?.hostBus == 1 && hostDevice.hostDevice?.hostAddress == 16)
        #expect(hostDevice.controllerID == 1 && hostDevice.port == 2)
        #expect(try device(USBDeviceSpec.self, "hostbus=3,hostaddr=4").hostDevice?.hostBus == 3)
        #expect(fault(USBDeviceSpec.self, "hostbus=300")?.kind == .outOfRange)
    }

    @Test func backends() throws {
        let tpm = try device(VTPMSpec.self, "backend=dd,uuid=01234567-89ab-cdef-0123-456789ABCDEF")
        #expect(tpm.backendDomainName == "dd" && tpm.uuid?.description == "01234567-89ab-cdef-0123-456789abcdef")
        #expect(fault(VTPMSpec.self, "uuid=01234567-89ab-cdef-0123-456789abcdef")?.kind == .missingParameter)
        #expect(fault(VTPMSpec.self, "backend=0,uuid=0123456789abcdef0123456789abcdef")?.kind == .invalidValue)
        #expect(try VTPMSpec.parse(words: []).value == VTPMDevice())
        #expect(try device(PVCallsSpec.self, "backend=x").backendDomainName == "x")
        #expect(try device(PVCallsSpec.self, "") == PVCallsDevice())
        #expect(try PVCallsSpec.parse("backend").warnings.map(\.upstream) == [.ignored])
        #expect(try VTPMSpec.parse("backend=a,word,uuid=x").value.backendDomainName == "a")
        #expect(throws: SpecError.self) { try VTPMSpec.parse(words: ["backend=a", "word"]) }
    }

    @Test func sharedFolders() throws {
        let folder = try device(P9Spec.self, "tag=a,path=/x=y, security_model=none,backend=d")
        #expect(folder.tag == "a" && folder.path == "/x=y" && folder.securityModel == "none")
        #expect(folder.backendDomainName == "d" && folder.deviceID == nil)
        #expect(fault(P9Spec.self, "tag=a,path=/x")?.message.contains("security_model") == true)
        #expect(fault(P9Spec.self, "tag=a,path=/x,security_model=none,foo=1")?.kind == .unknownParameter)
        #expect(try P9Spec.parse("tag=a,path=/x,security_model=none,foo,backend=d").value.backendDomainName == nil)
        #expect(fault(P9Spec.self, "tag=a,path=/x,security_model=none,max-files=3")?.kind == .conflict)
        let daemon = try device(
            P9Spec.self, "type=xen_9pfsd,security_model=none,max-files=1,max-open-files=2,max-space=3,auto-delete=1")
        #expect(daemon.type == .xen9pfsd && daemon.maxFiles == 1 && daemon.maxOpenFiles == 2)
        #expect(daemon.maxSpace == 3 && daemon.autoDelete && daemon.path == nil)
    }

    @Test func virtio() throws {
        let i2c = try device(VirtIOSpec.self, "type=virtio,device22,transport=mmio,grant_usage=1,backend=0")
        #expect(i2c.type == "virtio,device22" && i2c.transport == .mmio && i2c.grantUsage == true)
        #expect(try device(VirtIOSpec.self, "type=virtio,transport=mmio").type == "virtio")
        #expect(fault(VirtIOSpec.self, "transport=pci")?.kind == .invalidValue)
        #expect(throws: SpecError.self) {
            var device = VirtIODevice()
            device.type = "a,b"
            _ = try VirtIOSpec.text(for: device)
        }
        #expect(try device(DTDeviceSpec.self, "/soc/x,y").path == "/soc/x,y")
    }

    @Test func channels() throws {
        let socket = try device(ChannelSpec.self, " name = a b ,connection=socket, path=/x=y ")
        #expect(socket.name == "a b" && socket.connection == .socket(path: "/x=y"))
        #expect(try device(ChannelSpec.self, "connection=pty,name=x,path=/unused").connection == .pty)
        #expect(fault(ChannelSpec.self, "connection=socket")?.kind == .missingParameter)
        #expect(fault(ChannelSpec.self, "name=x")?.kind == .missingParameter)
        #expect(fault(ChannelSpec.self, "")?.kind == .missingParameter)
        #expect(fault(ChannelSpec.self, "connection=tcp")?.kind == .invalidValue)
        #expect(fault(ChannelSpec.self, "connection=pty,name= ")?.kind == .invalidValue)
        let bytes = Array("connection=socket,path=/".utf8) + [0xFF]
        let path = try ChannelSpec.parse(bytes: bytes, into: ChannelDevice()).value
        #expect(try ChannelSpec.text(for: path).unescapedBytes == bytes)
        let warnings = try ChannelSpec.parse("connection=pty,nmae=x").warnings
        #expect(warnings.map(\.kind) == [.unknownParameter] && warnings.first?.suggestion == "name")
    }

    @Test func framebuffers() throws {
        let screen = try device(
            VFBSpec.self,
            "vnc=1,vnclisten=0.0.0.0,vncpasswd=p,vncdisplay=3,vncunused=0,keymap=de,sdl=1,opengl=0,display=:0,"
                + "xauthority=/x")
        #expect(screen.vnc.enable == true && screen.vnc.listen == "0.0.0.0" && screen.vnc.password == "p")
        #expect(screen.vnc.display == 3 && screen.vnc.findUnused == false && screen.keymap == "de")
        #expect(screen.sdl.enable == true && screen.sdl.opengl == false && screen.sdl.xauthority == "/x")
        #expect(try VFBSpec.parse("type=vnc").warnings.map(\.kind) == [.unknownParameter])
        let bent = try VFBSpec.parse("vncdisplay=3x,vnc=yes")
        #expect(bent.warnings.map(\.upstream) == [.bent, .bent])
        #expect(bent.value.vnc.display == 3 && bent.value.vnc.enable == false)
    }

    @Test func keyboards() throws {
        let touch = try device(
            VKBSpec.self,
            "backend-type=LINUX,unique-id=T,feature-abs-pointer=1,width=1024,height=0x300,multi-touch-width=10,"
                + "feature-disable-keyboard=2,feature-raw-pointer=0")
        #expect(touch.backendType == .linux && touch.uniqueID == "T" && touch.featureAbsPointer)
        #expect(touch.width == 1024 && touch.height == 768 && touch.multiTouchWidth == 10 && touch.featureMultiTouch)
        #expect(touch.featureDisableKeyboard && !touch.featureRawPointer)
        #expect(fault(VKBSpec.self, "width=1")?.kind == .missingParameter)
        #expect(fault(VKBSpec.self, "backend-type=unknown")?.kind == .missingParameter)
        #expect(fault(VKBSpec.self, "backend-type=qemu,feature-multi-touch=1")?.kind == .missingParameter)
        #expect(fault(VKBSpec.self, "backend-type=qemu,width=4294967296")?.kind == .outOfRange)
        #expect(try VKBSpec.parse(words: ["backend-type=qemu", "unique-id=a,b"]).value.uniqueID == "a,b")
    }

    @Test func displays() throws {
        let display = try device(VDisplSpec.self, "backend=d,be-alloc=1,connectors=a:1920x1080;b=c:800x600")
        #expect(display.backendAllocates && display.connectors.map(\.uniqueID) == ["a", "b=c"])
        #expect(display.connectors.map(\.width) == [1920, 800] && display.connectors.map(\.height) == [1080, 600])
        for text in ["connectors=a", "connectors=a:1", "connectors=:1x1"] {
            #expect(fault(VDisplSpec.self, text)?.kind == .syntax)
        }
        #expect(fault(VDisplSpec.self, "connectors=a:1xx")?.kind == .notANumber)
        #expect(fault(VDisplSpec.self, "connectors=a:1x4294967296")?.kind == .outOfRange)
        #expect(fault(VDisplSpec.self, "be-alloc=1")?.kind == .missingParameter)
    }

    @Test func sound() throws {
        let items = [
            "CARD, backend=0, short-name=S,long-name=L,sample-rates=8000;0x10",
            "pcm,name=p,sample-formats=S16_LE;u8,channels-min=1,channels-max=8",
            "stream,unique-id=0,type=P,buffer-size=07",
            "stream,unique-id=1,type=c", "pcm",
        ]
        let card = try VSndSpec.parse(words: items).value
        #expect(card.shortName == "S" && card.longName == "L" && card.params.sampleRates == [8000, 16])
        #expect(card.pcms.count == 2 && card.pcms[0].params.sampleFormats == [.s16Le, .u8])
        #expect(card.pcms[0].streams.map(\.type) == [.p, .c] && card.pcms[0].streams[0].params.bufferSize == 7)
        #expect(try VSndSpec.parse(words: try VSndSpec.items(for: card)).value == card)
        #expect(try VSndSpec.parse(words: ["stream,type=p"]).value.pcms.count == 1)
        for (item, kind) in [
            ("crad", SpecError.Kind.unknownParameter), ("pcm,foo=1", .unknownParameter),
            ("stream,sample-formats=s16", .invalidValue), ("card,sample-rates=1;x", .notANumber),
        ] {
            do throws(SpecError) {
                _ = try VSndSpec.parse(words: ["card", item])
                Issue.record("\(item) is accepted")
            } catch {
                #expect(error.kind == kind && error.word == 1)
            }
        }
    }

    @Test func pci() throws {
        let all = try device(PCISpec.self, "01:00.*@5,permissive=1")
        #expect(all.bus == 1 && all.functionMask == .max && all.virtualDevfn == 40 && all.permissive)
        let full = try device(
            PCISpec.self, "AbCd:ff:1f.7,msitranslate=1,seize=2,power_mgmt=1,rdm_policy=RELAXED,vslot=1f,")
        #expect(full.domain == 0xABCD && full.bus == 255 && full.device == 31 && full.function == 7)
        #expect(full.functionMask == 1 && full.virtualDevfn == 0xF8 && full.rdmPolicy == .relaxed)
        #expect(full.msitranslate && full.seize && full.powerMgmt)
        #expect(try device(PCISpec.self, "bdf=1:2.3").device == 2)
        #expect(try device(PCISpec.self, "name=foo,vslot=3").name == "foo")
        #expect(try PCISpec.parseAddress("0000:01:02.3").function == 3)
        for (text, kind) in [
            ("", SpecError.Kind.syntax), ("01:00", .syntax), ("01:00.8", .outOfRange), ("01:20.0", .outOfRange),
            ("100:00.0", .outOfRange), ("10000:00:00.0", .outOfRange), ("1:2:3:4.0", .syntax), ("01:00.0x", .syntax),
            ("01:00.0@20", .outOfRange), ("01:00.0@", .syntax), ("-1:00.0", .syntax),
            ("01:00.0,foo=1", .unknownParameter),
            ("01:00.0,name=x", .conflict), ("permissive=1", .missingParameter),
            ("01:00.0,,permissive=1", .syntax), ("999999999999:00.0", .syntax), ("bdf=01:00.0@5", .syntax),
        ] {
            #expect(fault(PCISpec.self, text)?.kind == kind, "\(text)")
        }
    }

    @Test func reservedMemory() throws {
        let reserve = try device(RDMSpec.self, "strategy=host,policy=relaxed")
        #expect(reserve.strategy == .host && reserve.policy == .relaxed)
        #expect(try device(RDMSpec.self, "policy=Strict").policy == .strict)
        #expect(fault(RDMSpec.self, "")?.kind == .missingParameter)
        #expect(fault(RDMSpec.self, "strategy=guest")?.kind == .invalidValue)
        #expect(fault(RDMSpec.self, "policy=lax")?.kind == .invalidValue)
    }

    @Test(arguments: [
        ("512", 524_288), ("512m", 524_288), ("512M", 524_288), ("1g", 1_048_576), ("2T", 2_147_483_648), ("8k", 8),
        ("4096b", 4), ("1023B", 0), ("0", 0), (" 5", 5120), ("+5k", 5),
    ])
    func memory(text: String, kibibytes: UInt64) throws { #expect(try MemorySize.kibibytes(text) == kibibytes) }

    @Test(arguments: ["", "m", "-1", "1mb", "0x10", "5 ", "1.5g", "99999999999999999999", "9007199254740993g", "é"])
    func memoryRefused(text: String) { #expect(throws: SpecError.self) { try MemorySize.kibibytes(text) } }

    @Test func everyGrammarDescribesItsParameters() {
        let grammars =
            [
                DiskSpec.grammar, VIFSpec.grammar, PCISpec.grammar, USBControllerSpec.grammar, USBDeviceSpec.grammar,
                VTPMSpec.grammar, P9Spec.grammar, PVCallsSpec.grammar, VKBSpec.grammar, VFBSpec.grammar,
                VDisplSpec.grammar,
                ChannelSpec.grammar, VirtIOSpec.grammar, RDMSpec.grammar,
            ] + VSndSpec.grammars
        for grammar in grammars {
            #expect(!grammar.parameters.isEmpty)
            #expect(Set(grammar.parameters.map(\.name)).count == grammar.parameters.count)
            #expect(grammar.parameters.allSatisfy { !$0.summary.isEmpty })
        }
    }
}
