/// Keeps a process small that does nothing but wait for days.
public enum IdleMemory {
    /// Lets threads share one heap instead of having one each.
    public static func limitArenas() { SystemCalls.limitHeapArenas() }

    /// Gives back free heap, and the pages of code and constants: what is used again is read again, mostly from the
    /// page cache.
    public static func release() {
        SystemCalls.releaseFreeHeap()
        SystemCalls.releaseCode()
    }
}
