import Testing
import XenTypes

@testable import XenToolstack

@Suite struct MemoryTargetTests {
    @Test func leavesVideoMemoryOutOfTheTarget() throws {
        let target = try MemoryTarget(requested: 65536, video: 8192, staticMaximum: 65536, of: DomainID(3))
        #expect(target.target == 57344 && target.limit == 66560 && target.populated == 58368)
    }

    @Test(arguments: [(0, 0), (131_072, 0), (65536, 0), (4096, 4096)] as [(UInt64, UInt64)])
    func takesWhatIsInRange(_ requested: UInt64, _ video: UInt64) throws {
        #expect(
            try MemoryTarget(requested: requested, video: video, staticMaximum: 131_072, of: DomainID(3)).target
                == requested - video)
    }

    @Test(arguments: [(131_073, 0), (4095, 4096), (UInt64.max, 0), (UInt64.max, 8192)] as [(UInt64, UInt64)])
    func saysTheRange(_ requested: UInt64, _ video: UInt64) {
        let error = #expect(throws: ToolstackError.self) {
            try MemoryTarget(requested: requested, video: video, staticMaximum: 131_072, of: DomainID(3))
        }
        #expect(error?.code == .invalid)
        #expect(error?.cause == "it can have from \(video) to \(131_072 + video) KiB")
    }

    @Test func leavesTheControlDomainEnough() throws {
        #expect(throws: ToolstackError.self) {
            try MemoryTarget(requested: 131_071, video: 0, staticMaximum: 1 << 20, of: .control)
        }
        #expect(try MemoryTarget(requested: 131_072, video: 0, staticMaximum: 1 << 20, of: .control).target == 131_072)
    }

    @Test func takesAnyLimit() throws {
        let target = try MemoryTarget(requested: .max, video: 0, staticMaximum: .max, of: DomainID(3))
        #expect(target.limit == .max && target.populated == .max)
    }
}
