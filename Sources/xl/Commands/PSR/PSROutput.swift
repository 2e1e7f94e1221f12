import XenToolstack
import XenTypes
import YajlJSON

/// The texts of the commands for Platform Shared Resources, byte for byte upstream's.
enum PSROutput {
    static func text(_ hardware: PSRHardware) -> String {
        var lines: [String] = []
        if let monitoring = hardware.monitoring {
            lines += ["Cache Monitoring Technology (CMT):", line("Enabled", monitoring == nil ? "0" : "1")]
            if let monitoring {
                lines += [line("Total RMID", "\(monitoring.monitors)"), "Supported monitor types:"]
                lines += monitoring.resources.map(\.name)
            }
        }
        if let sockets = hardware.level3 {
            lines += ["Cache Allocation Technology (CAT):"] + sockets.flatMap { cache($0, level: 3) }
        }
        if let sockets = hardware.level2 {
            lines += ["Cache Allocation Technology (CAT): L2"] + sockets.flatMap { cache($0, level: 2) }
        }
        if let sockets = hardware.bandwidth {
            lines += ["Memory Bandwidth Allocation (MBA):"] + sockets.flatMap(bandwidth)
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ key: String, _ value: String) -> String { key.padded(to: 16) + ": " + value }

    private static func cache(_ socket: DividedSocket, level: Int) -> [String] {
        guard case .cache(let division) = socket.division else { return [] }
        let third =
            level == 3
            ? [
                line("L3 Cache", "\(socket.cacheSize ?? 0)KB"),
                line("CDP Status", division.separatesCodeAndData ? "Enabled" : "Disabled"),
            ] : []
        return [line("Socket ID", "\(socket.socket)")] + third + [
            line("Maximum COS", "\(division.maximumClass)"), line("CBM length", "\(division.maskLength)"),
            line("Default CBM", mask(division.defaultMask)),
        ]
    }

    private static func bandwidth(_ socket: DividedSocket) -> [String] {
        guard case .bandwidth(let division) = socket.division else { return [] }
        return [
            ("Socket ID", "\(socket.socket)"), ("Linear Mode", division.isLinear ? "Enabled" : "Disabled"),
            ("Maximum COS", "\(division.maximumClass)"),
            ("Maximum Throttling Value", "\(division.maximumThrottle)"), ("Default Throttling Value", "0"),
        ].map { $0.padded(to: 24) + ": " + $1 }
    }

    /// As printf's `%#x`.
    private static func mask(_ value: UInt64) -> String { value == 0 ? "0" : "0x" + hexadecimal(value, width: 1) }

    static func text(_ readings: MonitorReadings) -> String {
        let sockets = readings.sockets.map { "Socket".rightAligned(to: 14) + " \($0)" }.joined()
        var lines = [
            "Total RMID: \(readings.monitors)", "Name".padded(to: 40) + " " + "ID".rightAligned(to: 5) + sockets,
        ]
        if readings.resource == .cacheOccupancy {
            let sizes = readings.cacheSizes.map { $0.rightAligned(to: 13) + " KB" }.joined()
            lines.append("Total L3 Cache Size".padded(to: 46) + sizes)
        }
        let (width, unit) = readings.resource == .cacheOccupancy ? (13, " KB") : (11, " KB/s")
        lines += readings.domains.map { domain in
            let values = domain.values.compactMap { $0.map { $0.rightAligned(to: width) + unit } }
            return domain.name.shownName.padded(to: 40) + " " + domain.domain.rawValue.rightAligned(to: 5)
                + values.joined()
        }
        return lines.joined(separator: "\n")
    }

    static func text(_ sockets: [DividedSocket], _ resource: SharedResource) -> String {
        sockets.flatMap { socket -> [String] in
            var lines = [line("Socket ID", "\(socket.socket)")]
            var titles = ["THRTL"]
            var isLinear = true
            switch socket.division {
            case .cache(let division):
                if let size = socket.cacheSize { lines.append(line("L3 Cache", "\(size)KB")) }
                lines.append(line("Default CBM", mask(division.defaultMask)))
                titles = division.separatesCodeAndData ? ["CBM (code)", "CBM (data)"] : ["CBM"]
                isLinear = false
            case .bandwidth(let division):
                lines.append(line("Default THRTL", "0"))
                isLinear = division.isLinear
            }
            lines.append(row("ID", "NAME", titles))
            return lines
                + (socket.domains ?? []).map { domain in
                    row(
                        "\(domain.domain)", domain.name.shownName,
                        domain.values.map { $0.map { isLinear ? "\($0)" : mask($0) } ?? "error" })
                }
        }.joined(separator: "\n")
    }

    private static func row(_ number: String, _ name: String, _ values: [String]) -> String {
        number.rightAligned(to: 5) + name.rightAligned(to: 25) + values.map { $0.rightAligned(to: 16) }.joined()
    }

    /// Prints what domains have of a resource.
    static func show(
        _ resource: SharedResource, of domain: String?, asJSON isJSON: Bool, in toolstack: Toolstack
    ) throws -> ExitStatus {
        let sockets = try toolstack.divisions(of: resource, only: domain.map { try toolstack.findDomain($0) })
        if isJSON {
            try Output.print(json: document(sockets, resource))
        } else {
            Output.print(text(sockets, resource))
        }
        return .success
    }
}

/// The documents of the same commands; they are described in `schemas`.
extension PSROutput {
    static func outcome(_ domain: DomainID, isMonitored: Bool) -> JSONValue {
        .object([("domid", .count(domain.rawValue)), ("monitored", .bool(isMonitored))])
    }

