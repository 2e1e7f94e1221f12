import Glibc

/// The users of a host.
struct UserDirectory: Sendable {
    struct Entry: Sendable, Hashable {
        var id: UInt32
        var group: UInt32
        var name: String
    }

    /// The user of a name.
    var entry: @Sendable (String) -> Entry?
    /// The name of a user's number.
    var name: @Sendable (UInt32) -> String?

    /// This host's own.
    static let system = UserDirectory(
        entry: { name in look { getpwnam_r(name, $0, $1, $2, $3) } },
        name: { id in look { getpwuid_r(id, $0, $1, $2, $3) }?.name })

    private static func look(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> CInt
    ) -> Entry? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 65536)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, call(&record, base, buffer.count, &found) == 0, found != nil,
                let name = record.pw_name
            else { return nil }
            return Entry(id: record.pw_uid, group: record.pw_gid, name: String(cString: name))
        }
    }
}
