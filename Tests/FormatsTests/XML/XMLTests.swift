import Formats
import Testing

@Suite("XML and HTML")
struct XMLTests {
  static func written(_ body: (XMLWriter) -> Void) throws -> String {
    let writer = try XMLWriter(indents: false)
    body(writer)
    try writer.finish()
    let text = String(decoding: writer.bytes, as: UTF8.self)
    return String(text.dropFirst("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".count).dropLast())
  }

  @Test("elements, attributes and text are escaped where they must be")
  func escapes() throws {
    let xml = try Self.written {
      $0.start("a", [("x", "1 < 2 & \"q\"\nnext\ttab"), ("é", "日本")])
      $0.text("a < b && ]]> \r 😀")
      $0.element("b")
      $0.element("c", text: "")
      $0.end()
      $0.end()
    }
    #expect(
      xml
        == "<a x=\"1 &lt; 2 &amp; &quot;q&quot;&#10;next&#9;tab\" é=\"日本\">a &lt; b &amp;&amp; ]]&gt; &#13; 😀<b/><c></c></a>"
    )
  }

  @Test("characters that XML cannot hold are shown or removed")
  func illegal() throws {
    #expect(
      XMLWriter.legal("\u{1B}[31mred\u{0}\u{FFFE}\u{7F}\u{10FFFF}\t") == "␛[31mred␀\u{FFFD}\u{7F}\u{10FFFF}\t"
    )
    #expect(XMLWriter.legal("\u{1B}a\u{FFFF}", .removed) == "a")
    #expect(try Self.written { $0.element("a", [("b", "\u{8}")], text: "\u{B}") } == "<a b=\"␈\">␋</a>")
  }

  @Test("names and comments are made well-formed, and what is open is closed")
  func wellFormed() throws {
    let xml = try Self.written {
      $0.start("1 a<b>")
      $0.comment("a--b---")
      $0.start("c")
    }
    let document = try XMLDocument(parsing: xml)
    #expect(
      try document.evaluate("//*") == .nodes([.init(name: "_1_a_b_", text: ""), .init(name: "c", text: "")]))
  }

  @Test("what is written to a file is indented and reads back the same")
  func file() throws {
    let folder = try TemporaryFolder()
    let writer = try XMLWriter(path: folder.path("r/a.xml"))
    writer.start("suites")
    for i in 0..<2000 { writer.element("case", [("name", "n\(i)\n")], text: "text <\(i)>") }
    #expect(!File.exists(folder.path("r/a.xml")))
    try writer.finish()
    let document = try XMLDocument(parsing: try File.readText(folder.path("r/a.xml")))
    #expect(try document.evaluate("count(/suites/case)") == .number(2000))
    #expect(try document.evaluate("string(/suites/case[8]/@name)") == .string("n7\n"))
    #expect(try document.evaluate("string(/suites/case[8])") == .string("text <7>"))
  }

  static let mistakes: [(xml: String, line: Int, words: String)] = [
    ("<a><b></a>", 1, "tag mismatch"), ("<a>\n<b x=1/></a>", 2, "attvalue"), ("", 1, ""), ("text", 1, ""),
    ("<a/><b/>", 1, "extra content"),
    ("<a>&nope;</a>", 1, "not defined"),
    ("<!DOCTYPE a [\n<!ENTITY x \"y\">]><a>&x;</a>", 2, "entities may not be declared"),
    ("<a>\u{1}</a>", 1, "char"), (String(repeating: "<a>", count: 100_000), 1, "depth"), ("<a", 1, ""),
  ]

  @Test("what is not well-formed is refused with its line", arguments: mistakes)
  func tellsMistakes(xml: String, line: Int, words: String) throws {
    let problem = try #require(throws: Problem.self) { try XMLDocument(parsing: xml) }
    #expect(problem.location?.line == line)
    #expect(words.isEmpty || problem.message.lowercased().contains(words), "\(problem.message)")
  }

  @Test("HTML with more references than can be looked up in time is refused, a page full of them is read")
  func references() throws {
    let page = "<p>" + String(repeating: "&b;", count: 50_000) + "</p>"
    #expect(try HTMLDocument(parsing: page).evaluate("count(//p)") == .number(1))
    let problem = try #require(throws: Problem.self) {
      try HTMLDocument(parsing: "<p>" + String(repeating: "&b;", count: 1_000_001) + "</p>")
    }
    #expect(problem.message.contains("references"))
  }

  @Test("nothing is read from elsewhere")
  func external() throws {
    let folder = try TemporaryFolder()
    try File.write("secret", to: folder.path("s"))
    let xml =
      "<!DOCTYPE a SYSTEM \"file://\(folder.path("s"))\"><a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"\(folder.path("s"))\" parse=\"text\"/></a>"
    #expect(try XMLDocument(parsing: xml).evaluate("string(/)") == .string(""))
  }

  @Test("XPath gives nodes, strings, numbers and truths")
  func xpath() throws {
    let document = try XMLDocument(
      parsing: "<r><i id='1'>a</i><i id='2'>b</i><n:x xmlns:n='urn:n'>c</n:x></r>")
    #expect(
      try document.evaluate("//i") == .nodes([.init(name: "i", text: "a"), .init(name: "i", text: "b")]))
    #expect(try document.evaluate("//i[@id=2]/text()") == .nodes([.init(name: "", text: "b")]))
    #expect(
      try document.evaluate("/r/i/@id")
        == .nodes([.init(name: "id", text: "1"), .init(name: "id", text: "2")]))
    #expect(try document.evaluate("count(//i)") == .number(2))
    #expect(try document.evaluate("string(//i[1])") == .string("a"))
    #expect(try document.evaluate("//i='b'") == .bool(true))
    #expect(try document.evaluate("//none") == .nodes([]))
    #expect(
      try document.evaluate("//m:x", namespaces: [("m", "urn:n")]) == .nodes([.init(name: "n:x", text: "c")]))
    #expect(try document.evaluate("//namespace::*") != .bool(true))
    let problem = try #require(throws: Problem.self) { try document.evaluate("//i[") }
    #expect(problem.message.hasPrefix("\"//i[\" is no XPath expression: "))
    #expect(throws: Problem.self) { try document.evaluate("nope()") }
  }

  @Test("HTML is mended into a tree")
  func html() throws {
    let document = try HTMLDocument(parsing: "<p>one<p>two <b>bold<ul><li>x</ul>")
    #expect(try document.evaluate("name(/*)") == .string("html"))
    #expect(try document.evaluate("count(//p)") == .number(2))
    #expect(try document.evaluate("string(//li)") == .string("x"))
    #expect(try HTMLDocument(parsing: "  ").evaluate("/*") == .nodes([]))
    let page = try HTMLDocument(parsing: "<!DOCTYPE html><html><body>bare <section class=x>é</section>")
    #expect(try page.evaluate("string(/html/body/section[@class = 'x'])") == .string("é"))
    #expect(try page.evaluate("string(/html/body)") == .string("bare é"))
  }
}
