import Formats
import Testing

@testable import Simulator

struct FaultTests {
  private static func ask(
    _ fault: String, stream: Bool = false, path: String = "/v1/chat/completions", speed: Double = 100
  ) throws -> RawClient.Response {
    let simulator = try Simulator.start(speed: speed)
    defer { simulator.stop() }
    let body =
      #"{"model":"sim-perfect","max_tokens":60,"stream":\#(stream),"messages":[{"role":"user","content":"hello there"}],"#
      + #""contents":[{"parts":[{"text":"hello there"}]}]}"#
    return RawClient.exchange(port: simulator.port, path, headers: ["x-sim-fault: \(fault)"], body: body)
  }

  @Test(
    "a refusal has the status and the words of the service",
    arguments: [
      ("429-requests", 429, "rate_limit_exceeded"), ("429-tokens", 429, "rate_limit_exceeded"),
      ("429-quota", 429, "insufficient_quota"), ("429-concurrent", 429, "rate_limit_exceeded"),
      ("400", 400, "invalid_request_error"), ("401", 401, "invalid_api_key"), ("403", 403, "error"),
      ("404", 404, "model_not_found"), ("408", 408, "timeout"), ("409", 409, "conflict"),
      ("413", 413, "too large"), ("500", 500, "server_error"), ("502", 502, "server_error"),
      ("503", 503, "server_error"), ("504", 504, "server_error"), ("529", 529, "overloaded_error"),
      ("html-page", 502, "<html>"),
    ])
  func refusal(fault: String, status: Int, words: String) throws {
    let response = try Self.ask(fault)
    #expect(response.status == status)
    #expect(response.body.contains(words))
  }

  @Test(
    "retry-after says what it was told to",
    arguments: [
      ("429-requests;retry-after=90", "retry-after", "90"),
      ("429-requests;retry-after=0", "retry-after", "0"),
      ("503;retry-after=99999999", "retry-after", "99999999"),
      ("429-requests;retry-after-ms=250", "retry-after-ms", "250"),
    ])
  func retryAfter(fault: String, header: String, value: String) throws {
    #expect(try Self.ask(fault).header(header) == value)
  }

  @Test("retry-after can be absent, or a date")
  func retryAfterForms() throws {
    let absent = try Self.ask("429-requests;retry-after=none")
    #expect(absent.header("retry-after") == nil && absent.header("retry-after-ms") == nil)
    #expect(try Self.ask("429-requests;retry-after=date:5").header("retry-after")?.hasSuffix("gmt") == true)
  }

  @Test(
    "a broken whole reply breaks where it should",
    arguments: [
      ("empty-body", RawClient.End.closed, 200), ("truncated-json", .closed, 200),
      ("wrong-content-type", .closed, 200), ("reset-after-body", .reset, 0),
      ("reset-in-headers", .reset, 200),
      ("reset-mid-stream", .reset, 200), ("short-body", .closed, 200), ("reset-before-body", .reset, 0),
      ("malformed-head", .closed, 200), ("slow-headers;pause=10", .closed, 200), ("one-byte", .closed, 200),
      ("stall;pause=100", .closed, 200),
    ])
  func broken(fault: String, end: RawClient.End, status: Int) throws {
    let response = try Self.ask(fault)
    #expect(response.end == end)
    #expect(response.status == status)
    let isWhole = (try? JSON(parsing: response.body)) != nil
    let staysWhole = ["wrong-content-type", "malformed-head", "slow-headers", "one-byte", "stall"]
    #expect(isWhole == staysWhole.contains { fault.hasPrefix($0) })
  }

