import DomainConfig
import DomainModel
import Foundation
import Testing
import XenTypes

@testable import xl

/// What `examples` holds is what somebody's first guest is made from.
@Suite struct ExamplesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples")
    /// Two nodes of eight processors, for which the examples are written.
    private static let host = HostTopology(cpuCount: 16, onlineCPUs: 16, nodes: [Bitmap(0..<8), Bitmap(8..<16)])

    private static func names(ending suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(suffix) }.sorted()
    }

    private func document(_ name: String) throws -> ConfigDocument {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
        return ConfigDocument(file: ConfigSource(name: name, text: text))
    }

    private func configuration(_ name: String) throws -> DomainConfiguration {
        let result = DomainConfigParser.parse(try document(name), environment: ConfigEnvironment(host: Self.host))
        #expect(result.diagnostics.map(\.text) == [])
        return try #require(result.configuration)
    }

    @Test func everyGuestIsReadWithoutAWarning() throws {
        let names = try Self.names(ending: ".cfg")
        #expect(names.count >= 6)
        for name in names {
            #expect(try configuration(name).createInfo.name == String(name.dropLast(4)))
        }
    }

    @Test func everyPoolIsReadWithoutAWarning() throws {
        let names = try Self.names(ending: ".cpupool")
        #expect(names.count >= 2)
        for name in names {
            let (pool, diagnostics) = CPUPoolConfig.parse(try document(name), fileName: nil, host: Self.host)
            #expect(diagnostics.map(\.text) == [])
            #expect(pool?.name == String(name.dropLast(8)))
            #expect(pool?.scheduler != nil && pool?.cpus != nil)
        }
    }

    @Test func theGuestsAreWhatTheySay() throws {
        let kinds = ["first-pv", "first-pvh", "hvm-uefi"].map { try? configuration($0 + ".cfg").createInfo.type }
        #expect(kinds == [.pv, .pvh, .hvm])
        let telecom = try configuration("telecom.cfg")
        let pool = CPUPoolConfig.parse(try document("telecom.cpupool"), fileName: nil, host: Self.host).pool
        let cpus = try #require(pool?.cpus)
        let pins = telecom.buildInfo.vcpuHardAffinity
        #expect(pins.count == 4 && pins.allSatisfy { $0.count == 1 && $0.subtracting(cpus).isEmpty })
        #expect(Set(pins).count == pins.count)
        #expect(telecom.createInfo.poolName == pool?.name)
        #expect(telecom.pciDevices.count == 1)
        let latency = try configuration("latency.cfg").buildInfo.schedulerParameters
        let batch = try configuration("batch.cfg").buildInfo.schedulerParameters
        #expect(latency.weight == 1024 && latency.cap == nil)
        #expect(batch.weight == 64 && batch.cap == 150)
    }

    /// Runs a script with an `xl` that answers each command with a document.
    private func output(of script: String, _ answers: [String: String]) throws -> (text: String, status: Int32) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xl-examples-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (command, answer) in answers {
            #expect(try JSONSchema(named: command).problems(in: Array(answer.utf8)) == [])
            try Data(answer.utf8).write(to: folder.appendingPathComponent(command))
        }
        let xl = folder.appendingPathComponent("xl")
        try Data("#!/bin/sh\nexec cat \"${0%/*}/$1\"\n".utf8).write(to: xl)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: xl.path)
        let process = Process()
        process.executableURL = Self.folder.appendingPathComponent(script)
        process.environment = ["PATH": "\(folder.path):/usr/bin:/bin"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }

    static var hasJQ: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/jq") }

    @Test(.enabled(if: hasJQ, "jq is not installed"))
    func scriptsReadTheDocuments() throws {
        let vcpus = [("a", 0, "[3]"), ("a", 1, "[0,1,2,3]"), ("b", 0, "[3]"), ("c", 0, "[2]")].map {
            name, number, cpus in
            """
            {"domid":1,"name":"\(name)","vcpu":\(number),"online":true,"running":false,"blocked":true,"cpu":3,\
            "cpu_time_ns":1,"hard_affinity":\(cpus),"soft_affinity":[0]}
            """
        }
        let shared = try output(of: "shared-processors", ["vcpu-list": "[\(vcpus.joined(separator: ","))]"])
        #expect(shared.text == "CPU 3: a/0 b/0\n" && shared.status == 0)

        let pool = #"[{"id":0,"name":"Pool-0","scheduler":"credit2","cpus":[0,1],"domains":2}]"#
        #expect(try output(of: "processors-of-pools", ["cpupool-list": pool]).text == "Pool-0\tcredit2\t2\t2\n")
    }

    @Test(.enabled(if: hasJQ, "jq is not installed"))
    func aDeviceThatIsNotConnectedIsFound() throws {
        func disk(_ state: String) -> String {
            """
            [{"domid":4,"device_number":51712,"vdev":"xvda","backend_domid":0,"read_only":false,"cdrom":false,\
            "removable":false,"backend_path":"/b","state":"\(state)"}]
            """
        }
        let card = """
            [{"domid":4,"device_number":0,"interface":"vif4.0","backend_domid":0,"backend_path":"/b","state":"connected"}]
            """
        let ids =
            #"[{"domid":0,"uuid":"00000000-0000-0000-0000-000000000000","name":"Domain-0"},"#
            + #"{"domid":4,"uuid":"00000000-0000-0000-0000-000000000004","name":"web"}]"#
        var answers = ["vm-list": ids, "network-list": card, "block-list": disk("connected")]
        let well = try output(of: "not-connected", answers)
        #expect(well.text == "" && well.status == 0)
        answers["block-list"] = disk("init_wait")
        let ill = try output(of: "not-connected", answers)
        #expect(ill.text == "domain 4: disk xvda is init_wait\n" && ill.status == 1)
    }
}
