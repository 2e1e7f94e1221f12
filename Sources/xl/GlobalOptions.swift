import Logging

/// What stands before the subcommand: `xl -vvN create …`.
struct GlobalOptions: Sendable, Equatable {
    /// How often `-v` was given.
    var verbosity = 0
    /// `-N`: say what would be done, and do nothing.
    var isDryRun = false
    /// `-t`: progress with carriage returns even where stderr is no terminal.
    var forcesCarriageReturns = false
    /// `-T`: log lines begin with the time and the process's number.
    var hasTimestamps = false
    /// `--version`: say which version this is, and do nothing.
    var asksForVersion = false

    /// The least important level that is logged.
    var logLevel: Logger.Level {
        switch verbosity {
        case 0: .notice
        case 1: .info
        case 2: .debug
        default: .trace
        }
    }

    struct UnknownOption: Error, CustomStringConvertible {
        let option: Character
        var description: String { "unknown global option -\(option); global options are -v, -f, -N, -t and -T" }
    }

    /// Takes options up to the first word that is none.
    ///
    /// - Returns: the options, and the words from the subcommand on.
    static func parse(_ words: [String]) throws(UnknownOption) -> (GlobalOptions, ArraySlice<String>) {
        var options = GlobalOptions()
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("-"), word != "-" {
            rest.removeFirst()
            if word == "--" { break }
            if word == "--help" {
                rest = ["help"]
                break
            }
            if word == "--version" {
                options.asksForVersion = true
                break
            }
            for letter in word.dropFirst() {
                switch letter {
                case "v": options.verbosity += 1
                case "N": options.isDryRun = true
                // Accepted and without effect, as in upstream's xl.
                case "f": break
                case "t": options.forcesCarriageReturns = true
                case "T": options.hasTimestamps = true
                case "h": return (options, ["help"])
                default: throw UnknownOption(option: letter)
                }
            }
        }
        return (options, rest)
    }
}
