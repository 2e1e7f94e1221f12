import DomainModel
import Glibc
import XenControl
import XenTypes

extension GuestBuilder {
    /// Gives the domain the I/O ports, interrupts and I/O memory of its configuration; comes after its disks.
    package func grantIOAccess(_ build: DomainBuild) throws(ToolstackError) {
        let (domain, info) = (build.domain, build.info)
        for ports in info.ioPorts {
            let last = saturatingSum(UInt64(ports.first), UInt64(ports.number))
            try attempt("give access to \(ports.number) I/O ports from \(hex(ports.first))", domain) {
                () throws(HypervisorError) in
                guard ports.number > 0, last <= 0x10000 else {
                    throw HypervisorError("check the I/O ports of", domain, code: EINVAL)
                }
                try hypervisor.setIOPortPermission(
                    first: ports.first, count: ports.number, allow: true, of: domain)
            }
        }
        for irq in info.irqs {
            try attempt("give access to interrupt \(irq)", domain) { () throws(HypervisorError) in
                guard let number = Int32(exactly: irq) else {
                    throw HypervisorError("check the interrupts of", domain, code: EOVERFLOW)
                }
                let mapped = try hypervisor.mapPIRQ(gsi: number, pirq: number, of: domain)
                try hypervisor.setIRQPermission(UInt32(bitPattern: mapped), allow: true, of: domain)
            }
        }
        for memory in info.ioMemory {
            let start = UInt(clamping: memory.start)
            let count = UInt(clamping: memory.number)
            let guest = UInt(clamping: memory.gfn ?? memory.start)
            try attempt("give access to \(count) frames of I/O memory from \(hex(memory.start))", domain) {
                () throws(HypervisorError) in
                try hypervisor.setIOMemoryPermission(firstFrame: start, count: count, allow: true, of: domain)
                try hypervisor.setMemoryMapping(
                    guestFrame: guest, machineFrame: start, count: count, add: true, of: domain)
            }
        }
    }

    private func hex(_ number: some BinaryInteger) -> String { "0x" + String(number, radix: 16) }
}
