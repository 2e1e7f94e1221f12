import ArgumentParser

/// The operands of a command that reads a configuration: a file, and words with an equals sign that are lines of
/// configuration and count after it.
struct ConfigurationOperands: ParsableArguments {
    @Argument(help: "The configuration file, and lines of configuration.", completion: .file())
    var words: [String] = []
    @Option(
        name: [.customShort("f", allowingJoined: true), .customLong("defconfig")],
        help: "Use the given configuration file.", completion: .file())
    var file: String?

    init() {}

    /// - Returns: nil when the words name several files.
    init?(words: [String]) {
        (self.words, file) = (words, nil)
        guard names.count <= 1 else { return nil }
    }

    /// The file that `-f` or a word names.
    var path: String? { names.first }
    /// The words that are lines of configuration.
    var lines: [String] { words.filter { $0.contains("=") } }
    private var names: [String] { (file.map { [$0] } ?? []) + words.filter { !$0.contains("=") } }

    func validate() throws {
        guard names.count <= 1 else {
            throw ValidationError("more than one configuration file: \(names.joined(separator: ", "))")
        }
    }
}
