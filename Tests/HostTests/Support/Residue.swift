/// Everything about a host that a domain's life may leave traces in.
struct Residue: Sendable {
    /// A line of the host's state, with the section it is from, and how often it is there: the store, loop devices,
    /// network interfaces and bridges' ports, processes, files of the toolstack, the firewall, domains.
    private var counts: [String: Int] = [:]

    /// Paths whose values change on a host at rest.
    /// `memory` of dom0 is made by the first command that asks for its target, the file by the stock scripts' lock.
    private static let restless = [
        "/local/domain/0/memory", "/local/domain/0/data/", "/tool/xenstored", "/run/xen-hotplug/block",
    ]

    init(of host: TestHost) async throws {
        // A script or a udev event may end a moment after the command that caused it.
        var text = try await host.ask(.residue).stdout
        if text.contains("process: xen-hotplug") || text.contains("process: block") {
            try await host.require("sleep 1")
            text = try await host.ask(.residue).stdout
        }
        for line in text.split(separator: "\n") where !Self.restless.contains(where: { line.contains($0) }) {
            counts[String(line), default: 0] += 1
        }
    }

    /// What is there more often, or less often, than before: nothing, when a test has cleaned up.
    func differences(to later: Residue) -> [String] {
        Set(counts.keys).union(later.counts.keys).sorted().compactMap { line in
            let (before, after) = (counts[line, default: 0], later.counts[line, default: 0])
            if after > before { return "  left: \(line)" }
            if after < before { return "  gone: \(line)" }
            return nil
        }
    }
}
