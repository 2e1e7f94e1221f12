import Events
import Glibc
import SystemPackage

/// The command that leads to the other side of a migration: `ssh`, or what the user names in its place.
package final class MigrationTransport: Sendable {
    /// As it is given to `sh -c`.
    package let command: String
    private let process: ChildProcess
    private let toOther: Pipe
    private let fromOther: Pipe

    /// How long it usually takes to end by itself once nobody writes to it.
    private static let endLimit = Duration.seconds(2)

    /// Starts it.
    package init(_ command: String) throws(ToolstackError) {
        self.command = command
        do {
            (toOther, fromOther) = (try Pipe(), try Pipe())
            // What interrupts this program at a terminal must not cut its connection: it has to tell the other side.
            var plan = ChildProcess.Plan("/bin/sh")
            plan.arguments = ["sh", "-c", "trap '' INT HUP; \(command)"]
            plan.input = .descriptor(toOther.readEnd)
            plan.output = .descriptor(fromOther.writeEnd)
            process = try ChildProcess.start(plan)
        } catch {
            throw ToolstackError(.fail, "cannot start \"\(command)\"", underlying: error)
        }
        toOther.closeReadEnd()
        fromOther.closeWriteEnd()
    }

    /// The process's number.
    package var id: Int32 { process.id }

    package var connection: MigrationConnection {
        MigrationConnection(
            input: fromOther.readEnd, output: toOther.writeEnd, name: "migration receiver stream")
    }

    /// Closes the connection and ends the command. To be called once, when nobody uses the connection any more.
    ///
    /// - Parameter limit: how long it may take to end by itself; nil where nothing that was sent matters any more.
    /// - Returns: how it ended; nil when it had to be stopped.
    @discardableResult
    package func close(within limit: Duration? = nil) async -> ChildProcess.ExitStatus? {
        toOther.closeWriteEnd()
        let status = await toTheEnd { [process] in try? await process.finish(within: limit ?? Self.endLimit) }
        fromOther.closeReadEnd()
        return status ?? nil
    }

    /// A word as the shell takes it for one.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "@%_-+=:,./".utf8.contains(byte)
            }
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
