/// What `block-list` and its sisters print, with `#` for what differs from one domain to the next; columns stay where they
/// are.
struct DeviceList {
    private let domain: Int
    /// Values in the frontends' nodes of these kinds.
    private let channels: Set<String>
    private let pages: Set<String>

    /// - Parameter store: the frontends' nodes.
    init(domain: Int, store: [String]) {
        self.domain = domain
        func values(of suffix: String) -> Set<String> {
            Set(
                store.compactMap { row in
                    guard let match = row.firstMatch(of: /^\S+\/([a-z-]+) = "(.*)"/), match.1.contains(suffix) else {
                        return nil
                    }
                    return String(match.2)
                })
        }
        (channels, pages) = (values(of: "event-channel"), values(of: "ring-ref"))
    }

    init(of domain: Int, on host: TestHost) async throws {
        self.init(domain: domain, store: try await host.store("/local/domain/\(domain)/device"))
    }

    func normalised(_ text: String) -> String {
        text.components(separatedBy: "\n").map(row).joined(separator: "\n")
    }

    private func row(_ line: String) -> String {
        // A sound card's list has its values in sentences, without columns; the handle of a device without one is its domain.
        guard !line.hasPrefix("devid: ") else {
            return line.replacing("handle: \(domain),", with: "handle: #,").replacing("/\(domain)/", with: "/#/")
        }
        var row = Row(line)
        for index in row.words.indices where row.words[index].contains("/\(domain)/") {
            row.replace(index, with: row.words[index].replacing("/\(domain)/", with: "/#/"))
        }
        guard let path = row.words.firstIndex(where: { $0.hasPrefix("/local/") }), path > 4 else { return row.text }
        // The handle of a disk is its domain.
        if row.words[2] == "\(domain)" { row.replace(2, with: "#") }
        if channels.contains(row.words[path - 2]) { row.replace(path - 2, with: "#") }
        if row.words[path - 1].split(separator: "/").allSatisfy({ pages.contains(String($0)) }) {
            row.replace(path - 1, with: "#")
        }
        return row.text
    }

    /// Words, and the spaces before each and after the last.
    private struct Row {
        var words: [String] = []
        private var gaps = [0]

        init(_ line: String) {
            var rest = line[...]
            while !rest.isEmpty {
                let word = rest.prefix { $0 != " " }
                if !word.isEmpty {
                    words.append(String(word))
                    gaps.append(0)
                }
                rest = rest.dropFirst(word.count)
                let gap = rest.prefix { $0 == " " }
                gaps[gaps.count - 1] += gap.count
                rest = rest.dropFirst(gap.count)
            }
        }

        /// The column's room stays, on whichever side a number is in it; the last may have no room left.
        mutating func replace(_ index: Int, with word: String) {
            guard gaps[index + 1] > 0 else {
                words[index] = word
                return
            }
            let room = gaps[index] + words[index].count + gaps[index + 1]
            gaps[index] = min(gaps[index], 1)
            words[index] = word
            gaps[index + 1] = max(room - gaps[index] - word.count, 0)
        }

        var text: String {
            zip(gaps, words).map { String(repeating: " ", count: $0) + $1 }.joined()
                + String(repeating: " ", count: gaps.last ?? 0)
        }
    }
}
