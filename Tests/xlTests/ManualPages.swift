import ArgumentParser
import DomainConfig
import Foundation

@testable import xl

/// The parts of the manual that are made from the tables of commands and keys.
enum ManualPages {
    /// A text of which nothing is a request of roff.
    static func roff(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\e").replacingOccurrences(of: "-", with: "\\-")
            .replacingOccurrences(of: "'", with: "\\(aq")
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }

    static func commands() throws -> String {
        try CommandTable.rows.filter { $0.command.configuration.shouldDisplay }.map { row in
            let configuration = row.command.configuration
            let command = try Command(row.command)
            let usage = configuration.usage ?? row.command.usageString()
            var text = ".SS \(roff(String(usage.drop { $0 == " " }.trimmingPrefix("xl "))))\n"
            text += "\(roff(configuration.abstract)).\n"
            if !configuration.discussion.isEmpty {
                let lines = configuration.discussion.split(separator: "\n").map { roff(String($0)) }
                text += ".PP\n.nf\n\(lines.joined(separator: "\n"))\n.fi\n"
            }
            for argument in command.arguments where argument.shouldDisplay && argument.preferredName?.name != "help" {
                text += ".TP\n.B \(roff(argument.title))\n\(roff(argument.abstract ?? ""))\n"
            }
            if row.command.supportsDryRun { text += ".PP\nHeeds \\-N.\n" }
            return text
        }.joined().trimmingCharacters(in: .newlines)
    }

    static func text(of keys: [ConfigKey]) -> String {
        keys.sorted { $0.name < $1.name }.map { key in
            var text = ".TP\n.BI \(roff(key.name)) \" = \(roff(valueText(key.form)))\"\n\(roff(key.summary))."
            if key.guests != .all {
                text += " For \(key.guests.names.map { $0.uppercased() }.joined(separator: " and ")) guests."
            }
            if let value = key.defaultText { text += " Default: \(roff(value))." }
            if let release = key.since { text += " Since Xen \(release)." }
            switch key.treatment {
            case .supported: break
            case .deprecated(let advice): text += " Deprecated: \(roff(advice))."
            case .ignored(let reason): text += " Without effect: \(roff(reason))."
            }
            return text
        }.joined(separator: "\n")
    }

    private static func valueText(_ form: KeyForm) -> String {
        switch form {
        case .text(let word): word
        case .integer(_, let unit): unit.map { "NUMBER (\($0))" } ?? "NUMBER"
        case .boolean: "0|1"
        case .choice(let words): words.joined(separator: "|")
        case .choiceOrInteger(let words, _): (words + ["NUMBER"]).joined(separator: "|")
        case .choiceOrText(let words, let word): (words + [word]).joined(separator: "|")
        case .booleanOrList(let words): "0|1|[ \(words.joined(separator: ", ")) ]"
        case .list(let word): "[ \(word), ... ]"
        case .textOrList(let word): "\(word) or [ \(word), ... ]"
        case .lists(let word): "[ [ \(word), ... ], ... ]"
        }
    }

    /// What ArgumentParser tells of a command's options and operands.
    private struct Command: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        struct Argument: Decodable {
            var kind: String
            var shouldDisplay: Bool
            var isRepeating: Bool
            var names: [Name]?
            var preferredName: Name?
            var valueName: String?
            var abstract: String?

            var title: String {
                let value = valueName.map { "<\($0)>\(isRepeating ? "..." : "")" } ?? ""
                let words = (names ?? []).map(\.text).joined(separator: ", ")
                return switch kind {
                case "positional": value
                case "option": "\(words) \(value)"
                default: words
                }
            }
        }

        private struct Tool: Decodable {
            struct Body: Decodable { var arguments: [Argument]? }
            var command: Body
        }

        let arguments: [Argument]

        init(_ type: any XLCommand.Type) throws {
            let tool = try JSONDecoder().decode(Tool.self, from: Data(type._dumpHelp().utf8))
            arguments = tool.command.arguments ?? []
        }
    }
}
