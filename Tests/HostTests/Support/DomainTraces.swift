/// All that a tool's making of a domain leaves on a host, with what must differ from one domain to the next replaced.
struct DomainTraces: Codable, Equatable, Sendable {
    var store: StoreSnapshot
    /// The stored configuration.
    var configuration: String
    var files: [String]
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
        let before = try await host.store()
        try await host.require("\(tool) create -q \(options) \(guest.path)", timeout: .seconds(300))
        let domain = try await host.domain(guest.name)
        store = try await StoreSnapshot(of: host, domain: domain, since: before)
        let stored = try await host.require(
            """
            stat -c '%n %a %U' /var/lib/xen/* /run/xen/*; echo ====
            tr -d '\\000' < /var/lib/xen/userdata-d.\(domain).*.libxl-json
            """
        ).stdout.components(separatedBy: "====\n")
        // Domains' numbers stand between marks in the names of files.
        let number = try Regex("([.-])\(domain)(?![0-9])")
        files = stored[0].split(separator: "\n").filter { $0.contains(number) }.map { line in
            line.withoutUUIDs.replacing(number) { "\($0.output[1].substring ?? "")DOMID" }
        }
        configuration = try stored.dropFirst().joined().withoutIdentity(of: domain)
        long = try await host.require("\(TestHost.upstream) list -l \(guest.name)").stdout
            .withoutIdentity(of: domain)
        try await look(domain)
        try await host.require("\(tool) destroy \(guest.name)")
    }
}

extension StringProtocol {
    var withoutUUIDs: String {
        String(self).replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "UUID")
    }
}

extension String {
    /// A document about a domain, or all of them, without UUIDs and the number.
    func withoutIdentity(of domain: Int) throws -> String {
        withoutUUIDs.replacing(try Regex("\"domid\": \(domain)\\b"), with: "\"domid\": DOMID")
    }
}
