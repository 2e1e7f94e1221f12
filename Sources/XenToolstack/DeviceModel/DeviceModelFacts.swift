import DomainModel
import XenStore
import XenTypes
import YajlJSON

/// What QEMU has chosen itself when it started, and where the store tells it to others.
enum DeviceModelFacts {
    /// The terminals of the guest's serial lines.
    ///
    /// - Parameter answer: to `query-chardev`.
    static func serialNodes(_ answer: JSONValue, of domain: DomainID) throws(QMPError) -> [StoreNode] {
        guard let devices = answer.array else { throw .malformed("query-chardev gives no list") }
        var nodes: [StoreNode] = []
        for device in devices {
            guard let label = device["label"]?.string, let file = device["filename"]?.string else {
                throw .malformed("query-chardev lists a device without label or file name")
            }
            guard label.hasPrefix("serial"), file.hasPrefix("pty:") else { continue }
            guard let number = UInt32(label.dropFirst("serial".count)) else {
                throw .malformed("query-chardev lists a serial line \(label.escapingControls)")
            }
            nodes.append(
                StoreNode(DomainPaths(domain).guest / "serial/\(number)/tty", String(file.dropFirst("pty:".count))))
        }
        return nodes
    }

    /// Where VNC viewers connect.
    ///
    /// - Parameter answer: to `query-vnc`.
    static func displayNodes(_ answer: JSONValue, of domain: DomainID) throws(QMPError) -> [StoreNode] {
        guard let isEnabled = answer["enabled"]?.bool else { throw .malformed("query-vnc does not say if it is on") }
        guard isEnabled else { return [] }
        guard let host = answer["host"]?.string, let port = answer["service"]?.string else {
            throw .malformed("query-vnc gives no address")
        }
        let console = DomainPaths(domain).guest / "console"
        return [StoreNode(console / "vnc-listen", host), StoreNode(console / "vnc-port", port)]
    }
}

extension DomainConfiguration {
    /// The VNC display that QEMU shows, if any.
    var display: VNCInfo? {
        let vnc = createInfo.type == .hvm ? buildInfo.hvm?.vnc : vfbs.first?.vnc
        return vnc?.enable == true ? vnc : nil
    }
}

extension Toolstack {
    /// Asks a QEMU that has just started for what it chose, notes it in the store, and sets the display's password.
    ///
    /// - Parameter display: the VNC display that it was started with.
    func completeDeviceModel(_ plan: DeviceModelPlan, display: VNCInfo?) async throws(ToolstackError) {
        do {
            try await noteFacts(ofDeviceModelOf: plan.domain, display: display)
        } catch {
            var failure = error
            let log = LogFile(plan.logName, in: paths.log)
            failure.cause = [failure.cause, log.lastLines()].compactMap(\.self).joined(separator: ": ")
            failure.remedy = failure.remedy ?? "see \(log.path)"
            throw failure
        }
    }

    private func noteFacts(
        ofDeviceModelOf domain: DomainID, display: VNCInfo?
    ) async throws(ToolstackError) {
        try await withDeviceModel(of: domain, to: "learn what the QEMU of domain \(domain) has chosen") { session in
            let limit = timeouts.deviceModelCommand
            var nodes = try DeviceModelFacts.serialNodes(
                await session.execute("query-chardev", within: limit), of: domain)
            if let display {
                nodes += try DeviceModelFacts.displayNodes(
                    await session.execute("query-vnc", within: limit), of: domain)
                if let password = display.password, !password.isEmpty {
                    // Without it nobody gets in.
                    try await session.execute("change-vnc-password", [("password", .string(password))], within: limit)
                    nodes.append(StoreNode(DomainPaths(domain).guest / "console/vnc-pass", password))
                }
            }
            guard !nodes.isEmpty else { return }
            try store.transaction { transaction throws(StoreError) in try transaction.apply(nodes) }
        }
    }
}
