import SystemPackage
import Testing

@testable import XenToolstack

/// Bytes in the place of a migration's messages. To wait for them takes tasks, which the fuzzer has not.
@Suite struct HandshakeTests {
    @Test(arguments: MigrationMessage.allCases) func aMessageIsTakenToTheByte(_ message: MigrationMessage) async throws
    {
        for derivation in Derivation.small(of: message.bytes) {
            let pipe = try Pipe()
            _ = try pipe.writeEnd.writeAll(derivation.bytes)
            let connection = MigrationConnection(input: pipe.readEnd, output: pipe.writeEnd, name: "stream")
            pipe.closeWriteEnd()
            var failure: ToolstackError?
            do throws(ToolstackError) {
                try await connection.expect(message, within: .seconds(60))
            } catch {
                failure = error
            }
            #expect((failure == nil) == derivation.bytes.starts(with: message.bytes), "\(derivation.text)")
            if let failure { try checkShort(failure.description) }
        }
    }
}
