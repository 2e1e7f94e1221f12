import Testing
import XenTypes
import YajlJSON

@testable import xl

@Suite struct StoreQuotaTests {
    @Test func showsThemAsUpstreamDoes() {
        #expect(
            StoreQuotaOutput.table([("nodes", 1000), ("watches", 128)]) == """
                Quota name           Quota value
                --------------------------------
                nodes                    1000
                watches                   128
                """)
    }

    @Test func theDocumentFollowsItsSchema() throws {
        for domain in [nil, DomainID(3)] {
            let text = try YajlEncoder().encode(StoreQuotaOutput.document([("nodes", 1000)], of: domain))
            #expect(try JSONSchema(named: "xenstore-quota-get").problems(in: text) == [])
        }
    }

    @Test(arguments: [("nodes=7", 7), ("nodes=0x10", 16), ("nodes=010", 8), ("nodes=0", 0), ("a=4294967295", .max)])
    func readsAQuota(_ text: String, _ value: UInt32) throws {
        #expect(try XenstoreQuotaSetCommand.quota(text).value == value)
    }

    @Test(arguments: ["nodes", "nodes=", "nodes=x", "nodes=-1", "nodes=4294967296", "nodes=1x", "nodes= 1", "nodes=+1"])
    func refusesWhatIsNone(_ text: String) {
        #expect(throws: (any Error).self) { try XenstoreQuotaSetCommand.quota(text) }
    }

    @Test func needsADomainOrAll() {
        for words in [[], ["3", "-g"]] {
            #expect(throws: (any Error).self) { try XenstoreQuotaGetCommand.parse(words) }
        }
        for words in [["-g"], ["3"], ["nodes=1"], ["3", "nodes"]] {
            #expect(throws: (any Error).self) { try XenstoreQuotaSetCommand.parse(words) }
        }
        #expect(throws: Never.self) { try XenstoreQuotaSetCommand.parse(["-g", "nodes=1"]) }
    }
}
