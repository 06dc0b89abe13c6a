import Foundation
import Formats
import Simulator
import TestPeers
import Testing

@Suite("spans of OpenTelemetry")
struct ExportTests {
  private static let suite = """
    prompts:
      - - { role: system, content: "You know rivers." }
        - { role: user, content: "Which river is in {{city}}?" }
    targets:
      - { id: sim:sim-echo, config: { temperature: 0.5, max_tokens: 99 } }
    tests:
      - vars: { city: Cairo }
        assert:
          - { type: icontains, value: cairo, metric: place }
      - vars: { city: Vienna }
        assert:
          - { type: contains, value: Danube }
          - { type: not-contains, value: Danube }

    """

  /// A run with a trial that passes and one that fails.
  private static func recorded() async throws -> CommandLineRunner {
    let shell = try CommandLineRunner()
    try shell.write(suite, to: "suite.yaml")
    let run = try await shell.run(["run", "suite.yaml", "--no-ci", "--quiet", "--jobs", "1"])
    #expect(run.code == 1, "\(run.errors)")
    return shell
  }

  private static func spans(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").flatMap { line in
      try JSON(parsing: String(line))["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.array ?? []
    }
  }

  private static func attribute(_ span: JSON, _ key: String) -> JSON? {
    let found = span["attributes"]?.array?.first { $0["key"]?.string == key }?["value"]?.object
    return found?.first?.value
  }

