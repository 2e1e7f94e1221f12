import DomainConfig
import DomainModel
import XenTypes
import YajlJSON

/// What `xl list -l` shows of one domain: its configuration, or why that cannot be shown.
struct DetailedDomain: Encodable {
    /// nil for a configuration that is not of a domain.
    let domain: DomainID?
    let uuid: XenUUID?
    let configuration: Result<DomainConfiguration, Problem>

    struct Problem: Error {
        let text: String
    }

    enum CodingKeys: String, CodingKey {
        case domid, config, error
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(domain, forKey: .domid)
        switch configuration {
        case .success(let configuration):
            try container.encode(configuration, forKey: .config)
        case .failure(let problem):
            try container.encodeNil(forKey: .config)
            try container.encode(problem.text, forKey: .error)
        }
    }
}

extension GlobalConfig.OutputFormat {
    /// The answer of `xl list -l` in this format.
    func text(of domains: [DetailedDomain]) throws(JSONEncodingError) -> [UInt8] {
        switch self {
        case .json:
            // Upstream ends the document with an empty line.
            return try YajlEncoder().encode(domains) + [UInt8(ascii: "\n")]
        case .sxp:
            return domains.flatMap { domain -> [UInt8] in
                guard case .success(let configuration) = domain.configuration else { return [] }
                return SExpression.text(of: configuration, domain: domain.domain, uuid: domain.uuid).unescapedBytes
            }
        }
    }
}
