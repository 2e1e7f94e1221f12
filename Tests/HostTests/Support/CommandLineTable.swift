extension CommandLineRow {
    /// Every command of upstream's 4.17, with lines that neither end a guest nor wait for anything. The guest `still` is paused and has no devices, `/root/still.cfg` is its configuration.
    private static let rows = domains + processors + host + devices + pools + resources + global

    static let lines = rows.enumerated().flatMap { $1.lines(number: $0) }

    private static let file = Operand.word("/root/nosuch/file", "/root/nosuch/other")

    private static let domains: [CommandLineRow] = [
        CommandLineRow(
            "create", [], [.takesMany],
            valid: [
                "-n /root/still.cfg", "-n -q /root/still.cfg memory=8",
                "/dev/null -n 'name=\"x\"' 'kernel=\"/root/guests/idle-pv\"'",
            ],
            bad: [
                "/root/nosuch.cfg", "-q /root", "/root/still.cfg /root/other.cfg", "-n /etc/passwd",
                "-n /root/still.cfg 'memory='",
            ]),
        CommandLineRow(
            "config-update", [.domain, .word("/root/still.cfg", "/root/nosuch.cfg")], [.acts, .takesMany],
            bad: ["still -f /root/nosuch.cfg", "still"]),
        CommandLineRow(
            "list", [.domain.optional], [.textMoves],
            valid: ["-v", "-c", "-Z", "-n", "-vcn", "--verbose", "--cpupool still", "-l still", "0", "Domain-0"]),
        CommandLineRow("destroy", [.domain], [.acts], valid: [], bad: ["0", "Domain-0"]),
        CommandLineRow("shutdown", [.domain], [.acts], bad: ["-w nosuch", "-F nosuch", "--wait 4711"]),
        CommandLineRow("reboot", [.domain], [.acts], bad: ["-w nosuch", "-F nosuch"]),
        CommandLineRow("pause", [.domain], [.acts], valid: ["still"]),
        CommandLineRow("unpause", [.domain], [.acts]),
        CommandLineRow("console", [.name], [.acts], bad: ["-t nosuch still", "-n 1 nosuch"]),
        CommandLineRow("vncviewer", [.name], [.acts], bad: ["-a nosuch"]),
        CommandLineRow(
            "save", [.domain, file], [.acts], bad: ["-c nosuch /root/nosuch/file", "-p 4711 /root/nosuch/file"]),
        CommandLineRow("restore", [file], [.acts, .takesMany], bad: ["/etc/passwd", "-p /root", "-e /dev/null"]),
        CommandLineRow("migrate", [.name, .word("nosuchhost")], [.acts]),
        CommandLineRow("dump-core", [.domain, file], [.acts]),
        CommandLineRow("rename", [.domain, .word("other")], [.acts], bad: ["still Domain-0"]),
        CommandLineRow("domid", [.domain], [], valid: ["Domain-0", "-- still"], bad: ["0"]),
        CommandLineRow("domname", [.word("0", "4711", "nosuch", "still", "99999999999")], []),
        CommandLineRow("vm-list", [], []),
        CommandLineRow("uptime", [.domain.optional], [.takesMany, .textMoves], valid: ["-s", "-s still", "0 still"]),
        CommandLineRow("sysrq", [.domain, .word("h", "ab")], [.acts]),
        CommandLineRow("trigger", [.domain, .word("nmi", "nosuch")], [.acts, .takesMany]),
        CommandLineRow("button-press", [.domain, .word("power", "nosuch")], [.acts]),
        CommandLineRow("qemu-monitor-command", [.domain, .word("help")], [.acts], bad: ["still help"]),
        CommandLineRow("remus", [.name, .word("nosuchhost")], [.acts]),
    ]

    private static let sizes = Operand.word("4", "x", "4x", "''")

    private static let processors: [CommandLineRow] = [
        CommandLineRow("mem-max", [.domain, sizes], [.acts], valid: ["still 64", "still 65536k"]),
        CommandLineRow("mem-set", [.domain, sizes], [.acts], bad: ["still 1t"]),
        CommandLineRow("vcpu-list", [.domain.optional], [.takesMany, .textMoves], valid: ["0", "still Domain-0"]),
        CommandLineRow(
            "vcpu-pin", [.domain, .word("0", "9999", "x", "1-2"), .word("all", "x", "9999", "^0", "5-1")],
            [.acts, .takesMany],
            valid: ["still 0 all", "still all all", "still 0 - all"], bad: ["-f still all all", "still 0 - -"]),
        CommandLineRow(
            "vcpu-set", [.domain, .word("1", "x", "99999", "99999999999")], [.acts],
            valid: ["still 1", "-i still 1", "--ignore-host still 1"]),
        CommandLineRow(
            "sched-credit", [], [],
            bad: ["-d nosuch", "-d 4711 -w 5", "-w 5", "-s -p nosuch", "-p nosuch", "-d still -s"]),
        CommandLineRow(
            "sched-credit2", [], [.textMoves], valid: ["-d still", "-s", "-p Pool-0", "--domain=still"],
            bad: [
                "-d nosuch", "-d 4711", "-w 5", "-d still -w 0", "-d still -w 65536", "-p nosuch", "-d still -p Pool-0",
                "-r 5",
            ]),
        CommandLineRow(
            "sched-rtds", [], [], bad: ["-d nosuch", "-d still", "-v 0", "-d still -p 0 -b 1", "-d 4711 -v all"]),
    ]

    private static let host: [CommandLineRow] = [
        CommandLineRow("info", [.word("xen_major").optional], [.textMoves], valid: ["-n", "--numa", "nosuch"]),
        CommandLineRow("claims", [], [.textMoves]),
        CommandLineRow("sharing", [.domain.optional], [.textMoves]),
        CommandLineRow("dmesg", [], [.textMoves]),
        CommandLineRow("top", [], [.acts, .actsAlone]),
        CommandLineRow("debug-keys", [.word("h")], [.acts, .takesMany]),
        CommandLineRow("set-parameters", [.word("loglvl=all", "nosuch=1", "loglvl=nosuch")], [.acts]),
        CommandLineRow("getenforce", [], [.hasNoOptions]),
        CommandLineRow("setenforce", [.word("1", "nosuch", "2", "''")], [.hasNoOptions], valid: ["1", "permissive"]),
        CommandLineRow("loadpolicy", [file], [.hasNoOptions]),
        CommandLineRow("devd", [], [.actsAlone]),
        CommandLineRow("migrate-receive", [], [.actsAlone]),
    ]

    private static let number = Operand.word("77", "x", "99999999999")
    private static func list(_ command: String) -> CommandLineRow {
        CommandLineRow(command, [.domain], [.takesMany], valid: ["still still", "0"])
    }

    private static let devices: [CommandLineRow] = [
        list("block-list"), list("network-list"), list("channel-list"), list("vtpm-list"), list("vkb-list"),
        list("vdispl-list"), list("vsnd-list"), CommandLineRow("pci-list", [.domain], []),
        CommandLineRow(
            "block-attach", [.name, .word("/root/nosuch.img,raw,xvdz,w", "nosuch", "',,'", "phy:/dev/null")],
            [.acts, .takesMany]),
        CommandLineRow("block-detach", [.domain, .word("xvdz", "''", "51999", "x")], [.acts], bad: ["-f still xvdz"]),
        CommandLineRow(
            "network-attach", [.name, .word("mac=00:16:3e:00:00:77", "mac=x", "rate=x").optional],
            [.acts, .takesMany]),
        CommandLineRow("network-detach", [.domain, .word("77", "x", "00:16:3e:00:00:78")], [.acts]),
        CommandLineRow(
            "vtpm-attach", [.name, .word("backend=0", "nosuch=1", "uuid=x").optional], [.acts, .takesMany]),
        CommandLineRow("vtpm-detach", [.domain, number], [.acts]),
        CommandLineRow("vkb-attach", [.name, .word("backend=0", "nosuch=1")], [.acts, .takesMany]),
        CommandLineRow("vkb-detach", [.domain, number], [.acts]),
        CommandLineRow("vdispl-attach", [.name, .word("backend=0", "nosuch=1").optional], [.acts, .takesMany]),
        CommandLineRow("vdispl-detach", [.domain, number], [.acts]),
        CommandLineRow("vsnd-attach", [.name, .word("card", "nosuch=1")], [.acts, .takesMany]),
        CommandLineRow("vsnd-detach", [.domain, number], [.acts]),
        CommandLineRow("cd-insert", [.domain, .word("hdc", "nosuch"), file], [.acts]),
        CommandLineRow("cd-eject", [.domain, .word("hdc", "nosuch")], [.acts]),
        CommandLineRow("pci-attach", [.name, .word("0000:77:00.0", "x", "77:00")], [.acts, .takesMany]),
        CommandLineRow(
            "pci-detach", [.domain, .word("0000:77:00.0", "x")], [.acts, .takesMany], bad: ["-f still 0000:77:00.0"]),
        CommandLineRow("pci-assignable-list", [], [], valid: ["-n"]),
        CommandLineRow("pci-assignable-add", [.word("0000:77:00.0", "x", "0000:77:00.0")], [.acts, .takesMany]),
        CommandLineRow("pci-assignable-remove", [.word("0000:77:00.0", "x", "0000:77:00.0")], [.acts, .takesMany]),
        CommandLineRow("usb-list", [.domain], []),
        CommandLineRow("usbctrl-attach", [.name, .word("version=9", "nosuch=1").optional], [.acts, .takesMany]),
        CommandLineRow("usbctrl-detach", [.domain, number], [.acts]),
        CommandLineRow("usbdev-attach", [.name, .word("hostbus=99", "nosuch=1")], [.acts, .takesMany]),
        CommandLineRow("usbdev-detach", [.domain, number, number], [.acts]),
    ]

    private static let pools: [CommandLineRow] = [
        CommandLineRow("cpupool-list", [.pool.optional], [], valid: ["-c", "-c Pool-0", "--cpus"]),
        CommandLineRow(
            "cpupool-create", [], [.takesMany, .actsAlone],
            bad: ["/root/nosuch.pool", "name=\\\"Pool-0\\\"", "-n", "-n sched=\\\"x\\\""]),
        CommandLineRow("cpupool-destroy", [.pool], [.acts], bad: ["Pool-0"]),
        CommandLineRow("cpupool-rename", [.pool, .word("other")], [.acts], bad: ["4711 x"]),
        CommandLineRow("cpupool-cpu-add", [.pool, .word("0", "x", "9999", "node:99")], [.acts]),
        CommandLineRow("cpupool-cpu-remove", [.pool, .word("0", "x", "9999")], [.acts]),
        CommandLineRow(
            "cpupool-migrate", [.domain, .pool], [.acts], valid: ["still Pool-0"], bad: ["Domain-0 nosuch"]),
        CommandLineRow("cpupool-numa-split", [], [.actsAlone]),
    ]

    private static let resources: [CommandLineRow] = [
        CommandLineRow("psr-hwinfo", [], [], valid: ["-m", "-a", "-b"]),
        CommandLineRow("psr-cmt-attach", [.domain], []),
        CommandLineRow("psr-cmt-detach", [.domain], []),
        CommandLineRow("psr-cmt-show", [.word("cache-occupancy", "nosuch"), .domain.optional], []),
        CommandLineRow(
            "psr-cat-set", [.domain, .word("0xff", "x")], [], bad: ["-l 9 still 0xff", "-c -d still 0xff"]),
        CommandLineRow("psr-cat-show", [.domain.optional], [], bad: ["-l 9"]),
        CommandLineRow("psr-mba-set", [.domain, .word("10", "x")], []),
        CommandLineRow("psr-mba-show", [.domain.optional], []),
    ]

    /// What is said before the command's name, and beginnings of names.
    private static let global: [CommandLineRow] =
        [
            CommandLineRow("", [], [.hasNoOptions, .takesMany, .textMoves]),
            CommandLineRow("nosuch", [], [.hasNoOptions, .takesMany], bad: ["still"]),
            CommandLineRow("help", [], [.hasNoOptions, .takesMany, .textMoves], valid: ["list", "nosuch"]),
        ]
        + ["-v", "-vvv", "-t", "-T", "-f", "-N", "-x", "-vx", "--", "-h", "--help"].map { option in
            CommandLineRow(
                option, [], [.hasNoOptions, .takesMany, .textMoves, .actsAlone],
                valid: ["domid still", "vm-list", "nosuch"])
        }
        + ["domi", "dom", "vcpu-l", "cpupool-li", "p", "c", "x", "LIST"].map { word in
            CommandLineRow(word, [], [.hasNoOptions, .takesMany, .textMoves, .actsAlone], bad: ["still"])
        }
}
