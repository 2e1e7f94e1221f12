/// What breaks a migration at a point.
enum FaultScripts {
    /// Stands between the sender and the receiver of a migration.
    static let cut = #"""
        # cut.py WHAT WHERE COMMAND...: runs the receiver of a migration, and breaks it at a point.
        # WHAT: line (both directions end), sender, receiver (SIGKILL), terminate (SIGTERM for the receiver), silence (the
        # line stays, and nothing passes any more).
        # WHERE: up:N (after N bytes from the receiver), down:N (from the sender), go:N (of what follows the ready message).
        # $HOOK is a command that runs before the ready message is passed on.
        import os, select, signal, subprocess, sys, time

        READY = b"domain received, ready to unpause\0"
        what, where = sys.argv[1:3]
        direction, count = where.split(":")
        count = int(count)
        child = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        sender = os.getppid()
        seen = {"up": 0, "down": 0, "go": 0}
        tail = b""


        def strike():
            if what == "silence":
                # Until the sender ends the command.
                time.sleep(1000)
            if what == "sender":
                os.kill(sender, signal.SIGKILL)
            elif what == "receiver":
                child.kill()
            elif what == "terminate":
                child.terminate()
            child.stdin.close()
            os.close(1)
            os.close(0)
            # A line that is cut is cut for ever; its receiver ends by itself.
            child.wait()
            sys.exit(0)


        def room(kind, length):
            return length if kind != direction else max(min(length, count - seen[kind]), 0)


        open_ends = [0, child.stdout.fileno()]
        while open_ends:
            for end in select.select(open_ends, [], [])[0]:
                data = os.read(end, 1 << 16)
                if not data:
                    open_ends.remove(end)
                    if end == 0:
                        child.stdin.close()
                    else:
                        sys.exit(child.wait())
                    continue
                kind = "up" if end else ("go" if READY in tail and direction == "go" else "down")
                part = data[: room(kind, len(data))]
                if end:
                    was_ready = READY in tail
                    tail = (tail + part)[-200:]
                    if "HOOK" in os.environ and READY in tail and not was_ready:
                        subprocess.run(os.environ["HOOK"], shell=True, check=True)
                    os.write(1, part)
                else:
                    child.stdin.write(part)
                    child.stdin.flush()
                seen[kind] += len(part)
                if kind == direction and seen[kind] >= count:
                    time.sleep(0.2)
                    strike()
            if direction == "go" and count == 0 and READY in tail:
                strike()

        """#

    /// Takes the place of a QEMU's monitor, and never answers to what follows the greeting.
    static let mute = #"""
        # mute.py SOCKET
        import json, os, socket, sys, time

        path = sys.argv[1]
        os.rename(path, path + ".real")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(8)
        if os.fork():
            sys.exit(0)
        os.setsid()
        for stream in (0, 1, 2):
            os.close(stream)
        connection = listener.accept()[0]
        connection.sendall(b'{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}}}\r\n')
        request = json.loads(connection.recv(4096))
        connection.sendall(b'{"return": {}, "id": %d}\r\n' % request["id"])
        # Until the other side gives up.
        while connection.recv(4096):
            pass
        os.rename(path + ".real", path)

        """#

    /// Stands in the place of ssh.
    static let ssh = #"""
        #!/bin/sh
        # fake-ssh HOST xl COMMAND...; $SLOW is a command that runs before a question is asked, $RECEIVER are words that
        # go before the receiver
        shift 2
        [ -z "$SLOW" ] || [ "$1" != migrate-state ] || sh -c "$SLOW"
        xl=${XL:-/root/ours/xl}
        [ "$1" != migrate-receive ] || xl="$RECEIVER $xl"
        [ -z "$CUT" ] || [ "$1" != migrate-receive ] || exec python3 /root/cut.py $CUT $xl "$@"
        exec $xl "$@"

        """#
}
