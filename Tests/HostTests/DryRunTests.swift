import Testing

extension HostTests {
    /// What the commands other than `create` print instead of acting.
    @Suite struct DryRuns {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test func attachmentsArePrintedAsUpstreamDoes() async throws {
            let guest = GuestConfiguration.idle("dry", .pv, "vcpus = 2")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            let domain = try await host.domain(guest.name)
            let before = try await host.store("/local/domain") + host.store("/libxl")
            let commands = [
                "block-attach dry /root/dry.img,raw,xvdb,w",
                "block-attach dry vdev=xvdc backendtype=qdisk target=/root/dry.img",
                "block-attach dry /root/dry.img,nonsense,xvdb,w", "block-attach dry",
                "network-attach dry mac=00:16:3f:00:00:48 bridge=xenbr0 rate=1MB/s", "network-attach dry mac=x",
                "network-attach dry type=ioemu model=e1000 mac=00:16:3f:00:00:48 script=vif-x backend=0",
                "vtpm-attach dry backend=0 uuid=6f1c2a4e-0b1d-4c3e-9f00-112233445566", "vtpm-attach dry uuid=x",
                "vkb-attach dry backend-type=linux unique-id=a width=800 height=600", "vkb-attach dry backend-type=x",
                "vdispl-attach dry connectors=id0:800x600", "vdispl-attach dry connectors=id0",
                "vsnd-attach dry 'CARD, short-name=s' 'PCM, name=p' 'STREAM, unique-id=0, type=p'",
                "vsnd-attach dry 'STREAM, type=x'", "config-update dry \(guest.path)",
                "config-update dry \(guest.path) vcpus=1", "config-update dry /nosuch",
            ]
            for command in commands {
                // A configuration that is read anew has a new UUID each time.
                let normalised = { (text: String) in try text.withoutIdentity(of: domain) }
                let theirs = try await host.recorded("-N \(command)", normalise: normalised)
                let ours = try await host.ours("-N \(command)")
                #expect((ours.exitCode == 0) == (theirs.exitCode == 0), "\(command): \(theirs)\n\(ours)")
                guard theirs.exitCode == 0 else { continue }
                #expect(try normalised(ours.stdout) == theirs.stdout, "\(command)")
            }
            let after = try await host.store("/local/domain") + host.store("/libxl")
            #expect(before == after)
            try await host.require("\(TestHost.ours) destroy dry")
        }

        @Test func symbolicExpressionsAreUpstreams() async throws {
            try await host.require(
                "cp -a /etc/xen/xl.conf /root/xl.conf.kept; echo 'output_format=\"sxp\"' >> /etc/xen/xl.conf")
            await host.atEnd("mv /root/xl.conf.kept /etc/xen/xl.conf; rm -f /root/sxp.cfg")
            for type in ["pv", "hvm"] {
                try await host.write(
                    """
                    name = "sxp"
                    uuid = "6f1c2a4e-0b1d-4c3e-9f00-112233445566"
                    type = "\(type)"
                    kernel = "/k"
                    vcpus = 2
                    memory = 64
                    disk = [ "/a,raw,xvda,w", "/b,qcow2,hdc,cdrom" ]
                    vif = [ "mac=00:16:3f:00:00:49,bridge=xenbr0" ]
                    vfb = [ "vnc=1" ]

                    """, to: "/root/sxp.cfg")
                for command in ["create -n -q /root/sxp.cfg", "-N create -q -d /root/sxp.cfg memory=32"] {
                    let theirs = try await host.recorded(command, as: "\(type): \(command)")
                    let ours = try await host.ours(command)
                    #expect(theirs.stdout.hasPrefix("(domain"), "\(theirs)")
                    #expect(ours.stdout == theirs.stdout && ours.exitCode == theirs.exitCode, "\(type): \(command)")
                }
            }
        }
    }
}
