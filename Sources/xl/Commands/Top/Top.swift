import ArgumentParser
import Glibc
import XenToolstack
import YajlJSON

struct TopCommand: XLCommand {
    static let configuration = named(
        "top", "Monitor a host and the domains in real time",
        discussion: """
            On a terminal it shows the domains on all of it until q is pressed; h lists the keys. With -b, or where there \
            is no terminal, each sample is a table of xentop's 19 columns. Disks of QEMU and of the kernel are counted \
            together. CPU(%) is of one processor, and of the time since the sample before; before the first one, it looks \
            for a quarter of a second.
            """)

    @Option(
        name: [.customShort("d"), .long],
        help: ArgumentHelp("Seconds between samples.", valueName: "seconds"))
    var delay: Double = 3
    @Flag(name: [.customShort("n"), .long], help: "Show each network card.") var networks = false
    @Flag(name: [.customShort("x"), .long], help: "Show each disk.") var vbds = false
    @Flag(name: [.customShort("r"), .long], help: "Repeat the header before each domain.")
    var repeatHeader = false
    @Flag(name: [.customShort("v"), .long], help: "Show each virtual CPU.") var vcpus = false
    @Flag(name: [.customShort("b"), .long], help: "Print tables, and take no keys.") var batch = false
    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp("End after so many samples.", valueName: "number"))
    var iterations: UInt?
    @Flag(name: [.customShort("f"), .long], help: "Show names in full.") var fullName = false
    @Flag(
        name: [.customShort("z"), .customLong("dom0-first")],
        help: "Put domain 0 first, however it is sorted.")
    var controlDomainFirst = false
    @Flag(help: "Print each sample as a JSON document on a line of its own.") var json = false

    /// Before the first sample.
    private static let firstLook = Duration.milliseconds(250)

    func validate() throws {
        guard (0...86_400).contains(delay) else {
            throw ValidationError("--delay must be a number of seconds, up to 86400")
        }
    }

    private var options: TopOptions {
        TopOptions(
            showsVCPUs: vcpus, showsNetworks: networks, showsDisks: vbds, repeatsHeader: repeatHeader,
            showsFullNames: fullName, putsControlDomainFirst: controlDomainFirst)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        // What keeps it from showing anything is said before the terminal is taken.
        let first = try await toolstack.sample()
        if !batch, !json, let screen = FullScreen() {
            return try await show(on: screen, toolstack, first)
        }
        let signals = TerminationSignals()
        defer { signals.stop() }
        let task = Task(executorPreference: EventLoop.shared.preference) {
            try await printSamples(toolstack, first)
        }
        signals.start { task.cancel() }
        do { try await task.value } catch {
            // As xentop does, it ends after a whole table.
            guard signals.received != nil else { throw error }
        }
        return .success
    }

    private func printSamples(_ toolstack: Toolstack, _ first: HostSample) async throws {
        var (previous, left, table) = (first, iterations ?? 0, TopTable())
        try await idle(for: Self.firstLook)
        while true {
            let sample = try await toolstack.sample(includingVCPUs: vcpus || json)
            let frame = TopFrame(sample: sample, previous: previous)
            previous = sample
            if json {
                Output.print(
                    bytes: try YajlEncoder(layout: .compact).encode(TopJSON.document(frame, options))
                        + [UInt8(ascii: "\n")])
            } else {
                for line in table.lines(frame, options) { Output.print(line.text) }
            }
            guard Output.flush() == nil, left != 1 else { return }
            if left > 1 { left -= 1 }
            try await idle(for: .seconds(delay))
        }
    }

    private func show(
        on terminal: FullScreen, _ toolstack: Toolstack, _ first: HostSample
    ) async throws -> ExitStatus {
        let outcome: Result<CInt?, any Error>
        do { outcome = .success(try await drawSamples(on: terminal, toolstack, first)) } catch {
            outcome = .failure(error)
        }
        terminal.end()
        if let signal = try outcome.get() { TerminationSignals().die(of: signal) }
        return .success
    }

    /// - Returns: the signal that ended it, if one did.
    private func drawSamples(
        on terminal: FullScreen, _ toolstack: Toolstack, _ first: HostSample
    ) async throws -> CInt? {
        let (version, isColoured) = (try toolstack.hypervisorVersion(), FullScreen.isColoured)
        var (screen, left) = (
            TopScreen(options: options, delay: .seconds(max(delay, 0.1))), iterations ?? 0
        )
        var frame = TopFrame(sample: first, previous: first)
        var due = ContinuousClock.now + Self.firstLook
        while true {
            guard let event = await terminal.next(until: due) else {
                let sample = try await toolstack.sample(includingVCPUs: true)
                frame = TopFrame(sample: sample, previous: frame.sample)
                Self.draw(frame, &screen, on: terminal, version, isColoured)
                guard Output.flush() == nil, left != 1 else { return nil }
                if left > 1 { left -= 1 }
                due = .now + screen.delay
                continue
            }
            switch event {
            case .end(let signal): return signal
            case .redraw: break
            case .keys(let bytes):
                var keys = bytes[...]
                while !keys.isEmpty { screen.take(&keys) }
                if screen.isOver { return nil }
                due = min(due, .now + screen.delay)
            }
            Self.draw(frame, &screen, on: terminal, version, isColoured)
        }
    }

    private static func draw(
        _ frame: TopFrame, _ screen: inout TopScreen, on terminal: FullScreen, _ version: String,
        _ isColoured: Bool
    ) {
        terminal.draw(
            screen.rows(
                frame, terminal.size, clock: UptimeText.clock(time(nil)), version: version,
                isColoured: isColoured))
    }
}
