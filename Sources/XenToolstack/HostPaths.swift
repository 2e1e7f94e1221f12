import Synchronization
import SystemPackage

/// Where upstream and this toolstack keep their files on a host (Debian's layout of Xen 4.17).
///
/// Both toolstacks must agree on every path here: each reads what the other wrote.
public struct HostPaths: Sendable {
    /// Stored configurations, locks, bootloader output, core dumps.
    public var lib: FilePath = "/var/lib/xen"
    /// Sockets, the domain-number history, hotplug locks.
    public var run: FilePath = "/var/run/xen"
    public var log: FilePath = "/var/log/xen"
    /// `xl.conf` and hotplug scripts.
    public var config: FilePath = "/etc/xen"
    public var scripts: FilePath { config.appending("scripts") }
    public var globalConfiguration: FilePath { config.appending("xl.conf") }
    /// The lock that autoballooning takes unless xl.conf names another.
    public var lock: FilePath = "/var/lock/xl"
    /// Programs of the running release: xenconsole, pygrub.
    public var libexec: FilePath { FilePath("/usr/lib/xen-\(release.text)/bin") }
    /// hvmloader, xen-shim and the pvgrub images of the running release.
    public var firmware: FilePath { FilePath("/usr/lib/xen-\(release.text)/boot") }
    /// The system firmware of HVM guests.
    public var seabios: FilePath = "/usr/share/seabios/bios-256k.bin"
    public var ovmf: FilePath = "/usr/share/ovmf/OVMF.fd"
    public var qemu: FilePath = "/usr/libexec/xen-qemu-system-i386"

    /// - Parameter release: "major.minor" of the running hypervisor; Debian keeps each release's
    ///   programs apart under that name.
    public init(release: String) { self.release = Release { release } }

    /// The paths of the hypervisor that runs now, or, where none does, of the libraries' release.
    public static func ofRunningHypervisor() -> HostPaths { HostPaths(release: Release(lookUp: runningRelease)) }

    private init(release: Release) { self.release = release }

    private let release: Release

    /// Looked up when it is first asked for, which most commands never do.
    private final class Release: Sendable {
        private let known = Mutex<String?>(nil)
        private let lookUp: @Sendable () -> String

        init(lookUp: @escaping @Sendable () -> String) { self.lookUp = lookUp }

        var text: String {
            known.withLock { known in
                let text = known ?? lookUp()
                known = text
                return text
            }
        }
    }
}
