import DomainModel
import ProcessorTime
import Testing
import XenTypes
import YajlJSON

@testable import DomainConfig

private func parse(
    _ text: String, words: [String] = [], _ environment: ConfigEnvironment = ConfigEnvironment()
) -> (configuration: DomainConfiguration?, diagnostics: [Diagnostic]) {
    let document = ConfigDocument(file: ConfigSource(name: "t.cfg", text: text), words: words)
    return DomainConfigParser.parse(document, environment: environment)
}

private let base = "name='x'\nkernel='/k'\n"

/// The codes of the diagnostics with their lines, errors marked by `!`.
private func codes(_ text: String, words: [String] = []) -> [String] {
    parse(text, words: words).diagnostics.map {
        "\($0.location?.line ?? 0)\($0.severity == .error ? "!" : " ")\($0.code.rawValue)"
    }
}

@Suite struct KeyTableTests {
    @Test func rowsAreSound() {
        var names: Set<String> = []
        for key in ConfigKey.all + GlobalConfig.keys.filter({ ConfigKey.byName[$0.name] == nil }) {
            #expect(names.insert(key.name).inserted, "\(key.name) has two rows")
            #expect(!key.summary.isEmpty && !key.summary.hasSuffix("."), "\(key.name)")
            #expect(key.name.utf8.allSatisfy { Lexer.isLetter($0) || Lexer.isDigit($0) || "._".utf8.contains($0) })
            #expect(key.guests.isSubset(of: key.readFor) || key.readFor.isSubset(of: key.guests))
        }
        #expect(ConfigKey.all.count > 170)
    }
}

@Suite struct ParserTests {
    @Test func smallestPV() throws {
        let configuration = try #require(parse(base + "memory=64\nvcpus=2\n").configuration)
        var expected = DomainConfiguration()
        expected.createInfo.type = .pv
        expected.createInfo.name = "x"
        expected.createInfo.uuid = configuration.createInfo.uuid
        expected.createInfo.runHotplugScripts = true
        expected.buildInfo.type = .pv
        expected.buildInfo.kernel = "/k"
        expected.buildInfo.maxMemKB = 65536
        expected.buildInfo.targetMemKB = 65536
        expected.buildInfo.maxVCPUs = 2
        expected.buildInfo.availableVCPUs = [0, 1]
        expected.buildInfo.claimMode = true
        expected.onReboot = .restart
        expected.onSoftReset = .softReset
        #expect(configuration == expected)
        #expect(configuration.createInfo.uuid != nil)
    }

    /// As by upstream's xl: without another one, a daemon's folder is where guests may keep their logs.
    @Test func aDaemonsFolderIsNamedByItsGuest() throws {
        let share = "security_model=none,type=xen_9pfsd"
        let configuration = try #require(parse(base + "p9=['\(share)','\(share),path=/srv']").configuration)
        #expect(configuration.p9s.map(\.path) == ["/var/log/xen/guests/x", "/srv"])
        #expect(parse(base + "p9=['tag=a,security_model=none,type=qemu']").configuration == nil)
    }

    @Test(arguments: [
        ("", ["0!missing-key", "0!missing-key"]), ("name='x'", ["0!missing-key"]), (base, []),
        (base + "memmory=1", ["3 unknown-key"]), (base + "memory='a'", ["3 not-a-number"]),
        (base + "memory='-1'", ["3!out-of-range"]), (base + "memory=99999999999999999999", ["3 out-of-range"]),
        (base + "memory=[1]", ["3 wrong-type"]), (base + "memory=08", ["3 not-a-number"]),
        (base + "memory=010\nmemory=0x20", ["3 duplicate-key"]), (base + "memory+=5", ["3 invalid-append"]),
        (base + "max_grant_frames='x'", ["3!not-a-number"]), (base + "max_grant_version=[]", ["3!wrong-type"]),
        (base + "type='p'", ["3 invalid-value"]),
        (base + "type='hvm'\nbuilder='generic'", ["4 deprecated", "4!conflict"]),
        (base + "vcpus=4\nmaxvcpus=2", ["4!conflict"]), (base + "uuid='1'", ["3!invalid-value"]),
        (base + "on_crash='restrat'", ["3!invalid-value"]), (base + "timer_mode=1", ["3!conflict"]),
        (base + "acpi=1", ["3 unused-key"]), (base + "vif2=['']", ["3 ignored"]),
        (base + "hap=2\ntype='pvh'", ["3 out-of-range"]),
        (base + "name=''", ["1 duplicate-key", "3!invalid-value"]), (base + "ioports=['2f8-2f0']", ["3!invalid-spec"]),
        (base + "ioports=['2f8x',['3']]", ["3 invalid-spec", "3!wrong-type"]),
        (base + "ioports=['2f8-2ffx']", ["3!invalid-spec"]),
        (base + "irqs=['5 ']", ["3!invalid-spec"]),
        (base + "iomem=['f0,1@']", ["3!invalid-spec"]), (base + "cmdline='a'\nroot='b'", ["4 ignored"]),
        (base + "firmware='pvgrub64'", ["3!conflict"]), ("name='x'\nfirmware='pvgrub'", ["2 invalid-value"]),
        (base + "tsc_mode=2", ["3 deprecated"]), (base + "tsc_mode=4", ["3!out-of-range"]),
        (
            base + "maxvcpus=2\nvnuma=[['pnode=0','size=1','vcpus=0-2']]",
            ["4!invalid-spec"]
        ),
        (base + "maxmem=8\nmemory=16", ["3 conflict"]),
        (base + "disk=['/a,raw,xvda,w',['x'],5]", ["3 wrong-type"]),
        ("name='x'\ntype='hvm'\nfirmware='u'", ["3 invalid-value"]),
        (base + "type='hv'\nvif='mac=x'", ["3 invalid-value", "4 wrong-type"]),
    ])
    func diagnostics(text: String, expected: [String]) {
        #expect(codes(text) == expected)
    }

