import Glibc
import SystemPackage

extension ChildProcess.Plan {
    /// First number for the parent's copies of descriptors to pass, above those they become in the child. No higher,
    /// for a process may be allowed few.
    var parkingBase: CInt { CInt(3 + passedDescriptors.count) }

    func spawn() throws(ToolstackError) -> pid_t {
        var parked: [CInt] = []
        defer { for descriptor in parked { close(descriptor) } }
        var streams: [CInt?] = []
        for (number, stream) in [input, output, error].enumerated() {
            streams.append(try park(stream, number: CInt(number), in: &parked))
        }
        var passed: [CInt] = []
        for descriptor in passedDescriptors { passed.append(try park(descriptor.rawValue, in: &parked)) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in [input, output, error].enumerated() {
            let number = CInt(number)
            if case .file(let path) = stream {
                posix_spawn_file_actions_addopen(&actions, number, path.string, O_RDWR, 0)
            } else if let source = streams[Int(number)] {
                posix_spawn_file_actions_adddup2(&actions, source, number)
            }
        }
        for (index, source) in passed.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, CInt(3 + index))
        }
        SystemCalls.addClosing(from: CInt(3 + passed.count), to: &actions)
        if let workingDirectory { SystemCalls.addDirectory(workingDirectory, to: &actions) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setAttributes(&attributes)
        return try spawn(&actions, &attributes)
    }

    private func spawn(
        _ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t
    ) throws(ToolstackError) -> pid_t {
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let envp: [UnsafeMutablePointer<CChar>?] = environmentStrings().map { strdup($0) } + [nil]
        defer {
            for pointer in argv { free(pointer) }
            for pointer in envp { free(pointer) }
        }
        var id: pid_t = 0
        let status = posix_spawn(&id, executable.string, &actions, &attributes, argv, envp)
        guard status == 0 else {
            // Without room for one more process, a later try may succeed.
            throw ToolstackError(
                status == EAGAIN || status == ENOMEM ? .noMemory : .fail, "cannot start \(executable)",
                cause: "\(Errno(rawValue: status))")
        }
        return id
    }

    /// What nohup, shells without job control and interpreters ignore in the programs that they start; to set all
    /// signals takes a system call for each.
    private static let signalsOftenIgnored = [
        SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ,
    ]

    private func setAttributes(_ attributes: inout posix_spawnattr_t) {
        var flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        switch group {
        case .shared: break
        case .own:
            flags |= Int16(POSIX_SPAWN_SETPGROUP)
            posix_spawnattr_setpgroup(&attributes, 0)
        case .session: flags |= SystemCalls.newSession
        }
        posix_spawnattr_setflags(&attributes, flags)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var ignored = sigset_t()
        sigemptyset(&ignored)
        for number in Self.signalsOftenIgnored { sigaddset(&ignored, number) }
        posix_spawnattr_setsigdefault(&attributes, &ignored)
    }

    /// - Returns: the parent's copy of what the stream is connected to; nil if the child opens it or keeps its own.
    private func park(
        _ stream: ChildProcess.Stream, number: CInt, in parked: inout [CInt]
    ) throws(ToolstackError) -> CInt? {
        switch stream {
        case .file: return nil
        case .inherited: return try park(number, in: &parked)
        case .descriptor(let descriptor): return try park(descriptor.rawValue, in: &parked)
        case .null:
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            guard null >= 0 else { throw failure() }
            defer { close(null) }
            return try park(null, in: &parked)
        }
    }

    private func park(_ descriptor: CInt, in parked: inout [CInt]) throws(ToolstackError) -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, parkingBase)
        guard copy >= 0 else { throw failure() }
        parked.append(copy)
        return copy
    }

    private func failure() -> ToolstackError {
        ToolstackError(.fail, "cannot prepare the descriptors of \(executable)", cause: "\(Errno(rawValue: errno))")
    }
}

extension ChildProcess.Plan {
    /// Becomes the program, with this process's streams and number. Returns only when that fails.
    ///
    /// - Returns: why it failed.
    package func replaceSelf() -> Errno {
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let envp: [UnsafeMutablePointer<CChar>?] = environmentStrings().map { strdup($0) } + [nil]
        defer {
            for pointer in argv { free(pointer) }
            for pointer in envp { free(pointer) }
        }
        // A program inherits what its thread blocks, and the threads that run Swift's tasks block most signals.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        // What is ignored stays so in the program, and few know what to do about a pipe that nobody reads.
        signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, SIG_IGN) }
        execve(executable.string, argv, envp)
        return Errno(rawValue: errno)
    }
}
