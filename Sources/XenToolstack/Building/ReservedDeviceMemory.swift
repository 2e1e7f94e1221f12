import DomainModel

/// A guest's layout made to fit memory that devices of the host need at the same addresses in the guest (RMRRs).
///
/// RAM above the boundary moves above 4 GiB. A region that still is in the guest's RAM is either an error or not
/// told to the guest, as its policy says (`libxl__domain_device_construct_rdm`).
struct ReservedDeviceMemory: Sendable {
    var layout: GuestLayout
    /// The policy of those that the guest is not told of is `invalid`.
    var regions: [RDMDevice]
    var warnings: [String] = []

    /// - Parameters:
    ///   - boundary: bytes of RAM that stay where they are, whatever is in the way.
    ///   - alignsForLargePages: end the RAM at a multiple of 2 MiB.
    /// - Throws: `ToolstackError` when a region is in the way whose policy is `strict`.
    init(
        _ regions: [RDMDevice], layout: GuestLayout, boundary: UInt64, alignsForLargePages: Bool
    ) throws(ToolstackError) {
        self.regions = regions
        self.layout = layout
        let largePage: UInt64 = 2 << 20
        for region in regions where region.start > boundary && region.overlaps(0..<self.layout.lowEnd) {
            let isAligned = !alignsForLargePages || region.start <= largePage
            self.layout.endLowRAM(at: isAligned ? region.start : region.start / largePage * largePage)
        }
        for (index, region) in regions.enumerated() {
            let isInTheWay =
                region.overlaps(0..<self.layout.lowEnd)
                || (self.layout.highEnd > GuestLayout.fourGiB
                    && region.overlaps(GuestLayout.fourGiB..<self.layout.highEnd))
            guard isInTheWay else { continue }
            let place = "0x" + String(region.start, radix: 16)
            guard region.policy != .strict else {
                throw ToolstackError(
                    .fail, "a device of the host needs memory at \(place), where the guest has its RAM",
                    remedy: "lower rdm_mem_boundary=, or use policy=relaxed in rdm=")
            }
            warnings.append("the guest's RAM covers what a device of the host needs at \(place): it may not work")
            self.regions[index].policy = .invalid
        }
    }
}

extension RDMDevice {
    fileprivate func overlaps(_ range: Range<UInt64>) -> Bool {
        start < range.upperBound && saturatingSum(start, size) > range.lowerBound
    }
}
