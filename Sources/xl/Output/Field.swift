/// A member of a JSON document: its name, and its value in terms of what the document is about.
struct Field<Subject>: Sendable {
    let name: String
    let value: @Sendable (Subject) -> (any Encodable)?

    /// - Parameter value: nil leaves the member out.
    init<Value: Encodable & SendableMetatype>(_ name: String, _ value: @escaping @Sendable (Subject) -> Value?) {
        self.name = name
        self.value = { value($0) }
    }
}

/// A document with the members that a table of fields names, in the table's order.
struct FieldDocument<Subject>: Encodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let subject: Subject
    private let fields: [Field<Subject>]

    init(_ subject: Subject, _ fields: [Field<Subject>]) { (self.subject, self.fields) = (subject, fields) }

    static func list(_ subjects: [Subject], _ fields: [Field<Subject>]) -> [FieldDocument] {
        subjects.map { FieldDocument($0, fields) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for field in fields {
            guard let value = field.value(subject) else { continue }
            try container.encode(value, forKey: Name(stringValue: field.name))
        }
    }
}
