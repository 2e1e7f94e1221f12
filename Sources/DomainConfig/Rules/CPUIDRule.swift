import DomainModel

extension DomainDraft {
    /// `cpuid=`: a text of features, or a list of registers in the older form.
    mutating func readCPUID() {
        guard let (value, key) = setting("cpuid") else { return }
        switch value {
        case .text(let text):
            do throws(SpecError) {
                configuration.buildInfo.cpuid = take(try CPUIDSpec.parse(text: text.bytes), of: text, key)
            } catch {
                report(error, .error, in: text, key)
            }
        case .list(let list):
            let texts = elements(list, key)
            do throws(SpecError) {
                let parsed = try CPUIDSpec.parse(list: texts.map(\.bytes))
                for warning in parsed.warnings where texts.indices.contains(warning.word) {
                    report(warning, .warning, in: texts[warning.word], key)
                }
                configuration.buildInfo.cpuid = parsed.value
            } catch {
                report(error, in: texts, key, list.range)
            }
        }
    }
}
