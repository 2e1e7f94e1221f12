import Glibc
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct JournalTests {
    @Test func notesThatNobodyAskedForGoAfterAMonth() throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        let note = Arrival.returnedPath(XenUUID.random(), in: directory)
        let other = directory.appending("userdata-d.1.x.libxl-json")
        defer {
            for path in [note, other] { unlink(path.string) }
            rmdir(directory.string)
        }
        for path in [note, other] {
            try FileDescriptor.open(path, .writeOnly, options: .create, permissions: [.ownerRead, .ownerWrite]).close()
        }
        let day = 86_400
        Arrival.dropOldReturns(in: directory, now: time(nil) + 29 * day)
        #expect(access(note.string, F_OK) == 0)
        Arrival.dropOldReturns(in: directory, now: time(nil) + 31 * day)
        #expect(access(note.string, F_OK) != 0)
        #expect(access(other.string, F_OK) == 0)
    }
}
