import Testing

@testable import Wire

/// Through a proxy on the way.
@Suite("proxies")
struct ProxyTests {
  let server = FaultServer.shared
  private let key = "Bearer sk-0123456789abcdef"

  private var client: HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.caFile = FaultServer.caFile
    configuration.proxy = .url("http://127.0.0.1:\(server.proxyPort)")
    return HTTPClient(configuration)
  }

  @Test("TLS goes through a tunnel, and the proxy learns the host and nothing else")
  func tunnel() async {
    let client = client
    let url = "https://localhost:\(server.tlsPort)/stream"
    let collector = Collector()
    let request = HTTPRequest(
      url: url, headers: [("Authorization", key)], framing: .serverSentEvents(collector))
    let exchange = await client.send(request)
    #expect(exchange.error == nil && exchange.status == 200)
    #expect(exchange.headers["x-proxy"] == nil)
    #expect(collector.data.last == "[DONE]")
    #expect(exchange.timings.tls ?? -1 >= exchange.timings.connect ?? 0)
    let again = await client.send(request)
    #expect(again.connectionReused)

    let seen = await HTTPClient().send(HTTPRequest(method: "GET", url: server.url("seen?token=proxy")))
    #expect(seen.text.contains("CONNECT localhost:\(server.tlsPort) HTTP/1.1"))
    #expect(!seen.text.contains("sk-0123456789abcdef"))
  }

  @Test("a proxy that refuses is an error of the connection, with nothing sent and no key told")
  func refused() async {
    let exchange = await client.send(
      HTTPRequest(
        url: "https://127.0.0.1:\(server.tlsPort)/echo", headers: [("Authorization", key)], body: [1]))
    #expect(exchange.error?.kind == .connect)
    #expect(exchange.error?.message.contains("403") == true)
    #expect(exchange.error?.bodySent == false)
    #expect(exchange.error.map { !$0.message.contains("sk-") } == true)
  }

  @Test("a plain request is asked of the proxy by its whole address")
  func plain() async {
    let exchange = await client.send(HTTPRequest(method: "GET", url: "http://example.invalid/x?y=1"))
    #expect(exchange.text == #"{"proxied": "http://example.invalid/x?y=1"}"#)
  }
}
