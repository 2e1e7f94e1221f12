import Foundation

/// Checks documents against the parts of JSON Schema (draft 2020-12) that the files in `schemas` use.
struct JSONSchema {
    private let root: [String: Any]

    struct Missing: Error {}

    /// - Parameter name: the file's name in `schemas` without `.schema.json`.
    init(named name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("schemas")
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).schema.json"))
        guard let root = try JSONSerialization.jsonObject(with: data) as? [String: Any] else { throw Missing() }
        self.root = root
    }

    /// What is wrong with a document, each with its place; empty when nothing is.
    func problems(in text: [UInt8]) throws -> [String] {
        let document = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
        return Self.check(document, root, at: "$")
    }

    /// Keywords that say nothing about validity, or that are checked with another one.
    private static let others: Set<String> = ["$schema", "title", "description", "required", "additionalProperties"]

    private static func check(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        schema.flatMap { keyword, rule -> [String] in
            switch (keyword, rule) {
            case ("type", let name as String): isType(value, name) ? [] : ["\(place): \(value) is no \(name)"]
            case ("type", let names as [String]):
                names.contains { isType(value, $0) } ? [] : ["\(place): \(value) is none of \(names)"]
            case ("enum", let values as [Any]):
                values.contains { ($0 as? NSObject) == (value as? NSObject) } ? [] : ["\(place): \(value) not listed"]
            case ("minimum", let limit as Double): ((value as? Double) ?? limit) >= limit ? [] : ["\(place): too small"]
            case ("maximum", let limit as Double): ((value as? Double) ?? limit) <= limit ? [] : ["\(place): too large"]
            case ("pattern", let pattern as String):
                (value as? String)?.range(of: pattern, options: .regularExpression) != nil
                    ? [] : ["\(place): \(value) does not match \(pattern)"]
            case ("items", let rule as [String: Any]):
                ((value as? [Any]) ?? []).enumerated().flatMap { check($1, rule, at: "\(place)[\($0)]") }
            case ("properties", let rules as [String: [String: Any]]):
                (value as? [String: Any]).map { checkObject($0, rules, schema, at: place) } ?? []
            default: others.contains(keyword) ? [] : ["\(place): keyword \(keyword) is not supported by the test"]
            }
        }
    }

    private static func checkObject(
        _ object: [String: Any], _ rules: [String: [String: Any]], _ schema: [String: Any], at place: String
    ) -> [String] {
        let required = schema["required"] as? [String] ?? []
        let missing = required.filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
        let isClosed = schema["additionalProperties"] as? Bool == false
        let surplus = object.keys.filter { isClosed && rules[$0] == nil }.map { "\(place): \($0) is not described" }
        return missing + surplus
            + object.flatMap { key, value in rules[key].map { check(value, $0, at: "\(place).\(key)") } ?? [] }
    }

    private static func isType(_ value: Any, _ name: String) -> Bool {
        let isBoolean = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
        return switch name {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBoolean
        case "integer": !isBoolean && (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
        case "number": !isBoolean && value is NSNumber
        case "null": value is NSNull
        default: false
        }
    }
}
