import SystemPackage

/// How a domain is copied again and again, so that it can go on elsewhere when this host fails (Remus).
public struct RemusOptions: Sendable {
    /// From the end of one checkpoint to the beginning of the next.
    public var interval = Duration.milliseconds(200)
    /// Hold back what the guest sends to the network until the other side has what it was sent after.
    public var buffersNetwork = true
    /// Hold back what the guest's disks replicate, by DRBD with protocol D, in the same way.
    public var buffersDisks = true
    /// Attaches a network buffer to a card (`remus-netbuf-setup`).
    public var networkScript: FilePath

    public init(networkScript: FilePath) { self.networkScript = networkScript }
}

/// How the protection of a domain ended, if nothing failed.
public enum RemusEnd: Sendable, Hashable {
    /// As was asked for: the domain goes on here, and the other side has been told to drop its copy.
    case stopped
    /// The domain was destroyed here: the other side lets its copy run.
    case destroyed
}

/// What is done around each checkpoint of a domain that is saved again and again.
struct CheckpointSteps: Sendable {
    /// The guest stands still. What it sends and writes from here on belongs to the next checkpoint.
    var begin: @Sendable () async throws(ToolstackError) -> Void
    /// Its memory is sent, and it is about to go on.
    var beforeResume: @Sendable () async throws(ToolstackError) -> Void
    /// All is sent, and the guest runs. Returns when the next checkpoint is due; or else what is to be sent last.
    var complete: @Sendable () async throws(ToolstackError) -> [UInt8]?
}
