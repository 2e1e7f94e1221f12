import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenToolstack
import XenTypes

/// Guests and what they need, in the words of xl.cfg.
extension SimulatedHost {
    /// A PV guest.
    ///
    /// - Parameter more: lines of its configuration.
    public func pvGuest(_ more: String = "") throws -> DomainConfiguration {
        try configuration("name='guest'\nkernel='\(try kernel())'\nmemory=64\n\(more)\n")
    }

    /// A PVH guest.
    public func pvhGuest(_ more: String = "") throws -> DomainConfiguration {
        try pvGuest("type='pvh'\n\(more)")
    }

    /// An HVM guest, whose QEMU is `SimulatedQEMU`.
    public func hvmGuest(_ more: String = "") throws -> DomainConfiguration {
        let loader = try write("boot/hvmloader", [0x1F, 0x8B] + Array(repeating: 0, count: 62))
        try write("boot/bios", Array(repeating: 0, count: 64 << 10))
        try write("qemu", Array("#!/bin/sh\n\(try stay())\n".utf8), mode: 0o755)
        return try configuration(
            "name='guest'\ntype='hvm'\nfirmware_override='\(loader)'\nmemory=64\nvideoram=8\nvnc=0\n\(more)\n")
    }

    /// The line of a script with which it stays until it is ended.
    public func stay() throws -> String {
        // Opening a FIFO without a writer takes for ever, and starts no other program.
        let fifo = root.appending("never")
        guard mkfifo(fifo.string, 0o600) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        return "read never < \"\(fifo)\""
    }

    /// A PV guest with a disk, from which a bootloader takes its kernel.
    ///
    /// - Parameters:
    ///   - program: the bootloader's name among the release's programs, with a text that is in it; nil for one that is
    ///     elsewhere.
    ///   - more: lines of the configuration.
    public func bootloaderGuest(
        _ program: (name: String, text: String)? = nil, _ more: String = ""
    ) throws -> DomainConfiguration {
        let text = """
            echo "$*" > "\(toolstack.paths.log)/bootloader.words"
            for word; do
                case $word in
                --output=*) output=${word#*=} ;;
                --output-directory=*) directory=${word#*=} ;;
                esac
            done
            echo kernel > "$directory/kernel"
            printf 'kernel %s\\0args root=/dev/xvda\\0' "$directory/kernel" > "$output"
            """
        if let program { try addProgram(program.name, "# \(program.text)\n\(text)") }
        let path = try write("bootloader", Array("#!/bin/sh\n\(text)\n".utf8), mode: 0o755)
        return try configuration(
            "name='guest'\nbootloader='\(program?.name ?? path.string)'\nmemory=64\n\(try disk())\n\(more)\n")
    }

    /// The line that gives a guest a disk: a raw file, which the script `block` connects.
    public func disk(_ name: String = "xvda") throws -> String {
        let image = try write("boot/\(name).img", Array(repeating: 0, count: 512))
        try addScript("block")
        return "disk=['format=raw,vdev=\(name),target=\(image)']"
    }

    /// The line that gives a guest a network card, which the script `vif-bridge` connects.
    public func card() throws -> String {
        try addScript("vif-bridge")
        return "vif=['mac=00:16:3e:01:02:03,bridge=xenbr0']"
    }

    /// A hotplug script, which keeps a file in `hotplug/` for what is connected.
    public func addScript(_ name: String) throws {
        try makeDirectory("hotplug")
        let text = """
            #!/bin/sh
            action=$1
            IFS=/; set -- $XENBUS_PATH; IFS=-
            case $action in
            add|online) : > "\(root)/hotplug/$*" ;;
            remove|offline) rm -f "\(root)/hotplug/$*" ;;
            esac
            """
        try write("etc/scripts/\(name)", Array(text.utf8), mode: 0o755)
    }

    /// The names of the backends that scripts have connected, such as `backend-vbd-1-51712`.
    public var connected: Set<String> {
        Set(
            snapshot.files.keys.filter { $0.hasPrefix("hotplug/") }.map { String($0.dropFirst(8)) }.filter {
                !$0.isEmpty
            })
    }

    /// Makes a domain and lets it run.
    public func start(_ configuration: DomainConfiguration) async throws -> DomainID {
        let domain = try await toolstack.create(configuration).domain
        try await toolstack.unpause(domain)
        return domain
    }
}
