import CXen
import Glibc
import XenTypes

/// Requests of xenstored since Xen 4.21, whose numbers older headers do not have (`enum xsd_sockmsg_type` in
/// `xen/io/xs_wire.h`). An older one answers none of them: what asks gets nil.
extension StoreConnection {
    private static let getFeature = xsd_sockmsg_type(23)
    private static let setFeature = xsd_sockmsg_type(24)
    private static let getQuota = xsd_sockmsg_type(25)
    private static let setQuota = xsd_sockmsg_type(26)

    /// The features that xenstored has (`XENSTORE_SERVER_FEATURE_*`).
    package func supportedFeatures() throws(StoreError) -> UInt32? {
        try ifKnown { () throws(StoreError) in try number(.readFeatures, Self.getFeature, []) }
    }

    /// The features that a domain is shown.
    package func features(of domain: DomainID) throws(StoreError) -> UInt32? {
        try ifKnown { () throws(StoreError) in try number(.readFeatures, Self.getFeature, ["\(domain)"]) }
    }

    /// Limits the features that a domain is shown. Possible until it is introduced.
    package func setFeatures(_ features: UInt32, of domain: DomainID) throws(StoreError) {
        _ = try handle.request(
            .setFeatures, Self.setFeature, content: StoreMessage.content(["\(domain)", "\(features)"]))
    }

    /// What xenstored limits, by its own names.
    package func quotaNames() throws(StoreError) -> [String]? {
        try ifKnown { () throws(StoreError) in
            let text = try handle.request(.readQuota, Self.getQuota).words.first ?? ""
            return text.split(separator: " ").map(String.init)
        }
    }

    /// The limit of a name.
    ///
    /// - Parameter domain: whose; nil for what new domains get.
    /// - Returns: 0 where there is no limit.
    package func quota(_ name: String, of domain: DomainID?) throws(StoreError) -> UInt32 {
        try number(.readQuota, Self.getQuota, (domain.map { ["\($0)"] } ?? []) + [name])
    }

    package func setQuota(_ name: String, to value: UInt32, of domain: DomainID?) throws(StoreError) {
        let words = (domain.map { ["\($0)"] } ?? []) + [name, "\(value)"]
        _ = try handle.request(.setQuota, Self.setQuota, content: StoreMessage.content(words))
    }

    private func number(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ words: [String]
    ) throws(StoreError) -> UInt32 {
        let answer = try handle.request(operation, type, content: StoreMessage.content(words)).words.first ?? ""
        guard let number = UInt32(answer) else { throw StoreError(operation, nil, errno: EIO) }
        return number
    }

    /// - Returns: nil when xenstored does not know the request at all.
    private func ifKnown<Value>(_ ask: () throws(StoreError) -> Value) throws(StoreError) -> Value? {
        do { return try ask() } catch {
            guard error.code == ENOSYS else { throw error }
            return nil
        }
    }
}
