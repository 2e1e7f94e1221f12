import SystemPackage

/// What gives a device of the host's USB to the kernel's backend, or takes it from there: steps in their order, each with
/// its way back. Every interface has a driver of its own.
struct USBBindingPlan: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// Write the interface's name to a file of sysfs.
        case write(interface: String, to: FilePath)
        /// Note which driver an interface is to get back; nil removes the note.
        case note(interface: String, driver: String?)
    }

    var entries: [BindingEntry<Step>] = []
    var warnings: [String] = []

    private mutating func add(_ step: Step, back: Step? = nil) {
        entries.append(BindingEntry(step: step, wayBack: back))
    }

    /// The other one of a driver's two files.
    private mutating func write(_ interface: String, _ file: String, _ driver: FilePath) {
        let other = file == "bind" ? "unbind" : "bind"
        add(
            .write(interface: interface, to: driver.appending(file)),
            back: .write(interface: interface, to: driver.appending(other)))
    }

    /// Takes the interfaces that the backend does not have from their drivers, and gives them to it.
    ///
    /// - Parameter notes: of drivers, by interface.
    static func giving(
        _ interfaces: [HostUSBInterface], to usbback: FilePath, notes: [String: String]
    ) -> USBBindingPlan {
        var plan = USBBindingPlan()
        for interface in interfaces where interface.driver != usbback {
            if let driver = interface.driver {
                // First, so that it is known whatever becomes of this.
                plan.add(
                    .note(interface: interface.name, driver: driver.string),
                    back: .note(interface: interface.name, driver: notes[interface.name]))
                plan.write(interface.name, "unbind", driver)
            }
            plan.write(interface.name, "bind", usbback)
        }
        return plan
    }

    /// Takes the interfaces from the backend: all of them before any gets its driver back, so that no device is half a
    /// guest's and half this host's.
    static func taking(_ interfaces: [HostUSBInterface], from usbback: FilePath) -> USBBindingPlan {
        var plan = USBBindingPlan()
        for interface in interfaces where interface.driver == usbback {
            plan.write(interface.name, "unbind", usbback)
        }
        return plan
    }

    /// Gives interfaces the drivers back that they had. There is no way back: one that does not come back keeps none of
    /// the others.
    ///
    /// - Parameter drivers: where sysfs has the drivers: what is noted is elsewhere is none.
    static func returning(
        _ interfaces: [HostUSBInterface], notes: [String: String], drivers: FilePath
    ) -> USBBindingPlan {
        var plan = USBBindingPlan()
        for interface in interfaces {
            guard interface.driver == nil, let noted = notes[interface.name] else { continue }
            let driver = FilePath(noted)
            guard driver.lexicallyNormalized() == driver, driver.removingLastComponent() == drivers,
                driver.lastComponent != nil
            else {
                plan.warnings.append("\(interface.name) gets no driver back: the record says \"\(noted)\"")
                continue
            }
            plan.add(.write(interface: interface.name, to: driver.appending("bind")))
        }
        return plan
    }
}
