import CXen
import CXenShim
import Glibc
import XenTypes

/// The rings with which a domain that is restored gets connected: what libxenguest needs, and what it finds.
package struct RestoreRings: Hashable, Sendable {
    package var storePort: UInt32
    package var storeDomain: DomainID
    package var consolePort: UInt32
    package var consoleDomain: DomainID

    package init(storePort: UInt32, storeDomain: DomainID, consolePort: UInt32, consoleDomain: DomainID) {
        self.storePort = storePort
        self.storeDomain = storeDomain
        self.consolePort = consolePort
        self.consoleDomain = consoleDomain
    }

    /// Frame numbers of the rings' pages: machine frames for PV, guest frames otherwise.
    package struct Frames: Hashable, Sendable {
        package var store: UInt
        package var console: UInt
    }
}

/// What libxenguest asks its caller to do while it restores a domain; called on the thread of `restoreDomain`.
package struct RestoreCallbacks: Sendable {
    /// What older streams lack (`XGR_SDD_MISSING_*` in `xenguest.h`).
    package struct MissingData: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let cpuid = MissingData(rawValue: UInt32(XGR_SDD_MISSING_CPUID))
        package static let msr = MissingData(rawValue: UInt32(XGR_SDD_MISSING_MSR))
    }

    /// What to do after a checkpoint (`XGR_CHECKPOINT_*`).
    package enum CheckpointOutcome: Int32, Sendable {
        case error, success, failover
    }

    /// Called before memory arrives. Returns false to give up.
    package var completeStaticData: @Sendable (MissingData) -> Bool = { _ in true }
    /// Reads the caller's own part of a checkpoint; nil where the stream has none.
    package var checkpoint: (@Sendable () -> CheckpointOutcome)?

    package init() {}
}

private final class RestoreContext {
    let callbacks: RestoreCallbacks
    var frames: RestoreRings.Frames?
    init(_ callbacks: RestoreCallbacks) { self.callbacks = callbacks }

    static func of(_ data: UnsafeMutableRawPointer?) -> RestoreContext? {
        data.map { Unmanaged<RestoreContext>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Hypervisor {
    /// Fills an empty domain from libxc's stream on a descriptor, and leaves it paused.
    ///
    /// Blocks its thread until the stream has ended. To end it before, make the descriptor's reads fail.
    package func restoreDomain(
        _ domain: DomainID, from descriptor: Int32, rings: RestoreRings, isCheckpointed: Bool,
        callbacks: RestoreCallbacks
    ) throws(HypervisorError) -> RestoreRings.Frames {
        let context = RestoreContext(callbacks)
        var table = restore_callbacks()
        table.data = Unmanaged.passUnretained(context).toOpaque()
        table.static_data_done = { missing, data in
            let data = RestoreContext.of(data)?.callbacks.completeStaticData(.init(rawValue: missing))
            return data == true ? 0 : -1
        }
        table.checkpoint = { RestoreContext.of($0)?.callbacks.checkpoint?().rawValue ?? 0 }
        table.restore_results = { store, console, data in
            RestoreContext.of(data)?.frames = RestoreRings.Frames(store: UInt(store), console: UInt(console))
        }
        var (store, console): (UInt, UInt) = (0, 0)
        let type = isCheckpointed ? XC_STREAM_REMUS : XC_STREAM_PLAIN
        try withExtendedLifetime(context) { () throws(HypervisorError) in
            _ = try call("restore", domain) {
                cxs_domain_restore(
                    UnsafeMutableRawPointer($0), descriptor, domain.rawValue, rings.storePort, &store,
                    rings.storeDomain.rawValue, rings.consolePort, &console, rings.consoleDomain.rawValue,
                    Int32(bitPattern: type.rawValue), &table)
            }
        }
        return context.frames ?? RestoreRings.Frames(store: store, console: console)
    }
}
