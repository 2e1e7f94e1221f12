import XenStore
import XenTypes

/// What toolstacks note about devices that the kernel's backend holds: which drivers their interfaces had
/// (`/libxl/usbback/DEVICE/INTERFACE/driver_path`).
enum USBNotes {
    /// `USBBACK_INFO_PATH` of libxl.
    static let root: StorePath = "/libxl/usbback"
    private static let driver = "driver_path"

    /// A name of the kernel's as part of a path of xenstore, which has neither `.` nor `:`.
    static func key(_ name: String) -> String {
        String(name.map { $0 == "." ? "_" : $0 == ":" ? "@" : $0 })
    }

    static func path(of device: String) -> StorePath { root / key(device) }

    /// The names of all devices that something is noted about.
    static func devices(in store: StoreConnection) throws(StoreError) -> [String] {
        (try store.list(root) ?? []).map { key in String(key.map { $0 == "_" ? "." : $0 == "@" ? ":" : $0 }) }
            .filter(HostUSB.isName)
    }

    /// - Parameter interface: "3-1.2:1.0", whose device is what stands before the colon.
    static func driverPath(of interface: String) -> StorePath {
        path(of: String(interface.prefix { $0 != ":" })) / key(interface) / driver
    }

    /// The drivers that interfaces had, by their names.
    static func read(
        of interfaces: [HostUSBInterface], in store: StoreConnection
    ) throws(StoreError) -> [String: String] {
        let names = interfaces.map(\.name)
        let drivers = try store.read(names.map { driverPath(of: $0) })
        return Dictionary(zip(names, drivers).compactMap { name, driver in driver.map { (name, $0) } }) { $1 }
    }

    /// - Parameter driver: nil removes the note, and the nodes above it that are empty then.
    static func set(_ driver: String?, for interface: String, in store: StoreConnection) throws(StoreError) {
        let path = driverPath(of: interface)
        if let driver { return try store.write(path, driver) }
        try remove(path, in: store)
    }

    static func remove(of device: String, in store: StoreConnection) throws(StoreError) {
        try remove(path(of: device), in: store)
    }

    /// Removes a node, and those above it that are empty then.
    private static func remove(_ path: StorePath, in store: StoreConnection) throws(StoreError) {
        try store.transaction { transaction throws(StoreError) in
            try transaction.remove(path)
            var path = path
            while path != root, let parent = path.parent, try transaction.list(parent)?.isEmpty == true {
                try transaction.remove(parent)
                path = parent
            }
        }
    }
}
