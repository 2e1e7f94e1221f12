extension Toolstack {
    /// Does something whose failure must not keep what comes after it; the failure is logged.
    ///
    /// - Parameter what: follows "cannot" in the log.
    func logFailure(_ what: String, _ body: () throws -> Void) {
        do { try body() } catch { logger.error("cannot \(what): \(error)") }
    }

    /// As `logFailure`, for what nobody comes back to: it gets a second try, for its failure may have been a moment's.
    ///
    /// - Parameter body: must be safe to run when it was done in part.
    /// - Returns: nil when it failed.
    @discardableResult
    func insist<Value>(_ what: String, _ body: () throws -> Value) -> Value? {
        do { return try body() } catch { logger.debug("cannot \(what) yet: \(error)") }
        do { return try body() } catch {
            logger.error("cannot \(what): \(error)")
            return nil
        }
    }
}
