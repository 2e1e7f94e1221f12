import Glibc
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct StockScriptTests {
    private static func directory(_ files: [String: String]) throws -> FilePath {
        var name = Array("/tmp/xen-scripts-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&name))
        let directory = FilePath(platformString: name)
        for (name, text) in files {
            let path = directory.appending(name)
            try Files.makeDirectory(path.removingLastComponent())
            try Files.replace(
                path, with: Array(text.utf8), temporary: directory.appending("new"), permissions: .ownerReadWriteExecute
            )
        }
        return directory
    }

    private static let names = [
        "block", "block-common.sh", "vif-bridge", "vif-common.sh", "xen-network-common.sh", "xen-hotplug-common.sh",
        "hotplugpath.sh", "logging.sh", "xen-script-common.sh", "locking.sh",
    ]
    private static let whole = Dictionary(uniqueKeysWithValues: names.map { ($0, "# \($0)\n") })

    /// Each file that a script reads counts, and so does a byte that moves from one to the next.
    @Test(arguments: StockScript.allCases)
    func everyChangeIsSeen(_ script: StockScript) throws {
        let first = try Self.directory(Self.whole)
        let digest = try #require(script.digest(in: first))
        #expect(script.digest(in: try Self.directory(Self.whole)) == digest)
        var changed = 0
        for name in Self.names {
            let other = script.digest(in: try Self.directory(Self.whole.merging([name: "# \(name)\n\n"]) { $1 }))
            let missing = script.digest(in: try Self.directory(Self.whole.filter { $0.key != name }))
            #expect((other == digest) == (missing == digest), "\(name)")
            if missing == nil { changed += 1 }
        }
        #expect(changed == (script == .block ? 7 : 8))
        let moved = [script.rawValue: "# \(script.rawValue)\n#", "block-common.sh": " block-common.sh\n"]
        #expect(script.digest(in: try Self.directory(Self.whole.merging(moved) { $1 })) != digest)
    }

    @Test func otherScriptsAreRun() throws {
        let directory = try Self.directory(Self.whole.merging(["vif-route": ""]) { $1 })
        for name in ["block", "vif-bridge", "vif-route", "block-iscsi", "nothing"] {
            #expect(StockScript(at: directory.appending(name)) == nil, "\(name)")
        }
    }
}
