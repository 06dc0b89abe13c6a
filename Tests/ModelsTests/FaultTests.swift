import Formats
import Testing
import Vocabulary
import Wire

@testable import Models

/// What a service can answer in place of a reply, and what is made of it.
struct ServiceFault: Sendable, CustomTestStringConvertible {
  var name: String
  var status: Int
  var body: String
  var kind: ErrorKind
  var headers: [(String, String)] = []
  var id = "openai:gpt-4o-mini"
  var isRetryable: Bool?
  var retryAfter: Double?

  var testDescription: String { "\(status) \(name)" }

  init(
    _ name: String, _ status: Int, _ body: String, _ kind: ErrorKind, headers: [(String, String)] = [],
    id: String = "openai:gpt-4o-mini", isRetryable: Bool? = nil, retryAfter: Double? = nil
  ) {
    self.name = name
    self.status = status
    self.body = body
    self.kind = kind
    self.headers = headers
    self.id = id
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
  }

  static func openAI(_ message: String, type: String = "null", code: String = "null") -> String {
    func quoted(_ text: String) -> String { text == "null" ? text : "\"\(text)\"" }
    return
      #"{"error":{"message":"\#(message)","type":\#(quoted(type)),"param":null,"code":\#(quoted(code))}}"#
  }
  static func anthropic(_ type: String, _ message: String = "no") -> String {
    #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"},"request_id":"req_1"}"#
  }

