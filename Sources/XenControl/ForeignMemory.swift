import CXen
import Glibc
import XenTypes

/// Pages of another domain, mapped into this process until this object goes.
package final class ForeignMapping {
    /// The mapping. What is in it may change at any moment: copy a value out before checking it.
    package let bytes: UnsafeMutableRawBufferPointer
    private let pages: Int
    // Keeps the handle open that made the mapping.
    private let hypervisor: Hypervisor
    private let memory: OpaquePointer

    fileprivate init(_ hypervisor: Hypervisor, _ memory: OpaquePointer, _ start: UnsafeMutableRawPointer, pages: Int) {
        self.hypervisor = hypervisor
        self.memory = memory
        self.pages = pages
        bytes = UnsafeMutableRawBufferPointer(start: start, count: pages * Int(XC_PAGE_SIZE))
    }

    deinit { xenforeignmemory_unmap(memory, bytes.baseAddress, pages) }
}

extension Hypervisor {
    /// Bytes of a page.
    package static let pageSize = Int(XC_PAGE_SIZE)

    /// Maps frames of a domain one after the other; all of them, or none.
    package func map(
        frames: [UInt], of domain: DomainID, writable: Bool
    ) throws(HypervisorError) -> ForeignMapping {
        let operation = "map memory of"
        guard let memory = xc_interface_fmem_handle(try raw()) else {
            throw HypervisorError(operation, domain, code: EBADF)
        }
        let numbers = frames.map { xen_pfn_t($0) }
        guard !frames.isEmpty,
            let start = xenforeignmemory_map(
                memory, domain.rawValue, PROT_READ | (writable ? PROT_WRITE : 0), numbers.count, numbers, nil)
        else { throw HypervisorError(operation, domain, code: frames.isEmpty ? EINVAL : errno) }
        return ForeignMapping(self, memory, start, pages: numbers.count)
    }
}
