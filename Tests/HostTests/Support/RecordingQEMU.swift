import Foundation

/// A program in QEMU's place that notes how it was started, and ends: so both tools go as far as to start it, and no
/// further, whatever is configured. Asked for its options, it answers as the host's QEMU, which it stands for.
struct RecordingQEMU: Sendable {
    static let path = DeviceModelCase.place + "/qemu"

    /// What a tool started it with, domain numbers replaced.
    struct Record: Codable, Equatable, Sendable {
        var arguments: [String]
        var environment: [String]
        /// Limits and namespaces, of a restricted one only.
        var restrictions: [String]
        var exitCode: Int
        /// What it said of the failure.
        var errors: String
    }

    /// Few processes: each is slow in an emulated host. The devices are closed so that no tool waits for it to do so.
    private static let script = """
        #!/bin/sh
        [ "$1" != -help ] || exec /usr/libexec/xen-qemu-system-i386 -help
        r=\(DeviceModelCase.place)/record
        printf '%s\\n' "$@" > $r.arguments
        tr '\\0' '\\n' < /proc/$$/environ > $r.environment
        : > $r.restrictions
        case " $* " in *" -xen-domid-restrict "*)
            { cat /proc/$$/limits; for n in mnt ipc; do
                [ "$(readlink /proc/$$/ns/$n)" = "$(readlink /proc/1/ns/$n)" ] || echo "own $n"; done
            } > $r.restrictions;;
        esac
        b=/local/domain/0/backend w=
        for k in $(xenstore-list $b 2>/dev/null); do
            case $k in qdisk|vkbd|vfb|9pfs)
                for i in $(xenstore-list $b/$k/$2 2>/dev/null); do w="$w $b/$k/$2/$i/state 6"; done;;
            esac
        done
        [ -z "$w" ] || xenstore-write $w
        exit 1
        """

    let host: TestHost

    /// Makes the program and everything that the cases name; all is dropped when the test ends.
    init(on host: TestHost) async throws {
        self.host = host
        let place = DeviceModelCase.place
        await host.atEnd(
            """
            losetup -d /dev/loop7 2>/dev/null; rm -rf \(place); userdel dmtest
            rmdir /run/xen/qemu-root-* 2>/dev/null; rm -f /var/log/xen/qemu-dm-argv.log* /run/xen/dm-reaper-lock
            """)
        await host.dropAtEnd("argv", files: "/root/argv.cfg")
        try await host.require(
            """
            mkdir -p \(place); cd \(place)
            for c in a b c d e f g; do truncate -s 1M $c.img; done; truncate -s 64K cd.iso
            for f in qcow2 vpc qed; do qemu-img create -q -f $f a.$f 1M; done; mv a.vpc a.vhd
            [ -b /dev/loop7 ] || mknod /dev/loop7 b 7 7
            losetup /dev/loop7 g.img
            getent passwd dmtest > /dev/null || useradd -r -u 901 dmtest
            """)
        try await host.write(Self.script, to: Self.path)
        try await host.write(
            """
            #!/bin/bash
            . /etc/xen/scripts/block-common.sh
            findCommand "$@"
            [ "$command" != add ] || write_dev /dev/loop7
            """, to: place + "/block-test")
        // The stock scripts' parts look for each other beside the script that runs.
        try await host.require(
            "ln -sf /etc/xen/scripts/*.sh \(place)/; chmod +x \(Self.path) \(place)/block-test")
    }

    /// Has a tool create the guest and fail at its device model.
    func record(_ guest: GuestConfiguration, by tool: String) async throws -> Record {
        let created = try await host.run(
            """
            cd \(DeviceModelCase.place); rm -f record.*; \(tool) create -q -p \(guest.path); code=$?
            for f in arguments environment restrictions; do cat record.$f; echo ====; done; exit $code
            """)
        let files = created.stdout.components(separatedBy: "====\n")
        let lines = files.map {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
        }
        let domain = lines.first?.dropFirst().first ?? ""
        return Record(
            arguments: Self.normalised(Array(lines[0]), domain: domain),
            environment: lines[1].filter { Self.isQEMUs($0) }.sorted()
                .map { $0.hasPrefix("XEN_DOMAIN_ID=") ? "XEN_DOMAIN_ID=DOMID" : $0 },
            restrictions: Array(lines[2]), exitCode: created.exitCode, errors: created.stderr)
    }

    /// What `create --plan` says of the device model.
    func plan(_ guest: GuestConfiguration) async throws -> Record {
        let planned = try await host.ours("create -q --plan \(guest.path)")
        guard
            let document = try JSONSerialization.jsonObject(with: Data(planned.stdout.utf8)) as? [String: Any],
            let model = document["device_model"] as? [String: Any], let arguments = model["arguments"] as? [String],
            let environment = model["environment"] as? [String: String], let domain = document["assumed_domid"] as? Int
        else { throw HostError.commandFailed(planned) }
        return Record(
            arguments: Self.normalised(arguments, domain: "\(domain)"),
            environment: environment.map { $0 == "XEN_DOMAIN_ID" ? "\($0)=DOMID" : "\($0)=\($1)" }.sorted(),
            restrictions: [], exitCode: planned.exitCode, errors: planned.stderr)
    }

    static func isQEMUs(_ variable: String) -> Bool {
        ["XEN", "DISPLAY=", "XAUTHORITY=", "QEMU", "LIBXL"].contains { variable.hasPrefix($0) }
    }

    static func normalised(_ arguments: [String], domain: String) -> [String] {
        var isDomain = false
        return arguments.map { argument in
            defer { isDomain = argument == "-xen-domid" }
            if isDomain { return "DOMID" }
            var text = argument
            for prefix in ["qmp-libxl-", "qmp-libxenstat-", "qemu-root-", "=vif"] {
                text = text.replacing("\(prefix)\(domain)", with: "\(prefix)DOMID")
            }
            if let number = Int(domain) { text = text.replacing("\(60000 + number):", with: "UID:") }
            return text.replacing(/,fd=\d+,/, with: ",fd=FD,")
        }
    }
}
