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
                throw .malformed("query-chardev lists a serial line \(label)")
            }
            let terminal = String(file.dropFirst("pty:".count))
            guard isTerminal(terminal) else {
                throw .malformed("query-chardev gives \(terminal) for a terminal")
            }
            nodes.append(StoreNode(DomainPaths(domain).guest / "serial/\(number)/tty", terminal))
        }
        return nodes
    }

    /// Whether a path names a pseudo-terminal: root's console clients open it, and QEMU may be the guest's.
    private static func isTerminal(_ path: String) -> Bool {
        let directory = "/dev/pts/"
        let number = path.dropFirst(directory.count)
        return path.hasPrefix(directory) && number.allSatisfy { $0.isASCII && $0.isNumber } && UInt32(number) != nil
    }

    /// Where VNC viewers connect.
    ///
    /// - Parameters:
    ///   - answer: to `query-vnc`.
    ///   - listen: what QEMU was told to listen on.
    static func displayNodes(
        _ answer: JSONValue, listen: String?, of domain: DomainID
    ) throws(QMPError) -> [StoreNode] {
        guard let isEnabled = answer["enabled"]?.bool else { throw .malformed("query-vnc does not say if it is on") }
        guard isEnabled else { return [] }
        guard let host = answer["host"]?.string, let port = answer["service"]?.string else {
            throw .malformed("query-vnc gives no address")
        }
        // The only address of another kind that QEMU can have is the socket that it was told.
        guard listen == "unix:\(host)" || (isAddress(host) && UInt16(port).map { $0 > 0 } == true) else {
            throw .malformed("query-vnc gives the address \(host):\(port)")
        }
        let console = DomainPaths(domain).guest / "console"
        return [StoreNode(console / "vnc-listen", host), StoreNode(console / "vnc-port", port)]
    }
}

extension DeviceModelFacts {
    /// Whether a text is a numeric address, as QEMU gives them, possibly with the interface that it belongs to: viewers
    /// get it in their command line.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.map(String.init) else { return false }
        guard
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
            )
        else { return false }
        return SystemCalls.internetAddress(address) != nil
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
            failure.evidence = failure.evidence ?? log.evidence
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
                    await session.execute("query-vnc", within: limit), listen: display.listen, of: domain)
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
