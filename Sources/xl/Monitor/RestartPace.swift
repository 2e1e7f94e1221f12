/// How soon a domain that has ended is started again: one that ends whenever it starts must not keep the host busy.
struct RestartPace: Hashable, Sendable {
    /// A domain that lived for as long is started again at once.
    static let healthyLife = Duration.seconds(10)
    private static let shortest = 2
    private static let longest = 60

    /// The last pause; 0 when there was none.
    private(set) var seconds = 0

    init() {}

    /// As it is handed on to the monitor of the next domain.
    init(text: String) { seconds = min(max(Int(text) ?? 0, 0), Self.longest) }

    /// - Returns: how long to wait before the restart: twice as long each time, as long as the domain's lives are short.
    mutating func pause(afterLifeOf life: Duration) -> Duration? {
        guard life < Self.healthyLife else {
            seconds = 0
            return nil
        }
        seconds = min(max(seconds * 2, Self.shortest), Self.longest)
        return .seconds(seconds)
    }
}
