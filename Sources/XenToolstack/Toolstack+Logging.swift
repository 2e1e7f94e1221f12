extension Toolstack {
    /// Does something whose failure must not keep what comes after it; the failure is logged.
    ///
    /// - Parameter what: follows "cannot" in the log.
    func logFailure(_ what: String, _ body: () throws -> Void) {
        do { try body() } catch { logger.error("cannot \(what): \(error)") }
    }
}
