/// What means harm to the toolstack, as far as dom0 can play it.
enum HostileScripts {
    /// Where all of it is, and what it leaves.
    static let place = "/root/hostile"

    static let program = #"""
        # hostile.py ROLE WORDS...
        #   meter NAME COMMAND...        runs a command; leaves NAME.out, .err, and .end with its exit code and peak memory (KiB)
        #   flip NODE VALUE...           writes one value after the other to a node, as long as it is there
        #   flood NODE VALUE             writes a value again and again
        #   fill DIRECTORY               makes nodes until there may be no more, and says how many
        #   rewrite DIRECTORY            changes and removes what is below it, without end
        #   qmp SOCKET MANNER...         is a QEMU's monitor that treats each connection in its manner
        #   receiver WORDS...            is the other side of a migration, in $MANNER
        #   qemu WORDS...                is a QEMU that refuses to eject anything, and writes to its log without end
        import fcntl
        import json
        import os
        import socket
        import struct
        import subprocess
        import sys
        import termios
        import threading
        import time

        PLACE = "/root/hostile/"
        DIRECTORY, READ, START, END, WRITE, MKDIR, REMOVE, ERROR = 1, 2, 6, 7, 11, 12, 13, 16
        HEADER = struct.Struct("=IIII")


        class Store:
            """xenstored's wire protocol (docs/misc/xenstore.txt in Xen)."""

            def __init__(self):
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect("/run/xenstored/socket")

            def send(self, requests):
                self.socket.sendall(b"".join(
                    HEADER.pack(kind, 0, transaction, len(body)) + body for kind, transaction, body in requests))

            def exactly(self, count):
                data = b""
                while len(data) < count:
                    data += self.socket.recv(count - len(data)) or sys.exit("xenstored is gone")
                return data

            def receive(self):
                kind, _, _, length = HEADER.unpack(self.exactly(HEADER.size))
                body = self.exactly(length)
                return None if kind == ERROR else body

            def ask(self, kind, body, transaction=0):
                self.send([(kind, transaction, body)])
                return self.receive()

            def write(self, node, value, transaction=0):
                return self.ask(WRITE, node.encode() + b"\0" + value.encode(), transaction)

            def list(self, node):
                return [name.decode() for name in (self.ask(DIRECTORY, node.encode() + b"\0") or b"").split(b"\0") if name]

            def write_if_there(self, node, value):
                """A guest cannot make again what was taken from it."""
                transaction = int(self.ask(START, b"\0").rstrip(b"\0"))
                is_there = self.ask(READ, node.encode() + b"\0", transaction) is not None
                if is_there:
                    self.write(node, value, transaction)
                self.ask(END, b"T\0" if is_there else b"F\0", transaction)


        def meter(name, *command):
            with open(PLACE + name + ".out", "wb") as out, open(PLACE + name + ".err", "wb") as errors:
                child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
                _, status, usage = os.wait4(child.pid, 0)
            code = os.waitstatus_to_exitcode(status)
            with open(PLACE + name + ".new", "w") as file:
                file.write("%d %d\n" % (code if code >= 0 else 128 - code, usage.ru_maxrss))
            os.rename(PLACE + name + ".new", PLACE + name + ".end")


        def flip(node, *values):
            store = Store()
            while True:
                for value in values:
                    store.write_if_there(node, value)


        def flood(node, value):
            store, body = Store(), node.encode() + b"\0" + value.encode()
            while True:
                store.send([(WRITE, 0, body)] * 50)
                for _ in range(50):
                    store.receive()


        def fill(directory):
            store, count = Store(), 0
            # An owner may have 1000 (entry-nb).
            while count < 1300:
                nodes = ["%s/%d" % (directory, number) for number in range(count, count + 50)]
                store.send([(WRITE, 0, node.encode() + b"\0" + b"x" * 100) for node in nodes])
                made = sum([store.receive() is not None for _ in nodes])
                count += made
                if made < len(nodes):
                    break
            print(count)


