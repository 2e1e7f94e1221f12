extension Toolstack {
    /// Performs a step of a clean-up that must go on when the step fails: the failure is logged.
    func attempt(_ what: String, _ step: () throws -> Void) {
        do { try step() } catch { logger.error("cannot \(what): \(error)") }
    }
}
