import CCurl
import Testing

@testable import Wire

@Suite("parts of the HTTP client")
struct ClientPartsTests {
  @Test(
    "an origin is scheme, host and port, and nothing secret",
    arguments: [
      ("http://h/p?key=1", "http", "h", "80", "h"),
      ("HTTPS://User:pw@Host.X:8443/p", "https", "host.x", "8443", "host.x:8443"),
      ("https://[::1]:9/", "https", "[::1]", "9", "[::1]:9"),
      ("https://[::1]", "https", "[::1]", "443", "[::1]"),
      ("http://good.com\\@evil.com/", "http", "good.com", "80", "good.com"),
      ("http://h?x@evil.com", "http", "h", "80", "h"),
    ])
  func origin(_ url: String, _ scheme: String, _ host: String, _ port: String, _ shown: String) throws {
    let origin = try #require(URLOrigin(url))
    #expect((origin.scheme, origin.host, origin.port) == (scheme, host, port))
    #expect(origin.shown == shown)
  }

  @Test(
    "what is no absolute URL has no origin",
    arguments: ["", "x", "/p", "http:", "http://", "http:///p", "a:b@c"])
  func noOrigin(_ url: String) { #expect(URLOrigin(url) == nil) }

  @Test(
    "the first bytes tell events from what is whole, or not yet",
    arguments: [
      ("", nil), ("d", nil), ("dat", nil), ("data", nil), ("data:", true), ("data: x\n\n", true),
      ("event", nil), ("event: e", true), (":", true), ("id: 7", true), ("retry", nil), ("\n", nil),
      ("\r\n\r\ndata:", true),
      ("\u{FEFF}", nil), ("\u{FEFF}da", nil), ("\u{FEFF}data:", true), ("\u{FEFF}\n{", false), ("{", false),
      ("\n\n{}", false), ("dx", false), ("data\n", false), ("<html>", false), (" data:", false),
      (String(repeating: "\n", count: 2048), false),
    ] as [(String, Bool?)])
  func firstBytes(_ text: String, _ expected: Bool?) {
    #expect(FirstBytes.areEvents(Array(text.utf8)) == expected)
    for count in 0..<text.utf8.count where expected == true {
      // What shows to be events has been taken for nothing else on the way.
      #expect(FirstBytes.areEvents(Array(text.utf8.prefix(count))) != false)
    }
  }

  @Test("headers are found whatever their case, and trimmed")
  func headers() {
    var headers = HTTPHeaders()
    headers.block = Array("A: 1\r\nb:2\r\nB: 3\r\nC :  x: y \t\r\nno colon\r\n: no name\r\nEmpty:\r\n".utf8)
    #expect(headers["a"] == "1")
    #expect(headers["B"] == "2")
    #expect(headers["c"] == "x: y")
    #expect(headers["EMPTY"] == "")
    #expect(headers["none"] == nil)
    #expect(headers.map(\.name) == ["A", "b", "B", "C", "Empty"])
  }

  @Test("an error shows no header, no query and no password, even where curl does")
  func secrets() {
    let request = HTTPRequest(
      url: "https://user:hunter22@h/p?api_key=abcdef123", headers: [("Authorization", "Bearer sk-123456789")])
    let failure = CurlFailure(
      code: CCURLE_PEER_FAILED_VERIFICATION, stage: .connect, systemError: 0,
      detail: "no user:hunter22 with sk-123456789 at api_key=abcdef123, sk-123456789")
    let error = failure.error(for: request, bodySent: false)
    #expect(error.kind == .tls)
    #expect(error.message == "no secure connection to h: no *** with *** at ***, ***")
  }

  @Test("the library that is loaded is known, and resolves names beside the loop")
  func library() throws {
    let library = try HTTPLibrary.load()
    #expect(library.version.contains("."))
    #expect(library.resolvesInBackground)
    #expect(library.decompresses.contains("gzip"))
    #expect(HTTPLibrary(version: "7.88.1", number: 0x075801, features: .max).hasSafeHTTP2 == false)
    #expect(HTTPLibrary(version: "8.5.0", number: 0x080500, features: .max).hasSafeHTTP2)
  }

  @Test("what waits goes in its order, and takes no room once it is gone, even where something always waits")
  func backlog() {
    var backlog = Backlog<Int>()
    #expect(backlog.isEmpty && backlog.popFirst() == nil)
    for number in 0..<10 { backlog.append(number) }
    for number in 0..<10_000 {
      #expect(backlog.first == number)
      #expect(backlog.popFirst() == number)
      backlog.append(number + 10)
    }
    #expect(backlog.room < 200)
    #expect(backlog.takeAll() == Array(10_000..<10_010))
    #expect(backlog.isEmpty)
  }
}
