extension TestHost {
    /// Has upstream's tool make a paused HVM guest with two CD drives, a serial line and room for two more vCPUs.
    func makeHVMGuest(_ name: String) async throws -> Int {
        for image in ["first", "second", "third"] { try await makeDisk("/root/\(image).iso", mebibytes: 1) }
        let path = "/root/\(name).cfg"
        try await write(
            """
            name = "\(name)"
            type = "hvm"
            memory = 64
            vcpus = 1
            maxvcpus = 3
            serial = "pty"
            vnc = 1
            disk = [ "/root/first.iso,raw,hdc,ro,cdrom", "/root/second.iso,raw,hdd,ro,cdrom" ]
            """, to: path)
        atEnd("rm -f /var/log/xen/qemu-dm-\(name).log*")
        dropAtEnd(name, files: path)
        // On a busy machine QEMU may take longer to start than upstream waits for it.
        try await require(
            "for try in 1 2 3 4 5 6; do ! \(Self.upstream) create -q -p -e \(path) || exit 0; done; exit 1",
            timeout: .seconds(300))
        return try await domain(name)
    }

    /// Waits until a guest's firmware has placed the memory of its screen. QEMU 7.2 does not take back the state of a guest
    /// that was saved while it did that, whichever tool saved it.
    func waitForScreenMemory(of name: String) async throws {
        try await require(
            "until \(Self.ours) qemu-monitor-command \(name) 'info mtree -f' | grep -q 'ram): vga.vram'; do sleep 1; done"
        )
    }

    /// A program in a VNC viewer's place that tells what it was started with, and what it reads.
    func placeViewer() async throws {
        try await write("#!/bin/sh\necho \"$0\" \"$@\"; cat\n", to: "/root/viewer")
        try await require("chmod 755 /root/viewer")
        atEnd("rm -f /root/viewer")
    }
}
