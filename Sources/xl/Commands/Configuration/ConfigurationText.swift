import DomainConfig
import DomainModel
import XenTypes
import YajlJSON

extension GlobalConfig.OutputFormat {
    /// A configuration as `xl create -n` prints it in this format, with a newline at its end.
    func text(of configuration: DomainConfiguration) throws(JSONEncodingError) -> [UInt8] {
        switch self {
        case .json: try YajlEncoder().encode(configuration)
        case .sxp: SExpression.text(of: configuration, domain: nil, uuid: nil).unescapedBytes
        }
    }

    /// A configuration as `xl config-update -N` prints it: in JSON as that of a domain without a number.
    func textOfUpdate(_ configuration: DomainConfiguration) throws(JSONEncodingError) -> [UInt8] {
        guard self == .json else { return try text(of: configuration) }
        return try YajlEncoder().encode(
            DetailedDomain(domain: nil, uuid: nil, configuration: .success(configuration)))
    }
}
