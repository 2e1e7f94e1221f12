import XenControl

/// How a domain's state is to be sent.
public struct SaveOptions: Sendable {
    /// How memory is sent.
    public var mode = SaveMode()
    /// Whether the domain is to go on elsewhere at once, so that its device model lets go of its disks.
    public var movesAway = false
    /// Decides between the rounds of a live save; nil for libxenguest's policy. Called on a thread of its own, which
    /// it may block for as long as the next round is to wait.
    public var decide: (@Sendable (PrecopyStatistics) -> PrecopyDecision)?
    /// Hears of what happens, from any thread. Must return soon.
    public var report: (@Sendable (SaveEvent) -> Void)?
    /// What is done around each checkpoint, for a mode with checkpoints.
    var checkpoints: CheckpointSteps?

    public init() {}
}

/// What happens while a domain is saved.
public enum SaveEvent: Sendable, Hashable {
    /// Writing to a file begins: the header's numbers.
    case started(SaveFileHeader.Info)
    /// Frame numbers visited of those in this round; frames without memory count, too.
    case progress(done: UInt64, total: UInt64)
    /// The guest stands still.
    case suspended
    /// Its device model does, too: from here on the rest is sent without a pause.
    case complete
}

/// What a save has done.
public struct SaveSummary: Sendable, Hashable {
    /// Bytes written, with the header of a file; nil where that cannot be told.
    public var bytes: UInt64?
    /// Pages of memory that the domain had, of 4 KiB.
    public var pages: UInt64
    /// From beginning to end.
    public var duration: Duration
    /// When the guest stood still.
    public var suspended: ContinuousClock.Instant

    public init(bytes: UInt64?, pages: UInt64, duration: Duration, suspended: ContinuousClock.Instant) {
        self.bytes = bytes
        self.pages = pages
        self.duration = duration
        self.suspended = suspended
    }
}