    @Test(arguments: [
        (base + (0..<300).map { "unknown\($0)=1" }.joined(separator: "\n"), Diagnostic.Severity.warning),
        (base + "irqs=[" + String(repeating: "'x',", count: 300) + "]", .error),
    ])
    func moreProblemsThanAnybodyReadsAreToldOnce(text: String, severity: Diagnostic.Severity) {
        let diagnostics = parse(text).diagnostics
        #expect(diagnostics.count == 201)
        #expect(diagnostics.last?.message == "more than 200 problems; the rest is not shown")
        #expect(diagnostics.last?.severity == severity)
    }

    /// What each fault is marked under.
    @Test(arguments: [
        ("vif=['mac=x,bridg=a,rate=y,bridge=b']", ["x", "bridg", "y"]), ("vif=['mac=x','type=y']", ["x", "y"]),
        ("disk=['/a,nonsense,xvda,x']", ["nonsense", "x"]),
        ("disk=['/a,raw,xvda,foo=1,backendtype=z,w']", ["foo", "z"]),
        ("disk=['foo:/a,raw,xvda,x']", ["foo:", "x"]), ("disk=['a=b,c=d,vdev=xvda']", ["a", "c"]),
        ("disk=['/a=b,raw,xvda,x']", ["/a"]), ("pci=['0:0,permissive=x,nonsense=1']", ["0:0", "x", "nonsense"]),
        ("cpuid='host,nonsense=1,tm=5,sse3'", ["nonsense", "5", "sse3"]), ("cpuid=['1:ecx=0','x:eax=1']", ["0", "x"]),
        ("cpus='0,x,1-0'", ["x", "1-0"]),
        ("vsnd=[['card,x=1,short-name=s','pcm,y=2','stream,type=z']]", ["x", "y", "z"]),
        ("p9=['tag=a,nonsense=1,max-files=x']", ["nonsense", "x"]),
    ])
    func everyFaultOfASpecificationIsTold(line: String, expected: [String]) {
        let marked = parse(base + line).diagnostics.filter { $0.severity == .error || $0.upstream != nil }.map {
            diagnostic in
            let place = diagnostic.location.map { ($0.column - 1, $0.endColumn - $0.column) } ?? (0, 0)
            return String(line.dropFirst(place.0).prefix(place.1))
        }
        #expect(marked == expected, "\(line)")
    }

    @Test func aSpecificationOfFaultsIsCutShort() {
        let line = "vif=['" + (0..<5000).map { "x\($0)=1" }.joined(separator: ",") + "']"
        #expect(parse(base + line).diagnostics.count == 8)
    }

