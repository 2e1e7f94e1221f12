import XenStore
import XenTypes

/// Where a guest's screen can be seen over VNC.
public struct VNCDisplay: Sendable, Hashable {
    /// As QEMU was told to listen; it may be an address that means all.
    public var host: String
    /// The display's number: its port less 5900.
    public var number: UInt16
    /// The password; nil for none.
    public var password: String?
}

extension Toolstack {
    /// - Throws: `notFound` for a guest that has no such display.
    public func vncDisplay(of domain: DomainID) throws -> VNCDisplay {
        let console = DomainPaths(domain).guest / "console"
        let nodes = try store.read([console / "vnc-port", console / "vnc-listen", console / "vnc-pass"])
        guard let port = nodes[0].flatMap({ UInt16($0) }), port >= 5900 else {
            throw ToolstackError(
                .notFound, "cannot show the display of domain \(domain)", domain: domain,
                cause: "it has no VNC display",
                remedy: "configure vnc=1")
        }
        return VNCDisplay(host: nodes[1] ?? "localhost", number: port - 5900, password: nodes[2])
    }
}
