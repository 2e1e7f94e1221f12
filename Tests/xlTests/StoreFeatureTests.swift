import HostSimulator
import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

/// `info -x`: what xenstored can offer to guests.
@Suite struct StoreFeatureTests {
    private func names(_ info: HostInfo) -> [String?]? {
        HostInfoJSON.document(info)["xenstore_features"]?.array?.map(\.string)
    }

    @Test(arguments: [(17, false), (20, false), (21, true), (22, true)] as [(UInt16, Bool)])
    func isAskedWhereTheReleaseAnswers(_ minor: UInt16, _ answers: Bool) throws {
        let text = answers ? "0x00000007" : "0x00000000"
        let host = try SimulatedHost(release: XenRelease(4, minor))
        let info = try host.toolstack.hostInfo(topology: false, store: true)
        #expect(HostInfoText.values(info, prefix: "xenstore_features") == [text])
        #expect(HostInfoText.text(info).contains("\nxenstore_features      : \(text)\nxend_config_format     : 4"))
        #expect(names(info) == (answers ? ["reconnection", "error", "watch_depth"] : []))
        #expect(try JSONSchema(named: "info").problems(in: YajlEncoder().encode(HostInfoJSON.document(info))) == [])

        let plain = try host.toolstack.hostInfo(topology: false)
        #expect(HostInfoText.values(plain, prefix: "xenstore_features") == [] && names(plain) == nil)
        #expect(HostInfoText.values(plain, prefix: "xen_minor") == ["\(minor)"])
    }

    /// `XENSTORE_SERVER_FEATURE_*` in `xen/io/xs_wire.h`.
    @Test(
        arguments: [
            (1, ["reconnection"]), (2, ["error"]), (4, ["watch_depth"]), (8, ["any_domain"]),
            (9, ["reconnection", "any_domain"]), (0xFFFF_FFF0, []),
            (.max, ["reconnection", "error", "watch_depth", "any_domain"]),
        ] as [(UInt32, [String])])
    func eachBitHasAName(_ bits: UInt32, _ wanted: [String]) throws {
        // A host ends with the last who knows it.
        let host = try SimulatedHost(release: XenRelease(4, 22))
        var info = try withExtendedLifetime(host) { try host.toolstack.hostInfo(topology: false, store: true) }
        info.storeFeatures = bits
        #expect(names(info) == wanted)
        #expect(try JSONSchema(named: "info").problems(in: YajlEncoder().encode(HostInfoJSON.document(info))) == [])
    }
}
