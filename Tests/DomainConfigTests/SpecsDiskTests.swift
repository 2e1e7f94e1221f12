import DomainModel
import Testing

@testable import DomainConfig

@Suite struct SpecsDiskTests {
    private func disk(_ words: String...) throws -> DiskDevice { try DiskSpec.parse(words: words).value }

    private func fault(_ words: String...) -> SpecError? {
        do throws(SpecError) { _ = try DiskSpec.parse(words: words) } catch { return error }
        return nil
    }

    @Test(arguments: [
        "/x,raw,xvda,rw", "/x,raw,xvda,w", "/x,raw,xvda", "/x,,xvda,", "format=raw,vdev=xvda,access=rw,target=/x",
        " /x, raw, xvda, w", "vdev=xvda,target=/x,", "file:/x,xvda,w", "tap:aio:/x,xvda,w", "phy:/x,xvda,w",
        "access=r,/x,raw,xvda,w", "raw:/x,xvda",
    ])
    func oneDiskInManyWays(text: String) throws {
        var expected = DiskDevice()
        expected.physicalPath = "/x"
        expected.virtualDevice = "xvda"
        expected.format = .raw
        expected.isWritable = true
        #expect(try disk(text) == expected)
    }

    @Test func drives() throws {
        for text in [
            ",hdc:cdrom,r", ",,hdc:cdrom", "vdev=hdc,cdrom", "vdev=hdc,devtype=cdrom,access=rw",
            "vdev=hdc,cdrom,target=",
        ] {
            let drive = try disk(text)
            #expect(drive.isCDROM && drive.isRemovable && !drive.isWritable)
            #expect(drive.format == .empty)
            #expect(drive.virtualDevice == "hdc")
        }
        #expect(try disk("phy:/dev/x,hdc:cdrom,r").format == .raw)
        #expect(try disk("/x,,hdc,devtype=disk").isCDROM == false)
    }

    @Test func everyParameter() throws {
        let device = try disk(
            "format=qcow2,vdev=d16p1,access=ro,backend=dd,backendtype=qdisk,specification=virtio,script=block-x,"
                + "direct-io-safe,no-discard,colo,colo-host=h,colo-port=8080,colo-export=e,active-disk=/a,hidden-disk=/b,"
                + "untrusted,grant_usage=1,target=/x,y=:z")
        #expect(device.format == .qcow2 && device.virtualDevice == "d16p1" && !device.isWritable)
        #expect(device.backendDomainName == "dd" && device.backend == .qdisk && device.specification == .virtio)
        #expect(device.script == "block-x" && device.directIOSafe && device.discardEnable == false)
        #expect(device.coloEnable == true && device.coloHost == "h" && device.coloPort == 8080)
        #expect(device.coloExport == "e" && device.activeDisk == "/a" && device.hiddenDisk == "/b")
        #expect(device.trusted == false && device.grantUsage == true && device.physicalPath == "/x,y=:z")
    }

    @Test func wordsOfACommandLineMakeOneDisk() throws {
        #expect(try disk("/x", "qcow2", "xvdb", "ro") == disk("/x,qcow2,xvdb,ro"))
        #expect(try disk("phy:/x", "xvdb", "r") == disk("phy:/x,xvdb,r"))
        #expect(fault("/x,raw,xvda", "foo=bar")?.word == 1)
    }

    @Test func prefixes() throws {
        #expect(try disk("iscsi:iqn/x,xvda,w").script == "block-iscsi")
        #expect(try disk("tap:qcow2:/x,xvda,w").format == .qcow2)
        #expect(try DiskSpec.parse("file:/x,xvda").warnings.map(\.kind) == [.deprecated])
    }

