import Foundation
import Testing

/// A command of `xl` that meets something hostile. It runs beside the test, which can do other things on the host meanwhile.
struct Ordeal: Sendable {
    let name: String
    let host: TestHost

    /// How it ended.
    struct End: Sendable, CustomStringConvertible {
        var exitCode: Int
        var output: String
        /// The end of what it said.
        var errors: String
        /// The most memory that it, or a program that it waited for, has had, in KiB.
        var peak: Int

        var description: String { "exit \(exitCode), \(peak) KiB\n\(output)\n\(errors)" }

        /// Its message, which may follow what others have said on the same stream.
        var message: String {
            errors.range(of: "xl: error: ", options: .backwards).map { String(errors[$0.lowerBound...]) } ?? errors
        }
    }

    /// Begins a command.
    ///
    /// - Parameter environment: NAME=VALUE words for it.
    init(_ name: String, _ command: String, environment: String = "", on host: TestHost) async throws {
        (self.name, self.host) = (name, host)
        try await host.require(
            """
            cd \(HostileScripts.place) && rm -f \(name).*
            env \(environment) setsid python3 hostile.py meter \(name) \(command) > /dev/null 2>&1 < /dev/null &
            """)
    }

    /// Waits until it has ended, by itself.
    func end(within limit: Duration) async throws -> End {
        let file = "\(HostileScripts.place)/\(name)"
        try await host.wait(until: "[ -e \(file).end ]", timeout: limit)
        let numbers = try await host.require("cat \(file).end").stdout.split(whereSeparator: \.isWhitespace)
        try #require(numbers.count == 2)
        return End(
            exitCode: try #require(Int(numbers[0])), output: try await host.require("cat \(file).out").stdout,
            errors: try await host.require("tail -c 20000 \(file).err").stdout, peak: try #require(Int(numbers[1])))
    }
}

extension Ordeal.End {
    /// Most memory that a process of `xl` may have, whatever it meets, in KiB.
    static let memoryLimit = 64 << 10
    /// Most bytes of a message: some screens.
    private static let messageLimit = 8 << 10

    /// It has ended as it should, has said so in few words that no terminal obeys, and has not eaten dom0's memory.
    func expect(_ codes: Int..., words: String...) {
        #expect(codes.contains(exitCode), "\(self)")
        for word in words where !word.isEmpty { #expect(message.contains(word), "\(self)") }
        #expect(message.utf8.count < Self.messageLimit, "\(self)")
        #expect(
            message.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }, "\(self)")
        #expect(peak < Self.memoryLimit, "\(self)")
    }
}

extension TestHost {
    /// Makes what is hostile ready; it ends, and goes, when the test does.
    func placeHostileScripts() async throws {
        let place = HostileScripts.place
        atEnd("\(Self.endOfHostility); rm -rf \(place)")
        try await require("mkdir -p \(place) && truncate -s 8M \(place)/disk.img \(place)/other.img \(place)/cd.img")
        for (name, text) in [
            ("hostile.py", HostileScripts.program), ("ssh", HostileScripts.ssh), ("qemu", HostileScripts.qemu),
            ("last-words", HostileScripts.lastWords), ("silence", HostileScripts.silence),
            ("forking", HostileScripts.forking), ("shouting", HostileScripts.shouting),
            ("stuck", HostileScripts.stuck),
        ] {
            try await write(text, to: "\(place)/\(name)")
        }
        try await require("chmod 755 \(place)/*")
    }

    private static let endOfHostility =
        "kill $(cat \(HostileScripts.place)/pids 2> /dev/null) 2> /dev/null; rm -f \(HostileScripts.place)/pids"

    /// Lets something hostile loose, until `endHostility`.
    func beginHostility(_ words: String) async throws {
        try await require(
            """
            cd \(HostileScripts.place)
            setsid python3 hostile.py \(words) > /dev/null 2>&1 < /dev/null & echo $! >> pids
            """)
    }

    func endHostility() async throws { try await run(Self.endOfHostility) }
}

extension TestHost {
    /// Has `xl` wait for so long, in seconds by the names of `timeout.…` in xl.conf: what is tried is that it waits for so
    /// long and no longer, not for how long.
    func setWaits(_ limits: KeyValuePairs<String, Int>) async throws {
        atEnd("mv /root/waits.conf /etc/xen/xl.conf")
        let lines = limits.map { "timeout.\($0) = \($1)" }.joined(separator: "\n")
        try await require(
            "cp -p /etc/xen/xl.conf /root/waits.conf && printf '%s\\n' \(lines.shellQuoted) >> /etc/xen/xl.conf")
    }
}
