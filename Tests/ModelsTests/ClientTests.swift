import Formats
import Foundation
import Scripts
import Testing
import Vocabulary
import Wire

@testable import Models

@Suite("the client over the wire and beside it")
struct ClientTests {
  static let key = "sk-test-0123456789abcdef"
  let client = ModelClient(
    http: HTTPClient(), scripts: ScriptPool(),
    environment: [
      "OPENAI_API_KEY": Self.key, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
    ])

  static let chat =
    #"{"id":"c","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#

  @Test("one attempt is one request, with its reply, timings, limits and cost")
  func oneAttempt() async throws {
    let server = try Loopback { _ in
      ServerResponse(
        headers: [
          ("content-type", "application/json"), ("x-request-id", "req_7"),
          ("x-ratelimit-remaining-requests", "9"),
        ],
        body: Array(Self.chat.utf8))
    }
    let outcome = try await client.ask(
      "openai:gpt-4o-mini", "Hello", config: ["apiBaseUrl": .string(server.url + "/v1"), "stream": false])
    let reply = try outcome.result.get()
    #expect(reply.text == "Hi" && reply.requestID == "req_7")
    #expect(outcome.attempt.rateLimit?.requests.remaining == 9)
    #expect(outcome.attempt.timings.done > 0 && outcome.attempt.timings.firstOutput == nil)
    #expect(outcome.cost == Money(picodollars: 9 * 150_000 + 3 * 600_000))
    #expect(server.requests.count == 1)
    #expect(server.requests.first?.header("authorization") == "Bearer \(Self.key)")
    #expect(server.requests.first?.path == "/v1/chat/completions")
  }

