import Synchronization
import SystemPackage
import XenControl
import XenTypes

/// Where upstream and this toolstack keep their files on a host (Debian's layout).
///
/// Both toolstacks must agree on every path here: each reads what the other wrote.
public struct HostPaths: Sendable {
    /// Stored configurations, locks, bootloader output, core dumps.
    public var lib: FilePath = "/var/lib/xen"
    /// Sockets, the domain-number history.
    public var run: FilePath = "/var/run/xen"
    /// What QEMU, the monitor and others have to say.
    public var log: FilePath = "/var/log/xen"
    /// Where the kernel shows its devices.
    public var sysfs: FilePath = "/sys"
    /// The locks of hotplug scripts (`locking.sh`).
    public var hotplugLocks: FilePath = "/var/run/xen-hotplug"
    /// `xl.conf` and hotplug scripts.
    public var config: FilePath = "/etc/xen"
    /// Hotplug scripts.
    public var scripts: FilePath { config.appending("scripts") }
    /// The host's settings for the toolstack.
    public var globalConfiguration: FilePath { config.appending("xl.conf") }
    /// The lock that autoballooning takes unless xl.conf names another.
    public var lock: FilePath = "/var/lock/xl"
    /// Where each release has a directory of its own, such as `xen-4.17`.
    public var releases: FilePath = "/usr/lib"
    /// Programs of the running release: xenconsole, pygrub.
    public var libexec: FilePath { releases.appending("xen-\(release)/bin") }
    /// hvmloader, xen-shim and the pvgrub images of the running release.
    public var firmware: FilePath { releases.appending("xen-\(release)/boot") }
    /// The system firmware of HVM guests.
    public var seabios: FilePath = "/usr/share/seabios/bios-256k.bin"
    /// The UEFI firmware of HVM guests.
    public var ovmf: FilePath = "/usr/share/ovmf/OVMF.fd"
    /// The device model's program.
    public var qemu: FilePath = "/usr/libexec/xen-qemu-system-i386"

    /// - Parameter release: that of the running hypervisor; Debian keeps each release's programs apart.
    public init(release: XenRelease) { known = Release { release } }

    /// The paths of the hypervisor that runs now, or, where none does, of the oldest release that is supported.
    public static func ofRunningHypervisor() -> HostPaths {
        HostPaths(known: Release { XenRelease.running() ?? XenRelease.supported.lowerBound })
    }

    private init(known: Release) { self.known = known }

    /// The release of Xen that the host runs.
    public var release: XenRelease { known.value }

    private let known: Release

    /// Looked up when it is first asked for, which most commands never do.
    private final class Release: Sendable {
        private let known = Mutex<XenRelease?>(nil)
        private let lookUp: @Sendable () -> XenRelease

        init(lookUp: @escaping @Sendable () -> XenRelease) { self.lookUp = lookUp }

        var value: XenRelease {
            known.withLock { known in
                let release = known ?? lookUp()
                known = release
                return release
            }
        }
    }
}
