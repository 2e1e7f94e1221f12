import DomainConfig

/// What `xl config keys --json` answers.
struct ConfigKeysJSON: Encodable {
    let keys: [Key]

    /// Every key of `xl.cfg` and `xl.conf`.
    init() {
        keys = ConfigKey.all.map { Key($0, file: "xl.cfg") } + GlobalConfig.keys.map { Key($0, file: "xl.conf") }
    }

    struct Key: Encodable {
        var name: String
        var file: String
        var type: String
        var minimum: Int64?
        var maximum: Int64?
        var unit: String?
        var choices: [String]?
        var guests: [String]?
        var summary: String
        var defaultText: String?
        var since: String?
        var treatment: String
        var advice: String?

        enum CodingKeys: String, CodingKey {
            case name, file, type, minimum, maximum, unit, choices, guests, summary
            case defaultText = "default"
            case since, treatment, advice
        }

        init(_ key: ConfigKey, file: String) {
            name = key.name
            self.file = file
            type = key.form.typeName
            if case .integer(let range, let unit) = key.form {
                minimum = range.lowerBound
                maximum = range.upperBound
                self.unit = unit
            }
            choices = key.form.choices.isEmpty ? nil : key.form.choices
            guests = file == "xl.cfg" ? key.guests.names : nil
            summary = key.summary
            defaultText = key.defaultText
            since = key.since
            switch key.treatment {
            case .supported: treatment = "supported"
            case .deprecated(let text):
                treatment = "deprecated"
                advice = text
            case .ignored(let text):
                treatment = "ignored"
                advice = text
            }
        }
    }
}

extension ConfigCommand {
    /// `config keys`: every key of `xl.cfg` and `xl.conf`.
    func keys() throws -> ExitStatus {
        let answer = ConfigKeysJSON()
        if json {
            try Self.print(json: answer)
            return .success
        }
        for key in answer.keys {
            let treatment = key.advice.map { " (\(key.treatment): \($0))" } ?? ""
            Output.print(
                "\(key.name.padded(to: 32)) \(key.file.padded(to: 7)) \(key.type.padded(to: 16)) "
                    + "\(key.summary)\(treatment)")
        }
        return .success
    }
}
