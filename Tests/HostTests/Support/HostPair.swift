import Testing

/// Two hosts, of which one sends guests to the other over ssh.
struct HostPair: Sendable {
    let here: TestHost
    let there: TestHost

    init(here: TestHost, there: TestHost) { (self.here, self.there) = (here, there) }

    /// Those of a test with the `.peer` trait.
    init() throws {
        here = try #require(TestHost.current)
        there = try #require(TestHost.peer)
    }

    /// Makes `there` known to ssh, and `tool` the `xl` that a command finds on it.
    func connect(to tool: String) async throws {
        await here.atEnd("mv -f /root/.ssh/config.old /root/.ssh/config")
        try await here.require(
            """
            cp /root/.ssh/config /root/.ssh/config.old
            printf 'Host there\\n  HostName 10.0.2.2\\n  Port %d\\n' \(try await there.sshPort) >> /root/.ssh/config
            """)
        if here.release != there.release { try await introduce() }
        await there.atEnd("rm -f /usr/local/sbin/xl /var/log/xen/*moved* /var/lib/xen/migration-arrival.*")
        try await there.require("ln -s \(tool) /usr/local/sbin/xl")
    }

    /// Hosts of one image share a key and their bridge's address; to one of another, ours are a stranger's. A guest that
    /// moves in a real network keeps its neighbours, and one that had to find a new one would look for up to a minute.
    private func introduce() async throws {
        let bridge = "/sys/class/net/xenbr0/address"
        let address = try await here.require("cat \(bridge)").stdout
        let own = try await there.require("cat \(bridge)").stdout
        await there.atEnd("ip link set xenbr0 address \(own)")
        try await there.require("ip link set xenbr0 address \(address)")
        let key = try await here.require("ssh-keygen -y -f /root/.ssh/id_ed25519").stdout
        await there.atEnd("mv -f /root/.ssh/authorized_keys.old /root/.ssh/authorized_keys")
        try await there.require(
            """
            cp -p /root/.ssh/authorized_keys /root/.ssh/authorized_keys.old
            printf %s \(key.shellQuoted) >> /root/.ssh/authorized_keys
            """)
    }

    /// Starts a guest whose disk both hosts have, as on shared storage.
    func start(_ kind: GuestConfiguration.Kind) async throws -> MovingGuest {
        await here.atEnd("rm -f /var/log/xen/*moved*")
        try await there.makeDisk("/root/moved.img")
        await there.dropAtEnd("moved")
        let guest = try await MovingGuest("moved", kind, by: TestHost.ours, on: here)
        _ = try await here.inGuest(guest.domain, "sync")
        try await here.require("sync; scp -q /root/moved.img there:/root/moved.img")
        return guest
    }

    /// Starts a guest, and has it move with memory, disk and network.
    func move(_ direction: MovingGuest.Direction) async throws {
        try await connect(to: direction.receiver)
        let guest = try await start(direction.kind)
        let result = try await here.require(
            "\(direction.sender) migrate \(direction.kind == .pv ? "--no-live" : "") moved there 2>&1",
            timeout: .seconds(600))
        #expect(result.stdout.contains("migration target: Domain started successsfully."), "\(result)")
        #expect(result.stdout.contains("Migration successful."), "\(result)")
        #expect(try await here.guests().isEmpty, "only dom0 is left")
        try await guest.moved(to: there).expectWhole()
        #expect(try await there.require("pgrep -fc 'xl migrate-receive'").stdout == "1\n", "the monitor")
    }
}