    /// What upstream's xl passes over, with what is left of the line.
    @Test(arguments: [
        ("vif=['brdige=xenbr1,mac=00:16:3e:01:02:03']", "vif=['mac=00:16:3e:01:02:03']"),
        ("vif=['xenbr1,type=netfront,trusted=1,bridge']", "vif=['']"),
        ("vif=['mac= 00:16:3e:01:02:03']", "vif=['mac=00:16:3e:01:02:03']"),
        ("vif=['mac=00.16.3e.01.02.03 # mine']", "vif=['mac=00:16:3e:01:02:03']"),
        ("vif=['mac=00:16:3e:xx:xx:xx,bridge=b']", "vif=['mac=00:16:3e:00:00:00,bridge=b']"),
        ("vif=['mac=XX:XX:XX:XX:XX:XX']", "vif=['']"), ("vif=['mac=']", "vif=['']"),
        ("vif=['mac=00:16:3e:']", "vif=['mac=00:16:3e:00:00:00']"), ("vif=['mtu=9000x']", "vif=['mtu=9000']"),
        ("vif=['',['x'],'']", "vif=['']"), ("vif='bridge=b'", ""), ("vcpus='two'", ""), ("memory=['x']", ""),
        ("vcpus=2\nvcpus+=3", ""), ("cpuid='host,tm=0,nosuch=1,sse3=yes'", "cpuid='host,tm=0'"),
        ("cpuid='tm=0'", ""), ("vfb=['vnc=yes,vncdisplay=3b,foo=1,word,sdl=1']", "vfb=['vnc=0,vncdisplay=3']"),
        ("p9=['tag=a,path=/x,security_model=none,word,backend=b']", "p9=['tag=a,path=/x,security_model=none']"),
        ("usbctrl=['version=2.0,ports=x']", "usbctrl=['version=2']"), ("type='h'", "type='hvm'"),
        ("type=''", "type='hvm'"), ("builder='gen'", "builder='generic'"), ("vnuma='x'", ""),
        ("type='hvm'\nviridian='defaults'", "type='hvm'"), ("type='hvm'\nacpi='yes'", "type='hvm'"),
        ("type='hvm'\nfirmware='ue'", "type='hvm'\nfirmware='uefi'"), ("ioports=['2f8x']", "ioports=['2f8']"),
    ])
    func whatUpstreamPassesOverIsAWarning(line: String, meaning: String) throws {
        let identity = base + "uuid='6f1c2a4e-0b1d-4c3e-9f00-112233445566'\n"
        let (passed, plain) = (parse(identity + line), parse(identity + meaning))
        let configuration = try #require(passed.configuration)
        #expect(configuration == plain.configuration)
        let told = passed.diagnostics.filter { $0.upstream != nil }
        #expect(!told.isEmpty && told.allSatisfy { $0.severity == .warning }, "\(passed.diagnostics)")
        var strict = ConfigEnvironment()
        strict.isStrict = true
        let refused = parse(identity + line, strict)
        #expect(refused.configuration == nil)
        #expect(refused.diagnostics.filter { $0.severity == .error }.count == told.count)
        #expect(parse(identity + "memory=64", strict).configuration != nil)
    }

    @Test func whatIsIgnoredSaysSo() {
        let diagnostic = parse(base + "vif=['brdige=b']").diagnostics.first
        #expect(diagnostic?.upstream == .ignored && diagnostic?.suggestion == "bridge")
        #expect(diagnostic?.text.contains("warning: ignored by xl: unknown parameter \"brdige\" in vif") == true)
        #expect(parse(base + "vif=['mac=00:16:3e:xx:xx:xx']").diagnostics.first?.upstream == .bent)
    }

    @Test func wordsReplaceTheFile() throws {
        let result = parse(base + "memory=64", words: ["memory=32", "extra='y'"])
        #expect(result.configuration?.buildInfo.targetMemKB == 32768)
        #expect(result.configuration?.buildInfo.commandLine == "y")
        #expect(result.diagnostics == [])
        #expect(parse(base, words: ["memory=z"]).diagnostics.first?.location?.file == "command line")
    }

    @Test func suggestions() {
        let texts = parse(base + "vpcus=1\non_crash='restrat'").diagnostics.map(\.suggestion)
        #expect(texts == ["vcpus", "restart"])
    }

    @Test func commandLineOfRootAndExtra() {
        #expect(parse(base + "root='/dev/xvda'").configuration?.buildInfo.commandLine == "root=/dev/xvda")
        #expect(parse(base + "root='a'\nextra='b c'").configuration?.buildInfo.commandLine == "root=a b c")
    }

