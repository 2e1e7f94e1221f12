import Foundation
import Testing

extension HostTests {
    /// TPMs, keyboards, displays and sound cards: attached, listed and detached by both tools, with a backend that a
    /// shell in dom0 plays.
    @Suite struct DeviceClasses {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        struct Class: Sendable, CustomTestStringConvertible {
            let word: String
            let backend: String
            let specification: String
            var testDescription: String { word }
        }

        static let classes = [
            Class(word: "vtpm", backend: "vtpm", specification: "uuid=11111111-2222-3333-4444-555555555555"),
            Class(
                word: "vkb", backend: "vinput", specification: "backend-type=linux unique-id=kbd width=800 height=600"),
            Class(word: "vdispl", backend: "vdispl", specification: "be-alloc=1 'connectors=a:800x600;b:1024x768'"),
            Class(
                word: "vsnd", backend: "vsnd",
                specification: "'card,short-name=Main,long-name=Main card,sample-rates=8000;44100' "
                    + "'pcm,name=first,buffer-size=4096' 'stream,unique-id=s1,type=p' 'stream,unique-id=s2,type=c'"),
        ]

        @Test(arguments: TestHost.isFull ? classes : [classes[0], classes[3]])
        func isListedAndDetachedAsByUpstream(_ device: Class) async throws {
            let guest = GuestConfiguration.idle("classes", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain("classes")
            let backend = "/local/domain/0/backend/\(device.backend)/\(domain)/0/state"
            // Answers the toolstack as a driver would, until the domain is gone.
            try await host.require(
                """
                while xenstore-exists /local/domain/\(domain); do
                    case "$(xenstore-read \(backend) 2> /dev/null)" in
                        1) xenstore-write \(backend) 2 ;; 5) xenstore-write \(backend) 6 ;;
                    esac
                    sleep 0.2
                done > /dev/null 2>&1 &
                """)
            let normalised = DeviceList(domain: domain, store: []).normalised
            for (attaching, detaching) in [
                (TestHost.upstream, TestHost.ours), (TestHost.ours, TestHost.upstream), (TestHost.ours, TestHost.ours),
            ] {
                try await host.require("\(attaching) \(device.word)-attach classes \(device.specification)")
                let theirs = try await host.recorded("\(device.word)-list classes", normalise: normalised)
                let ours = try await host.ours("\(device.word)-list classes")
                #expect(normalised(ours.stdout) == theirs.stdout)
                #expect(ours.exitCode == theirs.exitCode)
                #expect(ours.stdout.contains("/backend/\(device.backend)/\(domain)/0"), "\(ours)")
                let json = try await host.require("\(TestHost.ours) \(device.word)-list --json classes").stdout
                let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
                #expect(
                    list.first?["backend_path"] as? String == "/local/domain/0/backend/\(device.backend)/\(domain)/0")
                try await host.require("\(detaching) \(device.word)-detach classes 0")
                #expect(try await !host.ours("\(device.word)-list classes").stdout.contains("backend/"))
                #expect(try await host.run("xenstore-exists \(backend)").exitCode != 0)
            }
            for command in ["list nosuch", "detach classes 0", "detach nosuch 0"] {
                let theirs = try await host.recorded("\(device.word)-\(command)")
                let ours = try await host.ours("\(device.word)-\(command)")
                #expect(ours.stdout == theirs.stdout, "\(command)")
                // Upstream's negative codes wrap around.
                #expect((ours.exitCode == 0) == (theirs.exitCode == 0), "\(command)")
            }
            try await host.require("\(TestHost.ours) destroy classes")
        }
    }
}
