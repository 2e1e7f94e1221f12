/// All that a tool's making of a domain leaves on a host, with what must differ from one domain to the next replaced.
struct DomainTraces: Sendable {
    var store: StoreSnapshot
    /// The stored configuration.
    var configuration: String
    var files: String
    /// `xl list -l` by upstream's tool: it can read what ours stored.
    var long: String

    /// Creates the guest with a tool and destroys it again with the same.
    ///
    /// - Parameters:
    ///   - options: of `create`.
    ///   - look: is shown the domain's number before the domain goes.
    init(
        of guest: GuestConfiguration, by tool: String, on host: TestHost, options: String = "",
        look: (Int) async throws -> Void = { _ in }
    ) async throws {
        try await host.require("\(tool) create -q \(options) \(guest.path)", timeout: .seconds(240))
        let domain = try await host.domain(guest.name)
        let normalise =
            "sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g; "
            + "s/\"domid\": \(domain)\\b/\"domid\": DOMID/; s/([.-])\(domain)\\b/\\1DOMID/'"
        store = try await StoreSnapshot(of: host, domain: domain)
        configuration = try await host.require(
            "tr -d '\\000' < /var/lib/xen/userdata-d.\(domain).*.libxl-json | \(normalise)"
        ).stdout
        files = try await host.require(
            "stat -c '%n %a %U' /var/lib/xen/*\(domain)* /run/xen/*\(domain)* 2>/dev/null | \(normalise)"
        ).stdout
        long = try await host.require("\(TestHost.upstream) list -l \(guest.name) | \(normalise)").stdout
        try await look(domain)
        try await host.require("\(tool) destroy \(guest.name)")
    }
}
