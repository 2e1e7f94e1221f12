import Events
import SystemPackage

/// A command that answers on its standard output: our `xl` on another host, over `ssh`.
package struct RemoteCommand: Sendable {
    package struct Answer: Sendable {
        package var status: ChildProcess.ExitStatus
        package var output: [UInt8]
        /// What it said on standard error, where that is kept.
        package var words: [UInt8] = []

        /// Whether it is `ssh` itself that failed: it exits with 255 then.
        package var hasNoConnection: Bool { status == .exited(255) }
    }

    /// As it is given to `sh -c`.
    package var command: String
    /// What it reads on its standard input.
    package var input: [UInt8] = []
    /// Whether what it says on standard error is kept, and not shown to the user as it comes.
    package var keepsWords = false

    /// Longer answers are nobody's.
    private static let limit = 4 << 20

    package init(_ command: String) { self.command = command }

    /// - Throws: `timedOut`; `fail` when it cannot be started or says too much; `aborted` when the task is cancelled.
    package func run(within limit: Duration) async throws(ToolstackError) -> Answer {
        let failure = "cannot run \"\(command)\""
        let process: ChildProcess
        let (input, output, words): (Pipe, Pipe, Pipe)
        do {
            (input, output, words) = (try Pipe(), try Pipe(), try Pipe())
            var plan = ChildProcess.Plan("/bin/sh")
            plan.arguments = ["sh", "-c", command]
            plan.input = .descriptor(input.readEnd)
            plan.output = .descriptor(output.writeEnd)
            if keepsWords { plan.error = .descriptor(words.writeEnd) }
            process = try ChildProcess.start(plan)
        } catch {
            throw ToolstackError(.fail, failure, underlying: error)
        }
        input.closeReadEnd()
        output.closeWriteEnd()
        words.closeWriteEnd()
        // Who does not read must not keep this waiting; the descriptor goes with the pipe's last use.
        _ = startThread { [bytes = self.input] in
            _ = try? input.writeEnd.writeAll(bytes)
            input.closeWriteEnd()
        }
        do {
            let answer = try await withDeadline(limit) {
                async let said = Self.readAll(words.readEnd)
                let bytes = try await Self.readAll(output.readEnd)
                let kept = try await said
                return Answer(status: try await process.wait(), output: bytes, words: kept)
            }
            if let answer { return answer }
        } catch {
            await process.stop()
            if let error = error as? ToolstackError { throw error }
            let isCancelled = error is CancellationError
            throw ToolstackError(
                isCancelled ? .aborted : .fail, failure, cause: isCancelled ? "interrupted" : "\(error)")
        }
        await process.stop()
        throw ToolstackError(.timedOut, failure, cause: "it has not ended in \(limit)")
    }

    private static func readAll(_ source: FileDescriptor) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            try await waitUntilReadable(source)
            let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= Self.limit else {
                throw ToolstackError(.bufferFull, "an answer of more than \(Self.limit) bytes")
            }
        }
    }
}
