import ArgumentParser
import XenToolstack

/// How a guest is sent: while it runs or not, for how long, and how fast.
struct TransferFlags: ParsableArguments {
    enum Reaction: String, ExpressibleByArgument, CaseIterable { case stop, abort, throttle }

    @Flag(inversion: .prefixedNo, help: "Send memory while the guest runs, or else suspend it first.")
    var live = true
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Suspend the guest when the rest can be sent in so many milliseconds.", valueName: "ms"))
    var maxDowntime: UInt32?
    @Option(name: .long, help: "Send memory in at most so many rounds while the guest runs.")
    var maxIterations: UInt32 = PrecopyLimits().iterations
    @Option(
        name: .long, help: ArgumentHelp("Suspend the guest when fewer pages than this are left.", valueName: "pages"))
    var minRemaining = PrecopyLimits().remaining
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Begin no further round when so many seconds are over.", valueName: "seconds"))
    var timeout: UInt32?
    @Option(
        name: .long,
        help: """
            What to do when the rounds or the time are over and --max-downtime cannot be kept: stop (suspend the guest \
            nevertheless), abort (give up; the guest goes on here), or throttle (give it less and less processor time, and \
            go on; suspend it when that does not help either).
            """)
    var ifBusy = Reaction.stop
    @Option(
        name: .long,
        help: ArgumentHelp("Send at most so many megabytes (of 1000000 bytes) a second.", valueName: "MB/s"))
    var bandwidth: UInt32?

    func validate() throws {
        guard bandwidth != 0 else { throw ValidationError("--bandwidth must be at least 1") }
    }

    var options: MigrationOptions {
        var options = MigrationOptions()
        options.isLive = live
        options.limits = limits
        options.bandwidth = bandwidth.map { UInt64($0) * 1_000_000 }
        return options
    }

    private var limits: PrecopyLimits {
        var limits = PrecopyLimits()
        limits.iterations = maxIterations
        limits.remaining = minRemaining
        limits.downtime = maxDowntime.map { .milliseconds($0) }
        limits.timeout = timeout.map { .seconds($0) }
        limits.busy = PrecopyLimits.Busy(rawValue: ifBusy.rawValue) ?? .stop
        return limits
    }
}
