import CXen
import XenTypes

/// Numbers of HVM parameters (`HVM_PARAM_*` in `xen/hvm/params.h`).
package struct HVMParameter: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    init(_ constant: Int32) { rawValue = UInt32(bitPattern: constant) }

    package static let callbackIRQ = HVMParameter(HVM_PARAM_CALLBACK_IRQ)
    package static let storePFN = HVMParameter(HVM_PARAM_STORE_PFN)
    package static let storeEventChannel = HVMParameter(HVM_PARAM_STORE_EVTCHN)
    package static let paeEnabled = HVMParameter(HVM_PARAM_PAE_ENABLED)
    package static let ioreqPFN = HVMParameter(HVM_PARAM_IOREQ_PFN)
    package static let bufferedIoreqPFN = HVMParameter(HVM_PARAM_BUFIOREQ_PFN)
    package static let viridian = HVMParameter(HVM_PARAM_VIRIDIAN)
    package static let timerMode = HVMParameter(HVM_PARAM_TIMER_MODE)
    package static let hpetEnabled = HVMParameter(HVM_PARAM_HPET_ENABLED)
    package static let identityPageTable = HVMParameter(HVM_PARAM_IDENT_PT)
    package static let acpiSState = HVMParameter(HVM_PARAM_ACPI_S_STATE)
    package static let vptAlign = HVMParameter(HVM_PARAM_VPT_ALIGN)
    package static let consolePFN = HVMParameter(HVM_PARAM_CONSOLE_PFN)
    package static let consoleEventChannel = HVMParameter(HVM_PARAM_CONSOLE_EVTCHN)
    package static let acpiIOPortsLocation = HVMParameter(HVM_PARAM_ACPI_IOPORTS_LOCATION)
    package static let nestedHVM = HVMParameter(HVM_PARAM_NESTEDHVM)
    package static let tripleFaultReason = HVMParameter(HVM_PARAM_TRIPLE_FAULT_REASON)
    package static let generationIDAddress = HVMParameter(HVM_PARAM_VM_GENERATION_ID_ADDR)
    package static let altp2m = HVMParameter(HVM_PARAM_ALTP2M)
    package static let x87FIPWidth = HVMParameter(HVM_PARAM_X87_FIP_WIDTH)
    package static let vm86TSS = HVMParameter(HVM_PARAM_VM86_TSS)
    package static let vm86TSSSized = HVMParameter(HVM_PARAM_VM86_TSS_SIZED)
    package static let mcaCapabilities = HVMParameter(HVM_PARAM_MCA_CAP)
}

extension Hypervisor {
    package func hvmParameter(_ parameter: HVMParameter, of domain: DomainID) throws(HypervisorError) -> UInt64 {
        var value: UInt64 = 0
        try call("read HVM parameter \(parameter.rawValue) of", domain) {
            xc_hvm_param_get($0, domain.rawValue, parameter.rawValue, &value)
        }
        return value
    }

    package func setHVMParameter(
        _ parameter: HVMParameter, to value: UInt64, of domain: DomainID
    ) throws(HypervisorError) {
        try call("set HVM parameter \(parameter.rawValue) of", domain) {
            xc_hvm_param_set($0, domain.rawValue, parameter.rawValue, value)
        }
    }

    /// Tells hvmloader of the guest's processors, in the page that libxenguest left for it when it built the image.
    ///
    /// - Parameters:
    ///   - hasAPIC: whether firmware describes the APICs to the guest.
    ///   - online: of the `count` processors, those that run from the start.
    package func setFirmwareProcessors(
        hasAPIC: Bool, count: UInt32, online: Bitmap, of domain: DomainID
    ) throws(HypervisorError) {
        let page = try map(frames: [UInt(HVM_INFO_PFN)], of: domain, writable: true)
        let offset = Int(HVM_INFO_OFFSET)
        var table = page.bytes.loadUnaligned(fromByteOffset: offset, as: hvm_info_table.self)
        table.describeProcessors(hasAPIC: hasAPIC, count: count, online: online)
        page.bytes.storeBytes(of: table, toByteOffset: offset, as: hvm_info_table.self)
    }
}

extension hvm_info_table {
    /// The sum of all bytes of the table is 0.
    mutating func describeProcessors(hasAPIC: Bool, count: UInt32, online: Bitmap) {
        apic_mode = hasAPIC ? 1 : 0
        nr_vcpus = count
        withUnsafeMutableBytes(of: &vcpu_online) { $0.copyBytes(from: online.bytes(count: $0.count)) }
        checksum = 0
        checksum = 0 &- withUnsafeBytes(of: self) { $0.reduce(0, &+) }
    }
}
