import Glibc
import SystemPackage
import XenControl

/// What Flask does with what its policy forbids.
public enum SecurityMode: String, Sendable {
    /// What the policy does not allow is refused.
    case enforcing
    /// Logs it and lets it pass.
    case permissive
    /// The hypervisor has no Flask.
    case disabled
}

extension Toolstack {
    /// Whether Flask's policy counts.
    ///
    /// - Throws: when there is no Flask.
    public func securityMode() throws(ToolstackError) -> SecurityMode {
        do {
            guard let isEnforcing = try hypervisor.flaskEnforcing() else { return .disabled }
            return isEnforcing ? .enforcing : .permissive
        } catch {
            throw ToolstackError(.fail, "Failed to get enforcing mode", underlying: error)
        }
    }

    /// - Throws: `notSupported` where the hypervisor has no Flask.
    public func setSecurityMode(enforcing isEnforcing: Bool) throws(ToolstackError) {
        do { try hypervisor.setFlaskEnforcing(isEnforcing) } catch {
            throw flaskError("error occurred while setting enforcing mode", error)
        }
    }

    /// Gives Flask the policy in a file.
    ///
    /// - Returns: the policy's size in bytes.
    /// - Throws: `notSupported` where the hypervisor has no Flask.
    public func loadSecurityPolicy(from path: FilePath) throws(ToolstackError) -> Int {
        let failure = "Error occurred opening policy file '\(path)'"
        let policy: [UInt8]?
        // A policy of the hypervisor's size is a few dozen KiB.
        do { policy = try Files.read(path, limit: 1 << 26) } catch {
            throw ToolstackError(.fail, failure, cause: error.cause)
        }
        guard let policy else { throw ToolstackError(.notFound, failure, cause: "\(Errno.noSuchFileOrDirectory)") }
        do { try hypervisor.loadFlaskPolicy(policy) } catch {
            throw flaskError("Unable to load new Flask policy", error)
        }
        return policy.count
    }

    private func flaskError(_ message: String, _ error: HypervisorError) -> ToolstackError {
        guard error.code == ENOSYS || error.code == EOPNOTSUPP else {
            return ToolstackError(.fail, message, underlying: error)
        }
        return ToolstackError(.notSupported, "Flask XSM disabled", cause: absence(of: .flask))
    }
}
