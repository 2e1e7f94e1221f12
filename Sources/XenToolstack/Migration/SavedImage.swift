import DomainModel
import SystemPackage
import YajlJSON

/// The memory, processors and devices of a domain that was saved or is arriving: libxl's stream, from behind the
/// header with the configuration on.
public struct SavedImage: Sendable {
    /// What the image is read from.
    public var stream: StreamDescriptor
    /// Whether checkpoints follow the first copy (Remus).
    public var isCheckpointed = false
    /// Whether the domain comes by migration, when its origin may be this very host.
    public var isArriving = false

    public init(stream: StreamDescriptor) { self.stream = stream }
}

extension SaveFileHeader {
    /// Reads what stands before the stream. Cancelling the task ends a read that waits.
    ///
    /// - Parameter name: what is read, for errors.
    public static func read(
        from stream: StreamDescriptor, name: String
    ) async throws(ToolstackError) -> (header: SaveFileHeader, info: Info) {
        do {
            return try await stream.useOnOwnThread { descriptor throws(StreamError) in
                var reader = StreamReader(DescriptorSource(descriptor: descriptor))
                return try Self.read(from: &reader)
            }
        } catch {
            if stream.isCancelled { throw ToolstackError(.aborted, "cannot read \(name)", cause: "interrupted") }
            throw ToolstackError(.invalid, "cannot read \(name)", cause: "\(error)", remedy: error.remedy)
        }
    }

    /// - Throws: `notSupported` for a stream that has to be converted first.
    public func requireVersion2(of name: String) throws(ToolstackError) {
        guard isVersion2 else {
            throw ToolstackError(
                .notSupported, "cannot read \(name)", cause: "its stream has version 1",
                remedy: LibxlStream.converterAdvice)
        }
    }
}

extension DomainConfiguration {
    /// The configuration that a saved domain brings along as JSON.
    ///
    /// - Parameter unknown: is told the paths of fields that this library does not know and leaves out, if there are any:
    ///   a newer one has saved the domain.
    public init(
        savedJSON text: [UInt8], name: String, unknown: (([String]) -> Void)? = nil
    ) throws(ToolstackError) {
        do {
            try self.init(json: text, unknown: unknown)
        } catch {
            throw ToolstackError(
                .invalid, "cannot read the configuration in \(name)", underlying: error,
                remedy: "give a configuration file as the first operand")
        }
    }
}
