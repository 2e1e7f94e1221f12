import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

/// Whether pygrub gives up root's rights, which none did before XSA-443, and what is said where it does not.
@Suite struct PygrubTests {
    /// As the scripts of releases since then name the option.
    private static let knows = (name: "pygrub", text: #"["image=", "runas=", "--runas=<uid>"]"#)
    private static let knowsNot = (name: "pygrub", text: #"["image=", "quiet"]"#)
    private static let risk = "warning: " + Bootloader.riskOfPygrub

    private static let hasUser = [DeviceModelUser.rangeBase, DeviceModelUser.shared].contains {
        UserDirectory.system.entry($0) != nil
    }

    /// Makes the guest, and destroys it again.
    private func make(
        _ program: (name: String, text: String)?, _ lines: String = ""
    ) async throws -> (host: SimulatedHost, words: [Substring]) {
        let host = try SimulatedHost()
        let given = try host.bootloaderGuest(program, lines)
        let before = host.snapshot
        let domain = try await host.toolstack.create(given).domain
        #expect(host.hypervisor.domains[domain.rawValue]?.content == "booted")
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
        return (host, host.text(of: host.toolstack.paths.log.appending("bootloader.words")).split(separator: " "))
    }

    @Test func itsScriptSaysWhetherItCanBeConfined() throws {
        let host = try SimulatedHost()
        func can(_ name: String, _ bytes: [UInt8]) throws -> Bool {
            Bootloader.canBeConfined(try host.write("boot/\(name)", bytes, mode: 0o755))
        }
        #expect(try can("pygrub", Array("#!/usr/bin/python3\n# --runas=<uid>\n".utf8)))
        #expect(try can("pygrub", [0xFF, 0xFE, 0] + Array("--runas".utf8)), "whatever else is in it")
        #expect(try !can("pygrub", Array("#!/usr/bin/python3\n# runas\n".utf8)))
        #expect(try !can("pygrub", []))
        #expect(try !can("pygrub2", Array("--runas".utf8)), "others may mean another thing by it")
        #expect(try !can("pygrub", Array(repeating: 0x23, count: 1 << 20) + Array("--runas".utf8)), "no script")
        #expect(!Bootloader.canBeConfined(host.root.appending("pygrub")), "it is not there")
        try #require(mkdir(host.root.appending("pygrub").string, 0o755) == 0)
        #expect(!Bootloader.canBeConfined(host.root.appending("pygrub")))
    }

    @Test(
        .enabled(if: !hasUser, "this machine has a user for it"), arguments: [knows, knowsNot].map(\.text))
    func theRiskIsToldWhereItRunsAsRoot(_ text: String) async throws {
        let (host, words) = try await make(("pygrub", text))
        #expect(host.log.lines.filter { $0 == Self.risk }.count == 1)
        #expect(!words.isEmpty && !words.contains { $0.hasPrefix("--runas") })
    }

    @Test func whoHasDecidedIsNotWarned() async throws {
        let (host, words) = try await make(Self.knows, "bootloader_restrict=0")
        #expect(!host.log.lines.contains(Self.risk) && !words.contains { $0.hasPrefix("--runas") })
        let (confined, options) = try await make(Self.knows, "bootloader_user='nobody'")
        let nobody = try #require(UserDirectory.system.entry("nobody")?.id)
        #expect(!confined.log.lines.contains(Self.risk))
        #expect(options.contains("--runas=\(nobody)") && options.contains("--quiet"))
    }

    @Test func othersAreNotSpokenOf() async throws {
        for program in [nil, (name: "eltorito", text: "--runas")] {
            let (host, words) = try await make(program)
            #expect(!host.log.lines.contains(Self.risk) && !words.contains { $0.hasPrefix("--runas") })
        }
    }
}
