import Glibc
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct SaveFileTests {
    private func withDirectory(_ body: (FilePath) throws -> Void) throws {
        var template = Array("/tmp/swift-xl-test.XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { FilePath(String(cString: $0)) })
        defer {
            for name in Self.names(in: directory) { unlink(directory.appending(name).string) }
            rmdir(directory.string)
        }
        try body(directory)
    }

    private static func names(in directory: FilePath) -> [String] {
        guard let stream = opendir(directory.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    @Test func replacesAnOlderFileOnlyWhenItIsComplete() throws {
        try withDirectory { directory in
            let path = directory.appending("guest.save")
            for (text, commits) in [("one", true), ("two", false), ("three", true)] {
                let before = try? Files.read(path, limit: 100)
                let file = try SaveFile(path)
                _ = try file.descriptor.writeAll(Array(text.utf8))
                #expect(try Files.read(path, limit: 100) == before ?? nil)
                commits ? try file.commit() : file.discard()
                #expect(Self.names(in: directory) == ["guest.save"])
            }
            #expect(try Files.read(path, limit: 100) == Array("three".utf8))
            var status = stat()
            #expect(stat(path.string, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
        }
    }

    @Test func whoIsKilledLeavesNothing() throws {
        try withDirectory { directory in
            guard let probe = SystemCalls.openNameless(in: directory) else { return }
            try probe.close()
            let file = try SaveFile(directory.appending("guest.save"))
            _ = try file.descriptor.writeAll([1])
            #expect(Self.names(in: directory).isEmpty)
            // As the kernel does for a process that is killed.
            try file.descriptor.close()
            #expect(Self.names(in: directory).isEmpty)
        }
    }

    @Test func aLinkStaysOne() throws {
        try withDirectory { directory in
            let (path, link) = (directory.appending("guest.save"), directory.appending("link"))
            let first = try SaveFile(path)
            try first.commit()
            #expect(symlink("guest.save", link.string) == 0)
            let file = try SaveFile(link)
            _ = try file.descriptor.writeAll([1])
            try file.commit()
            #expect(try Files.read(path, limit: 10) == [1])
            #expect(Self.names(in: directory).sorted() == ["guest.save", "link"])
        }
    }

    @Test func placesThatCannotBeAreNamed() {
        #expect { try SaveFile("/") } throws: { "\($0)".contains("directory") }
        #expect { try SaveFile("/nonexistent/x") } throws: { "\($0)".contains("/nonexistent/x") }
    }

    @Test func devicesAreWrittenInPlace() throws {
        let file = try SaveFile("/dev/null")
        _ = try file.descriptor.writeAll([1])
        try file.commit()
    }
}

@Suite struct StreamDescriptorTests {
    @Test func aReadThatWaitsEndsWhenItIsCancelled() async throws {
        let pipe = try FileDescriptor.pipe()
        defer {
            try? pipe.readEnd.close()
            try? pipe.writeEnd.close()
        }
        let stream = try StreamDescriptor(duplicating: pipe.readEnd, for: .reading)
        async let outcome = onOwnThread {
            stream.use { descriptor in
                // As libxc does it.
                while true {
                    var byte: [UInt8] = [0]
                    let count = read(descriptor.rawValue, &byte, 1)
                    if count < 0, errno == EINTR { continue }
                    return count < 0 ? errno : 0
                }
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        stream.cancel()
        #expect(await outcome == EBADF)
    }
}
