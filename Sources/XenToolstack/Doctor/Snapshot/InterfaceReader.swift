import Glibc
import SystemPackage
import XenTypes

/// Reads the network interfaces from sysfs, and their queueing disciplines from the kernel.
struct InterfaceReader {
    func read() -> [SeenInterface] {
        let disciplines = (try? Self.disciplines()) ?? [:]
        return Files.names(in: "/sys/class/net").compactMap { name -> SeenInterface? in
            guard let index = attribute(name, "ifindex").flatMap({ UInt32($0) }) else { return nil }
            var interface = SeenInterface(name: name, index: index, discipline: disciplines[index])
            if attribute(name, "tun_flags") != nil {
                interface.kind = .tap
            } else if access("/sys/class/net/\(name)/device", F_OK) == 0 {
                interface.kind = .device
            }
            return interface
        }.sorted { $0.name < $1.name }
    }

    private func attribute(_ name: String, _ attribute: String) -> String? {
        guard name.utf8.first != UInt8(ascii: "."),
            let bytes = (try? Files.read(FilePath("/sys/class/net/\(name)/\(attribute)"), limit: 4096)) ?? nil
        else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The discipline at each interface's root, by the interface's number.
    private static func disciplines() throws(Errno) -> [UInt32: String] {
        Dictionary(try RouteSocket().rootDisciplines().map { ($0.interface, $0.kind) }) { $1 }
    }
}
