/// What breaks a migration at a point.
enum FaultScripts {
    /// Stands between the sender and the receiver of a migration.
    static let cut = #"""
        # cut.py WHAT WHERE COMMAND...: runs the receiver of a migration, and breaks it at a point.
        # WHAT: line (both directions end), sender, receiver (SIGKILL), terminate (SIGTERM for the receiver).
        # WHERE: up:N (after N bytes from the receiver), down:N (from the sender), go:N (of what follows the ready message).
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
                    tail = (tail + part)[-200:]
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

    /// Stands in the place of ssh.
    static let ssh = #"""
        #!/bin/sh
        # fake-ssh HOST xl COMMAND...
        shift 2
        xl=${XL:-/root/ours/xl}
        [ -z "$CUT" ] || [ "$1" != migrate-receive ] || exec python3 /root/cut.py $CUT $xl "$@"
        exec $xl "$@"

        """#
}
