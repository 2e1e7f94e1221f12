import Glibc

/// A program that a test runs on the build machine.
///
/// Foundation's `Process` takes a child as ended only when all that it left running have ended too, and a test host's
/// machine lives on.
struct ChildProcess: Sendable {
    let id: pid_t

    /// Starts a program with the given descriptors as its standard ones and no other that is closed on exec.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Int32? = nil,
        output: Int32? = nil
    ) throws(HostError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") }
        var inherited = environ
        while let variable = inherited.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(strdup(variable)) }
            inherited += 1
        }
        variables.append(nil)
        defer { (words + variables).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw .hostDidNotStart("\(program): \(String(cString: strerror(code)))") }
        id = child
    }

    /// Waits for the end; the exit code, or 128 + N for an end by signal N.
    func wait() -> Int {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        let signal = Int(status & 0x7f)
        return signal == 0 ? Int((status >> 8) & 0xff) : 128 + signal
    }

    func terminate() { kill(id, SIGTERM) }

    /// Ends the program whatever it does about it.
    func end() {
        kill(id, SIGKILL)
        _ = wait()
    }
}
