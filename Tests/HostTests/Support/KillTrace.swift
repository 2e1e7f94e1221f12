/// A moment in the run of a command at which it can be killed: just before a system call.
struct KillMoment: Sendable, CustomStringConvertible {
    /// The system call's name.
    var call: String
    /// How many calls of this name its thread has made then, with this one.
    var count: Int
    /// What it was in the run that was recorded.
    var text: String

    var description: String { "\(call) no. \(count), recorded as \(text)" }
}

/// What a command that is left alone calls the kernel for: where the moments come from, so that they follow the code.
struct KillTrace: Sendable {
    /// Calls that change something outside of the process, or make another.
    private static let calls = [
        "write", "writev", "sendto", "sendmsg", "ioctl", "openat", "connect", "bind", "clone", "clone3", "vfork",
        "kill",
        "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "mkdir", "mkdirat",
        "rmdir",
        "ftruncate", "fsync", "flock", "mount", "umount2", "setns", "pidfd_send_signal",
    ]
    /// Of so many calls of a kind in a row each counts; of more, so many: a thousand hypercalls that fill a guest's
    /// memory are one step.
    private static let longestRun = 6
    /// Where strace writes.
    static let file = "/root/kill.trace"
    /// What is made by the command is not followed: a script is not what is to be killed.
    private static let tracer = "strace -f -b execve -q -o \(file)"

    private var moments: [KillMoment] = []

    /// The words before a command that has its calls recorded.
    static let recorder = "\(tracer) -e trace=\(calls.joined(separator: ",")) "

    /// The words before a command that is killed. Each thread counts for itself, and the first that comes so far is it.
    static func killer(at moment: KillMoment) -> String {
        let call = moment.call
        return "\(tracer) -e trace=\(call) -e inject=\(call):signal=KILL:when=\(moment.count) "
    }

    /// - Parameter text: what strace has written.
    init(_ text: String) {
        var counts: [Substring: [Substring: Int]] = [:]
        var run: [KillMoment] = []
        var runsThread: Substring = ""
        for line in text.split(separator: "\n") {
            guard let match = line.firstMatch(of: /^(\d+) +(([a-z_0-9]+)\(.*)$/) else { continue }
            let (_, thread, call, name) = match.output
            let count = (counts[name]?[thread] ?? 0) + 1
            counts[name, default: [:]][thread] = count
            // Where another thread has made as many such calls, it would have been killed then.
            let most = counts[name]?.filter { $0.key != thread }.values.max() ?? 0
            guard count > most, !Self.isOfNoInterest(call) else { continue }
            if run.last?.call != String(name) || runsThread != thread {
                moments += Self.thinned(run)
                run = []
            }
            runsThread = thread
            run.append(KillMoment(call: String(name), count: count, text: String(call.prefix(70))))
        }
        moments += Self.thinned(run)
    }

    /// Looking changes nothing, and terminals are not what this is about.
    private static func isOfNoInterest(_ call: Substring) -> Bool {
        call.hasPrefix("openat") && call.contains("O_RDONLY") || call.contains(", TC") || call.hasPrefix("execve")
    }

    private static func thinned(_ run: [KillMoment]) -> [KillMoment] {
        guard run.count > longestRun else { return run }
        return (0..<longestRun).map { run[$0 * (run.count - 1) / (longestRun - 1)] }
    }

    /// One of so many moments that are spread evenly over the run.
    func moment(_ index: Int, of count: Int) throws -> KillMoment {
        guard !moments.isEmpty else { throw KillFailure("strace has recorded nothing") }
        return moments[min((2 * index + 1) * moments.count / (2 * count), moments.count - 1)]
    }
}

/// Why a point has failed.
struct KillFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
