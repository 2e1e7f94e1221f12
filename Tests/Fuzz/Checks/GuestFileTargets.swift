import XenTypes

@testable import XenToolstack

extension FuzzTarget {
    /// What comes from a disk that the guest writes.
    static let guestFiles: [FuzzTarget] = [
        FuzzTarget("Bootloader", checkBootloaderResult),
        FuzzTarget("Kernel", checkKernel),
    ]
}

@Sendable private func checkBootloaderResult(_ bytes: [UInt8]) throws {
    let result = BootloaderResult(Array(bytes.prefix(BootloaderResult.sizeLimit)))
    try require(result.warnings.count <= 11, "\(result.warnings.count) warnings")
    for warning in result.warnings { try checkShort(warning) }
    for text in [result.kernel, result.ramdisk, result.arguments] {
        try require(text?.utf8.contains(0) != true, "a text with a NUL")
        // A byte that is no UTF-8 becomes three.
        try require(text?.utf8.count ?? 0 <= 3 * BootloaderResult.itemLimit, "a text that is too long")
    }
}

@Sendable private func checkKernel(_ bytes: [UInt8]) throws {
    let head = Array(bytes.prefix(KernelFile.headLength))
    guard let kernel = KernelFile(head: head) else { return }
    let problems = KernelFile.truncation("kernel", "/k", expected: kernel.expectedSize, size: UInt64(bytes.count))
    try require(problems.isEmpty == (kernel.expectedSize <= UInt64(bytes.count)), "\(problems)")
}
