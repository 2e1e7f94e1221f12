import ArgumentParser

/// What the shells' completions ask the running host for, by `completions/words`, which `make install` puts there.
extension CompletionKind {
    static var domains: CompletionKind { .shellCommand("/usr/lib/swift-xl/words domains") }
    static var pools: CompletionKind { .shellCommand("/usr/lib/swift-xl/words pools") }
}