    @Test func hvmPlatform() throws {
        let text = """
            name='x'
            type='hvm'
            kernel='/usr/lib/xen/boot/hvmloader'
            firmware='uefi'
            viridian=['defaults','all','!stimer']
            vga='stdvga'
            vnc=1
            vnclisten='0.0.0.0'
            mca_caps=['lmce']
            serial=['pty','null']
            gfx_passthru='igd'
            mmio_hole=1024
            """
        let result = parse(text)
        let hvm = try #require(result.configuration?.buildInfo.hvm)
        #expect(result.configuration?.buildInfo.kernel == nil)
        #expect(hvm.bios == .ovmf)
        #expect(hvm.viridian == true && hvm.viridianEnable.count == 63 && hvm.viridianDisable == [8])
        #expect(hvm.vga.kind == .std && hvm.vnc.enable == true && hvm.vnc.listen == "0.0.0.0")
        #expect(hvm.mcaCaps == 1 && hvm.serialList == ["pty", "null"] && hvm.mmioHoleMemKB == 1_048_576)
        #expect(hvm.gfxPassthru == true && hvm.gfxPassthruKind == .igd)
        #expect(result.diagnostics.map(\.code) == [.ignored])
    }

    @Test func virtualNodes() throws {
        let text =
            base + """
                type='pvh'
                memory=64
                maxvcpus=4
                vnuma=[['pnode=0','size=32','vcpus=0,1','vdistances=10,20'],['pnode=1', 'size = 32', 'vcpus=2-3']]
                """
        let build = try #require(parse(text).configuration?.buildInfo)
        #expect(build.maxMemKB == 65536 && build.numaPlacement == false)
        #expect(build.vnumaNodes.map(\.vcpus) == [[0, 1], [2, 3]])
        #expect(build.vnumaNodes.map(\.distances) == [[10, 20], [0, 0]])
        #expect(build.vnumaNodes.map(\.physicalNode) == [0, 1])
    }

    @Test func masksOfTheHost() throws {
        var environment = ConfigEnvironment(
            host: HostTopology(cpuCount: 4, onlineCPUs: 4, nodes: [[0, 1], [2, 3]]))
        environment.global.vmCPUMask = "1-3"
        environment.global.pvCPUMask = "node:0"
        let result = parse(base + "vcpus=2\n", environment)
        #expect(result.configuration?.buildInfo.vcpuHardAffinity == [[1], [1]])
        let refused = parse(base + "cpus='2-3'\n", environment)
        #expect(refused.diagnostics.map(\.code) == [.conflict])
        environment.ignoresGlobalAffinity = true
        #expect(parse(base + "cpus='2-3'\n", environment).configuration?.buildInfo.vcpuHardAffinity == [[2, 3]])
    }

    @Test func bytesThatAreNoUTF8Survive() throws {
        let bytes = Array("\(base)extra='".utf8) + [0xE9, 0x80] + Array("'\n".utf8)
        let document = ConfigDocument(file: ConfigSource(name: "t", bytes: bytes))
        let configuration = try #require(
            DomainConfigParser.parse(document, environment: ConfigEnvironment()).configuration)
        #expect(configuration.buildInfo.commandLine?.unescapedBytes == [0xE9, 0x80])
        let written = ConfigSource(name: "t", bytes: ConfigWriter.text(for: configuration).text.unescapedBytes)
        #expect(
            DomainConfigParser.parse(ConfigDocument(file: written), environment: ConfigEnvironment()).configuration
                == configuration)
    }

    @Test func falseFollowingErrorsAreNotShown() {
        #expect(codes("name='x'\nkernel='/k") == ["2!unterminated-string"])
        #expect(codes("name='x'\ntype='hmv'\nacpi=1") == ["2!invalid-value"])
    }

    /// Lines of one kind, each of which could cost more the more there are.
    private static let kinds: [(kind: String, line: @Sendable (Int) -> String)] = [
        ("additions", { "irqs += ['\($0 % 256)']\nextra += 'x'" }),
        ("disks", { "disk += ['/d\($0),raw,xvda\($0 % 60 + 1),w']" }),
        ("repetitions", { "memory = \($0)" }), ("unknown keys", { "unknown\($0) = \($0)" }),
        ("comments", { "# \($0)" }),
        ("mistakes", { "x\($0) ? y" }), ("wrong disks", { "disk += ['a\($0)=b,nonsense=1']" }),
        ("wrong cards", { "vif += ['nonsense\($0)=1,mac=x,bridg=y']" }), ("open lists", { "x\($0) = ['a', 'b'" }),
    ]

    @Test(arguments: kinds.indices)
    func lengthCostsLinearTime(kind: Int) throws {
        let line = Self.kinds[kind].line
        func time(_ count: Int) -> Double {
            let text = base + "irqs=[]\nextra=''\ndisk=[]\nvif=[]\n" + (0..<count).map(line).joined(separator: "\n")
            let document = ConfigSource(name: "t", text: text)
            return processorTime {
                let result = DomainConfigParser.parse(ConfigDocument(file: document), environment: ConfigEnvironment())
                #expect(result.diagnostics.count <= DiagnosticSink.maximumCount + 1)
            }
        }
        _ = time(100)
        let short = (0..<3).map { _ in time(1000) }.min() ?? 0
        let long = (0..<3).map { _ in time(10_000) }.min() ?? 0
        #expect(long < short * 25 + 0.05, "\(Self.kinds[kind].kind): \(short), then \(long)")
    }

    @Test func tenThousandDisksAreRead() throws {
        let disks = (0..<10_000).map { "'/d\($0),raw,xvda,w'" }.joined(separator: ",\n")
        let configuration = try #require(parse(base + "disk=[\n\(disks)\n]").configuration)
        #expect(configuration.disks.count == 10_000 && configuration.disks.last?.physicalPath == "/d9999")
        let text = try YajlEncoder().encode(configuration)
        #expect(try YajlDecoder().decode(DomainConfiguration.self, from: text).disks.count == 10_000)
        #expect(ConfigWriter.text(for: configuration).text.utf8.count > 150_000)
    }
}

