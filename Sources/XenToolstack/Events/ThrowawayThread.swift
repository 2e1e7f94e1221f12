/// Runs `body` on a thread that ends with it: for what changes the thread itself, such as its user or namespaces.
///
/// - Throws: `fail` when no thread can be made, or what `body` throws.
func onThrowawayThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(ToolstackError) -> Value
) async throws(ToolstackError) -> Value {
    let result: Result<Value, ToolstackError> = await withCheckedContinuation { continuation in
        let isStarted = startThread {
            continuation.resume(returning: Result { () throws(ToolstackError) in try body() })
        }
        if !isStarted { continuation.resume(returning: .failure(ToolstackError(.noMemory, "cannot start a thread"))) }
    }
    return try result.get()
}
