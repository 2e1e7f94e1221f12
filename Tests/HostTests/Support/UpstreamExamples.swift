import ConfigCorpus
import DomainConfig
import Foundation

/// What upstream's package `xen-utils-common` shows of the configuration language, taken from the package itself.
///
/// The test host is installed without documentation, so the package is downloaded here and unpacked there.
enum UpstreamExamples {
    private static let folder = "/root/upstream-documents"

    /// The example files of `/etc/xen`.
    static func files(on host: TestHost) async throws -> [CorpusCase] {
        let names = try await host.require("ls /etc/xen/xlexample.*").lines.map(String.init)
        var cases: [CorpusCase] = []
        for name in names {
            // The same UUID for both tools, as they would each draw one.
            let text = try await host.require("cat \(name)").stdout + "\nuuid='\(uuid)'\n"
            cases.append(CorpusCase(name: name, key: "example", guest: "any", text: text))
        }
        return cases
    }

    /// The example of a pool's configuration: its path in the host.
    static func cpuPool(on host: TestHost) async throws -> String {
        try await unpack(on: host)
        return "\(folder)/usr/share/doc/xen-utils-common/examples/cpupool"
    }

    /// A configuration for each setting and each device that the manual pages show.
    static func manual(on host: TestHost) async throws -> [CorpusCase] {
        try await unpack(on: host)
        var cases: [CorpusCase] = []
        var seen: Set<String> = []
        for (page, key) in pages {
            let source = try await host.require("gzip -dc \(folder)/usr/share/man/\(page).gz").stdout
            let manual = ManualPage(source)
            var found = manual.paragraphs.flatMap { Self.settings($0) }
            if let key {
                found += manual.examples.flatMap { devices($0) }.map { (key: key, line: "\(key)=[\($0)]") }
            }
            for (key, line) in found where seen.insert(line).inserted {
                let guest = ConfigKey.byName[key]?.guests.names.first ?? "pv"
                cases.append(
                    CorpusCase(name: "\(page): \(line)", key: key, guest: guest, text: text(line, key, guest)))
            }
        }
        return cases
    }

    private static let uuid = "6f1c2a4e-0b1d-4c3e-9f00-112233445566"

    /// The pages, and of what device list their example lines are elements.
    private static let pages: [(String, key: String?)] = [
        ("man5/xl.cfg.5", nil), ("man5/xl-disk-configuration.5", "disk"), ("man5/xl-network-configuration.5", "vif"),
        ("man5/xl-pci-configuration.5", "pci"), ("man7/xl-numa-placement.7", nil), ("man7/xen-pv-channel.7", nil),
        ("man7/xen-vtpm.7", nil), ("man7/xen-tscmode.7", nil),
    ]

    private static func unpack(on host: TestHost) async throws {
        guard try await host.run("test -d \(folder)").exitCode != 0 else { return }
        let cache = FileManager.default.temporaryDirectory.appending(path: "xen-utils-common-\(getpid())")
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: cache) }
        try await TestHost.runProcess(
            "/bin/sh",
            ["-c", "cd \"$1\" && apt-get -qq download xen-utils-common && mv *.deb package.deb", "sh", cache.path])
        try await host.put(cache.appending(path: "package.deb").path, as: "/root/package.deb")
        try await host.require("dpkg -x /root/package.deb \(folder); rm /root/package.deb")
        await host.atEnd("rm -rf \(folder)")
    }

    /// Settings of known keys that stand in a paragraph: the key and the line.
    private static func settings(_ paragraph: String) -> [(key: String, line: String)] {
        paragraph.matches(
            of: #/\b([a-z][a-z0-9_.]*) *= *(\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|"[^"]*"|'[^']*'|[0-9]+)/#
        )
        .compactMap { match in
            let key = String(match.1)
            return ConfigKey.byName[key] == nil ? nil : (key: key, line: "\(key)=\(match.2)")
        }
    }

    /// Elements of a device list, in quotes.
    private static func devices(_ example: String) -> [String] {
        example.split(separator: "\n").compactMap { line in
            let line = line.replacing(#/ *(\(deprecated.*|-- .*|# .*)$/#, with: "").trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("'"), line.hasSuffix("'"), line.count > 1 { return line }
            if line.isEmpty || line.contains(where: { "'\"[]".contains($0) }) && !line.contains("=") { return nil }
            return "'\(line)'"
        }
    }

    private static func text(_ line: String, _ key: String, _ guest: String) -> String {
        var lines = ["name='manual'", "uuid='\(uuid)'", "kernel='/k'", "memory=64", "vcpus=2", "type='\(guest)'"]
            .filter { !$0.hasPrefix("\(key)=") && !(key == "builder" && $0.hasPrefix("type=")) }
        lines.append(line)
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A manual page in roff, as far as pod2man writes it.
private struct ManualPage {
    /// Running text, a string a paragraph.
    private(set) var paragraphs: [String] = []
    /// What is shown as it stands.
    private(set) var examples: [String] = []

    init(_ source: String) {
        var paragraph = ""
        var example: String?
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(".Vb") {
                example = ""
            } else if line.hasPrefix(".Ve") {
                if let example {
                    examples.append(example)
                    paragraphs.append(example)
                }
                example = nil
            } else if example != nil {
                example? += Self.plain(line) + "\n"
            } else if line.hasPrefix(".IP") || line.hasPrefix(".ie n .IP") {
                // Quotes within an argument are doubled.
                paragraphs += [paragraph, Self.plain(line).replacing("\"\"", with: "\"")]
                paragraph = ""
            } else if line.hasPrefix(".") {
                paragraphs.append(paragraph)
                paragraph = ""
            } else {
                paragraph += Self.plain(line) + " "
            }
        }
        paragraphs.append(paragraph)
    }

    /// The line without requests for fonts and sizes, and with the characters that escapes stand for.
    private static func plain(_ line: Substring) -> String {
        var text = String(line)
        for (escape, character) in [
            ("\\&", ""), ("\\*(Aq", "'"), ("\\*(L\"", "\""), ("\\*(R\"", "\""), ("\\*(C`", ""), ("\\*(C'", ""),
            ("\\-", "-"), ("\\|", ""), ("\\s-1", ""), ("\\s0", ""), ("\\e", "\\"), ("\\(aq", "'"),
        ] { text = text.replacing(escape, with: character) }
        return text.replacing(#/\\f(?:\([A-Z]{2}|[A-Z])/#, with: "")
    }
}