  @Test("each call is a span, with settings, usage, cost and what its checks found, and no texts")
  func file() async throws {
    let shell = try await Self.recorded()
    defer { shell.clean() }
    let first = try await shell.run(["export", "latest", "-o", "spans.jsonl"])
    #expect(first.code == 0 && first.errors == "2 spans in spans.jsonl\n", "\(first.errors)")
    let text = try shell.read("spans.jsonl")
    #expect(!text.contains("Vienna") && !text.contains("You know rivers"))
    let spans = try Self.spans(text)
    let cases = try JSON(parsing: await shell.run(["show", "--calls", "--json"]).output).array ?? []
    #expect(spans.count == 2 && cases.count == 2)
    for (span, call) in zip(spans, cases.reversed()) {
      #expect(span["traceId"] == call["trace_id"] && span["spanId"]?.string?.count == 16)
      #expect(span["name"] == "chat sim-echo" && span["kind"] == 3 && span["status"] == nil)
      let took = try #require(
        span["endTimeUnixNano"]?.string.flatMap { Int($0) }.flatMap { end in
          span["startTimeUnixNano"]?.string.flatMap { Int($0) }.map { end - $0 }
        })
      #expect(took / 1000 == call["latency_us"]?.int)
      let told: [(String, JSON)] = [
        ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "sim"),
        ("gen_ai.request.model", "sim-echo"), ("gen_ai.request.temperature", 0.5),
        ("gen_ai.request.max_tokens", "99"), ("gen_ai.request.stream", true), ("assay.suite", "suite.yaml"),
        ("assay.purpose", "trial"), ("assay.simulated", true),
      ]
      for (key, value) in told { #expect(Self.attribute(span, key) == value, "\(key)") }
      #expect(
        Self.attribute(span, "gen_ai.usage.input_tokens")?.string
          == call["input_tokens"]?.int.map(String.init))
      #expect(Self.attribute(span, "gen_ai.usage.cost")?.double == call["cost_usd"]?.double)
    }
    let found = spans.flatMap { span in
      (span["events"]?.array ?? []).map { event in
        ["name", "score.label"].map { Self.attribute(event, "gen_ai.evaluation.\($0)")?.string }
      }
    }
    #expect(Set(found) == [["place", "pass"], ["contains", "pass"], ["not-contains", "fail"]])
    #expect(found.count == 3)
    #expect(try await shell.run(["export"]).output == text)
  }

  @Test("with --content prompts, replies and reasons go along")
  func content() async throws {
    let shell = try await Self.recorded()
    defer { shell.clean() }
    let spans = try Self.spans(await shell.run(["export", "--content", "--purpose", "trial"]).output)
    // In the order in which they were recorded, which that of the cases need not be.
    let span = try #require(
      spans.first { Self.attribute($0, "gen_ai.input.messages")?.string?.contains("Vienna") == true })
    let sent = try JSON(parsing: Self.attribute(span, "gen_ai.input.messages")?.string ?? "")
    #expect(
      sent == [
        ["role": "system", "parts": [["type": "text", "content": "You know rivers."]]],
        ["role": "user", "parts": [["type": "text", "content": "Which river is in Vienna?"]]],
      ])
    let came = try JSON(parsing: Self.attribute(span, "gen_ai.output.messages")?.string ?? "")
    #expect(came[0]?["role"] == "assistant" && came[0]?["finish_reason"] == "stop")
    #expect(came[0]?["parts"]?[0]?["content"] == "Danube")
    #expect(
      Self.attribute(span["events"]?[0] ?? .null, "gen_ai.evaluation.explanation")?.string?.contains("Danube")
        == true)
  }

  @Test("long texts are spread over documents that a receiver takes")
  func longTexts() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["{{text}}"]
      targets: [sim:sim-echo]
      tests: cases.jsonl

      """, to: "suite.yaml")
    let text = String(repeating: "abcdefgh", count: 130_000)
    try shell.write(
      (0..<6).map { "{\"vars\": {\"text\": \"\($0) \(text)\"}}\n" }.joined(), to: "cases.jsonl")
    #expect(try await shell.run(["run", "suite.yaml", "--no-ci", "--quiet"]).code == 0)
    let lines = try await shell.run(["export", "--content"]).output.split(separator: "\n").map(String.init)
    let spans = try lines.map { try Self.spans($0).count }
    // A prompt has 1,040,002 bytes, the reply's length is limited: four are not yet 4 MiB, five are.
    #expect(spans == [5, 1])
    #expect(lines.allSatisfy { $0.utf8.count < 8 << 20 })
    #expect(try await shell.run(["export"]).output.split(separator: "\n").count == 1)
  }

  @Test("an attempt that failed on the way is an event, a call that failed is an error")
  func failures() async throws {
    let script = """
      rules:
        - match: { model: retry-once }
          sequence:
            - fault: 503;retry-after-ms=1
            - at last
        - match: { model: broken }
          reply: { fault: 400 }
      """
    let simulator = try Simulator.start(script: script)
    defer { simulator.stop() }
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: [hello]
      targets: [openai:retry-once, openai:broken]
      tests: [{ vars: { n: 1 } }]

      """, to: "suite.yaml")
    _ = try await shell.run(
      ["run", "suite.yaml", "--no-ci", "--quiet", "--jobs", "1"],
      environment: ["OPENAI_BASE_URL": "\(simulator.address)/v1", "OPENAI_API_KEY": "sk-0123456789"])
    let exported = try await shell.run(["export"])
    let spans = try Self.spans(exported.output).sorted {
      Self.attribute($0, "assay.target")?.string ?? "" > Self.attribute($1, "assay.target")?.string ?? ""
    }
    try #require(spans.count == 2, "\(exported.errors)")
    let event = try #require(spans[0]["events"]?[0])
    #expect(spans[0]["status"] == nil && Self.attribute(spans[0], "assay.attempts") == "2")
    #expect(event["name"] == "assay.attempt.failed")
    #expect(Self.attribute(event, "http.response.status_code") == "503")
    #expect(spans[1]["status"]?["code"] == 2 && Self.attribute(spans[1], "error.type") == "bad_request")
    #expect(!exported.output.contains("sk-0123456789"))
  }

  @Test("a collector takes the spans, is asked again where it says so, and what it rejects is told")
  func collector() async throws {
    guard let python = try await LiteLLMProxy.python() else {
      print("skipped: no Python packages for a collector (see Tests/tools/python-env)")
      return
    }
    let shell = try await Self.recorded()
    defer { shell.clean() }
    let said = shell.path("address")
    try Data().write(to: URL(filePath: said))
    let fixture = checkout.appending(path: "Tests/EndToEndTests/Fixtures/collector.py").path
    let collector = try CommandLineRunner.start(
      python, [fixture, shell.path("taken")], in: shell.folder,
      output: FileHandle(forWritingTo: URL(filePath: said)))
    defer { collector.stop() }
    while collector.isRunning, try !shell.read("address").hasSuffix("\n") {
      try await Task.sleep(for: .milliseconds(10))
    }
    let address = try shell.read("address").trimmingCharacters(in: .whitespacesAndNewlines)
    let to = ["export", "--to", address]

    let stranger = try await shell.run(
      to, environment: ["OTEL_EXPORTER_OTLP_HEADERS": "x-key=Basic 0123456789abcdef"])
    #expect(stranger.code == 3)
    #expect(
      stranger.errors == """
        assay: the collector did not take the spans: status 401: no key: [redacted]
        0 spans were taken before that; to send all of them again does no harm

        """)
    let sent = try await shell.run(
      to, environment: ["OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b", "OTEL_SERVICE_NAME": "shop"])
    #expect(sent.code == 3)
    #expect(
      sent.errors == """
        the collector says: one is too old
        1 spans taken by \(address)
        1 spans were rejected

        """)
    let calls = try JSON(parsing: await shell.run(["show", "--calls", "--json"]).output).array ?? []
    let taken = try shell.read("taken").split(separator: "\n").map { $0.split(separator: "|") }
    #expect(taken.map { String($0[1]) } == calls.reversed().map { $0["trace_id"]?.string })
    for span in taken {
      #expect(span[0] == "shop" && span[2].count == 16)
      #expect(
        span[3..<8] == ["chat sim-echo", "3", "True", "True", "['stop']"])
      #expect(span[8].contains("gen_ai.evaluation.result"))
    }
  }

  @Test(
    "what can't be meant is told",
    arguments: [
      (["--to", "collector"], "--to takes the address of a collector, not \"collector\""),
      (["--to", "http://127.0.0.1:1", "-o", "x"], "--output and --to are both given"),
      (["--since", "yesterday"], "--since takes a span or a date, not \"yesterday\""),
      (["no-such-run"], "no run"),
    ])
  func refused(arguments: [String], told: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    _ = try await shell.run(["ask", "sim:sim-echo", "hello"])
    let result = try await shell.run(["export"] + arguments)
    #expect(result.code == 2 && result.errors.contains(told) && result.output.isEmpty, "\(result.errors)")
  }
}
