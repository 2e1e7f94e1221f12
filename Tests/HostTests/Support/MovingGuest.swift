import Testing

/// A Linux guest that is saved, restored or migrated: with a disk, an interface, and a file in its memory.
struct MovingGuest: Sendable {
    /// Which `xl` sends a guest to which.
    struct Direction: Sendable, CustomTestStringConvertible {
        var kind: GuestConfiguration.Kind
        var sender: String
        var receiver: String
        var testDescription: String { "\(kind): \(sender) to \(receiver)" }
    }

    let name: String
    /// Where it is.
    private(set) var host: TestHost
    private var isElsewhere = false
    /// The number that it had where it started.
    let domain: Int
    /// The file's checksum.
    private let sum: String

    /// Starts it, and waits until it can be suspended.
    init(_ name: String, _ kind: GuestConfiguration.Kind, by tool: String, on host: TestHost) async throws {
        let disk = "/root/\(name).img"
        try await host.makeDisk(disk)
        var guest = GuestConfiguration.linux(
            name, kind, arguments: "GUEST_DISK=write GUEST_IP=192.168.77.21/24",
            "disk = [ \"\(disk),raw,xvda,rw\" ]", "vif = [ \"mac=00:16:3f:00:00:21,bridge=xenbr0\" ]")
        // In less memory the kernel that SeaBIOS has copied does not start.
        if kind == .hvm { guest.lines = guest.lines.filter { !$0.hasPrefix("memory") } + ["memory = 256"] }
        try await guest.place(on: host)
        try await host.require("\(tool) create -q -e \(guest.path)", timeout: .seconds(400))
        domain = try await host.domain(name)
        try await host.waitUntilSuspendable(domain)
        let made = try await host.inGuest(
            domain,
            """
            mkdir -p /m; mount -t tmpfs none /m; dd if=/dev/urandom of=/m/f bs=1M count=4; md5sum /m/f; \
            (while :; do echo $((beats = beats + 1)) > /m/beats; sleep 1; done) & :
            """)
        sum = String(try #require(made.firstMatch(of: /[0-9a-f]{32}/)?.output))
        (self.name, self.host) = (name, host)
    }

    /// The guest under the number that it has now goes on with its memory.
    func expectMemory(after what: String = "") async throws {
        let found = try await host.inGuest(try await host.domain(name), "md5sum /m/f")
        #expect(found.contains(sum), "\(what): \(found)")
    }

    /// The guest goes on with its memory, disk and network, and with what ran in it.
    func expectWhole() async throws {
        let now = try await host.domain(name)
        #expect(isElsewhere || now != domain)
        let found = try await host.inGuest(
            now,
            """
            md5sum /m/f; dd if=/dev/xvda bs=512 count=1 | head -c 12; echo; ping -c 1 -W 20 192.168.77.1; \
            read before < /m/beats; sleep 3; read after < /m/beats; [ $after -gt $before ] && echo it beats
            """)
        #expect(found.contains(sum), "\(found)")
        #expect(found.contains("pattern-xvda"), "\(found)")
        #expect(found.contains("1 packets received"), "\(found)")
        #expect(found.contains("it beats"), "\(found)")
    }

    /// Where the guest is after it has moved to another host.
    func moved(to host: TestHost) -> MovingGuest {
        var guest = self
        guest.host = host
        guest.isElsewhere = true
        return guest
    }
}
