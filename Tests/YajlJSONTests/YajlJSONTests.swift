import ProcessorTime
import Testing
import XenTypes

@testable import YajlJSON

private struct Disk: Codable, Equatable {
    var name: String
    var size: UInt64
    var readOnly: Bool?
}

private struct Machine: Codable, Equatable {
    var zulu = 1
    var alpha = [Disk]()
    var empty = [String: Int]()
    var ratio = 0.5
}

private func text(_ value: some Encodable, _ layout: JSONLayout = .compact) throws -> String {
    try YajlEncoder(layout: layout).encodeText(value)
}

@Suite struct Encoding {
    @Test func prettyLayoutIsUpstreams() throws {
        let machine = Machine(alpha: [Disk(name: "xvda", size: .max, readOnly: true)])
        #expect(
            try text(machine, .pretty) == """
                {
                    "zulu": 1,
                    "alpha": [
                        {
                            "name": "xvda",
                            "size": 18446744073709551615,
                            "readOnly": true
                        }
                    ],
                    "empty": {

                    },
                    "ratio": 0.5
                }

                """)
    }

    @Test func compactLayoutHasNoSpaces() throws {
        #expect(try text(Machine()) == #"{"zulu":1,"alpha":[],"empty":{},"ratio":0.5}"#)
    }

    @Test func scalarsAreDocuments() throws {
        #expect(try text("x") == #""x""#)
        #expect(try text(-3) == "-3")
        #expect(try text(UInt64.max) == "18446744073709551615")
        #expect(try text([Int?.none]) == "[null]")
        #expect(try text("") == #""""#)
    }

    @Test func controlCharactersAreEscaped() throws {
        #expect(try text("a\"\\/\n\t\u{1}\u{7f}é") == #""a\"\\/\n\t\u0001"# + "\u{7f}é\"")
    }

    @Test func bytesThatAreNoUTF8GoOutAsTheyCameIn() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x28, 0xF4, 0x8F, 0xBC, 0x80, 0xE2, 0x82]
        let json = try YajlEncoder(layout: .compact).encode(String(escapingBytes: bytes))
        #expect(json == [0x22] + bytes + [0x22])
        #expect(try YajlDecoder().decode(String.self, from: json).unescapedBytes == bytes)
    }

    @Test func infinityIsAnErrorWithItsPlace() {
        #expect(throws: JSONEncodingError(path: "a[1]", reason: "inf is not a number of JSON")) {
            try YajlEncoder().encode(["a": [1, Double.infinity]])
        }
    }

    @Test func nestingBeyondTheGeneratorsDepthIsAnError() {
        struct Nest: Encodable {
            let depth: Int
            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                if depth > 0 { try container.encode(Nest(depth: depth - 1)) }
            }
        }
        #expect(throws: Never.self) { try YajlEncoder().encode(Nest(depth: 100)) }
        #expect(throws: JSONEncodingError.self) { try YajlEncoder().encode(Nest(depth: 200)) }
    }

    @Test func nestedContainersCloseWhenTheirOuterGoesOn() throws {
        struct Value: Encodable {
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: NameKey.self)
                var inner = outer.nestedUnkeyedContainer(forKey: NameKey("list"))
                try inner.encode(1)
                var innermost = inner.nestedContainer(keyedBy: NameKey.self)
                try innermost.encode(2, forKey: NameKey("two"))
                try inner.encode(3)
                try outer.encode(4, forKey: NameKey("four"))
            }
        }
        #expect(try text(Value()) == #"{"list":[1,{"two":2},3],"four":4}"#)
    }

    @Test func aValueThatWritesNothingIsAnEmptyObject() throws {
        struct Silent: Encodable { func encode(to encoder: any Encoder) {} }
        #expect(try text(["a": Silent()]) == #"{"a":{}}"#)
    }
}

@Suite struct Decoding {
    private func failure<Value: Decodable>(_ type: Value.Type, _ text: String) -> JSONDecodingError? {
        do {
            _ = try YajlDecoder().decode(type, from: text)
            return nil
        } catch {
            return error
        }
    }

    @Test func readsWhatIsWritten() throws {
        let machine = Machine(alpha: [Disk(name: "é\"\u{1}", size: .max), Disk(name: "", size: 0, readOnly: false)])
        for layout in [JSONLayout.pretty, .compact] {
            let json = try YajlEncoder(layout: layout).encode(machine)
            #expect(try YajlDecoder().decode(Machine.self, from: json) == machine)
            #expect(try YajlDecoder().decode(Machine.self, from: json + [0]) == machine)
        }
    }

    @Test func syntaxErrorsTellTheirPlace() throws {
        let error = try #require(failure([Int].self, "[1,\n  2,\n  x]"))
        #expect(error.line == 3)
        #expect(error.reason.contains("invalid char"))
        #expect(failure([Int].self, "[1,")?.reason == "the text ends inside a value")
        #expect(failure([Int].self, "[1]]")?.reason == "trailing garbage")
        #expect(failure([Int].self, "")?.reason == "the text is empty")
        #expect(failure([Int].self, "[1] 2")?.reason == "text follows the document")
    }

