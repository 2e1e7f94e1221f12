import XenStore

/// What the nodes of one backend say, of which the toolstack's domain and the kernel of this one write the values.
package struct BackendSight: Sendable, Hashable {
    /// nil for a state that no protocol knows.
    package var state: XenbusState?
    /// Whether the toolstack still wants the device.
    package var isOnline: Bool
    /// Whether a hotplug script has connected it already, also one that an earlier process ran.
    package var isConnected: Bool
}

/// What a driver domain is to do about a backend that a hotplug script connects.
package enum BackendStep: Sendable, Hashable {
    case wait
    case connect
    /// It is connected: by an earlier process of this kind.
    case adopt
    case remove
    /// Its nodes were taken away, and not by this domain.
    case release

    /// - Parameters:
    ///   - sight: nil when the backend has no nodes.
    ///   - isKnown: whether it has been dealt with: connected, or tried in vain.
    package init(_ sight: BackendSight?, isKnown: Bool) {
        guard let sight else {
            self = isKnown ? .release : .wait
            return
        }
        switch sight.state {
        case .closed where !sight.isOnline: self = .remove
        // No driver has ever seen it, and the toolstack has given it up.
        case .initialising where !sight.isOnline && !isKnown: self = .remove
        case .initWait, .initialised, .connected, .reconfiguring, .reconfigured:
            if isKnown {
                self = .wait
            } else if sight.isConnected {
                self = .adopt
            } else {
                // A driver goes on from the state of waiting only when it has what the script gives it.
                self = sight.state == .initWait ? .connect : .adopt
            }
        default: self = .wait
        }
    }
}

/// What a driver domain is to do about the backends of one guest that QEMU serves: one process serves all of them.
package struct BackendModelStep: Sendable, Hashable {
    package enum Process: Sendable, Hashable {
        case leave
        case start
        case stop
    }

    /// Backends whose nodes go first.
    package var removed: [DeviceAddress] = []
    package var process = Process.leave

    /// - Parameters:
    ///   - isRunning: whether there is a QEMU for them.
    ///   - hopeless: backends for which QEMU could not be started.
    package init(
        _ sights: [(device: DeviceAddress, sight: BackendSight)], isRunning: Bool, hopeless: Set<DeviceAddress>
    ) {
        var isUsed = false
        for (device, sight) in sights {
            let isGone =
                switch sight.state {
                case .closed: true
                // Nobody will answer.
                case .initialising, .initWait, .closing: !isRunning
                default: false
                }
            if isGone, !sight.isOnline {
                removed.append(device)
                continue
            }
            isUsed = true
            let isWaiting = sight.state == .initialising || sight.state == .initWait
            // A guest that is connected to a QEMU that is no more cannot go on with another.
            if !isRunning, isWaiting, !hopeless.contains(device) { process = .start }
        }
        if !isUsed, isRunning { process = .stop }
    }
}

extension DeviceKind {
    /// Whether a driver domain starts QEMU for such a backend.
    var isServedByBackendModel: Bool { self == .qdisk || self == .p9 }
}
