import FuzzSupport

/// libxl's streams, as if no libxc stream stood between the records: what is read must be the same after writing it.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(StreamError) {
        var reader = try LibxlStreamReader(StreamReader(ByteArraySource(input(start, count))))
        while true {
            let record = try reader.next()
            guard var bytes = record.encoded() else {
                require(false, "\(record) has no form")
                return 0
            }
            if case .emulatorContext(_, let length) = record {
                var state: [UInt8] = []
                while let piece = try reader.nextOfContext() { state += piece }
                require(UInt64(state.count) == length, "\(state.count) of \(length) bytes")
                bytes += state + LibxlRecord.paddingAfterContext(of: length)
            }
            var second = try LibxlStreamReader(StreamReader(ByteArraySource(LibxlStream.header() + bytes)))
            require(try second.next() == record, "\(record) became another")
            if record == .end { return 0 }
        }
    } catch {
        require(error.offset <= UInt64(count), "\(error) is behind the end")
    }
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
