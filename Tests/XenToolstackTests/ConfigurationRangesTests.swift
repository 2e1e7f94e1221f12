import DomainModel
import Testing

@testable import XenToolstack

@Suite struct ConfigurationRangesTests {
    private static func text(_ part: String) -> [UInt8] {
        Array(#"{"c_info":{"type":"pv","name":"x"},"b_info":{"type":"pv",\#(part)}}"#.utf8)
    }

    @Test(arguments: [
        (#""max_vcpus":2147483647,"cpumap":[0]"#, "b_info.max_vcpus is 2147483647, which is not in 0...8192"),
        (#""max_vcpus":-1"#, "b_info.max_vcpus is -1"),
        (#""avail_vcpus":[65535]"#, "the last of b_info.avail_vcpus is 65535"),
        (#""max_memkb":9223372036854775807"#, "b_info.max_memkb is 9223372036854775807"),
        (#""target_memkb":4398046511105"#, "b_info.target_memkb is 4398046511105"),
        (#""shadow_memkb":18446744073709551614"#, "b_info.shadow_memkb is"),
        (#""vmtrace_buf_kb":-5"#, "b_info.vmtrace_buf_kb is -5"),
        (#""vnuma_nodes":[{"memkb":4398046511105}]"#, "b_info.vnuma_nodes.memkb is"),
    ])
    func aCountThatNoDomainHasIsRefusedWhereItEnters(_ part: String, _ words: String) throws {
        #expect { try DomainConfiguration(json: Self.text(part)) } throws: { "\($0)".contains(words) }
        #expect { try DomainConfiguration(savedJSON: Self.text(part), name: "file") } throws: {
            "\($0)".contains(words) && "\($0)".contains("file")
        }
    }

    @Test(arguments: [
        #""max_vcpus":8192,"avail_vcpus":[0,8191]"#, #""max_memkb":4398046511104"#, #""shadow_memkb":0"#,
        // libxl's "not set".
        #""max_memkb":18446744073709551615"#,
    ])
    func whatSomeDomainCanHaveIsTaken(_ part: String) throws {
        #expect(try DomainConfiguration(json: Self.text(part)).createInfo.name == "x")
    }
}
