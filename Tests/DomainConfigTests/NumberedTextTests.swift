import DomainConfig
import Testing

@Suite struct NumberedTextTests {
    @Test(arguments: [
        ("name = \"web-{n}\"", "name = \"web-7\""), ("{n:03}{n}", "0077"), ("{n:x} {n:02x} {n:04x}", "7 07 0007"),
        ("{n:01}", "7"), ("none", "none"), ("", ""),
        // What is no placeholder stays: shells, CPUID strings and JSON have braces, too.
        ("{", "{"), ("{n", "{n"), ("{}", "{}"), ("{m}", "{m}"), ("{n:}", "{n:}"), ("{n:3}", "{n:3}"),
        ("{n:0}", "{n:0}"), ("{n:021}", "{n:021}"), ("{n:03y}", "{n:03y}"), ("{n:0+3}", "{n:0+3}"),
        ("{ n}", "{ n}"), ("{{n}}", "{7}"), ("{n:99999999999999999999999}", "{n:99999999999999999999999}"),
    ])
    func aPlaceholderBecomesTheNumber(_ text: String, _ filled: String) {
        #expect(NumberedText.fill(text, with: 7) == filled)
    }

    @Test func hexadecimalNumbersAreOfTheMACsAlphabet() {
        #expect(NumberedText.fill("00:16:3e:00:{n:02x}:01", with: 171) == "00:16:3e:00:ab:01")
        #expect(NumberedText.fill("{n:02}", with: 1234) == "1234", "nothing is cut")
    }

    @Test func bytesThatAreNoTextStay() {
        #expect(NumberedText.fill([0xFF, 0x7B, 0x6E, 0x7D, 0x00], with: 12) == [0xFF, 0x31, 0x32, 0x00])
    }
}
