import DomainModel
import Testing

@testable import DomainConfig

@Suite struct SpecsCPUIDTests {
    private func policy(_ text: String) throws -> CPUIDPolicy { try CPUIDSpec.parse(text: Array(text.utf8)).value }

    private func policy(list: String...) throws -> CPUIDPolicy {
        try CPUIDSpec.parse(list: list.map { Array($0.utf8) }).value
    }

    /// What is wrong, whether or not upstream's xl passes over it.
    private func fault(_ text: String) -> SpecError? {
        do throws(SpecError) { return try CPUIDSpec.parse(text: Array(text.utf8)).warnings.first } catch {
            return error
        }
    }

    @Test func fieldsOfTheFirstLeaf() throws {
        let leaf = try #require(try policy("host,family=5,model=0x1f,stepping=3").leaves.first)
        #expect(leaf.leaf == 1 && leaf.subleaf == nil)
        #expect(leaf.eax == "xxxx000000000001xxxx010111110011")
        #expect(try policy("host,family=20").leaves.first?.eax == "xxxx00000101xxxxxxxx1111xxxxxxxx")
        #expect(try policy("host,family=x,model=k").leaves.first?.eax == "xxxx00000000kkkkxxxxxxxxkkkkxxxx")
        #expect(try policy("host,family=270").leaves.first?.eax == "xxxx11111111xxxxxxxx1111xxxxxxxx")
    }

    @Test func flagsAndMSRs() throws {
        let policy = try policy("host,tm=0,sse4.1=k,its-no=1,rdcl-no=s,aes=1,lfence+=1")
        #expect(policy.leaves.map(\.leaf) == [1, 0x8000_0021])
        #expect(policy.leaves[0].edx == "xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
        #expect(policy.leaves[0].ecx == "xxxxxx1xxxxxkxxxxxxxxxxxxxxxxxxx")
        #expect(policy.leaves[1].eax == "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx1xx")
        #expect(policy.msrs.map(\.index) == [0x10A])
        #expect(policy.msrs[0].policy == "x1" + String(repeating: "x", count: 61) + "k")
        #expect(try self.policy("host,clflush=8").leaves[0].ebx == "xxxxxxxxxxxxxxxx00001000xxxxxxxx")
        #expect(try self.policy("host,procpkg=1").leaves[0].subleaf == 0)
        #expect(try self.policy("host").isEmpty && self.policy(",,").isEmpty)
    }

    @Test(arguments: [
        ("tm=0", SpecError.Kind.syntax), ("host,xx=1", .unknownParameter), ("host,tm", .syntax),
        ("host,tm=", .notANumber),
        ("host,tm=2", .outOfRange), ("host,tm=1x", .notANumber), ("host,maxhvleaf=0x1ff", .outOfRange),
        ("host,family=271", .outOfRange), ("host,its-no=01", .invalidValue), ("host,its-no=", .invalidValue),
        ("host,tm=-1", .outOfRange), ("host,tm=99999999999999999999", .outOfRange), ("host, tm=1", .unknownParameter),
        ("hosts,tm=1", .syntax),
    ])
    func faults(text: String, kind: SpecError.Kind) { #expect(fault(text)?.kind == kind) }

    @Test func suggestions() {
        #expect(fault("host,avx512-vbm1=0")?.suggestion == "avx512-vbmi")
        #expect(CPUIDSpec.featureNames.count > 280)
    }

    @Test func lists() throws {
        let zeros = String(repeating: "0", count: 32)
        let mixed = "k1x0" + String(repeating: "s", count: 28)
        let policy = try policy(list: "1:eax=\(zeros), \nebx=\(mixed)", "0x7,0:ecx=\(mixed),", "1:eax=\(mixed)", "3:")
        #expect(policy.leaves.map(\.leaf) == [1, 7, 3] && policy.leaves.map(\.subleaf) == [nil, 0, nil])
        #expect(policy.leaves[0].eax == mixed && policy.leaves[0].ebx == mixed && policy.leaves[1].ecx == mixed)
    }

    @Test(arguments: [
        "zz", "1", "1:eax", "1:foo=1", "1:eax=01", "1,:eax=x", ":eax=x", "0xffffffff:", "4294967296:", "-1:",
        "1:eax=" + String(repeating: "2", count: 32), "1:eax=" + String(repeating: "x", count: 33),
        "1x:eax=" + String(repeating: "x", count: 32),
    ])
    func listFaults(element: String) {
        do throws(SpecError) {
            let parsed = try CPUIDSpec.parse(list: [Array("2:".utf8), Array(element.utf8)])
            #expect(parsed.warnings.first?.upstream == .ignored && parsed.value.leaves.first?.leaf == 2)
        } catch {
            #expect(error.word == 1 && error.upstream == nil)
        }
    }

    @Test(arguments: [
        "host,family=5,model=0x1f,stepping=3", "host,tm=0,sse4.1=k,its-no=1,rdcl-no=s,aes=1,lfence+=1",
        "host,maxleaf=x",
        "host,family=x,model=k", "host,clflush=8,proccount=k", "host,tm=x", "host,its-no=x", "host,family=270,nc=3",
        "host,apicidsize=15,nc=x,procpkg=63", "host,avx512f=0,la57=s,slsm=1,tsa-l1-no=1",
    ])
    func namesRoundTrip(text: String) throws {
        let first = try policy(text)
        guard case .text(let written) = try CPUIDSpec.written(first) else {
            Issue.record("\(text) is written as a list")
            return
        }
        #expect(try policy(written) == first, "\(written)")
    }

    @Test func everyNameRoundTrips() throws {
        for name in CPUIDSpec.featureNames {
            for value in ["0", "1", "x", "k"] {
                let first = try policy("host,\(name)=\(value)")
                guard case .text(let written) = try CPUIDSpec.written(first) else {
                    Issue.record("\(name) is written as a list")
                    continue
                }
                #expect(try policy(written) == first, "\(name)=\(value) became \(written)")
            }
        }
    }

    @Test func bitsWithoutNamesAreWrittenAsAList() throws {
        let first = try policy(list: "0x5,1:eax=" + String(repeating: "1", count: 32))
        #expect(try CPUIDSpec.written(first) == .list(["0x5,1:eax=" + String(repeating: "1", count: 32)]))
        var both = first
        both.msrs = try policy("host,rsba=1").msrs
        #expect(throws: SpecError.self) { try CPUIDSpec.written(both) }
    }

    @Test func malformedPoliciesOfAStoredConfigurationAreNoTrap() {
        var leaf = CPUIDPolicy.Leaf(leaf: 1)
        leaf.eax = "x"
        leaf.edx = ""
        let broken = CPUIDPolicy(leaves: [leaf], msrs: [.init(index: 0x10A, policy: "01")])
        #expect(throws: SpecError.self) { try CPUIDSpec.written(broken) }
    }
}
