import DomainModel
import XenControl
import XenTypes
import YajlJSON

extension UserData {
    /// The stored configuration, or nil when none is stored.
    package func readConfiguration() throws(ToolstackError) -> DomainConfiguration? {
        guard let bytes = try read(.configuration) else { return nil }
        do {
            return try DomainConfiguration(json: Array(bytes.prefix { $0 != 0 }))
        } catch {
            throw ToolstackError(
                .fail, "cannot read the stored configuration \(path(of: .configuration))", domain: domain,
                underlying: error)
        }
    }

    package func write(_ configuration: DomainConfiguration) throws(ToolstackError) {
        let bytes: [UInt8]
        do { bytes = try YajlEncoder().encode(configuration) } catch {
            throw ToolstackError(
                .fail, "cannot encode the configuration of domain \(domain)", domain: domain, underlying: error)
        }
        try write(.configuration, bytes + [0])
    }
}

extension DomainConfiguration {
    /// Decodes what a file or another host says.
    ///
    /// - Parameter unknown: is told the paths of fields that a configuration does not have, if there are any.
    /// - Throws: also for counts and sizes that no domain can have.
    init(json text: [UInt8], unknown: (([String]) -> Void)? = nil) throws {
        if let unknown {
            let (configuration, paths) = try YajlDecoder().decodeAll(DomainConfiguration.self, from: text)
            self = configuration
            if !paths.isEmpty { unknown(paths) }
        } else {
            self = try YajlDecoder().decode(DomainConfiguration.self, from: text)
        }
        let problems = ConfigurationRanges.problems(self)
        guard problems.isEmpty else {
            throw ToolstackError(.invalid, "the configuration cannot be used", cause: problems.joined(separator: "; "))
        }
    }
}

extension Toolstack {
    /// Uses a domain's files under their lock.
    ///
    /// - Throws: `domainNotFound` when the domain is gone by the time the lock is held, or what `body` throws.
    package func withUserData<Value>(
        of domain: DomainID, uuid: XenUUID? = nil, _ body: (UserData) throws(ToolstackError) -> Value
    ) throws(ToolstackError) -> Value {
        let uuid = if let uuid { uuid } else { try info(of: domain).uuid }
        let data = UserData(of: domain, uuid: uuid, paths: paths)
        let lock = try FileLock.acquireBlocking(data.path(of: .files))
        defer { lock.release() }
        // A domain that ended while this waited has taken its files along; new ones would stay for ever.
        _ = try info(of: domain)
        return try body(data)
    }

    /// The configuration as stored, or nil when none is.
    package func storedConfiguration(of domain: DomainID) throws(ToolstackError) -> DomainConfiguration? {
        try withUserData(of: domain) { data throws(ToolstackError) in try data.readConfiguration() }
    }

    /// Changes the stored configuration.
    ///
    /// - Throws: `notFound` when none is stored, or what `change` throws.
    package func updateStoredConfiguration(
        of domain: DomainID, _ change: (inout DomainConfiguration) throws(ToolstackError) -> Void
    ) throws(ToolstackError) {
        try withUserData(of: domain) { data throws(ToolstackError) in
            guard var configuration = try data.readConfiguration() else {
                throw ToolstackError(
                    .notFound, "cannot change the configuration of domain \(domain)", domain: domain,
                    cause: "none is stored")
            }
            try change(&configuration)
            try data.write(configuration)
        }
    }
}
