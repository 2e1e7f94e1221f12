import XenTypes
import YajlJSON

extension Handover {
    /// What is to be done about a domain of which nobody knows where it is.
    func undecided(_ domain: DomainID, cause: String) -> ToolstackError {
        ToolstackError(
            .notReady, "cannot find out whether domain \(domain) runs on \(host)", domain: domain,
            cause: cause,
            remedy: """
                it stays suspended here; 'xl migrate-recover \(domain)' asks again; if it runs there, \
                'xl migrate-recover --there \(domain)' ends this copy; if it does not and will not, \
                'xl migrate-recover --here \(domain)' lets this copy go on
                """)
    }
}

extension Toolstack {
    /// Larger ones are no notes of ours.
    private static var handoverLimit: Int { 1 << 16 }

    func record(_ handover: Handover, of domain: DomainID) throws(ToolstackError) {
        let bytes: [UInt8]
        do { bytes = try YajlEncoder().encode(handover) } catch {
            throw ToolstackError(.fail, "cannot encode a note on a migration", underlying: error)
        }
        // Not on disk for sure: a loss of power takes the suspended copy, too, and then there is nothing to decide.
        try withUserData(of: domain) { data throws(ToolstackError) in try data.write(.handover, bytes) }
    }

    func forgetHandover(of domain: DomainID) throws(ToolstackError) {
        try withUserData(of: domain) { data throws(ToolstackError) in try data.remove(.handover) }
    }

    /// To whom a domain was given away, while it is not known whether it runs there; nil for other domains.
    package func handover(of domain: DomainID) throws(ToolstackError) -> Handover? {
        let data = UserData(of: domain, uuid: try info(of: domain).uuid, paths: paths)
        guard let bytes = try data.read(.handover, limit: Self.handoverLimit) else { return nil }
        do { return try YajlDecoder().decode(Handover.self, from: bytes) } catch {
            throw ToolstackError(
                .fail, "cannot read \(data.path(of: .handover))", underlying: error,
                remedy: "find out where the domain runs, and use 'xl migrate-recover --here' or '--there'")
        }
    }

    /// - Throws: `notReady` for a domain that may run elsewhere.
    func requireNotHandedOver(_ domain: DomainID, _ failure: String) throws(ToolstackError) {
        guard let handover = try handover(of: domain) else { return }
        throw ToolstackError(
            .notReady, failure, domain: domain,
            cause: "it was given to \(handover.host), and may run there",
            remedy: "'xl migrate-recover \(domain)' finds out")
    }
}