  static let all: [ServiceFault] = [
    .init(
      "wrong key", 401,
      openAI(
        "Incorrect API key provided: sk-ab***yz.", type: "invalid_request_error", code: "invalid_api_key"),
      .auth),
    .init("forbidden", 403, openAI("Country not supported", type: "request_forbidden"), .auth),
    .init(
      "bad parameter", 400,
      openAI("Unsupported value: 'temperature'", type: "invalid_request_error", code: "unsupported_value"),
      .badRequest),
    .init(
      "context too long", 400,
      openAI(
        "This model's maximum context length is 128000 tokens", type: "invalid_request_error",
        code: "context_length_exceeded"), .badRequest),
    .init(
      "no such model", 404,
      openAI("The model `x` does not exist", type: "invalid_request_error", code: "model_not_found"),
      .notFound),
    .init("no such model, as 400", 400, openAI("no", code: "model_not_found"), .notFound),
    .init(
      "rate limit", 429,
      openAI(
        "Rate limit reached. Please try again in 5.289s.", type: "requests", code: "rate_limit_exceeded"),
      .rateLimited, retryAfter: 5.289),
    .init(
      "rate limit with its header", 429,
      openAI("Rate limit reached. Please try again in 9s.", type: "tokens", code: "rate_limit_exceeded"),
      .rateLimited, headers: [("Retry-After", "7")], retryAfter: 7),
    .init(
      "rate limit in milliseconds", 429, "{}", .rateLimited,
      headers: [("retry-after-ms", "250"), ("retry-after", "9")], retryAfter: 0.25),
    .init(
      "request larger than the limit", 429,
      openAI(
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.", type: "tokens",
        code: "rate_limit_exceeded"), .badRequest),
    .init(
      "quota", 429,
      openAI(
        "You exceeded your current quota, please check your plan", type: "insufficient_quota",
        code: "insufficient_quota"), .quota, isRetryable: false),
    .init(
      "no credits", 402, #"{"error":{"message":"Insufficient credits","code":402}}"#, .quota, id: "vllm:x"),
    .init(
      "spend limit", 429,
      #"{"type":"error","error":{"type":"rate_limit_error","message":"limit","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
      .quota, id: "anthropic:messages:claude-haiku-4-5"),
    .init("server error", 500, openAI("The server had an error", type: "server_error"), .server),
    .init(
      "bad gateway, an HTML page", 502, "<html><body>502</body></html>", .server,
      headers: [("content-type", "text/html")]),
    .init(
      "unavailable", 503, openAI("Overloaded", type: "service_unavailable"), .overloaded,
      headers: [("retry-after", "Fri, 20 Nov 2026 20:04:43 GMT")], retryAfter: 0),
    .init("gateway timeout", 504, "", .timeout),
    .init("origin timeout", 524, "error code: 524", .timeout),
    .init("request timeout", 408, "{}", .timeout),
    .init("conflict", 409, "{}", .server),
    .init("gone", 410, "{}", .notFound),
    .init("too large", 413, "{}", .badRequest),
    .init(
      "not processable, as FastAPI says it", 422,
      #"{"detail":[{"loc":["body","messages"],"msg":"field required"}]}"#, .badRequest),
    .init("proxy wants a login", 407, "", .auth),
    .init("redirect", 308, "", .config, headers: [("location", "https://else.example.com/?key=abc")]),
    .init(
      "told not to retry", 500, openAI("no"), .server, headers: [("x-should-retry", "false")],
      isRetryable: false),
    .init(
      "told to retry", 400, openAI("odd"), .badRequest, headers: [("x-should-retry", "true")],
      isRetryable: true),
    .init(
      "Azure filters the prompt", 400,
      #"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
      .refused),
    .init("policy", 400, openAI("no", code: "content_policy_violation"), .refused),
    .init(
      "OpenRouter's moderation", 403,
      #"{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#,
      .refused),
    .init(
      "Anthropic overloaded", 529, anthropic("overloaded_error"), .overloaded,
      id: "anthropic:messages:claude-haiku-4-5"),
    .init(
      "Anthropic's key", 401, anthropic("authentication_error", "invalid x-api-key"), .auth,
      id: "anthropic:messages:claude-haiku-4-5"),
    .init(
      "Anthropic's credit", 400,
      anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
      .quota, id: "anthropic:messages:claude-haiku-4-5"),
    .init(
      "Anthropic's prompt", 400,
      anthropic("invalid_request_error", "prompt is too long: 300000 tokens > 200000 maximum"), .badRequest,
      id: "anthropic:messages:claude-haiku-4-5"),
    .init(
      "Anthropic's permission", 403, anthropic("permission_error"), .auth,
      id: "anthropic:messages:claude-haiku-4-5"),
    .init(
      "Gemini's limit, wait in its details", 429,
      #"{"error":{"code":429,"message":"You exceeded your current quota. Please retry in 10h17m5.7s","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}"#,
      .rateLimited, id: "google:gemini-2.5-pro", retryAfter: 46),
    .init(
      "Gemini without any quota", 429,
      #"{"error":{"code":429,"message":"Quota exceeded, limit: 0, model: x","status":"RESOURCE_EXHAUSTED"}}"#,
      .quota, id: "google:gemini-2.5-pro"),
    .init(
      "Gemini's key", 400,
      #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
      .auth, id: "google:gemini-2.5-pro"),
    .init(
      "Gemini unavailable, in a list", 503,
      #"[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]"#, .overloaded,
      id: "google:gemini-2.5-pro"),
    .init(
      "Ollama has no such model", 404, #"{"error":"model 'x' not found"}"#, .notFound, id: "ollama:chat:x"),
    .init(
      "an error object with 200", 200, #"{"error":{"message":"Provider returned error","code":502}}"#, .server
    ),
    .init("an error in words with 200", 200, #"{"error":"something broke"}"#, .server),
    .init("nothing with 200", 200, "", .malformed),
    .init(
      "HTML with 200", 200, "<!DOCTYPE html><html></html>", .malformed,
      headers: [("content-type", "text/html")]),
    .init("half of JSON", 200, #"{"choices":[{"mess"#, .malformed),
    .init("JSON of another kind", 200, #"{"hello":"world"}"#, .malformed),
    .init("no choices", 200, #"{"choices":[]}"#, .malformed),
    .init("a status of the future", 799, "", .server),
  ]
}

@Suite("faults")
struct FaultTests {
  static func exchange(_ status: Int?, _ body: String, headers: [(String, String)] = []) -> HTTPExchange {
    var exchange = HTTPExchange()
    exchange.status = status
    exchange.body = Array(body.utf8)
    exchange.headers = HTTPHeaders(headers)
    exchange.startedAtWallClock = Instant(rfc3339: "2026-11-20T20:10:00Z")?.microseconds ?? 0
    exchange.timings.done = 1000
    return exchange
  }

  @Test(
    "an answer in place of a reply has the right kind, retry decision and wait", arguments: ServiceFault.all)
  func answers(_ fault: ServiceFault) throws {
    let outcome = ExchangeReading.outcome(
      Self.exchange(fault.status, fault.body, headers: fault.headers), stream: nil, try question(fault.id))
    guard case .failure(let failure) = outcome.result else {
      Issue.record("taken for a reply")
      return
    }
    #expect(failure.kind == fault.kind, "\(failure)")
    #expect(failure.isRetryable == fault.isRetryable ?? fault.kind.isRetryable)
    #expect(outcome.attempt.retryAfter == fault.retryAfter)
    #expect(outcome.attempt.failure == failure)
    #expect(failure.message.isEmpty == false)
    if !fault.body.isEmpty { #expect(failure.evidence?.isEmpty == false) }
    #expect(!failure.message.contains("key=abc"))
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    var kind: HTTPError.Kind
    var bodySent: Bool
    var status: Int?
    var expected: ErrorKind
    var mayBeBilled: Bool
    var testDescription: String { "\(kind), body \(bodySent ? "sent" : "not sent"), status \(status ?? 0)" }
  }

  static let broken: [Broken] = [
    .init(kind: .nameLookup, bodySent: false, expected: .connection, mayBeBilled: false),
    .init(kind: .connect, bodySent: false, expected: .connection, mayBeBilled: false),
    .init(kind: .tls, bodySent: false, expected: .connection, mayBeBilled: false),
    .init(kind: .reset, bodySent: false, expected: .connection, mayBeBilled: false),
    .init(kind: .reset, bodySent: true, expected: .connection, mayBeBilled: true),
    .init(kind: .reset, bodySent: true, status: 200, expected: .truncated, mayBeBilled: true),
    .init(kind: .truncated, bodySent: true, status: 200, expected: .truncated, mayBeBilled: true),
    .init(kind: .timeout, bodySent: false, expected: .timeout, mayBeBilled: false),
    .init(kind: .timeout, bodySent: true, expected: .timeout, mayBeBilled: true),
    .init(kind: .timeout, bodySent: true, status: 200, expected: .timeout, mayBeBilled: true),
    .init(kind: .truncated, bodySent: true, status: 500, expected: .truncated, mayBeBilled: false),
    .init(kind: .tooLarge, bodySent: true, status: 200, expected: .malformed, mayBeBilled: true),
    .init(kind: .badEncoding, bodySent: true, status: 200, expected: .malformed, mayBeBilled: true),
    .init(kind: .protocolError, bodySent: true, expected: .malformed, mayBeBilled: true),
    .init(kind: .cancelled, bodySent: true, expected: .cancelled, mayBeBilled: true),
    .init(kind: .unavailable, bodySent: false, expected: .config, mayBeBilled: false),
    .init(kind: .invalidRequest, bodySent: false, expected: .config, mayBeBilled: false),
  ]

  @Test(
    "a broken exchange has the right kind, and may have been billed once its body was sent", arguments: broken
  )
  func transport(_ broken: Broken) throws {
    var exchange = Self.exchange(broken.status, "")
    exchange.error = HTTPError(broken.kind, stage: .waiting, message: "broke", bodySent: broken.bodySent)
    let outcome = ExchangeReading.outcome(exchange, stream: nil, try question("openai:gpt-4o-mini"))
    #expect(outcome.attempt.failure?.kind == broken.expected)
    #expect(outcome.attempt.mayBeBilled == broken.mayBeBilled)
  }

  @Test("a 200 that says that nothing remains of the limit is a reply")
  func nothingRemains() throws {
    let body =
      #"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#
    let outcome = ExchangeReading.outcome(
      Self.exchange(
        200, body, headers: [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s")]),
      stream: nil, try question("openai:gpt-4o-mini"))
    #expect(try outcome.result.get().text == "Hi")
    #expect(outcome.attempt.rateLimit?.requests == RateLimit.Bucket(limit: nil, remaining: 0, reset: 360))
  }

  @Test("a response that is only begun is an error, and may be billed", arguments: ["queued", "in_progress"])
  func begunResponse(_ status: String) throws {
    let body =
      #"{"id":"resp_1","object":"response","status":"\#(status)","output":[],"usage":null,"error":null}"#
    let outcome = ExchangeReading.outcome(
      Self.exchange(200, body), stream: nil, try question("openai:responses:gpt-4o-mini"))
    #expect(outcome.attempt.failure?.kind == .malformed)
    #expect(outcome.attempt.failure?.message.contains(#"leave "background" out"#) == true)
    #expect(outcome.attempt.mayBeBilled)
  }

  @Test("background: true is refused before anything is sent, wherever it stands")
  func background() throws {
    let configs: [JSONObject] = [
      ["background": true], ["passthrough": ["background": true]], ["extra_body": ["background": true]],
    ]
    for config in configs {
      let problem = #expect(throws: Problem.self) {
        try question("openai:responses:gpt-4o-mini", config: config)
      }
      #expect(problem?.message.contains("is not supported") == true)
    }
    let asked = try question("openai:responses:gpt-4o-mini")
    let settings = asked.settings.merging(["background": true])
    #expect(throws: Problem.self) {
      try OpenAIResponses.body(
        Question(endpoint: asked.endpoint, prompt: asked.prompt, settings: settings, variables: [:]))
    }
    _ = try question("openai:responses:gpt-4o-mini", config: ["background": false])
  }

  @Test(
    "a stream that can't be read may be billed", arguments: ["openai:gpt-4o-mini", "anthropic:messages:x"])
  func unreadableStream(_ id: String) throws {
    let outcome = try Replay(id, "data: {\"choices\":[{\n\n").outcome()
    #expect(outcome.attempt.failure?.kind == .malformed)
    #expect(outcome.attempt.mayBeBilled)
    let refused = try Replay(
      id, "data: {\"type\":\"error\",\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n"
    )
    .outcome()
    #expect(!refused.attempt.mayBeBilled)
  }

  @Test("blank lines before the body, as DeepSeek sends them to keep a connection alive, are no matter")
  func blankLines() throws {
    let body =
      "\n\n\n"
      + #"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#
    #expect(
      try ExchangeReading.outcome(Self.exchange(200, body), stream: nil, question("openai:x")).result.get()
        .text == "Hi")
  }

  @Test("a key that comes back is in nothing that is kept", arguments: [200, 401, 500])
  func keys(_ status: Int) throws {
    let key = "sk-test-0123456789abcdef"
    let body =
      #"{"error":{"message":"Incorrect API key provided: \#(key)"},"echo":"Bearer \#(key)","choices":[{"message":{"content":"\#(key)"}}]}"#
    let outcome = ExchangeReading.outcome(
      Self.exchange(status, body), stream: nil, try question("openai:gpt-4o-mini"))
    #expect(!Self.kept(outcome).contains(key))
    let reply = #"{"choices":[{"index":0,"message":{"role":"assistant","content":"your key is \#(key)!"}}]}"#
    let replied = ExchangeReading.outcome(
      Self.exchange(200, reply), stream: nil, try question("openai:gpt-4o-mini"))
    #expect(try replied.result.get().text == "your key is [redacted]!")
    #expect(!Self.kept(replied).contains(key))
  }

  static let key = "sk-test-0123456789abcdef"

  /// All that is kept of an outcome: objects do not print what they hold.
  static func kept(_ outcome: AttemptOutcome) -> String {
    switch outcome.result {
    case .success(let reply):
      let parts: [String?] = [
        reply.text, reply.output.text, reply.message?.text, reply.metadata?.text, reply.reasoning,
        reply.refusal, reply.flagReason, "\(reply.toolCalls)", reply.model, reply.requestID, reply.responseID,
        reply.serviceTier, reply.systemFingerprint, reply.rawUsage?.text, reply.rawFinishReason,
        reply.finishReason?.name,
      ]
      return parts.compactMap { $0 }.joined(separator: "\n")
    case .failure(let failure): return "\(failure)"
    }
  }

  @Test(
    "a key that comes back in any part of a reply is not in it",
    arguments: [
      #"{"content":"Hi","reasoning_content":"the key is \#(key)"}"#,
      #"{"content":null,"refusal":"not with \#(key)"}"#,
      #"{"content":null,"tool_calls":[{"id":"a","function":{"name":"\#(key)","arguments":"{}"}}]}"#,
      #"{"content":null,"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"k\":\"\#(key)\"}"}}]}"#,
    ])
  func keysInParts(_ message: String) throws {
    let body = #"{"choices":[{"index":0,"message":\#(message),"finish_reason":"stop"}]}"#
    let outcome = ExchangeReading.outcome(
      Self.exchange(200, body), stream: nil, try question("openai:gpt-4o-mini"))
    #expect(!Self.kept(outcome).contains(Self.key))
    #expect(Self.kept(outcome).contains(Redaction.mark))
  }

  @Test("a key that comes back beside the text is in nothing that is recorded")
  func keysBeside() throws {
    let body = #"""
      {"id":"\#(Self.key)","model":"\#(Self.key)","system_fingerprint":"\#(Self.key)","service_tier":"\#(Self.key)",
       "usage":{"prompt_tokens":5,"completion_tokens":2,"note":"\#(Self.key)"},"citations":[{"\#(Self.key)":1}],
       "choices":[{"message":{"content":"Hi","tool_calls":[{"id":"\#(Self.key)","function":{"name":"f","arguments":"{}"}}]},
         "finish_reason":"\#(Self.key)"}]}
      """#
    for status in [200, 400] {
      var exchange = Self.exchange(status, body)
      exchange.headers = HTTPHeaders([
        ("x-request-id", "req-\(Self.key)"), ("content-type", "application/json"),
      ])
      let outcome = ExchangeReading.outcome(exchange, stream: nil, try question("openai:gpt-4o-mini"))
      #expect(outcome.attempt.requestID == "req-[redacted]")
      guard case .success(let reply) = outcome.result else { continue }
      #expect(reply.model == Redaction.mark && reply.toolCalls.first?.id == Redaction.mark)
      #expect(!Self.kept(outcome).contains(Self.key))
    }
  }

  @Test(
    "a key is not in the evidence of an error, however the service escapes it",
    arguments: [#"sk-abc\/1234\"5678"#, #"sk-abc/1234\u00225678"#, "sk-abc%2F1234%225678"])
  func escapedKeys(_ written: String) throws {
    let asked = try question("openai:gpt-4o-mini", config: ["apiKey": #"sk-abc/1234"5678"#])
    let body = #"{"error":{"message":"bad thing","code":"bad","request":{"authorization":"\#(written)"}}}"#
    let outcome = ExchangeReading.outcome(Self.exchange(400, body), stream: nil, asked)
    guard case .failure(let failure) = outcome.result else { throw Failure(.malformed, "taken for a reply") }
    #expect(failure.evidence?.contains("5678") == false)
    #expect(failure.evidence?.contains(#""authorization":"[redacted]""#) == true)
  }

  @Test("a key in a reason or in thoughts alone is found")
  func keysAlone() {
    var reply = Reply(text: "Hi")
    reply.flagReason = "because of \(Self.key)"
    Redaction([Self.key]).clean(&reply)
    #expect(reply.flagReason == "because of [redacted]")
    reply = Reply(text: "Hi")
    reply.reasoning = Self.key
    Redaction([Self.key]).clean(&reply)
    #expect(reply.reasoning == "[redacted]")
    #expect(reply.text == "Hi" && reply.output == "Hi")
  }

  @Test("a key that is cut off where evidence ends is not in it, nor in a message", arguments: 1...23)
  func cutKeys(_ count: Int) throws {
    let key = "sk-test-0123456789abcdef"
    let question = try question("openai:gpt-4o-mini")
    let answers: [(Int, String)] = [
      (500, String(repeating: "x", count: 2048 - count) + key + " and more"),
      (500, #"{"what":""# + String(repeating: "x", count: 291 - count) + key + #" and more"}"#),
      (400, #"{"error":{"message":"\#(String(key.prefix(count)))","code":"\#(key)"}}"#),
    ]
    for (status, body) in answers {
      let outcome = ExchangeReading.outcome(Self.exchange(status, body), stream: nil, question)
      guard case .failure(let failure) = outcome.result else {
        Issue.record("taken for a reply")
        return
      }
      for text in [failure.message, failure.evidence ?? "", failure.code ?? ""] {
        #expect(!text.hasSuffix(String(key.prefix(max(4, count)))))
        #expect(!text.contains(key))
      }
    }
  }

  @Test(
    "durations, dates, instants and nonsense as waits",
    arguments: [
      ("6m0s", 360.0), ("120ms", 0.12), ("1h2m", 3720), ("1.5s", 1.5), ("12µs", 12e-6), ("0", 0),
      ("0.5", 0.5), ("-1", nil),
      ("soon", nil), ("", nil), ("5", 5), ("1s2", nil), ("nan", nil), ("1e2", 100),
      ("0.123456789012345678", 0.123456789012345678),
      ("007", 7), ("5.", 5), (".5", 0.5), (".5s", 0.5), ("1.2.3s", nil), ("0x10", 16), ("1 s", nil),
      (" 2 ", 2), ("inf", nil), ("1e400", nil),
      ("2026-11-20T20:11:00Z", 60), ("2020-01-01T00:00:00Z", 0), ("Fri, 20 Nov 2026 20:12:00 GMT", 120),
    ] as [(String, Double?)])
  func waits(_ text: String, _ expected: Double?) {
    let now = Instant(rfc3339: "2026-11-20T20:10:00Z")?.microseconds ?? 0
    let found = WaitText.seconds(text, now: now)
    #expect((found == nil) == (expected == nil))
    if let found, let expected { #expect(abs(found - expected) < 1e-9) }
  }

  @Test("Anthropic's and Azure's limit headers")
  func limitHeaders() {
    let now = Instant(rfc3339: "2026-11-20T20:10:00Z")?.microseconds ?? 0
    let anthropic = LimitHeaders(
      [
        ("anthropic-ratelimit-input-tokens-limit", "1000"),
        ("anthropic-ratelimit-input-tokens-remaining", "10"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-20T20:10:30Z"),
        ("anthropic-ratelimit-output-tokens-remaining", "5"),
      ], now: now)
    #expect(anthropic.rateLimit?.inputTokens == RateLimit.Bucket(limit: 1000, remaining: 10, reset: 30))
    #expect(anthropic.rateLimit?.outputTokens.remaining == 5)
    let azure = LimitHeaders(
      [("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-reset-tokens", "35")], now: now)
    #expect(azure.rateLimit?.tokens == RateLimit.Bucket(limit: nil, remaining: nil, reset: 35))
    #expect(LimitHeaders([("content-type", "text/plain")], now: now) == LimitHeaders([], now: now))
  }
  @Test(
    "a limit beyond all reason is one that can be counted with",
    arguments: [
      ("9223372036854775807", 1 << 53), ("9007199254740993", 1 << 53), ("1e18", 1 << 53),
      ("9223372036854775807, 1;w=60", 1 << 53), ("99999999999999999999", nil), ("1e400", nil), ("600", 600),
    ] as [(String, Int?)])
  func hugeLimits(_ text: String, _ expected: Int?) {
    let headers = [("x-ratelimit-limit-requests", text), ("x-ratelimit-remaining-tokens", text)]
    let read = LimitHeaders(headers, now: 0).rateLimit
    #expect(read?.requests.limit == expected)
    #expect(read?.tokens.remaining == expected)
  }
  @Test(
    "counts of tokens beyond all reason can be added up, and those below none are not known",
    arguments: [
      (
        #"{"output":"x","tokenUsage":{"prompt":9223372036854775807,"completion":9223372036854775807}}"#,
        1 << 41
      ),
      (#"{"output":"x","tokenUsage":{"total":9223372036854775807}}"#, 1 << 40),
      (#"{"output":"x","tokenUsage":{"prompt":-1}}"#, nil),
      (#"{"output":"x","tokenUsage":{"prompt":3,"completion":2}}"#, 5),
    ] as [(String, Int?)])
  func hugeCounts(_ reply: String, _ total: Int?) throws {
    let read = try ProvidedReply.read(JSON(parsing: reply)).get()
    #expect(read.usage?.total == total)
  }

  @Test("a count of tokens beyond all reason in Ollama's embedding can be added up")
  func hugeOllamaCount() throws {
    let json = try JSON(parsing: #"{"embeddings":[[0.5]],"prompt_eval_count":9223372036854775807}"#)
    let reply = try Ollama.readEmbedding(json, question("ollama:embeddings:x")).get()
    #expect(reply.usage?.input == 1 << 40)
  }
  @Test(
    "an output that is told of and is no count is not known, and one that is not told of is none",
    arguments: [
      (#"{"prompt_tokens":9,"completion_tokens":-3}"#, nil),
      (#"{"prompt_tokens":9,"completion_tokens":null}"#, nil),
      (#"{"prompt_tokens":9,"completion_tokens":1e400}"#, nil),
      (#"{"input_tokens":9,"output_tokens":"3"}"#, nil),
      (#"{"input_tokens":9,"output_tokens":99999999999999999999}"#, nil),
      (#"{"prompt_tokens":9}"#, 0),
      (#"{"prompt_tokens":9,"total_tokens":9}"#, 0), (#"{"prompt_tokens":9,"total_tokens":12}"#, 3),
      (#"{"prompt_tokens":9,"total_tokens":2}"#, 0), (#"{"input_tokens":9,"output_tokens":3}"#, 3),
    ] as [(String, Int?)])
  func unknownOutput(_ usage: String, _ expected: Int?) throws {
    #expect(try UsageReading.openAI(JSON(parsing: usage))?.output == expected)
  }

  @Test(
    "Anthropic's usage without an output is not known",
    arguments: [
      (#"{"input_tokens":9,"output_tokens":3}"#, 3), (#"{"input_tokens":9}"#, nil),
      (#"{"input_tokens":9,"output_tokens":-1}"#, nil),
      (#"{"input_tokens":9,"output_tokens":3,"iterations":[{"input_tokens":9,"output_tokens":3}]}"#, 3),
      (#"{"input_tokens":9,"output_tokens":3,"iterations":[{"input_tokens":9}]}"#, nil),
    ] as [(String, Int?)])
  func unknownAnthropicOutput(_ usage: String, _ expected: Int?) throws {
    #expect(try UsageReading.anthropic(JSON(parsing: usage))?.output == expected)
  }

  @Test(
    "a reported cost that no amount can hold is not known",
    arguments: [
      (#"{"cost_in_usd_ticks":9223372036854775807}"#, nil), (#"{"cost_in_usd_ticks":-1}"#, nil),
      (#"{"cost_in_usd_ticks":92233720368547759}"#, nil), (#"{"cost_in_usd_ticks":37}"#, 3_700),
    ] as [(String, Int64?)])
  func hugeCost(_ usage: String, _ picodollars: Int64?) throws {
    #expect(try ReportedCost.read(JSON(parsing: usage))?.picodollars == picodollars)
  }
}