@Suite struct GlobalConfigTests {
    /// Each wait that there is can be given its time, and no two keys are for the same.
    @Test func everyTimeoutHasItsKey() {
        let keys = GlobalConfig.keys.map(\.name).filter { $0.hasPrefix("timeout.") }
        #expect(keys.count == Mirror(reflecting: Timeouts()).children.count)
        var settings: [Timeouts] = []
        for key in keys {
            let (global, diagnostics) = parse("\(key)=77")
            #expect(
                diagnostics.isEmpty && global.timeouts != Timeouts() && !settings.contains(global.timeouts), "\(key)")
            settings.append(global.timeouts)
        }
        #expect(parse("timeout.hotplug=90").global.timeouts.hotplugScript == .seconds(90))
        for text in ["0", "-1", "86401", "'soon'", "[1]"] {
            let (global, diagnostics) = parse("timeout.device=\(text)")
            #expect(diagnostics.count == 1 && global.timeouts == Timeouts(), "\(text)")
        }
    }

    private func parse(_ text: String) -> (global: GlobalConfig, diagnostics: [Diagnostic]) {
        GlobalConfig.parse(ConfigDocument(file: ConfigSource(name: "xl.conf", text: text)))
    }

    @Test func everyKey() {
        let text = """
            autoballoon="off"\nlockfile="/l"\nvifscript="a"\nvif.default.script="b"\nvif.default.bridge="br"
            vif.default.gatewaydev="g"\nvif.default.backend="d"\noutput_format="sxp"\nblkdev_start="xvdb"\nclaim_mode=0
            remus.default.netbufscript="r"\ncolo.default.proxyscript="c"\nmax_grant_frames=64\nmax_maptrack_frames=65
            max_grant_version=1\ndomid_policy="random"\nbootloader_restrict=1\nstrict=1\n
            """
        var expected = GlobalConfig()
        expected.autoballoon = .off
        expected.lockFile = "/l"
        expected.vifScript = "b"
        expected.vifBridge = "br"
        expected.vifGatewayDevice = "g"
        expected.vifBackend = "d"
        expected.outputFormat = .sxp
        expected.blockDeviceStart = "xvdb"
        expected.claimMode = false
        expected.remusNetbufScript = "r"
        expected.coloProxyScript = "c"
        expected.maxGrantFrames = 64
        expected.maxMaptrackFrames = 65
        expected.maxGrantVersion = 1
        expected.domainIDPolicy = .random
        expected.bootloaderRestrict = true
        expected.isStrict = true
        let result = parse(text)
        #expect(result.global == expected)
        #expect(result.diagnostics.map(\.code) == [.deprecated, .ignored])
    }

    @Test(arguments: [
        ("", true), ("dom0_mem=1024M", false), ("console=vga dom0_mem=1024M,max:1024M x", false),
        ("dom0_mem=min:1G", false),
        ("dom0_mem=10%", false), ("dom0_mem=max:1G+25%", false), ("dom0_mem=", true), ("dom0_mem=x", true),
        ("xdom0_mem=1G", true), ("dom0_mem=-1G,", false), ("dom0_mem=100%", true),
    ])
    func autoballoon(commandLine: String, expected: Bool) {
        #expect(
            GlobalConfig().isAutoballoonOn(hypervisorCommandLine: commandLine)
                == expected)
    }
}
