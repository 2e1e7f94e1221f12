import Testing

/// Tests on real Xen hosts, one at a time on each. `make host-test` runs them.
@Suite(
    .enabled(if: TestHost.isWanted, "host tests run with `make host-test`"), .host
)
enum HostTests {}

extension HostTests {
    /// The ground that the others stand on: the host's guests live and die under upstream's `xl`.
    @Suite struct Ground {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test(arguments: GuestConfiguration.Kind.paravirtual)
        func idleGuestRuns(_ kind: GuestConfiguration.Kind) async throws {
            let guest = GuestConfiguration.idle("ground-\(kind)", kind)
            try await guest.place(on: host)
            try await host.require("\(TestHost.upstream) create -e \(guest.path)")
            try await host.wait(for: "the guest's sleep") { try await host.state(of: guest.name) == "-b----" }
            try await host.require("\(TestHost.upstream) destroy \(guest.name)")
        }
    }
}