    static func document(_ hardware: PSRHardware) -> JSONValue {
        func sockets(_ sockets: [DividedSocket]?) -> JSONValue { sockets.map { .array($0.map(member)) } ?? .null }
        let monitoring = hardware.monitoring.map { monitoring in
            JSONValue.object([
                ("enabled", .bool(monitoring != nil)), ("total_rmids", .count(monitoring?.monitors)),
                ("monitor_types", .array(monitoring?.resources.map { .string($0.name) } ?? [])),
            ])
        }
        return .object([
            ("cmt", monitoring ?? .null), ("l3_cat", sockets(hardware.level3)), ("l2_cat", sockets(hardware.level2)),
            ("mba", sockets(hardware.bandwidth)),
        ])
    }

    private static func member(_ socket: DividedSocket) -> JSONValue { .object(members(socket)) }

    private static func members(_ socket: DividedSocket) -> [(name: String, value: JSONValue)] {
        let number: (name: String, value: JSONValue) = ("socket", .count(socket.socket))
        switch socket.division {
        case .cache(let division):
            let size: [(name: String, value: JSONValue)] = socket.cacheSize.map { [("cache_kib", .count($0))] } ?? []
            return [number] + size + [
                ("max_cos", .count(division.maximumClass)), ("cbm_bits", .count(division.maskLength)),
                ("default_cbm", .count(division.defaultMask)), ("cdp", .bool(division.separatesCodeAndData)),
            ]
        case .bandwidth(let division):
            return [
                number, ("linear", .bool(division.isLinear)), ("max_cos", .count(division.maximumClass)),
                ("max_throttle", .count(division.maximumThrottle)), ("default_throttle", .integer(0)),
            ]
        }
    }

    static func document(_ readings: MonitorReadings) -> JSONValue {
        let key = readings.resource == .cacheOccupancy ? "occupancy_kib" : "rate_kib_per_s"
        let sockets = readings.sockets.enumerated().map { index, socket in
            let size = index < readings.cacheSizes.count ? readings.cacheSizes[index] : nil
            return JSONValue.object([("socket", .count(socket)), ("cache_kib", .count(size))])
        }
        let domains = readings.domains.map { domain in
            JSONValue.object([
                ("domid", .count(domain.domain.rawValue)), ("name", .text(domain.name)),
                (
                    "sockets",
                    .array(
                        zip(readings.sockets, domain.values).map {
                            .object([("socket", .count($0)), (key, .count($1))])
                        })
                ),
            ])
        }
        return .object([
            ("monitor_type", .string(readings.resource.name)), ("total_rmids", .count(readings.monitors)),
            ("sockets", .array(sockets)), ("domains", .array(domains)),
        ])
    }

    /// The names of a domain's values on a socket.
    private static func keys(of socket: DividedSocket, _ resource: SharedResource) -> [String] {
        socket.shares(of: resource).map { share in
            switch share {
            case .level3Mask, .level2Mask: "cbm"
            case .level3CodeMask: "code_cbm"
            case .level3DataMask: "data_cbm"
            case .memoryThrottle: "throttle"
            }
        }
    }

    static func document(_ sockets: [DividedSocket], _ resource: SharedResource) -> JSONValue {
        .array(
            sockets.map { socket in
                let keys = keys(of: socket, resource)
                let domains = (socket.domains ?? []).map { domain in
                    JSONValue.object(
                        [("domid", .count(domain.domain.rawValue)), ("name", .text(domain.name))]
                            + zip(keys, domain.values).map { (name: $0, value: JSONValue.count($1)) })
                }
                return .object(members(socket) + [("domains", .array(domains))])
            })
    }
}
