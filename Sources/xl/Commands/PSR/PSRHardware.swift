import ArgumentParser
import XenToolstack

struct PSRHardwareCommand: XLCommand {
    static let configuration = named(
        "psr-hwinfo", "Show hardware information for Platform Shared Resource", usage: "[options]",
        discussion: """
            Without options, all is shown. It exits with 253 when the last of what was asked for is missing.
            """)

    @Flag(name: [.customShort("m"), .long], help: "Show Cache Monitoring Technology (CMT).") var cmt = false
    @Flag(name: [.customShort("a"), .long], help: "Show Cache Allocation Technology (CAT).") var cat = false
    @Flag(name: [.customShort("b"), .long], help: "Show Memory Bandwidth Allocation (MBA).") var mba = false
    @Flag(help: "Print it as a JSON document.") var json = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let isAll = !cmt && !cat && !mba
        var hardware = PSRHardware()
        var status = ExitStatus.success
        func found<Value>(_ body: () throws(ToolstackError) -> Value) -> Value? {
            do throws(ToolstackError) {
                let value = try body()
                status = .success
                return value
            } catch {
                Output.error(error)
                status = ExitStatus(resourcesCode: error)
                return nil
            }
        }
        if isAll || cmt {
            hardware.monitoring = found { () throws(ToolstackError) in try toolstack.resourceMonitoring() }
            if status == .success, hardware.monitoring == .some(.none),
                let cause = toolstack.absence(of: .cacheMonitoring)
            {
                Output.warning("caches are not monitored: \(cause)")
            }
        }
        if isAll || cat {
            // As upstream: what the third level has is not shown when the monitoring could not be read.
            if status == .success {
                hardware.level3 = found { () throws(ToolstackError) in
                    try toolstack.dividedSockets(.cache(level: 3))
                }
            }
            hardware.level2 = found { () throws(ToolstackError) in try toolstack.dividedSockets(.cache(level: 2)) }
        }
        if isAll || mba {
            hardware.bandwidth = found { () throws(ToolstackError) in try toolstack.dividedSockets(.bandwidth) }
        }
        if json {
            try Output.print(json: PSROutput.document(hardware))
        } else {
            let text = PSROutput.text(hardware)
            if !text.isEmpty { Output.print(text) }
        }
        return status
    }
}

/// What a processor's shared resources allow; nil for what was not asked for, or is not there.
struct PSRHardware {
    /// The inner nil stands for monitoring that is off.
    var monitoring: ResourceMonitoring??
    var level3: [DividedSocket]?
    var level2: [DividedSocket]?
    var bandwidth: [DividedSocket]?
}

extension ExitStatus {
    /// What the commands for shared resources exit with: libxl's negative codes as they are, as upstream.
    init(resourcesCode error: any Error) {
        switch (error as? ToolstackError)?.code {
        case .domainNotFound, .invalid, .notFound, nil: self = .failure
        case .notSupported: self = .minusOne
        default: self.init(253)
        }
    }
}
