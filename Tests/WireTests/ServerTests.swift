import Formats
import Synchronization
import Testing

@testable import Wire

struct ServerTests {
  /// Tells what it was asked.
  private static func start(bodyBytes: Int = 1 << 20) throws -> HTTPServer {
    var limits = HTTPServerLimits()
    limits.bodyBytes = bodyBytes
    return try HTTPServer.start(on: ListenAddress(), limits: limits) { request in
      let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
      return .response(
        .text(
          "\(request.method) \(request.path) [\(query)] \(String(decoding: request.body, as: UTF8.self))."))
    }
  }

  @Test("a request is answered and the connection kept")
  func keepsConnection() throws {
    let server = try Self.start()
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send("GET /a%20b?x=1&y=%C3%A9+z HTTP/1.1\r\nhost: localhost\r\n\r\n")
    #expect(client.receive(until: ".").hasSuffix("\r\n\r\nGET /a b [x=1;y=é z] ."))
    client.send("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\nabc")
    #expect(client.receive(until: "abc.").hasSuffix("POST / [] abc."))
  }

  @Test("requests may come in one packet, or byte by byte")
  func pipelinedAndSplit() throws {
    let server = try Self.start()
    defer { server.stop() }
    let request = "POST /p HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nhi"
    let client = ServerSocket(port: server.port)
    client.send(request + request + "GET /last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    let all = client.receiveAll()
    #expect(all.components(of: "POST /p [] hi.") == 2)
    #expect(all.hasSuffix("GET /last [] ."))
    let slow = ServerSocket(port: server.port)
    for character in request { slow.send(String(character)) }
    #expect(slow.receive(until: "hi.").hasSuffix("POST /p [] hi."))
  }

  @Test("as many requests as one likes may wait behind a slow answer")
  func manyPipelined() throws {
    let gate = Gate()
    let server = try HTTPServer.start(on: ListenAddress()) { request in
      switch request.path {
      case "/slow": .script(gate)
      case "/last": .script(Mark(.close))
      default: .script(Mark(.finish))
      }
    }
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send(
      "GET /slow HTTP/1.1\n\n" + String(repeating: "GET / HTTP/1.1\n\n", count: 60_000)
        + "GET /last HTTP/1.1\n\n")
    server.settle()
    gate.isOpen.store(true, ordering: .releasing)
    while client.receive() {}
    #expect(client.bytes.count == 60_002)
  }

  @Test("what is pipelined behind the last request of a connection is not served")
  func nothingBehindTheLast() throws {
    let paths = Mutex<[String]>([])
    let server = try HTTPServer.start(on: ListenAddress()) { request in
      paths.withLock { $0.append(request.path) }
      return .response(.text("."))
    }
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send("GET /last HTTP/1.1\r\nconnection: close\r\n\r\nGET /behind HTTP/1.1\r\n\r\n")
    #expect(client.receiveAll().hasSuffix("."))
    server.settle()
    let served = paths.withLock { $0 }
    #expect(served == ["/last"])
  }

  @Test("a chunked request body is put together")
  func chunkedBody() throws {
    let server = try Self.start()
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send("POST /c HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
    client.send("5;name=value\r\ndefgh\r\n0\r\ntrailer: x\r\n\r\n")
    #expect(client.receive(until: "abcdefgh.").hasSuffix("POST /c [] abcdefgh."))
  }

  @Test("a chunked request body with trailers may come byte by byte")
  func chunkedByBytes() {
    var parser = RequestParser()
    let text = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\na: b\r\nc: d\r\n\r\n"
    var bodies: [[UInt8]] = []
    for byte in (text + text).utf8 {
      if case .request(let request) = parser.feed(CollectionOfOne(byte)) { bodies.append(request.body) }
    }
    #expect(bodies == [Array("hi".utf8), Array("hi".utf8)])
    #expect(parser.buffered == 0)
  }

  @Test("trailers without an end are refused", arguments: ["x: y\r\n", "xxxx"])
  func endlessTrailers(piece: String) {
    var parser = RequestParser()
    parser.limits.headBytes = 1000
    _ = parser.feed("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n".utf8)
    for _ in 0..<(1000 / piece.utf8.count) {
      let status = parser.feed(piece.utf8).status
      #expect(status == nil)
    }
    let status = parser.feed(piece.utf8).status
    #expect(status == 431)
  }

  @Test("a client that expects 100 Continue gets it before it sends its body")
  func continues() throws {
    let server = try Self.start()
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send("POST /c HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
    #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("ok")
    #expect(client.receive(until: "ok.").hasSuffix("POST /c [] ok."))
  }

  @Test("a client that does not wait for the 100 Continue it expects is served")
  func doesNotWait() throws {
    let server = try Self.start()
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send(
      "POST /c HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
        + "2\r\nok\r\n0\r\n\r\n")
    #expect(client.receive(until: "ok.").hasSuffix("POST /c [] ok."))
  }

  @Test("a client that asks and never reads is let go of")
  func neverReads() throws {
    var limits = HTTPServerLimits()
    limits.idleNanoseconds = 500_000_000
    let flood = Flood()
    let server = try HTTPServer.start(on: ListenAddress(), limits: limits) { _ in .script(flood) }
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    server.wait { flood.wasCompleted != nil }
    #expect(flood.wasCompleted == false)
    client.leave()
  }

  @Test(
    "hostile requests are refused, not served",
    arguments: [
      ("nonsense\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505), ("GET  / HTTP/1.1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n", 501),
      ("POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
      ("GET / HTTP/1.1\r\n" + String(repeating: "x: y\r\n", count: 300) + "\r\n", 431),
      ("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\n\r\n", 431),
      ("GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n", 421),
      ("POST / HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\ncontent-length: 0\r\n\r\n", 403),
    ])
  func hostile(request: String, status: Int) throws {
    let server = try Self.start()
    defer { server.stop() }
    let client = ServerSocket(port: server.port)
    client.send(request)
    client.receive()
    #expect(client.text.hasPrefix("HTTP/1.1 \(status) "))
  }

  private static let ambiguousHeads = [
    "content-length : 2\r\n\r\nhi", "content-length\t: 2\r\n\r\nhi", "con(tent: x\r\n\r\n",
    "content-length: +2\r\n\r\nhi", "content-length: -0\r\n\r\n", "content-length: 2, 2\r\n\r\nhi",
    "content-length:\r\n\r\n", "content-length: 2\r\ncontent-length: 3\r\n\r\nhi",
    "content-length: 0\r\ncontent-length: 2\r\n\r\nhi",
    "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ]
  private static let ambiguousSizes = ["+2", "-0", "0x2", "2 2", "2_", " 2", "", "000000002"]

  @Test("a body whose end others could see elsewhere is refused", arguments: ambiguousHeads)
  func smuggled(rest: String) {
    var parser = RequestParser()
    var progress = parser.feed("POST / HTTP/1.1\r\n\(rest)".utf8)
    if case .head = progress { progress = parser.next() }
    #expect(progress.status == 400)
  }

  @Test("a chunk whose size is more than digits is refused", arguments: ambiguousSizes)
  func ambiguous(size: String) {
    smuggled(rest: "transfer-encoding: chunked\r\n\r\n\(size)\r\n")
  }

  @Test(
    "what clients send is taken",
    arguments: [
      // The SDKs for Python (httpx) and for JavaScript (undici), Java's own client, curl.
      "Host: a\r\nAccept-Encoding: gzip, deflate\r\nX-Stainless-Lang: python\r\nContent-Length: 2\r\n\r\nhi",
      "host: a\r\nconnection: keep-alive\r\nsec-fetch-mode: cors\r\ncontent-length:2\r\n\r\nhi",
      "Connection: Upgrade, HTTP2-Settings\r\nContent-Length: 2\r\nHTTP2-Settings: AAE_\r\n\r\nhi",
      "Host: a\r\nUser_Name: b\r\nX-Empty:\r\nContent-Length: \t2 \r\n\r\nhi",
      "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
      "Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n00000002 \r\nhi\r\n0 ; name=value\r\n\r\n",
    ])
  func taken(rest: String) {
    var parser = RequestParser()
    var progress = parser.feed("POST / HTTP/1.1\r\n\(rest)".utf8)
    if case .head = progress { progress = parser.next() }
    guard case .request(let request) = progress else {
      Issue.record("not taken: \(progress)")
      return
    }
    #expect(request.body == Array("hi".utf8))
  }

  @Test("any bytes at all leave the server standing")
  func fuzzed() throws {
    let server = try Self.start()
    defer { server.stop() }
    var generator = SeededGenerator(seed: 20)
    let seed =
      "POST /c?x=%zz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    for _ in 0..<300 {
      var bytes = Array(seed.utf8)
      for _ in 0..<(1 + generator.next(below: 8)) {
        bytes[generator.next(below: bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      let client = ServerSocket(port: server.port)
      client.send(String(decoding: bytes, as: UTF8.self))
      client.leave()
    }
    let client = ServerSocket(port: server.port)
    client.send("GET /alive HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    #expect(client.receiveAll().hasSuffix("GET /alive [] ."))
  }

  @Test("steps are played at their deadlines, in order")
  func scripted() throws {
    let server = try HTTPServer.start(on: ListenAddress()) { _ in .script(Steps()) }
    defer { server.stop() }
    let begin = MonotonicClock.now()
    let client = ServerSocket(port: server.port)
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    #expect(client.receiveAll() == "0123456789")
    #expect(client.wasReset)
    #expect(MonotonicClock.now() - begin >= 45_000_000)
  }

  /// Ten digits, five milliseconds apart, then a reset.
  private final class Steps: ResponseScript {
    private let begin = MonotonicClock.now()
    private var number: Int64 = 0
    var nextStepAt: Int64 { begin + number * 5_000_000 }
    func step(into out: inout [UInt8]) -> ScriptTurn {
      out.append(0x30 + UInt8(number))
      number += 1
      return number == 10 ? .reset : .goOn
    }
  }

  /// One byte, once it may go.
  private final class Gate: ResponseScript, Sendable {
    let isOpen = Atomic(false)
    var nextStepAt: Int64 { isOpen.load(ordering: .acquiring) ? 0 : MonotonicClock.now() + 1_000_000 }
    func step(into out: inout [UInt8]) -> ScriptTurn {
      out.append(0x2E)
      return .finish
    }
  }

  /// One byte, at once.
  private final class Mark: ResponseScript {
    private let turn: ScriptTurn
    init(_ turn: ScriptTurn) { self.turn = turn }
    var nextStepAt: Int64 { 0 }
    func step(into out: inout [UInt8]) -> ScriptTurn {
      out.append(0x2E)
      return turn
    }
  }

  /// More than any peer's buffers take.
  private final class Flood: ResponseScript, Sendable {
    private let end = Mutex<Bool?>(nil)
    var wasCompleted: Bool? { end.withLock { $0 } }
    let nextStepAt: Int64 = 0
    func step(into out: inout [UInt8]) -> ScriptTurn {
      out.append(contentsOf: repeatElement(0x2E, count: 1 << 20))
      return .goOn
    }
    func ended(completed: Bool, at time: Int64) { end.withLock { $0 = completed } }
  }

  @Test(
    "an address is read, or told to be wrong",
    arguments: [
      ("127.0.0.1:80", "127.0.0.1:80"), (":0", "127.0.0.1:0"), ("localhost:9", "127.0.0.1:9"),
      ("[::1]:443", "[::1]:443"), ("0.0.0.0:1", "0.0.0.0:1"), ("example.com:80", nil), ("127.0.0.1", nil),
      ("1.2.3.4:99999", nil), ("", nil),
    ] as [(String, String?)])
  func addresses(text: String, read: String?) {
    #expect((try? ListenAddress(text))?.description == read)
  }

  @Test("deadlines come out in order, whatever order they went in")
  func heap() {
    var heap = DeadlineHeap()
    var generator = SeededGenerator(seed: 4)
    let times = (0..<1000).map { _ in Int64(generator.next(below: 500)) }
    for (key, time) in times.enumerated() { heap.push(time, key: UInt64(key)) }
    var popped: [Int64] = []
    while let entry = heap.pop(dueAt: .max) { popped.append(entry.at) }
    #expect(popped == times.sorted())
    #expect(heap.pop(dueAt: .max) == nil)
  }
}

extension HTTPServer {
  /// Lets the server work until something holds, for ten seconds at most.
  fileprivate func wait(until holds: () -> Bool) {
    let end = MonotonicClock.now() + 10_000_000_000
    while !holds(), MonotonicClock.now() < end { settle() }
  }
}

extension RequestParser {
  fileprivate mutating func feed(_ bytes: some Sequence<UInt8>) -> Progress {
    Array(bytes).withUnsafeBytes { append($0) }
    return next()
  }
}

extension RequestParser.Progress {
  fileprivate var status: Int? {
    if case .refused(let status, _) = self { return status }
    return nil
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
