import Testing

@testable import Wire

/// What a server can do wrong, and what is to be made of it.
struct Fault: Sendable, CustomTestStringConvertible {
  enum Reading: Sendable { case whole, events, lines }

  var path: String
  var reading = Reading.whole
  var status: Int?
  /// Nil where the exchange is in order.
  var kind: HTTPError.Kind?
  var stage: HTTPError.Stage?
  var bodySent = true
  /// What is kept of the body or, of a stream, the data of its events.
  var body: String?
  var events: [String] = []

  var testDescription: String { "\(path) \(reading)" }

  static func answered(_ path: String, _ reading: Reading = .whole, status: Int = 200, body: String? = nil)
    -> Fault
  {
    Fault(path: path, reading: reading, status: status, body: body)
  }

  static func streamed(_ path: String, _ events: [String], _ reading: Reading = .events) -> Fault {
    Fault(path: path, reading: reading, status: 200, events: events)
  }

  static let all: [Fault] =
    [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529].map {
      answered(
        "status/\($0)", $0.isMultiple(of: 2) ? .events : .whole, status: $0, body: #"{"error":"as asked"}"#)
    } + [
      answered("html/502", .events, status: 502, body: "<html>bad gateway</html>"),
      answered("interim", body: "{}"),
      answered("trailers", body: "{}"),
      answered("answer-then-close", body: "{}"),
      answered("gzip", body: #"{"packed":true}"#),
      answered("encoding-unknown").broken(.badEncoding, .receiving),
      answered("gzip-bad").broken(.badEncoding, .receiving),
      // libcurl does not say that compressed data ended early; whoever reads the text will.
      answered("gzip-cut"),
      answered("gzip-bomb").broken(.tooLarge, .receiving),
      answered("length-absurd").broken(.tooLarge, .receiving),
      answered("length-negative").broken(.protocolError, .receiving),
      answered("length-huge").broken(.tooLarge, .receiving),
      answered("large?bytes=2000000").broken(.tooLarge, .receiving),
      answered("large-chunked?bytes=2000000").broken(.tooLarge, .receiving),
      answered("headers-huge").broken(.tooLarge, .receiving),
      answered("chunk-bad", .events).broken(.protocolError, .receiving),
      Fault(path: "not-http", kind: .protocolError, stage: .waiting),
      Fault(path: "reset-at-once", kind: .reset, stage: .waiting),
      Fault(path: "close-without-answer", kind: .reset, stage: .waiting),
      answered("reset-in-headers").broken(.reset, .receiving),
      answered("close-in-headers").broken(.truncated, .receiving),
      answered("reset-in-body", body: "half").broken(.reset, .receiving),
      answered("close-in-body", body: "half").broken(.truncated, .receiving),
      streamed("close-in-chunk", ["half a chunk"]).broken(.truncated, .receiving),
      streamed("close-between-chunks", ["one"]).broken(.truncated, .receiving),
      streamed("reset-in-stream", ["one"]).broken(.reset, .receiving),
      streamed("until-close", ["one", "tail"]),
      Fault(path: "hang-before-answer", kind: .timeout, stage: .waiting),
      answered("hang-after-headers").broken(.timeout, .receiving),
      streamed("hang-in-stream", ["one"]).broken(.timeout, .receiving),
      streamed("hang-after-end-mark", ["one", "[DONE]"]),
      streamed("stream", [#"{"n":0}"#, #"{"n":1}"#, #"{"n":2}"#, "[DONE]"]),
      streamed("bytewise", ["grüße 😀", "a\nb"]),
      streamed("lines", [#"{"a":1}"#, #"{"a":2}"#, #"{"done":true}"#], .lines),
      streamed("invalid-utf8", ["\u{FFFD}\u{FFFD}\u{FFFD}"]),
      streamed("error-event", [#"{"error":{"message":"overloaded"}}"#]),
      streamed("plain-events", ["one", "two"]),
      streamed("plain-bytewise", ["one", "two"]),
      streamed("untyped-events", ["one"]),
      streamed("gzip-stream", ["one", "two"]),
      answered("large-event?bytes=900000", .events).broken(.tooLarge, .receiving),
      answered("json-instead", .events, body: #"{"choices":[]}"#),
      answered("json-bytewise", .events, body: "\n{}"),
      answered("start-of-events", .events, body: "dat"),
      answered("html-instead", .events, body: "<html>captive portal</html>"),
      answered("html-instead", .lines, body: "<html>captive portal</html>"),
      answered("redirect-here", status: 307, body: ""),
      answered("redirect-loop", .events, status: 307, body: ""),
    ]

  /// As answered, but not to its end.
  func broken(_ kind: HTTPError.Kind, _ stage: HTTPError.Stage) -> Fault {
    var fault = self
    fault.kind = kind
    fault.stage = stage
    return fault
  }
}

@Suite("faults of a server")
struct ClientFaultTests {
  let server = FaultServer.shared
  let client = HTTPClient()

  @Test("each is told for what it is, without the key", arguments: Fault.all)
  func fault(_ fault: Fault) async {
    let collector = Collector(endMark: "[DONE]")
    let secret = "sk-very-secret-0123456789"
    let mark = fault.path.contains("?") ? "&" : "?"
    var request = HTTPRequest(
      url: server.url(fault.path) + "\(mark)key=\(secret)", headers: [("Authorization", "Bearer \(secret)")],
      body: Array(#"{"prompt":"hello"}"#.utf8))
    request.timeouts = HTTPTimeouts(connect: 5000, firstByte: 5000, betweenBytes: 5000, total: 20_000)
    if fault.kind == .timeout {
      // Short where nothing comes; where something does, longer than a busy machine holds it up.
      request.timeouts.firstByte = fault.status == nil ? 1000 : 3000
      request.timeouts.betweenBytes = 800
    }
    if fault.kind == .tooLarge { request.maxResponseBytes = 1_000_000 }
    if fault.path.hasPrefix("large-event") { request.maxEventBytes = 500_000 }
    switch fault.reading {
    case .whole: break
    case .events: request.framing = .serverSentEvents(collector)
    case .lines: request.framing = .lines(collector)
    }

    let exchange = await client.send(request)
    #expect(exchange.error?.kind == fault.kind, "\(String(describing: exchange.error))")
    #expect(exchange.error?.stage == fault.stage)
    if let error = exchange.error { #expect(error.bodySent == fault.bodySent) }
    #expect(exchange.status == fault.status)
    #expect(collector.data == fault.events)
    if let body = fault.body { #expect(exchange.text == body) }
    #expect(!String(describing: exchange.error).contains(secret))
  }
}

extension ClientFaultTests {
  @Test("where nobody listens, the connection fails and nothing was sent")
  func refused() async {
    let exchange = await client.send(HTTPRequest(url: "http://127.0.0.1:1/", body: [1]))
    #expect(exchange.error?.kind == .connect)
    #expect(exchange.error?.stage == .connect)
    #expect(exchange.error?.bodySent == false)
    #expect(exchange.error?.message == "could not connect to 127.0.0.1:1: Connection refused")
  }

  @Test("a name that is none fails in its lookup")
  func unknownName() async {
    let exchange = await client.send(HTTPRequest(url: "http://no-such-name.invalid/", body: [1]))
    #expect(exchange.error?.kind == .nameLookup)
    #expect(exchange.error?.bodySent == false)
    #expect(exchange.error?.message == "could not find the host no-such-name.invalid")
  }

  @Test(
    "what can't be a request is refused before it is sent",
    arguments: [
      HTTPRequest(url: "ftp://127.0.0.1/"), HTTPRequest(url: "nonsense"), HTTPRequest(url: ""),
      HTTPRequest(url: "http://127.0.0.1:99999/"), HTTPRequest(url: "http://a b/"),
      HTTPRequest(url: "file:///etc/passwd"), HTTPRequest(method: "GET IT", url: "http://127.0.0.1/"),
      HTTPRequest(url: "http://127.0.0.1/", headers: [("X", "a\r\nInjected: b")]),
      HTTPRequest(url: "http://127.0.0.1/", headers: [("X: y\nInjected", "b")]),
    ])
  func invalid(_ request: HTTPRequest) async {
    let exchange = await client.send(request)
    #expect(exchange.error?.kind == .invalidRequest, "\(String(describing: exchange.error))")
    #expect(exchange.error?.bodySent == false)
  }

  @Test("a certificate that nobody vouches for is refused")
  func untrusted() async {
    let exchange = await client.send(HTTPRequest(url: "https://localhost:\(server.tlsPort)/echo", body: [1]))
    #expect(exchange.error?.kind == .tls)
    #expect(exchange.error?.stage == .tls)
    #expect(exchange.error?.bodySent == false)
  }

  @Test("a certificate for another name is refused, even from a trusted authority")
  func wrongName() async {
    let exchange = await trusting.send(
      HTTPRequest(url: "https://127.0.0.1:\(server.tlsPort)/echo", body: [1]))
    #expect(exchange.error?.kind == .tls)
  }

  @Test("with its own authority, TLS works, is timed and is used again")
  func trusted() async {
    let client = trusting
    let url = "https://localhost:\(server.tlsPort)/stream"
    let collector = Collector()
    let exchange = await client.send(HTTPRequest(url: url, framing: .serverSentEvents(collector)))
    #expect(exchange.error == nil)
    #expect(collector.data.last == "[DONE]")
    #expect(exchange.timings.tls ?? -1 >= exchange.timings.connect ?? 0)
    let second = await client.send(HTTPRequest(url: url, framing: .serverSentEvents(collector)))
    #expect(second.connectionReused)
  }

  private var trusting: HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.caFile = FaultServer.caFile
    return HTTPClient(configuration)
  }

  @Test("a handshake that is reset fails in TLS, unsent")
  func handshakeReset() async {
    let exchange = await client.send(HTTPRequest(url: "https://127.0.0.1:\(server.resetPort)/", body: [1]))
    #expect(exchange.error?.kind == .tls)
    #expect(exchange.error?.stage == .tls)
    #expect(exchange.error?.bodySent == false)
  }

  @Test("a handshake without an end is a timeout of the connection")
  func handshakeHangs() async {
    var request = HTTPRequest(url: "https://127.0.0.1:\(server.silentPort)/", body: [1])
    request.timeouts.connect = 100
    let exchange = await client.send(request)
    #expect(exchange.error?.kind == .timeout)
    #expect(exchange.error?.stage == .tls)
    #expect(exchange.error?.bodySent == false)
    #expect(exchange.error?.message == "no connection within 100 ms, securing the connection")
  }

  @Test("the total holds against a stream that never falls silent")
  func total() async {
    var request = HTTPRequest(url: server.url("trickle"), framing: .serverSentEvents(Collector()))
    request.timeouts.total = 800
    let exchange = await client.send(request)
    #expect(exchange.error?.kind == .timeout)
    #expect(exchange.error?.message == "no complete answer within 800 ms, receiving the answer")
    #expect(exchange.timings.done >= 800_000)
    #expect(exchange.timings.done < 2_000_000)
  }

  @Test("a body that could not leave was not sent", arguments: ["never-reads", "reset-before-body"])
  func unsentBody(_ path: String) async {
    var request = HTTPRequest(url: server.url(path), body: [UInt8](repeating: 0x61, count: 32 << 20))
    if path == "never-reads" { request.timeouts.firstByte = 1000 }
    let exchange = await client.send(request)
    #expect(exchange.error?.kind == (path == "never-reads" ? .timeout : .reset))
    #expect(exchange.error?.stage == .sending)
    #expect(exchange.error?.bodySent == false)
  }

  @Test("a POST is not sent twice when a connection kept alive breaks")
  func stale() async {
    let token = "stale-post"
    let first = await client.send(HTTPRequest(url: server.url("stale?token=\(token)"), body: [1]))
    #expect(first.error == nil)
    let second = await client.send(HTTPRequest(url: server.url("stale?token=\(token)"), body: [1]))
    #expect(second.error?.kind == .reset)
    #expect(second.error?.onStaleConnection == true)
    #expect(second.error?.bodySent == true)
    #expect(second.error?.stage == .waiting)
    #expect(await server.seen(token) == 2)
  }

  @Test("a GET is sent again on a fresh connection")
  func staleGET() async {
    let token = "stale-get"
    _ = await client.send(HTTPRequest(method: "GET", url: server.url("stale?token=\(token)")))
    let second = await client.send(HTTPRequest(method: "GET", url: server.url("stale?token=\(token)")))
    #expect(second.error == nil)
    #expect(second.text == "{}")
    #expect(await server.seen(token) == 3)
  }

  @Test("a redirect within the origin is followed on request, with the method and the body")
  func redirect() async {
    var request = HTTPRequest(url: server.url("redirect-here"), body: Array("hello".utf8))
    request.redirects = .sameOrigin
    let exchange = await client.send(request)
    #expect(exchange.status == 200)
    #expect(exchange.text.contains(#""body": "hello""#))
  }

  @Test("a redirect to itself ends after five")
  func redirectLoop() async {
    var request = HTTPRequest(url: server.url("redirect-loop?token=loop"), body: [1])
    request.redirects = .sameOrigin
    let exchange = await client.send(request)
    #expect(exchange.status == 307)
  }

  @Test("a redirect to another origin is never followed")
  func redirectAway() async {
    var request = HTTPRequest(
      url: server.url("redirect-away?port=\(server.silentPort)"), headers: [("X-API-Key", "secret")],
      body: [1])
    request.redirects = .sameOrigin
    let exchange = await client.send(request)
    #expect(exchange.status == 307)
    #expect(exchange.error == nil)
  }

  @Test("a task that is cancelled ends its exchange at once")
  func cancelled() async {
    let url = server.url("hang-before-answer")
    let client = client
    let task = Task { await client.send(HTTPRequest(url: url, body: [1])) }
    while await client.send(HTTPRequest(url: server.url("echo"))).error != nil {}
    task.cancel()
    let exchange = await task.value
    #expect(exchange.error?.kind == .cancelled)
    #expect(exchange.timings.done < 4_000_000)
  }

  @Test("a task that is cancelled once its body was sent says so")
  func cancelledAfterSending() async {
    let url = server.url("hang-before-answer?token=cancelled-late")
    let client = client
    let task = Task { await client.send(HTTPRequest(url: url, body: [1])) }
    while await server.seen("cancelled-late") != 1 {}
    task.cancel()
    let exchange = await task.value
    #expect(exchange.error?.kind == .cancelled)
    #expect(exchange.error?.bodySent == true)
  }

  @Test("a task that is cancelled before it sends, sends nothing")
  func cancelledBefore() async {
    let url = server.url("echo?token=never")
    let client = client
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await client.send(HTTPRequest(url: url, body: [1]))
    }
    task.cancel()
    let exchange = await task.value
    #expect(exchange.error?.kind == .cancelled)
    #expect(exchange.error?.bodySent == false)
    #expect(await server.seen("never") == 0)
  }

  @Test("a thousand at once are all answered, each with its own")
  func thousand() async {
    let client = client
    let server = server
    let wrong = await withTaskGroup(of: Bool.self) { group in
      for i in 0..<1000 {
        group.addTask {
          if i.isMultiple(of: 2) {
            let exchange = await client.send(
              HTTPRequest(url: server.url("echo?i=\(i)"), body: Array("\(i)".utf8)))
            return exchange.error == nil && exchange.text.contains(#""body": "\#(i)""#)
          }
          let collector = Collector()
          let exchange = await client.send(
            HTTPRequest(url: server.url("stream?events=\(i % 5)"), framing: .serverSentEvents(collector)))
          return exchange.error == nil && collector.data.count == i % 5 + 1
        }
      }
      return await group.reduce(into: 0) { wrong, isRight in wrong += isRight ? 0 : 1 }
    }
    #expect(wrong == 0)
  }
}
