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
