import Testing

@testable import XenTypes

@Test func uuidTextRoundTrips() {
    let uuid = XenUUID.random()
    #expect(XenUUID(uuid.description) == uuid)
    #expect(uuid.description.utf8.count == 36)
    #expect(uuid.bytes[6] >> 4 == 4)
}

@Test(arguments: ["", "0", "00000000-0000-0000-0000-00000000000", "0000000g-0000-0000-0000-000000000000", "0-0"])
func malformedUUIDIsRefused(text: String) {
    #expect(XenUUID(text) == nil)
}

@Test func bitmapSetOperations() {
    let a: Bitmap = [0, 3, 64, 200]
    let b: Bitmap = [3, 200, 201]
    #expect(Array(a.union(b)) == [0, 3, 64, 200, 201])
    #expect(Array(a.intersection(b)) == [3, 200])
    #expect(Array(a.subtracting(b)) == [0, 64])
    #expect(a.count == 4)
    #expect(a.max == 200)
    #expect(Bitmap(bytes: a.bytes(count: 26)) == a)
    #expect(a.subtracting(a).isEmpty)
}

@Test func bitmapRangesHoldTheirNumbersOnly() {
    for lower in [0, 1, 63, 64, 65, 130] {
        for count in [0, 1, 62, 63, 64, 65, 128, 200] {
            let range = lower..<lower + count
            #expect(Array(Bitmap(range)) == Array(range))
        }
    }
}

@Suite struct XenReleaseTests {
    @Test func readsWhatItWrites() {
        #expect(XenRelease("4.17") == XenRelease(4, 17))
        #expect(XenRelease("4.17")?.description == "4.17")
        for text in ["", "4", "4.", "4.17.5", "4.x", "-4.1", "4.65536"] { #expect(XenRelease(text) == nil) }
    }

    @Test func comparesNumbersNotTexts() {
        #expect(XenRelease(4, 9) < XenRelease(4, 17))
        #expect(XenRelease(4, 22) < XenRelease(5, 0))
    }

    /// What each release brings. The rows are those of the release notes, read in Xen's source at the releases' tags.
    @Test(
        arguments: [
            (\.choosesConsoleEscape, 18), (\.canLackPSR, 20),
            (\.setsAltp2mAtCreation, 19), (\.leavesOutPIRQs, 19), (\.servesKeyboardsOfHVM, 19), (\.servesTapDisks, 19),
            (\.has9PDaemon, 19), (\.hasNoQEMUThatLimitsItself, 20), (\.answersForStoreLimits, 21),
            (\.countsAltp2mViews, 21), (\.keepsACPITables, 21), (\.choosesPlatformDeviceCaching, 21),
            (\.refusesOtherCPUVendors, 22),
        ] as [(KeyPath<XenRelease, Bool> & Sendable, UInt16)])
    func hasWhatItBroughtAndWhatCameBefore(_ capability: KeyPath<XenRelease, Bool> & Sendable, _ first: UInt16) {
        for minor in 17...22 as ClosedRange<UInt16> {
            #expect(XenRelease(4, minor)[keyPath: capability] == (minor >= first))
        }
        #expect(XenRelease.first(with: capability) == XenRelease(4, first))
    }
}
