import SystemPackage

extension HostPaths {
    /// The paths of the hypervisor that runs now, or, where none does, of the libraries' release.
    ///
    /// Reads the kernel's `/sys/hypervisor/version`, as Debian's wrapper of xl does: no hypercall is needed.
    public static func ofRunningHypervisor() -> HostPaths {
        func number(_ name: String) -> String? {
            guard let bytes = try? Files.read(FilePath("/sys/hypervisor/version/\(name)"), limit: 4096) else {
                return nil
            }
            let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            return UInt32(text).map { "\($0)" }
        }
        guard let major = number("major"), let minor = number("minor") else { return HostPaths(release: "4.17") }
        return HostPaths(release: "\(major).\(minor)")
    }
}
