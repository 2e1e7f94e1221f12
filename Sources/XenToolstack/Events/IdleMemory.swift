/// Keeps a process small that does nothing but wait for days.
package enum IdleMemory {
    /// Lets threads share one heap instead of having one each.
    package static func limitArenas() { SystemCalls.limitHeapArenas() }

    /// Gives back free heap, and the pages of code and constants: what is used again is read again, mostly from the
    /// page cache.
    package static func release() {
        SystemCalls.releaseFreeHeap()
        SystemCalls.releaseCode()
    }
}
