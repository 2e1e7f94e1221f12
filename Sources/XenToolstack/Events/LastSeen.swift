import Synchronization

/// What a wait saw at its last look, kept for the error of the wait that expires.
final class LastSeen: Sendable {
    private let state = Mutex<String?>(nil)

    var text: String? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