    @Test(arguments: [
        ("file:/x,,xvdc,ro", SpecError.Kind.invalidValue, "xvdc"), ("/x,raw,xvda,rw,z", .syntax, "z"),
        ("/x,raw", .missingParameter, ""), ("/x,raw,xvda,foo=bar", .unknownParameter, "foo"),
        ("/x,raw,xvda,formt=raw", .unknownParameter, "formt"), ("foo:/x,xvda,w", .syntax, "foo:"),
        ("/a=b,raw,xvda", .syntax, "/a"), ("drbd:x,xvda,w,script=foo", .repeated, "foo"),
        ("raw:/x,vhd,xvda", .invalidValue, "xvda"), ("/x,qcow3,xvda", .invalidValue, "qcow3"),
        ("/x,raw,xvda,format=qcow2", .repeated, "qcow2"), ("/x,raw,xvda,access=x", .invalidValue, "x"),
        ("/x,raw,xvda,devtype=tape", .invalidValue, "tape"), ("/x,raw,xvda,backendtype=foo", .invalidValue, "foo"),
        ("/x,raw,xvda,colo-port=0", .outOfRange, "0"),
        ("/x,raw,xvda,colo-port=99999999999999999999", .outOfRange, "99999999999999999999"),
        ("/x,raw,xvda,cdrom=1", .syntax, "cdrom"), ("vdev=xvda", .missingParameter, ""),
        ("/x,raw,,", .missingParameter, ""),
        ("", .missingParameter, ""), (",", .missingParameter, ""), ("=", .syntax, "="),
        ("vdev=xvda,vdev=xvda", .repeated, "xvda"),
        ("/x,raw,xvda:tape", .invalidValue, "tape"), ("target=/x,vdev=y", .missingParameter, ""),
    ])
    func faults(text: String, kind: SpecError.Kind, place: String) throws {
        let found = try #require(fault(text))
        #expect(found.kind == kind)
        #expect(Array(text.utf8)[found.range].elementsEqual(place.utf8))
    }

    @Test func remedies() {
        #expect(fault("/x,raw,xvda,formt=raw")?.suggestion == "format")
        #expect(fault("/x,qcw2,xvda")?.suggestion == "qcow2")
        #expect(fault("/a=b,raw,xvda")?.expected?.contains("target=") == true)
        #expect(fault("/x,raw")?.expected?.contains("vdev=") == true)
    }

    @Test func doubtfulDisksAreWarnedOf() throws {
        #expect(try DiskSpec.parse("/x,raw,vda").warnings.map(\.kind) == [.invalidValue])
        #expect(try DiskSpec.parse(",raw,xvda").warnings.map(\.kind) == [.missingParameter])
    }

    @Test func newlinesAndBytesBelongToWords() throws {
        #expect(try disk("/x\ny,raw,xvda").physicalPath == "/x\ny")
        let bytes = try DiskSpec.parse(bytes: [0x2F, 0xFF, 0x2C, 0x2C] + Array("xvda".utf8), into: DiskDevice()).value
        #expect(bytes.physicalPath?.unescapedBytes == [0x2F, 0xFF])
    }

    @Test(arguments: [
        "/x,raw,xvda,w", "/x,qcow2,hda,ro", ",hdc:cdrom", "vdev=hdc,cdrom,target=/iso", "iscsi:x,xvda",
        "/x,,xvda,discard,colo,untrusted,backend=d,grant_usage=0,direct-io-safe", "vdev=xvda,target=a,,",
        "vdev=xvda,target=a=b,c", "vdev=hdc,cdrom,format=qcow2,target=/x", "vdev=xvda,target=", "/a b,raw,xvda",
        "format=empty,vdev=xvda,target=/x", "vdev=xvda,backendtype=standalone,specification=virtio,target=/x",
    ])
    func textsRoundTrip(text: String) throws {
        let device = try disk(text)
        let written = try DiskSpec.text(for: device)
        #expect(try disk(written) == device, "\(written)")
    }

    @Test func whatCannotBeWrittenIsSaid() throws {
        var device = try disk("/x,raw,xvda")
        device.script = "a,b"
        #expect(throws: SpecError.self) { try DiskSpec.text(for: device) }
        device = try disk("/x\ny,raw,xvda")
        #expect(throws: SpecError.self) { try DiskSpec.text(for: device) }
    }

    @Test func longTextsTakeLinearTime() {
        let clock = ContinuousClock()
        for piece in ["discard,", "aio:", " ", "a", "\n", "format=raw,", " discard,"] {
            let text = String(repeating: piece, count: 200_000)
            #expect(clock.measure { _ = fault(text) } < .seconds(20))
        }
    }
}
