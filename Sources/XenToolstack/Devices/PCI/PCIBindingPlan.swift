import SystemPackage
import XenControl

/// What makes a PCI device assignable, or ends that: steps in their order, each with its way back.
struct PCIBindingPlan: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// Write the device's address to a file of sysfs.
        case write(FilePath)
        /// nil removes the node.
        case record(PCIRecord.Key, String?)
        /// Keep the device's DMA from all memory, until a guest gets it.
        case quarantine
        /// End that, if it was so.
        case release
    }

    var entries: [BindingEntry<Step>] = []
    var warnings: [String] = []

    /// What the plans go by.
    struct State: Sendable {
        var function: PCIFunction
        var pciback: FilePath
        var hasSlot: Bool
        var record: PCIRecord
        var hasIOMMU: Bool

        var isHeldByPciback: Bool { function.driver == pciback || function.driver?.lastComponent?.string == "pciback" }
    }

    private mutating func add(_ step: Step, back: Step? = nil) {
        entries.append(BindingEntry(step: step, wayBack: back))
    }

    /// Takes a device from its driver and gives it to pciback.
    ///
    /// - Parameter name: by which users may call it from now on; nil for none.
    static func adding(_ state: State, name: String?) -> PCIBindingPlan {
        var plan = PCIBindingPlan()
        let address = state.function.address
        if state.isHeldByPciback {
            plan.warnings.append("\(address) already assigned to pciback")
        } else {
            plan.takeFromDriver(state)
            if !state.hasSlot {
                plan.add(
                    .write(state.pciback.appending("new_slot")), back: .write(state.pciback.appending("remove_slot")))
            }
            plan.add(.write(state.pciback.appending("bind")), back: .write(state.pciback.appending("unbind")))
        }
        if name != state.record[.name] {
            plan.add(.record(.name, name), back: .record(.name, state.record[.name]))
        }
        if state.hasIOMMU {
            plan.add(.quarantine)
        } else {
            plan.warnings.append("\(address) is not quarantined: the hypervisor uses no IOMMU")
        }
        return plan
    }

    private mutating func takeFromDriver(_ state: State) {
        let address = state.function.address
        guard let driver = state.function.driver else {
            if let old = state.record[.driver] {
                warnings.append("\(address) has no driver; \(old) is to get it back")
            } else {
                warnings.append("\(address) not bound to a driver, will not be rebound.")
            }
            return
        }
        // First, so that it is known whatever becomes of this.
        add(.record(.driver, driver.string), back: .record(.driver, state.record[.driver]))
        add(.write(driver.appending("unbind")), back: .write(driver.appending("bind")))
    }

    /// Takes a device from pciback.
    ///
    /// - Parameters:
    ///   - givesBack: whether the driver gets it that had it.
    ///   - drivers: where sysfs has the drivers: what is recorded is elsewhere is none.
    /// - Throws: `invalid` when what is recorded is no driver.
    static func removing(
        _ state: State, givesBack: Bool, drivers: FilePath
    ) throws(ToolstackError) -> PCIBindingPlan {
        var plan = PCIBindingPlan()
        let address = state.function.address
        if state.hasIOMMU { plan.add(.release, back: .quarantine) }
        if state.isHeldByPciback {
            plan.add(.write(state.pciback.appending("unbind")), back: .write(state.pciback.appending("bind")))
        } else {
            plan.warnings.append("\(address) is not bound to pciback")
        }
        if state.hasSlot {
            plan.add(.write(state.pciback.appending("remove_slot")), back: .write(state.pciback.appending("new_slot")))
        }
        switch state.record[.driver] {
        case let driver? where givesBack:
            let path = FilePath(driver)
            guard path.removingLastComponent() == drivers, path.lastComponent != nil else {
                throw ToolstackError(
                    .invalid, "cannot give \(address) back", cause: "the record of its driver is \"\(driver)\"",
                    remedy: "without -r it is given back to none")
            }
            if state.isHeldByPciback || state.function.driver == nil { plan.add(.write(path.appending("bind"))) }
            plan.add(.record(.driver, nil))
        case nil where givesBack:
            plan.warnings.append("Couldn't find path for original driver; not rebinding")
        default: break
        }
        if state.record[.name] != nil { plan.add(.record(.name, nil)) }
        if state.record[.domain] != nil { plan.add(.record(.domain, nil)) }
        return plan
    }
}
