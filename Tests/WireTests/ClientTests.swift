import Foundation
import Testing

@testable import Wire

@Suite("the HTTP client")
struct ClientTests {
  let server = FaultServer.shared
  let client = HTTPClient()

  private func echo(_ request: HTTPRequest) async throws -> [String: Any] {
    let exchange = await client.send(request)
    #expect(exchange.error == nil)
    return try #require(JSONSerialization.jsonObject(with: Data(exchange.body)) as? [String: Any])
  }

  @Test("a POST carries its body and headers, and nothing that nobody asked for")
  func post() async throws {
    let request = HTTPRequest(
      url: server.url("echo?x=1"), headers: [("Authorization", "Bearer k"), ("X-Empty", "")],
      body: Array("grüße".utf8))
    let seen = try await echo(request)
    #expect(seen["method"] as? String == "POST")
    #expect(seen["path"] as? String == "/echo?x=1")
    #expect(seen["body"] as? String == "grüße")
    let headers = try #require(seen["headers"] as? [String: String])
    #expect(headers["authorization"] == "Bearer k")
    #expect(headers["x-empty"] == "")
    #expect(headers["content-length"] == "7")
    #expect(headers["user-agent"] == "assay")
    #expect(headers["expect"] == nil)
    #expect(headers["content-type"] == nil)
  }

  @Test("a header that changes from request to request is sent as it is now, whatever else stays")
  func changingHeaders() async throws {
    let values: [[(String, String)]] = [
      [("X-A", "one"), ("X-Trace", "aaaa"), ("X-Z", "z")],
      [("X-A", "one"), ("X-Trace", "bbbb"), ("X-Z", "z")],
      [("X-A", "two"), ("X-Trace", "cccc"), ("X-Z", "z")],
      [("X-A", "two"), ("X-Trace", "longer"), ("X-Z", "z")],
      [("X-A", "two"), ("X-Trace", "")], [("X-A", "two"), ("X-Trace", "e")],
      [("X-B", "two"), ("X-Trace", "f")],
      [("User-Agent", "mine"), ("Accept-Encoding", "identity"), ("Content-Type", "a/b")],
      [("User-Agent", "ours"), ("Accept-Encoding", "identity"), ("Content-Type", "a/c")], [],
    ]
    let client = HTTPClient()
    for headers in values {
      let exchange = await client.send(HTTPRequest(url: server.url("echo"), headers: headers))
      let seen = try #require(JSONSerialization.jsonObject(with: Data(exchange.body)) as? [String: Any])
      let found = try #require(seen["headers"] as? [String: String])
      for (name, value) in headers { #expect(found[name.lowercased()] == value) }
      let isOwn = headers.contains { $0.0 == "User-Agent" }
      #expect(found["user-agent"] == (isOwn ? headers[0].1 : "assay"))
      #expect(found["accept-encoding"]?.contains("gzip") == !isOwn)
      #expect(found.keys.filter { $0.hasPrefix("x-") }.count == headers.count { $0.0.hasPrefix("X-") })
    }
  }

  @Test(
    "what is no address is refused before anything is sent",
    arguments: ["http://", "http://a:b:c/", "http://[::1/", "http://h:99999/"])
  func noAddress(_ url: String) async {
    let exchange = await client.send(HTTPRequest(url: url))
    #expect(exchange.error?.kind == .invalidRequest)
  }

  @Test("every method is sent as it is named", arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
  func methods(_ method: String) async throws {
    let seen = try await echo(
      HTTPRequest(method: method, url: server.url("echo"), body: method == "GET" ? [] : Array("b".utf8)))
    #expect(seen["method"] as? String == method)
    #expect(seen["body"] as? String == (method == "GET" ? "" : "b"))
  }

  @Test("an exchange has its status, headers and timings")
  func exchange() async {
    let exchange = await client.send(HTTPRequest(url: server.url("echo"), body: [1, 2, 3]))
    #expect(exchange.status == 200)
    #expect(exchange.headers["x-request-ID"] == "abc")
    #expect(exchange.headers["X-Empty"] == "")
    #expect(exchange.headers["absent"] == nil)
    #expect(exchange.httpVersion == "1.1")
    #expect(!exchange.connectionReused)
    let timings = exchange.timings
    #expect(timings.connect ?? -1 > 0)
    #expect(timings.tls == nil)
    #expect(timings.firstEvent == nil)
    #expect(timings.headers ?? -1 >= timings.connect ?? 0)
    #expect(timings.firstByte ?? -1 >= timings.headers ?? 0)
    #expect(timings.done >= timings.firstByte ?? 0)
    #expect(exchange.bytesUp > 3)
    #expect(exchange.bytesDown > exchange.body.count)
  }

  @Test("a connection is used again, and says so")
  func reuse() async {
    _ = await client.send(HTTPRequest(url: server.url("echo")))
    let second = await client.send(HTTPRequest(url: server.url("echo")))
    #expect(second.connectionReused)
    #expect(second.timings.connect == nil)
  }

  @Test("a stream is handed over event by event")
  func stream() async {
    let collector = Collector()
    let exchange = await client.send(
      HTTPRequest(url: server.url("stream"), framing: .serverSentEvents(collector)))
    #expect(exchange.error == nil)
    #expect(exchange.isStream)
    #expect(collector.data == [#"{"n":0}"#, #"{"n":1}"#, #"{"n":2}"#, "[DONE]"])
    #expect(collector.names == ["delta", "delta", "delta", ""])
    #expect(exchange.timings.firstEvent == collector.events.first?.at)
  }
}
