import Glibc

/// The address of a local (`AF_UNIX`) socket that has a name in the file system.
public struct LocalAddress: Sendable {
    private var address: sockaddr_un

    /// - Returns: nil when the path is longer than the 107 bytes that `struct sockaddr_un` has for it.
    public init?(path: String) {
        address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
            // The name ends with a zero byte.
            guard path.utf8.count < target.count else { return false }
            target.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return nil }
    }

    /// - Returns: 0, or -1 and `errno` says why.
    public func connect(_ descriptor: Int32) -> Int32 {
        withGeneric { Glibc.connect(descriptor, $0, $1) }
    }

    /// - Returns: 0, or -1 and `errno` says why.
    public func bind(_ descriptor: Int32) -> Int32 {
        withGeneric { Glibc.bind(descriptor, $0, $1) }
    }

    private func withGeneric(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