    @Test func wrongTypesTellTheirPlace() {
        let json = """
            {"zulu": 1, "ratio": 1, "empty": {},
             "alpha": [{"name": "a", "size": 1},
                       {"name": 7, "size": 2}]}
            """
        #expect(
            failure(Machine.self, json)
                == JSONDecodingError(
                    line: 3, column: 21, path: "alpha[1].name", reason: "expected a string, found the number 7"))
        #expect(
            failure([[String]].self, #"[["a\"b"], {"c": "d"}]"#)
                == JSONDecodingError(line: 1, column: 12, path: "[1]", reason: "expected an array, found an object"))
        #expect(
            failure([[Int]].self, #"[[1], ["a\\\"b"]]"#)
                == JSONDecodingError(
                    line: 1, column: 8, path: "[1][0]", reason: "expected an integer, found a string"))
        #expect(failure(Disk.self, #"{"name": "a"}"#)?.reason == #""size" is missing"#)
    }

    @Test(arguments: ["256", "-1", "1.5", "1e2", "99999999999999999999999999"])
    func numbersOutOfRangeAreErrors(number: String) {
        #expect(failure(UInt8.self, number)?.reason.contains("no integer from 0 to 255") == true)
    }

    @Test func wideNumbersAreRead() throws {
        #expect(try YajlDecoder().decode(UInt64.self, from: "18446744073709551615") == .max)
        #expect(try YajlDecoder().decode(Int64.self, from: "-9223372036854775808") == .min)
        #expect(try YajlDecoder().decode(Double.self, from: "1.5e3") == 1500)
        #expect(failure(Double.self, "1e999")?.reason == "the number 1e999 is out of range")
        #expect(failure(UInt64.self, "18446744073709551616") != nil)
    }

    @Test func limitsHold() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(failure(JSONValue.self, deep)?.reason == "nested deeper than 64 levels")
        #expect(throws: JSONDecodingError.self) {
            try YajlDecoder(maximumSize: 4).decode(JSONValue.self, from: "[1,2]")
        }
    }

    @Test func ofANameThatStandsTwiceTheFirstCounts() throws {
        let text = #"{"zulu": 7, "alpha": [], "empty": {"a": 1, "a": "x", "b": 2}, "ratio": 1, "zulu": []}"#
        let machine = try YajlDecoder().decode(Machine.self, from: text)
        #expect(machine == Machine(zulu: 7, empty: ["a": 1, "b": 2], ratio: 1))
        #expect(try YajlDecoder().decode(JSONValue.self, from: #"{"a":1,"a":2}"#) == .object([("a", .integer(1))]))
    }

    @Test func stringsHoldNoNUL() {
        #expect(failure(String.self, #""a\u0000b""#)?.reason == "a string holds a NUL character")
    }

    @Test func anyValueKeepsOrder() throws {
        let text = #"{"b":[1,-2.5,null,true],"a":{"x":"y"}}"#
        let value = try YajlDecoder().decode(JSONValue.self, from: text)
        #expect(value["b"]?.array?.first?.integer == 1)
        #expect(value["a"]?["x"]?.string == "y")
        #expect(try YajlEncoder(layout: .compact).encodeText(value) == text)
    }

    @Test func aLongTextTakesLinearTime() throws {
        func time(_ count: Int) throws -> Double {
            let members = (0..<count).map { #""k\#($0)": [\#($0), "x"]"# }.joined(separator: ",")
            let text = Array("{\(members)}".utf8)
            return try processorTime { _ = try YajlDecoder().decode(JSONValue.self, from: text) }
        }
        _ = try time(1000)
        let short = try time(2000)
        let long = try time(20000)
        #expect(long < short * 60)
    }

    /// Text in which going back to the token's start is most work: backslashes, and quotes that end nothing.
    @Test(arguments: [#"\\"#, #"\""#, #"\\\""#, "a"])
    func findsTheStartOfALongStringInLinearTime(_ piece: String) {
        func time(_ count: Int) -> Double {
            let text = "[\"\(String(repeating: piece, count: count))\"]"
            return processorTime { #expect(failure([Int].self, text)?.column == 2) }
        }
        _ = time(100)
        #expect(time(20_000) < max(time(1000), 0.0005) * 80)
    }

    @Test func mutilatedTextsNeverCrash() throws {
        let machine = Machine(alpha: [Disk(name: "é\\u00e9", size: 5)], empty: ["a": 1])
        let json = try YajlEncoder().encode(machine)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            var bytes = json
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                guard let index = bytes.indices.randomElement(using: &generator) else { continue }
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: #"[]{}\"\\0-9eu,:"#.utf8.shuffled().prefix(2), at: index)
                }
            }
            do {
                _ = try YajlDecoder().decode(Machine.self, from: bytes)
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}
