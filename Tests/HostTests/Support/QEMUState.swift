/// How a domain's QEMU was started, and what it says of the machine that it makes, with what must differ from one domain
/// to the next replaced.
struct QEMUState: Codable, Equatable, Sendable {
    var arguments: [String]
    var environment: [String]
    /// Its answers to `query-block`, `query-cpus-fast` and `query-vnc`, as JSON.
    var answers: String

    init(of domain: Int, on host: TestHost) async throws {
        let process = "/proc/$(xenstore-read /local/domain/\(domain)/image/device-model-pid)"
        let started = try await host.require("cat \(process)/cmdline; printf '=\\0'; cat \(process)/environ")
        let words = started.stdout.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        let (line, rest) = (words.prefix { $0 != "=" }, words.drop { $0 != "=" }.dropFirst())
        arguments = RecordingQEMU.normalised(Array(line), domain: "\(domain)")
        environment = rest.filter { RecordingQEMU.isQEMUs($0) }.sorted()
            .map { $0.hasPrefix("XEN_DOMAIN_ID=") ? "XEN_DOMAIN_ID=DOMID" : $0 }
        answers = try await host.askQEMU(of: domain, "query-block", "query-cpus-fast", "query-vnc")
            .replacing(#/"thread-id": [0-9]+/#, with: "\"thread-id\": ID")
            .replacing(#/\/dev\/loop[0-9]+/#, with: "/dev/loopN")
    }
}

extension TestHost {
    /// Asks a domain's QEMU over its socket, and gives back its answers as JSON with sorted keys.
    func askQEMU(of domain: Int, _ commands: String...) async throws -> String {
        try await require("python3 - \(domain) \(commands.joined(separator: " ")) <<'END'\n\(Self.question)\nEND")
            .stdout
    }

    /// The names of nodes that QEMU makes up count on with each that it ever made.
    private static let question = """
        import json, re, socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
        s.connect("/var/run/xen/qmp-libxl-" + sys.argv[1])
        f = s.makefile("rw")
        f.readline()
        for command in ["qmp_capabilities"] + sys.argv[2:]:
            f.write(json.dumps({"execute": command}) + "\\r\\n")
            f.flush()
            answer = json.loads(f.readline())
            while "event" in answer:
                answer = json.loads(f.readline())
            if command != "qmp_capabilities":
                text = json.dumps(answer["return"], indent=1, sort_keys=True)
                print(re.sub('"node-name": "#block[0-9]*"', '"node-name": "#block"', text))
        """
}
