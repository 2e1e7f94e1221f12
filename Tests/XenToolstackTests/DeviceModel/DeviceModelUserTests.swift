import DomainModel
import Glibc
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DeviceModelUserTests {
    private func choose(
        _ users: [String: UInt32], domain: UInt32 = 7, _ change: (inout BuildInfo) -> Void
    ) throws(ToolstackError) -> DeviceModelUser? {
        var info = BuildInfo()
        change(&info)
        let directory = UserDirectory(
            entry: { name in users[name].map { .init(id: $0, group: 42, name: name) } },
            name: { id in users.first { $0.value == id }?.key })
        return try DeviceModelUser.choose(info, domain: DomainID(domain), directory: directory)
    }

    private let base = DeviceModelUser.rangeBase

    @Test func theConfiguredOneThenTheRangeThenTheSharedOne() throws {
        let users: [String: UInt32] = [base: 60000, DeviceModelUser.shared: 500, "qemu": 107]
        #expect(try choose(users) { _ in } == nil)
        let named = try choose(users) { ($0.deviceModelUser, $0.dmRestrict) = ("qemu", true) }
        #expect(named?.argument == "qemu")
        #expect(named?.exclusiveID == 107)
        let ranged = try choose(users) { $0.dmRestrict = true }
        #expect(ranged?.argument == "60007:42")
        #expect(ranged?.exclusiveID == 60007)
        #expect(ranged?.warning(BuildInfo()) == nil)
        let shared = try choose([DeviceModelUser.shared: 500]) { $0.dmRestrict = true }
        #expect(shared?.argument == "xen-qemuuser-shared")
        #expect(shared?.exclusiveID == nil)
        #expect(shared?.warning(BuildInfo()) != nil)
    }

    @Test func whatWouldBeDangerousIsRefused() {
        let restricted: (inout BuildInfo) -> Void = { $0.dmRestrict = true }
        let named: (String) -> (inout BuildInfo) -> Void = { name in { $0.deviceModelUser = name } }
        #expect(throws: ToolstackError.self) { try choose(["root": 0], named("root")) }
        #expect(throws: ToolstackError.self) { try choose([:], named("qemu")) }
        #expect(throws: ToolstackError.self) { try choose([:], restricted) }
        #expect(throws: ToolstackError.self) { try choose([DeviceModelUser.shared: 0], restricted) }
        #expect(throws: ToolstackError.self) { try choose([base: 60000, "someone": 60007], restricted) }
        #expect(throws: ToolstackError.self) { try choose([base: .max - 7], restricted) }
        #expect(throws: ToolstackError.self) { try choose([base: .max - 3], restricted) }
    }

    @Test func aSocketListensWhereOneWasLeft() throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let path = directory.appending("qmp")
        defer {
            unlink(path.string)
            rmdir(directory.string)
        }
        for _ in 0..<2 {
            let socket = try DeviceModelConfinement.listen(at: path)
            var status = stat()
            #expect(stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK)
            try socket.close()
        }
        let long = directory.appending(String(repeating: "x", count: 120))
        #expect(throws: ToolstackError.self) { try DeviceModelConfinement.listen(at: long) }
    }

    @Test func theRootIsEmptyAndClosed() throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let root = directory.appending("root")
        defer { rmdir(directory.string) }
        try DeviceModelConfinement.makeRoot(root)
        try DeviceModelConfinement.makeRoot(root)
        var status = stat()
        #expect(stat(root.string, &status) == 0 && status.st_mode & 0o777 == 0)
        chmod(root.string, 0o700)
        mkdir(root.appending("left").string, 0o700)
        #expect(throws: ToolstackError.self) { try DeviceModelConfinement.makeRoot(root) }
        rmdir(root.appending("left").string)
        try DeviceModelConfinement.removeRoot(root)
        try DeviceModelConfinement.removeRoot(root)
        #expect(stat(root.string, &status) != 0)
    }
}

@Suite struct EmulatedCardScriptTests {
    @Test func twoRunsForTwoInterfaces() throws {
        let device = DeviceAddress(domain: DomainID(8), kind: .vif, id: 2, backendDomain: .control)
        func script(
            _ action: HotplugScript.Action, _ part: HotplugScript.Part, type: String
        ) throws -> HotplugScript? {
            try HotplugScript(action, device, part: part) { ["script": "/s", "type": type][$0] }
        }
        let vif = try #require(try script(.connect, .backend, type: "vif_ioemu"))
        #expect(vif.arguments == ["online", "type_if=vif"])
        let tap = try #require(try script(.connect, .emulation, type: "vif_ioemu"))
        #expect(tap.arguments == ["add", "type_if=tap"])
        #expect(tap.environment["INTERFACE"] == "vif8.2-emu")
        #expect(tap.environment["vif"] == "vif8.2")
        #expect(try script(.disconnect, .emulation, type: "vif_ioemu")?.arguments == ["remove", "type_if=tap"])
        #expect(try script(.disconnect, .backend, type: "vif_ioemu")?.arguments == ["offline", "type_if=vif"])
        #expect(try script(.connect, .emulation, type: "vif") == nil)
        #expect(try script(.connect, .backend, type: "vif")?.environment["INTERFACE"] == nil)
        let disk = DeviceAddress(domain: DomainID(8), kind: .vbd, id: 768, backendDomain: .control)
        #expect(try HotplugScript(.connect, disk, part: .emulation) { _ in "/s" } == nil)
    }
}
