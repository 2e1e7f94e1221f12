import FuzzSupport

/// Headers of saved domains: what is read must be the same after writing and reading it again, and no more than what
/// there is can be taken.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var reader = StreamReader(ByteArraySource(input(start, count)))
    do throws(StreamError) {
        let header = try SaveFileHeader.read(from: &reader).header
        require(reader.offset <= UInt64(count), "\(reader.offset) bytes of \(count)")
        guard let (bytes, info) = header.encoded() else { return 0 }
        var second = StreamReader(ByteArraySource(bytes))
        let again = try SaveFileHeader.read(from: &second)
        // An empty JSON text is written as none.
        require(again.header == header && again.info == info, "\(header)\nbecame\n\(again)")
    } catch {
        require(error.offset <= UInt64(count), "\(error) is behind the end")
    }
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