        def rewrite(directory):
            store, step = Store(), 0

            def change(node):
                nonlocal step
                step += 1
                for name in store.list(node):
                    change(node + "/" + name)
                if node.endswith("/state"):
                    store.write(node, str(step % 9))
                elif step % 7 == 0:
                    store.ask(REMOVE, node.encode() + b"\0")
                else:
                    store.write(node, "\x1b[31m" + "/local/domain/0" * (step % 100))

            while True:
                for kind in store.list(directory):
                    for domain in store.list(directory + "/" + kind):
                        for device in store.list("%s/%s/%s" % (directory, kind, domain)):
                            node = "%s/%s/%s/%s" % (directory, kind, domain, device)
                            for name in store.list(node):
                                change(node + "/" + name)


        GREETING = b'{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}\r\n'


        def for_ever(piece):
            while True:
                yield piece


        def steps(manner, number):
            """What the monitor sends after the last command, in pieces."""
            answer = b'{"id": %d, ' % number
            return {
                "one endless line": for_ever(b"a" * 4096),
                "endless events": for_ever(b'{"event": "RTC_CHANGE", "timestamp": {"seconds": 1}}\r\n' * 20),
                "an answer to another": [b'{"id": 1, "return": {}}\r\n'],
                "another type": [answer + b'"return": [7, null, {"a": "text"}]}\r\n'],
                "a deep answer": [answer + b'"return": ' + b"[" * 500000 + b"]" * 500000 + b"}\r\n"],
                "no text": [b"\x00\x1b[2J\xff\x07{\r\n"],
                "a second greeting": [GREETING],
                "a long refusal": [answer + b'"error": {"class": "GenericError", "desc": "%s"}}\r\n' % (b"\\u001b[31m" * 50000)],
                "the end": [],
            }[manner]


        def converse(connection, manner):
            if manner == "one byte a second":
                for byte in GREETING:
                    connection.sendall(bytes([byte]))
                    time.sleep(1)
            if manner == "nothing":
                connection.recv(4096)
                return
            connection.sendall(GREETING)
            lines = connection.makefile("rb")
            request = json.loads(lines.readline())
            if manner == "no answer":
                # Until the other side gives up.
                lines.readline()
                return
            connection.sendall(b'{"return": {}, "id": %d}\r\n' % request["id"])
            for piece in steps(manner, json.loads(lines.readline())["id"]):
                connection.sendall(piece)
            if manner != "the end":
                lines.readline()


        def qmp(path, *manners):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen(8)
            for manner in manners:
                connection = listener.accept()[0]
                try:
                    converse(connection, manner)
                except OSError:
                    # The other side has had enough.
                    pass
                connection.close()
            os.unlink(path)


        def receiver(host, program, command, *words):
            manner = os.environ["MANNER"].split()
            if command == "migrate-state":
                print('{"state": "returned"}')
                return
            if command == "migrate-check":
                os.write(2, b"\x1b[31m" * 500000)
                if manner[0] == "check":
                    time.sleep(10000)
                sys.exit(255)
            if manner[0] == "full":
                # F_SETPIPE_SZ: the line holds one page.
                fcntl.fcntl(0, 1031, 4096)
            os.write(1, b"xl migration receiver ready, send binary domain data.\n")
            count = 0

