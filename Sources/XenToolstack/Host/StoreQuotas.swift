import XenStore
import XenTypes

/// What xenstored limits for a domain, or for new ones.
extension Toolstack {
    /// A limit: how many nodes, watches and the like; 0 is none.
    public typealias StoreQuota = (name: String, value: UInt32)

    /// - Parameter domain: nil for what new domains get.
    /// - Throws: `notSupported` when xenstored is older than Xen 4.21.
    public func storeQuotas(of domain: DomainID?) throws(ToolstackError) -> [StoreQuota] {
        let names = try storeQuotaNames(domain)
        do {
            return try names.map { name throws(StoreError) in (name: name, value: try store.quota(name, of: domain)) }
        } catch {
            throw ToolstackError(.fail, "cannot read the quotas of xenstore", domain: domain, underlying: error)
        }
    }

    /// Sets limits in their order. When one cannot be set, those before it are.
    ///
    /// - Throws: `notSupported` when xenstored is older than Xen 4.21; `invalid`, with nothing set, for a name that it
    ///   does not know.
    public func setStoreQuotas(_ quotas: [StoreQuota], of domain: DomainID?) throws(ToolstackError) {
        let names = try storeQuotaNames(domain)
        for quota in quotas where !names.contains(quota.name) {
            throw ToolstackError(
                .invalid, "cannot set the quotas of xenstore", domain: domain,
                cause: "it has none of the name \"\(quota.name.escapingControls)\"",
                remedy: "it has \(names.joined(separator: ", "))")
        }
        for quota in quotas {
            do { try store.setQuota(quota.name, to: quota.value, of: domain) } catch {
                throw ToolstackError(
                    .fail, "cannot set the quota \(quota.name) of xenstore", domain: domain, underlying: error)
            }
        }
    }

    /// Features that xenstored can offer to guests, a bit each; nil where it is older than Xen 4.21.
    func supportedStoreFeatures() throws(StoreError) -> UInt32? {
        paths.release.answersForStoreLimits ? try store.supportedFeatures() : nil
    }

    private func storeQuotaNames(_ domain: DomainID?) throws(ToolstackError) -> [String] {
        let names: [String]?
        do { names = paths.release.answersForStoreLimits ? try store.quotaNames() : nil } catch {
            throw ToolstackError(.fail, "cannot read the quotas of xenstore", domain: domain, underlying: error)
        }
        guard let names else {
            throw ToolstackError(
                .notSupported, "cannot read or set the quotas of xenstore", domain: domain,
                cause: "this xenstored has none that can be asked for: Xen "
                    + "\(XenRelease.first(with: \.answersForStoreLimits)) brings them")
        }
        return names
    }
}
