import FuzzSupport

private let host = HostTopology(cpuCount: 12, onlineCPUs: 8, nodes: [[0, 1, 2, 3], [4, 5, 6, 7]])

private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    for host in [host, nil] {
        do throws(SpecError) {
            let list = try CPUList.parse(bytes: bytes, host: host).value
            require(host == nil || list.max ?? 0 < 16, "\(list.max ?? 0) is not on the host")
        } catch {
            checkPlace(error, in: bytes.count)
        }
    }
    if let text = String(validating: bytes, as: UTF8.self) { _ = try? MemorySize.kibibytes(text) }
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
