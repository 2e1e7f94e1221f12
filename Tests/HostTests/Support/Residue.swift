/// Everything about a host that a domain's life may leave traces in.
struct Residue: Sendable {
    /// A line of the host's state, with the section it is from, and how often it is there.
    private var counts: [String: Int] = [:]

    /// The store, loop devices, network interfaces and bridges' ports, processes, mounts, files of the toolstack.
    private static let script = """
        show() { sed "s|^|$1: |"; }
        store-ls | show store
        losetup -n -O NAME,BACK-FILE | show loop
        ls -d /sys/class/net/* /sys/class/net/*/brif/* 2>/dev/null | show network
        ps -e -o comm= --ppid 2 -p 2 --deselect | grep -vxE 'ps|sed|bash|sshd|sleep|systemd-udevd|\\(udev-worker\\)|agetty' | show process
        ls -Rd /run/xen/* /run/xen-hotplug/* /var/lib/xen/* /var/run/xen* 2>/dev/null | sort -u | show file
        iptables -S 2>/dev/null | show firewall
        \(TestHost.upstream) list | awk 'NR > 1 { print $1, $2 }' | show domain
        """

    /// Paths whose values change on a host at rest.
    /// `memory` of dom0 is made by the first command that asks for its target, the file by the stock scripts' lock.
    private static let restless = [
        "/local/domain/0/memory", "/local/domain/0/data/", "/tool/xenstored", "/run/xen-hotplug/block",
    ]

    init(of host: TestHost) async throws {
        // A script or a udev event may end a moment after the command that caused it.
        var text = try await host.require(Self.script).stdout
        if text.contains("process: xen-hotplug") || text.contains("process: block") {
            text = try await host.require("sleep 1; " + Self.script).stdout
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