            def take(limit, patience=None):
                """Reads so many bytes at most, and until nothing has come for so many seconds."""
                nonlocal count
                quiet = time.monotonic()
                while count < limit:
                    waiting = struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"\0" * 4))[0]
                    if waiting:
                        count += len(os.read(0, min(waiting, limit - count)))
                        quiet = time.monotonic()
                    elif patience and time.monotonic() - quiet > patience:
                        return
                    else:
                        time.sleep(0.01)

            if manner[0] == "part":
                take(int(manner[1]))
            elif manner[0] == "count":
                take(1 << 40, 10)
                with open(PLACE + "count", "w") as file:
                    file.write("%d\n" % count)
                return
            elif manner[0] == "all":
                take(1 << 40)
            elif manner[0] == "granted":
                take(1 << 40, 10)
                os.write(1, b"domain received, ready to unpause\0")
                take(1 << 40)
            elif manner[0] == "full":
                take(int(manner[1]) - 8)
                time.sleep(2)
                os.write(1, b"domain received, ready to unpause\0")
            time.sleep(10000)


        def complain():
            while True:
                os.write(2, b"\x1b[2Jcomplaint of a device \xff" * 200 + b"\n")
                time.sleep(0.002)


        def qemu(*words):
            domain = words[words.index("-xen-domid") + 1]
            store = Store()
            for kind in ("qdisk", "vkbd", "vfb"):
                directory = "/local/domain/0/backend/%s/%s" % (kind, domain)
                for device in store.list(directory):
                    store.write("%s/%s/state" % (directory, device), "2")
            listener = socket.socket(socket.AF_UNIX)
            listener.bind("/run/xen/qmp-libxl-" + domain)
            listener.listen(8)
            store.write("/local/domain/0/device-model/%s/state" % domain, "running")
            threading.Thread(target=complain, daemon=True).start()
            while True:
                connection = listener.accept()[0]
                connection.sendall(GREETING)
                for line in connection.makefile("rb"):
                    request = json.loads(line)
                    answer = {"id": request["id"], "return": [] if request["execute"] == "query-chardev" else {}}
                    if request["execute"] == "eject":
                        del answer["return"]
                        answer["error"] = {"class": "GenericError", "desc": "the drawer is glued"}
                    connection.sendall(json.dumps(answer).encode() + b"\r\n")


        globals()[sys.argv[1]](*sys.argv[2:])

        """#

    /// Stands in the place of ssh.
    static let ssh = """
        #!/bin/sh
        exec python3 \(place)/hostile.py receiver "$@"

        """

    /// Stands in the place of QEMU, and answers for its options as the one that it stands for.
    static let qemu = """
        #!/bin/sh
        [ "$1" != -help ] || exec /usr/libexec/xen-qemu-system-i386 -help
        exec python3 \(place)/hostile.py qemu "$@"

        """

    /// A QEMU that says much about its end.
    static let lastWords = """
        #!/bin/sh
        [ "$1" != -help ] || exec /usr/libexec/xen-qemu-system-i386 -help
        head -c 3000000 /dev/zero | tr '\\0' '\\033' >&2
        exit 1

        """

    /// A QEMU that says nothing at all.
    static let silence = """
        #!/bin/sh
        [ "$1" != -help ] || exec /usr/libexec/xen-qemu-system-i386 -help
        exec sleep 10000

        """

    /// A block script that leaves somebody behind in a session of his own, who holds all that it was given.
    static let forking = """
        #!/bin/sh
        p=$XENBUS_PATH
        setsid sleep 300 &
        echo $! >> \(place)/pids
        sleep 300 &
        echo $! >> \(place)/pids
        if [ "$1" = add ]; then
            loop=$(losetup -f --show "$(xenstore-read "$p/params")") || exit 1
            xenstore-write "$p/node" "$loop" "$p/physical-device" "7:${loop#/dev/loop}" "$p/hotplug-status" connected
        else
            losetup -d "$(xenstore-read "$p/node")"
        fi

        """

    /// A block script that says what no terminal should see, and fails.
    static let shouting = """
        #!/bin/sh
        [ "$1" = add ] || exit 0
        head -c 2000000 /dev/urandom
        xenstore-write "$XENBUS_PATH/hotplug-error" "$(printf '\\033[2J%1500s' | tr ' ' '\\007')" \\
            "$XENBUS_PATH/hotplug-status" error
        exit 1

        """

    /// A block script that the kernel keeps, so that nothing can end it.
    static let stuck = """
        #!/bin/sh
        [ "$1" = add ] || exit 0
        echo > \(place)/frozen/file

        """
}
