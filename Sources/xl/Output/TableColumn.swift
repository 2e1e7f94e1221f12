/// A column of one of upstream's tables, as wide as its format says or as what stands in it.
struct TableColumn<Row>: Sendable {
    enum Side: Sendable {
        case left, right
    }

    private let heading: String
    private let width: Int
    private let side: Side
    private let text: @Sendable (Row) -> String

    /// - Parameters:
    ///   - headingWidth: of the heading, where it is not that of the rows.
    ///   - text: what stands in a row; nothing of it can steer the terminal.
    init(
        _ heading: String, _ width: Int, _ side: Side = .left, headingWidth: Int? = nil,
        _ text: @escaping @Sendable (Row) -> String
    ) {
        self.heading = Self.fill(heading, headingWidth ?? width, side)
        self.width = width
        self.side = side
        self.text = text
    }

    private static func fill(_ text: String, _ width: Int, _ side: Side) -> String {
        side == .left ? text.padded(to: width) : text.rightAligned(to: width)
    }

    /// The heading and the rows, without a newline at the end.
    static func table(_ columns: [TableColumn], of rows: [Row]) -> String {
        let lines = rows.map { row in columns.map { fill($0.text(row), $0.width, $0.side) } }
        return ([columns.map(\.heading)] + lines).map { $0.joined(separator: " ") }.joined(separator: "\n")
    }
}