  @Test(
    "a broken stream ends where it should",
    arguments: [
      ("reset-mid-stream", RawClient.End.reset, false), ("close-mid-stream", .closed, false),
      ("half-chunk", .closed, false), ("malformed-chunk", .closed, false), ("no-done", .closed, false),
      ("error-event", .closed, false), ("duplicate-done", .closed, true), ("malformed-event", .closed, true),
      ("crlf", .closed, true), ("pings", .closed, true), ("big-event", .closed, true),
      ("stall;pause=100", .closed, true), ("one-byte", .closed, true), ("multi-line-data", .closed, true),
    ])
  func brokenStream(fault: String, end: RawClient.End, isDone: Bool) throws {
    let response = try Self.ask(fault, stream: true)
    #expect(response.status == 200)
    #expect(response.end == end)
    #expect(response.body.contains("[DONE]") == isDone)
    if fault != "reset-mid-stream" { #expect(response.body.contains("data: ")) }
  }

  @Test("an error in a stream is told in the manner of each interface")
  func errorEvents() throws {
    #expect(try Self.ask("error-event", stream: true).body.contains(#"{"error":{"message""#))
    let anthropic = try Self.ask("error-event", stream: true, path: "/v1/messages")
    #expect(anthropic.body.contains("event: error\ndata: {\"type\":\"error\""))
    let ollama = try Self.ask("error-event", stream: true, path: "/api/chat")
    #expect(ollama.body.hasSuffix("{\"error\":\"an error was encountered while running the model\"}\n"))
    let gemini = try Self.ask(
      "error-event", stream: true, path: "/v1beta/models/sim-perfect:streamGenerateContent?alt=sse")
    #expect(gemini.body.contains("UNAVAILABLE"))
  }

  @Test("usage can be missing, early, or on every chunk")
  func usage() throws {
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    func body(_ fault: String) -> String {
      RawClient.exchange(
        port: simulator.port, "/v1/chat/completions", headers: ["x-sim-fault: \(fault)"],
        body: #"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"#
          + #""messages":[{"role":"user","content":"hi"}]}"#
      ).body
    }
    let whole = body("pings")
    #expect(whole.contains(#""choices":[],"usage":{"prompt"#) && whole.contains(": keep-alive"))
    #expect(!body("usage-missing").contains("prompt_tokens"))
    #expect(body("usage-early").hasPrefix(#"data: {"id":"chatcmpl-"#))
    #expect(body("usage-every-chunk").components(separatedBy: "prompt_tokens\"").count > 5)
  }

  @Test("a connection that was kept is dropped on the next request")
  func keepAliveClosed() throws {
    let simulator = try Simulator.start(profile: "instant")
    defer { simulator.stop() }
    let client = RawClient(port: simulator.port)
    let body = #"{"model":"m","max_tokens":3,"messages":[{"role":"user","content":"hi"}]}"#
    let request =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-sim-fault: keep-alive-closed\r\n"
      + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    client.send(request)
    #expect(client.read(until: "}}}").contains("200 OK"))
    client.send(request)
    _ = client.readToEnd()
    #expect(client.end == .reset)
  }

  @Test("rates strike their share of the requests, the same ones each time")
  func rates() throws {
    let counts = try (0..<2).map { _ -> [Int] in
      var options = SimulatorOptions()
      options.profile = "instant"
      options.faults = "500=0.2,429-requests@other=1"
      let simulator = try Simulator.start(options)
      defer { simulator.stop() }
      return (0..<200).map { number in
        RawClient.exchange(
          port: simulator.port, "/v1/chat/completions",
          body: #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"\#(number)"}]}"#
        ).status
      }
    }
    #expect(counts[0] == counts[1])
    let failed = counts[0].filter { $0 == 500 }.count
    #expect((20...60).contains(failed))
  }

  @Test(
    "rates strike single repetitions, whether they are numbered or a client counts its retries",
    arguments: ["x-stainless-retry-count: 0", "x-sim-attempt: 0"])
  func ratesOfRepetitions(header: String) throws {
    var options = SimulatorOptions()
    options.profile = "instant"
    options.faults = "500=0.3"
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    var failed = 0
    for number in 0..<100 {
      // A client that gave up at a failure asks the next repetition all the same when it numbers them.
      let numbered = header.hasPrefix("x-sim") ? ["x-sim-sample: \(number)"] : []
      var attempt = header
      while true {
        let status = RawClient.exchange(
          port: simulator.port, "/v1/chat/completions", headers: [attempt] + numbered,
          body: #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"the same"}]}"#
        ).status
        guard status == 500, !header.hasPrefix("x-sim") else {
          failed += status == 500 ? 1 : 0
          break
        }
        failed += 1
        attempt =
          attempt.prefix(while: { $0 != ":" }) + ": \((Int(attempt.split(separator: " ")[1]) ?? 0) + 1)"
      }
    }
    #expect((10...70).contains(failed))
  }

  @Test(
    "a parameter beyond reason is refused",
    arguments: [
      "stall;pause=9223372036854775807", "slow-headers;pause=-1", "stall;at=9223372036854775807",
      "429-requests;retry-after=date:9223372036854775807", "429-requests;retry-after-ms=1e99",
    ])
  func beyondReason(fault: String) throws {
    for stream in [false, true] {
      let response = try Self.ask(fault, stream: stream)
      #expect(response.status == 400, "\(fault) \(response.status)")
      #expect(response.body.contains("a whole number from 0 to 1000000000"), "\(response.body)")
    }
  }

  @Test("every fault can be named, and a wrong name is told")
  func names() throws {
    for kind in Fault.Kind.allCases { #expect(try Fault(kind.rawValue).kind == kind) }
    #expect(throws: Problem.self) { try Fault("explode") }
    #expect(throws: Problem.self) { try Fault("500;when=now") }
  }
}
