import XenTypes
public struct HostTopology: Sendable {
    public var cpuCount = 8; public var onlineCPUs = 2; public var nodes: [Bitmap] = [[0, 1]]; public init() {}
}
extension DomainDraft { mutating func cpuList(_ text: ConfigText, _ key: ConfigKey) -> Bitmap? { nil } }
