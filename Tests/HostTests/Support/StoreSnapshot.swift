import Foundation

/// What one domain's making has changed in the xenstore of a host, with what must differ from domain to domain replaced by
/// names.
struct StoreSnapshot: Codable, Equatable, Sendable {
    /// `path = "value" (permissions)`, sorted; what is no longer so has `gone: ` before it.
    var lines: [String]

    /// Reads the store while a domain is there.
    ///
    /// - Parameter before: its rows before the domain was made.
    init(of host: TestHost, domain: Int, since before: [String]) async throws {
        let rows = try await host.store()
        let vm = rows.first { $0.hasPrefix("/local/domain/\(domain)/vm = \"/vm/") }
        let uuid = vm?.split(separator: "/").last?.prefix { $0 != "\"" } ?? ""
        let (old, new) = (Set(before), Set(rows))
        func normalised(_ rows: Set<String>) -> [String] {
            rows.compactMap { Self.normalised($0, domain: domain, uuid: String(uuid)) }.sorted()
        }
        lines = normalised(new.subtracting(old)) + normalised(old.subtracting(new)).map { "gone: " + $0 }
    }

    /// The differences to another tool's store, as lines of a diff; `allowed` names paths that deliberately differ.
    func differences(to other: StoreSnapshot, allowed: [String] = []) -> [String] {
        let (mine, theirs) = (Set(lines), Set(other.lines))
        let isAllowed = { (line: String) in allowed.contains { line.contains($0) } }
        return mine.subtracting(theirs).filter { !isAllowed($0) }.sorted().map { "ours:     " + $0 }
            + theirs.subtracting(mine).filter { !isAllowed($0) }.sorted().map { "upstream: " + $0 }
    }

    /// Nodes whose values come from the hypervisor, the kernel or the clock.
    private static let volatile: [(suffix: String, name: String)] = [
        ("/ring-ref", "GRANT"), ("/tx-ring-ref", "GRANT"), ("/rx-ring-ref", "GRANT"), ("/page-ref", "GRANT"),
        ("/event-channel", "PORT"), ("/event-channel-tx", "PORT"), ("/event-channel-rx", "PORT"), ("/port", "PORT"),
        ("/tty", "TTY"), ("/start_time", "TIME"), ("/device-model-pid", "PID"), ("/qemu-pid", "PID"),
        ("/physical-device", "DEVICE"), ("/node", "NODE"), ("/generation-id", "ID"), ("/memory/target", "KIB"),
        ("/physical-device-path", "NODE"),
    ]

    private static func normalised(_ row: String, domain: Int, uuid: String) -> String? {
        guard let (path, value, permissions) = parts(of: row) else { return row }
        // The first command that asks for dom0's target makes these nodes.
        if path.hasPrefix("/tool/") || path.hasPrefix("/local/domain/0/memory") { return nil }
        let place = withNames(path, domain: domain, uuid: uuid)
        var shown = withNames(value, domain: domain, uuid: uuid)
        if let rule = volatile.first(where: { path.hasSuffix($0.suffix) }), !value.isEmpty { shown = rule.name }
        if path.hasSuffix("/domid") || path.hasSuffix("/frontend-id"), value == "\(domain)" { shown = "DOMID" }
        if path.hasSuffix("/mac") || path.hasSuffix("/vifname") || path.hasSuffix("/vif") { shown = randomised(shown) }
        let rights = permissions.split(separator: ",").map { right in
            right.dropFirst() == "\(domain)" ? "\(right.prefix(1))DOMID" : String(right)
        }
        shown = shown.replacing(#/bootloader\.\d+\.d\/boot_(kernel|ramdisk)\.\w{8}/#) { "boot_\($0.1)" }
        return "\(place) = \(shown) (\(rights.joined(separator: ",")))"
    }

    /// `path = "value"   (n0,r1)`
    private static func parts(of row: String) -> (path: String, value: String, permissions: Substring)? {
        guard let equals = row.range(of: " = \""), let open = row.range(of: "\"", options: .backwards),
            let left = row[open.upperBound...].firstIndex(of: "("), row.last == ")",
            equals.upperBound <= open.lowerBound
        else { return nil }
        return (
            String(row[..<equals.lowerBound]), String(row[equals.upperBound..<open.lowerBound]),
            row[row.index(after: left)...].dropLast()
        )
    }

    /// A path, or a value that is one, with the domain's number and UUID replaced.
    private static func withNames(_ text: String, domain: Int, uuid: String) -> String {
        var text = uuid.isEmpty ? text : text.replacing(uuid, with: "UUID")
        guard text.hasPrefix("/") || text.contains(".\(domain).") || text.hasPrefix("vif\(domain).") else {
            return text
        }
        text = text.split(separator: "/", omittingEmptySubsequences: false)
            .enumerated().map { index, part in isDomain(part, at: index, of: text, domain) ? "DOMID" : String(part) }
            .joined(separator: "/")
        return text.replacing("vif\(domain).", with: "vifDOMID.")
    }

    /// A domain's number stands after `domain`, `libxl` or `device-model`, and after a backend's class.
    private static func isDomain(_ part: Substring, at index: Int, of path: String, _ domain: Int) -> Bool {
        guard part == "\(domain)" else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard index >= 1 else { return false }
        if ["domain", "libxl", "device-model"].contains(parts[index - 1]) { return true }
        return index >= 2 && parts[index - 2] == "backend"
    }

    /// MAC addresses that Xen's toolstacks draw by lot begin with 00:16:3e; tests that fix one use another prefix.
    private static func randomised(_ text: String) -> String {
        text.replacing(/00:16:3e(:[0-9a-f]{2}){3}/, with: "MAC")
    }
}
