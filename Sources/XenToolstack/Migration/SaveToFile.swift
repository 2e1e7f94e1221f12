import DomainModel
import Events
import SystemPackage
import XenTypes
import YajlJSON

/// What becomes of a domain once its file is complete.
public enum AfterSave: Sendable, Hashable {
    /// It is destroyed.
    case destroy
    /// It goes on.
    case resume
    /// It stays in memory, paused.
    case pause
}

extension Toolstack {
    /// Saves a domain to a file that `xl restore` and upstream's read.
    ///
    /// The file has the access rights 0600 and appears, or replaces an older one, when it is complete and on the disk;
    /// only then is the domain ended. When that fails, or the task is cancelled before, there is no new file and the
    /// domain goes on.
    ///
    /// - Parameter configuration: to be stored with it.
    public func save(
        _ domain: DomainID, toFile path: FilePath, configuration: DomainConfiguration, then: AfterSave,
        options: SaveOptions = SaveOptions()
    ) async throws(ToolstackError) -> SaveSummary {
        try checkSavable(domain)
        let header = try saveFileHeader(for: configuration)
        let file = try SaveFile(path)
        let summary: SaveSummary
        do throws(ToolstackError) {
            options.report?(.started(header.info))
            do { _ = try file.descriptor.writeAll(header.bytes) } catch {
                throw ToolstackError(.fail, "cannot write \(path)", cause: "\(error)")
            }
            summary = try await save(domain, to: file.descriptor, options: options)
        } catch {
            file.discard()
            throw error
        }
        // From here on nothing is interrupted: either the file counts, or the domain.
        let outcome: Result<Void, ToolstackError> = await toTheEnd {
            do throws(ToolstackError) {
                try await self.complete(file, of: domain, then: then)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return summary
    }

    /// What stands before the stream.
    ///
    /// - Throws: `invalid` for a configuration that the format cannot hold.
    public func saveFileHeader(
        for configuration: DomainConfiguration
    ) throws(ToolstackError) -> (bytes: [UInt8], info: SaveFileHeader.Info) {
        do {
            let header = SaveFileHeader(configuration: .json(try YajlEncoder().encode(configuration)))
            if let encoded = header.encoded() { return encoded }
        } catch {
            throw ToolstackError(.invalid, "cannot encode the domain's configuration", underlying: error)
        }
        throw ToolstackError(.invalid, "the domain's configuration is too large to be saved with it")
    }

    private func complete(_ file: SaveFile, of domain: DomainID, then: AfterSave) async throws(ToolstackError) {
        do {
            try await onOwnThread { () throws(ToolstackError) in try file.commit() }
        } catch {
            file.discard()
            try await resume(domain)
            throw error
        }
        switch then {
        case .destroy: try await destroy(domain)
        case .pause:
            try pause(domain)
            try await resume(domain)
        case .resume: try await resume(domain)
        }
    }
}
