extension String {
    /// Most characters of others' words in an error: a terminal's screen, roughly.
    private static let excerptLength = 1000

    /// The text, or its beginning where QEMU, a guest's backend, a script or a log has more to say than an error shows.
    var excerpt: String {
        guard unicodeScalars.count > Self.excerptLength else { return self }
        return String(UnicodeScalarView(unicodeScalars.prefix(Self.excerptLength))) + "…"
    }
}
