import Foundation
import Testing

/// The rooms of the house use those below them only, and the package's manifest says all that they use.
@Suite struct Architecture {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What the system brings.
    private static let system: Set = ["Glibc", "Musl", "Synchronization", "Dispatch"]

    /// What each room may import.
    private static let rooms: [String: Set<String>] = [
        "XenTypes": [],
        "Events": ["CXenShim", "Glibc", "Synchronization", "SystemPackage"],
        "XenControl": ["CXen", "CXenShim", "Glibc", "Logging", "Synchronization", "XenTypes"],
        "XenStore": ["CXen", "Events", "Glibc", "Synchronization", "XenTypes"],
        "YajlJSON": ["CYajl", "XenTypes"],
        "DomainModel": ["XenTypes"],
        "DomainConfig": ["DomainModel", "XenTypes"],
        "XenToolstack": [
            "Dispatch", "DomainConfig", "DomainModel", "Events", "Glibc", "Logging", "Synchronization", "SystemPackage",
            "XenControl", "XenStore", "XenTypes", "YajlJSON",
        ],
        "xl": [
            "ArgumentParser", "DomainConfig", "DomainModel", "Events", "Glibc", "Logging", "Synchronization",
            "SystemPackage", "XenToolstack", "XenTypes", "YajlJSON",
        ],
    ]

    /// Folders that may import what the rest of their room may not.
    private static let folders: [String: Set<String>] = [
        "XenToolstack/System": ["CXenShim"],
        // A file given is read here.
        "DomainConfig/Language": ["Glibc", "Musl"],
    ]

    /// Files of `xl` that name types from below the toolstack.
    private static let reachingBelow: [String: Set<String>] = [
        "xl/Commands/Domain/DomainListJSON.swift": ["XenControl"],
        "xl/Commands/Domain/DomainListText.swift": ["XenControl"],
        "xl/Commands/Host/HostInfoJSON.swift": ["XenControl"],
        "xl/Commands/Host/HostInfoText.swift": ["XenControl"],
        "xl/Commands/Migration/MigrationBar.swift": ["XenControl"],
        "xl/Commands/Migration/MigrationDisplay.swift": ["XenControl"],
    ]

    private struct Import: Hashable, CustomStringConvertible {
        var file: String
        var module: String
        var description: String { "\(file): import \(module)" }
        var room: String { String(file.prefix { $0 != "/" }) }
        var folder: String { file.split(separator: "/").dropLast().joined(separator: "/") }
    }

    /// The files of Sources by their names there, with their texts.
    private static let sources: [(file: String, text: String)] = {
        let sources = repository.appending(path: "Sources").path
        let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".swift") }.sorted().map { file in
            (file, (try? String(contentsOfFile: sources + "/" + file, encoding: .utf8)) ?? "")
        }
    }()

    /// All imports of Sources, conditional ones, too.
    private static let imports: [Import] = {
        sources.flatMap { file, text -> [Import] in
            let pattern =
                #/(?m)^ *(?:@\w+ +|public +|package +|internal +|private +)*import +(?:struct +|func +|class +|enum +)?(\w+)/#
            return text.matches(of: pattern).map { Import(file: file, module: String($0.1)) }
        }
    }()

    @Test func everyRoomUsesThoseBelowItOnly() {
        #expect(Self.imports.count > 500, "the sources are where they are looked for")
        let forbidden = Self.imports.filter { item in
            let allowed = (Self.rooms[item.room] ?? []).union(Self.folders[item.folder] ?? [])
                .union(Self.reachingBelow[item.file] ?? [])
            return !allowed.contains(item.module)
        }
        #expect(forbidden.isEmpty, "\(forbidden.map(\.description).joined(separator: "\n"))")
    }

    /// A program has the rooms that are for programs with `import XenToolstack`, and no others.
    @Test func programsGetWhatIsMeantForThem() throws {
        let exported = #/@_exported +import +(\w+)/#
        for (file, text) in Self.sources {
            let modules = text.matches(of: exported).map { String($0.1) }
            let expected = file == "XenToolstack/Exports.swift" ? Self.forPrograms : []
            #expect(modules == expected, "\(file)")
        }
    }

    private static let forPrograms = ["DomainConfig", "DomainModel", "Events", "XenTypes"]

    @Test func whatNoLongerReachesBelowIsTakenOffTheList() {
        let stale = Self.reachingBelow.flatMap { file, modules in
            modules.map { Import(file: file, module: $0) }.filter { !Self.imports.contains($0) }
        }
        #expect(stale.isEmpty, "\(stale.map(\.description).joined(separator: "\n"))")
    }

    /// Hypercalls and xenstore's paths are the toolstack's.
    @Test func theCommandsAskTheToolstackOnly() throws {
        let sources = Self.repository.appending(path: "Sources/xl").path
        let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        let reaching = try files.filter { $0.hasSuffix(".swift") }.filter { file in
            let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
            return text.contains(#/oolstack\.(?:hypervisor|store)\b|\b(?:DomainPaths|StorePath)\(/#)
        }
        #expect(files.count > 100 && reaching.isEmpty, "\(reaching.joined(separator: "\n"))")
    }

    /// Where numbers of releases of Xen may stand: where they have names, and in the texts of the manual.
    private static let knowingReleases = ["XenTypes/XenRelease.swift", "DomainConfig/Keys/"]

    /// What differs between releases of Xen has a name, which texts take the number from, too.
    @Test func releasesOfXenAreNumbersInOnePlace() {
        let number = #/\b4\.(?:1[7-9]|[2-9][0-9])\b|XenRelease\((?:major: *)?[0-9]/#.wordBoundaryKind(.simple)
        // Tables may say since when upstream's xl has had something.
        let column = #/since: "4\.[0-9]+"/#
        var found: [String] = []
        for (file, text) in Self.sources where !Self.knowingReleases.contains(where: { file.hasPrefix($0) }) {
            for line in text.split(separator: "\n") {
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
                if code.contains(number), !code.contains(column) { found.append("\(file): \(line)") }
            }
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// The package manager lets a target import what another one brings along.
    @Test func theManifestNamesAllThatIsImported() throws {
        let manifest = try String(contentsOf: Self.repository.appending(path: "Package.swift"), encoding: .utf8)
        var missing: Set<String> = []
        for (room, modules) in Dictionary(grouping: Self.imports, by: \.room) {
            let entry = try Regex("(?s)arget\\(\\s*name: \"\(room)\"(.*?)(?=\\n        \\.|\\n    \\])")
            let text = try #require(manifest.firstMatch(of: entry)?.output[1].substring, "\(room) is in the manifest")
            for module in Set(modules.map(\.module)).subtracting(Self.system) where !text.contains("\"\(module)\"") {
                missing.insert("\(room) imports \(module)")
            }
        }
        #expect(missing.isEmpty, "\(missing.sorted().joined(separator: "\n"))")
    }
}
