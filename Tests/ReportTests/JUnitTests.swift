import Conformance
import Foundation
import Report
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("JUnit XML")
struct JUnitTests {
    /// What a parser that is not ours reads out of the text.
    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String])] = []
        var text = ""
        var error: (any Error)?

        init(_ xml: String) {
            super.init()
            let parser = XMLParser(data: Data(xml.utf8))
            parser.delegate = self
            if !parser.parse() { error = parser.parserError }
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { elements.append((name, attributes)) }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func attributes(_ name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }
    }

    @Test("the suite has the counts, the header as properties, and a test case for each result")
    func readsBack() {
        let reader = Reader(Sample.mixed.junit)
        #expect(reader.error == nil)
        let suite = reader.attributes("testsuite").first
        #expect(suite?["tests"] == "3" && suite?["failures"] == "1" && suite?["skipped"] == "1" && suite?["errors"] == "0")
        #expect(suite?["time"] == "0.412")
        let properties = reader.attributes("property").map { ($0["name"], $0["value"]) }
        #expect(properties.contains { $0 == ("backend", "emulation") })
        #expect(properties.contains { $0 == ("cpu", "Example <CPU> & \"Sons\"") })
        #expect(reader.attributes("testcase").map { $0["name"] } == ["testui.cf", "senduipi.index", "apic.eoi"])
        #expect(reader.attributes("testcase").map { $0["classname"] } == ["uintr.testui", "uintr.senduipi", "uintr.apic"])
        #expect(reader.attributes("failure").first?["message"] == "step 3, expect uirr 0x8: expected 0x8, found 0x0")
        #expect(reader.attributes("skipped").first?["message"] == "no CPL 0 here")
        #expect(reader.text.contains("claim: An index above UITTSZ raises #GP."))
    }

    @Test("text of any kind comes back from a parser, but for what XML 1.0 cannot hold")
    func escapes() {
        let message = "<![CDATA[ ]]> & \"quoted\" 'so'\n\tnew line \u{1}\u{1B}[31m é 字 \u{FFFE}"
        let reader = Reader(Sample.report([Sample.result("a.b", .failed(step: 0, message))]).junit)
        #expect(reader.error == nil)
        #expect(
            reader.attributes("failure").first?["message"]
                == "<![CDATA[ ]]> & \"quoted\" 'so'\n\tnew line \u{FFFD}\u{FFFD}[31m é 字 \u{FFFD}")
    }
}
