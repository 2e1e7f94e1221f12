import Foundation

/// What a guest's VNC server showed.
struct Screen: CustomStringConvertible {
    var width: Int
    var height: Int
    /// How many different ones there are: a blank screen has one.
    var colours: Int
    /// Where the picture is kept.
    var picture: URL

    var description: String { "\(width)x\(height), \(colours) colours, \(picture.path)" }
}

extension TestHost {
    /// The port of a guest's VNC server, as the store has it.
    func vncPort(of guest: GuestConfiguration) async throws -> Int {
        let domain = try await domain(guest.name)
        let text = try await require("xenstore-read /local/domain/\(domain)/console/vnc-port").stdout
        guard let port = Int(text.split(separator: "\n").first ?? "") else {
            throw HostError.commandFailed(try await run("xenstore-ls /local/domain/\(domain)/console"))
        }
        return port
    }

    /// Takes a picture of a guest's screen and keeps it on this machine, for whoever looks into a failed run.
    func screenshot(of guest: GuestConfiguration) async throws -> Screen {
        let port = try await vncPort(of: guest)
        let path = "/root/\(guest.name).png"
        let result = try await require("screenshot \(port) \(path) && base64 -w 0 \(path) && rm \(path)")
        let lines = result.stdout.split(separator: "\n")
        let numbers = (lines.first ?? "").split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 3, lines.count == 2, let data = Data(base64Encoded: String(lines[1])) else {
            throw HostError.commandFailed(result)
        }
        let directory = FileManager.default.temporaryDirectory.appending(path: "swift-xl-screens")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let picture = directory.appending(path: "\(guest.name).png")
        try data.write(to: picture)
        return Screen(width: numbers[0], height: numbers[1], colours: numbers[2], picture: picture)
    }

    /// Collects in a file what a guest says on its serial line from now on; the file goes when the test ends.
    func followSerial(of guest: GuestConfiguration) async throws -> String {
        let domain = try await domain(guest.name)
        let path = "/root/\(guest.name).serial"
        try await require(
            """
            terminal=$(xenstore-read /local/domain/\(domain)/serial/0/tty)
            : > \(path); setsid cat $terminal > \(path) 2> /dev/null < /dev/null &
            """)
        atEnd("rm -f \(path)")
        return path
    }

    /// Has the logs of a guest's monitor and device model dropped when the test ends.
    func dropLog(of guest: GuestConfiguration) {
        atEnd("rm -f /var/log/xen/xl-\(guest.name).log* /var/log/xen/qemu-dm-\(guest.name).log*")
    }
}