  @Test("a stream is read as it comes")
  func stream() async throws {
    let server = try Loopback { _ in
      ServerResponse(
        headers: [("content-type", "text/event-stream")],
        body: Array(
          (RecordedStream.chunk(#"{"content":"Hi"}"#) + RecordedStream.usageEvent + RecordedStream.done).utf8)
      )
    }
    let outcome = try await client.ask(
      "openai:gpt-4o-mini", "Hello", config: ["apiBaseUrl": .string(server.url)])
    #expect(try outcome.result.get().text == "Hi")
    #expect(outcome.attempt.timings.firstOutput != nil)
    #expect(outcome.attempt.timings.outputEventCount == 1)
  }

  @Test("a server that answers whole though asked to stream is understood")
  func wholeForStream() async throws {
    let server = try Loopback { _ in .text(Self.chat, type: "application/json") }
    let outcome = try await client.ask(
      "openai:gpt-4o-mini", "Hello", config: ["apiBaseUrl": .string(server.url)])
    #expect(try outcome.result.get().text == "Hi")
    #expect(outcome.attempt.timings.firstOutput == nil)
  }

  @Test("a server that repeats the whole request leaks no key", arguments: ["openai:x", "http"])
  func echoServer(_ id: String) async throws {
    let server = try Loopback { request in
      let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
      let whole = headers + String(decoding: request.body, as: UTF8.self)
      return .text(
        JSON.object(["error": ["message": .string(whole)]]).text, status: id == "http" ? 200 : 401)
    }
    let outcome = try await client.ask(
      id, "Hello",
      config: [
        "apiBaseUrl": .string(server.url), "url": .string(server.url + "/?api_key=q-0123456789"),
        "headers": ["X-Secret": "very-secret-value", "Authorization": .string("Bearer " + Self.key)],
        "body": ["p": "{{prompt}}", "api_key": "body-secret-value"], "transformResponse": "text",
      ])
    #expect(server.requests.count == 1)
    let kept = FaultTests.kept(outcome)
    #expect(kept.contains("Hello"))
    for secret in [Self.key, "very-secret-value", "body-secret-value"] { #expect(!kept.contains(secret)) }
  }

  @Test("nobody listening is a connection error that can be tried again")
  func refused() async throws {
    let outcome = try await client.ask("openai:x", "Hello", config: ["apiBaseUrl": "http://127.0.0.1:1/v1"])
    #expect(outcome.attempt.failure?.kind == .connection)
    #expect(outcome.attempt.failure?.isRetryable == true)
    #expect(!outcome.attempt.mayBeBilled)
  }

  @Test(
    "a generic target fills in its templates and finds its reply",
    arguments: [
      "json.data[0]['text']", "(json, text) => json.data[0].text", "({ output: json.data[0].text })",
    ])
  func generic(_ transform: String) async throws {
    let server = try Loopback { request in
      let body = (try? JSON(parsing: request.body)) ?? [:]
      return .text(
        JSON.object(["data": [["text": .string("you said \(body["q"]?["text"]?.string ?? "?")")]]]).text)
    }
    let outcome = try await client.ask(
      "http", "say \"hi\"\n",
      config: [
        "url": .string(server.url + "/ask/{{name}}"), "headers": ["content-type": "application/json"],
        "body": #"{"q": {"text": "{{prompt}}"}, "who": "{{name}}"}"#, "transformResponse": .string(transform),
        "queryParams": ["v": "{{name}} 1"],
      ], variables: ["name": "ann"])
    #expect(try outcome.result.get().output == "you said say \"hi\"\n")
    #expect(server.requests.first?.path == "/ask/ann")
    #expect(server.requests.first?.query("v") == "ann 1")
    #expect(outcome.cost == nil && outcome.costReason != nil)
  }

  @Test(
    "statuses that a generic target accepts",
    arguments: [
      (nil, 200, true), (nil, 404, false), ("status < 500", 404, true),
      ("status >= 200 && status < 300", 304, false),
      ("(status) => status === 200 || status === 404", 404, true), ("true", 500, true),
    ] as [(String?, Int, Bool)])
  func validateStatus(_ rule: String?, _ status: Int, _ accepted: Bool) {
    #expect(StatusRule.accepts(status, rule) == accepted)
  }

  @Test("a request written out as HTTP is sent as written")
  func rawRequest() async throws {
    let server = try Loopback { _ in .text("plain answer") }
    let host = server.url.dropFirst("http://".count)
    let outcome = try await client.ask(
      "http", "Hello",
      config: [
        "useHttps": false,
        "request": .string(
          "PUT /x?y=1 HTTP/1.1\nHost: \(host)\nContent-Type: application/json\n\n{\"p\": \"{{prompt}}\"}"),
      ])
    #expect(try outcome.result.get().text == "plain answer")
    #expect(server.requests.first?.method == "PUT")
    #expect(server.requests.first.map { String(decoding: $0.body, as: UTF8.self) } == #"{"p":"Hello"}"#)
  }

  @Test("echo costs nothing and says what it was given")
  func echo() async throws {
    let outcome = try await client.ask("echo", "Hello")
    #expect(try outcome.result.get().output == "Hello")
    #expect(outcome.cost == .zero)
  }

  @Test("a command is given prompt, options and context, and what it writes is the reply")
  func exec() async throws {
    let said = try await client.ask("exec:printf '%s|%s'", "Hello", variables: ["a": 1])
    let text = try said.result.get().text
    #expect(text.hasPrefix("Hello|{\"id\":\"exec:"))
    let failed = try await client.ask("exec:sh -c 'echo broken >&2; exit 3'", "Hello")
    #expect(
      failed.attempt.failure?.kind == .script
        && failed.attempt.failure?.message == "the command ended with 3: broken")
    let missing = try await client.ask("exec:no-such-command-here", "Hello")
    #expect(missing.attempt.failure?.kind == .config)
    let slow = try await client.ask("exec:sh -c 'sleep 30'", "Hello", config: ["timeout": 50])
    #expect(slow.attempt.failure?.kind == .timeout)
  }

  @Test("a command gets the signals that a run ignores itself")
  func execSignals() async throws {
    signal(SIGPIPE, SIG_IGN)
    let ended = try await client.ask("exec:sh -c 'kill -PIPE $$; echo alive'", "Hello")
    #expect(ended.attempt.failure?.message == "the command ended with \(128 + SIGPIPE)")
  }

  @Test("functions in Python and JavaScript are targets")
  func scripts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "models-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try File.write(
      """
      def call_api(prompt, options, context):
          if prompt == "fail":
              return {"error": "told to"}
          return {"output": prompt.upper() + context["vars"]["x"], "tokenUsage": {"prompt": 3, "completion": 2, "total": 5},
                  "cost": 0.25, "metadata": {"greeting": options["config"]["greeting"]}}
      """, to: folder + "/target.py")
    try File.write(
      """
      export default class Target {
        constructor(options) { this.greeting = options.config.greeting; }
        async callApi(prompt, context) { return { output: { said: `${this.greeting} ${prompt}${context.vars.x}` } }; }
      }
      """, to: folder + "/target.mjs")
    let config: JSONObject = ["greeting": "hey"]
    let python = try await client.ask(
      "file://target.py", "hi", config: config, variables: ["x": "!"], folder: folder)
    let reply = try python.result.get()
    #expect(reply.text == "HI!" && reply.usage?.output == 2 && reply.metadata?["greeting"] == "hey")
    #expect(python.cost == Money(dollars: "0.25"))
    let told = try await client.ask("python:target.py:call_api", "fail", folder: folder)
    #expect(told.attempt.failure?.kind == .script && told.attempt.failure?.message == "told to")
    let script = try await client.ask(
      "file://target.mjs", "hi", config: config, variables: ["x": "!"], folder: folder)
    #expect(try script.result.get().output == ["said": "hey hi!"])
  }

  @Test("an estimate is the prompt's likely tokens and the most output at the model's price")
  func estimate() throws {
    let endpoint = try client.endpoint(id: "openai:gpt-4o-mini", config: ["max_tokens": 100])
    let call = try client.prepare(endpoint, prompt: RenderedPrompt(text: String(repeating: "a", count: 1000)))
    #expect(call.inputEstimate == 277 && call.maxOutput == 100)
    #expect(client.estimatedCost(of: call) == Money(picodollars: 277 * 150_000 + 100 * 600_000))
    let reasoning = try client.prepare(client.endpoint(id: "openai:gpt-5"), prompt: RenderedPrompt(text: "x"))
    #expect(reasoning.maxOutput == 128_000)
    let unknown = try client.prepare(client.endpoint(id: "vllm:mine"), prompt: RenderedPrompt(text: "x"))
    #expect(client.estimatedCost(of: unknown) == nil)
    #expect(call.key() == call.key() && call.key() != call.key(sample: 1) && call.key().count == 64)
  }

  @Test("a service's list of models, in pages, with the days on which they end")
  func listing() async throws {
    let server = try Loopback { request in
      request.query("after_id") == nil
        ? .text(#"{"data":[{"id":"b","created_at":"2026-01-01T00:00:00Z"}],"has_more":true,"last_id":"b"}"#)
        : .text(
          #"{"data":[{"id":"claude-sonnet-4-5-20250929"},{"id":"a","shutdown_date":"2027-01-02"}],"has_more":false}"#
        )
    }
    let endpoint = try client.endpoint(
      id: "anthropic:messages:x", config: ["apiBaseUrl": .string(server.url), "apiKey": "sk-ant-0123456789"])
    let models = try await client.models(at: endpoint).get()
    #expect(models.map(\.id) == ["a", "b", "claude-sonnet-4-5-20250929"])
    #expect(models.map(\.retires) == ["2027-01-02", nil, "2026-11-30"])
  }
}

@Test("a call's trace id goes along as `traceparent`, unless the target has its own")
func traceparent() async throws {
  let server = try Loopback { _ in
    ServerResponse(headers: [("content-type", "application/json")], body: Array(ClientTests.chat.utf8))
  }
  let client = ModelClient(http: HTTPClient(), environment: ["OPENAI_API_KEY": ClientTests.key])
  let trace = TraceIDs().next()
  for own in [JSONObject(), ["headers": ["Traceparent": "00-mine"]]] {
    var config: JSONObject = ["apiBaseUrl": .string(server.url + "/v1"), "stream": false]
    for (key, value) in own { config[key] = value }
    let endpoint = try client.endpoint(id: "openai:gpt-4o-mini", config: config)
    let call = try client.prepare(endpoint, prompt: try RenderedPrompt(text: "Hello"))
    _ = await client.attempt(call, trace: trace)
  }
  #expect(server.requests.map { $0.header("traceparent") } == [trace.parent, "00-mine"])
  #expect(trace.parent.split(separator: "-").map(\.count) == [2, 32, 16, 2])
  #expect(trace.text.count == 32 && trace.parent.contains(trace.text))
}
