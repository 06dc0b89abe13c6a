import Formats
import Testing

@testable import Simulator

struct ScriptTests {
  private static let script = #"""
    models:
      - name: my-model
        like: sim-small
        skill: 1
        profile: instant
        price: { input: 1, output: 2 }
    rules:
      - match: { last: "/capital of (?<where>\\w+)/i" }
        reply: "I know {{ match[1] }} from {{ messages.length }} messages."
      - match: { model: /^tool/, tools: true }
        reply:
          tools:
            - name: get_weather
              arguments: { city: "{{ last }}" }
      - match: { json: { "$.temperature": 0 }, api: chat }
        reply: { json: { cold: true }, usage: { input: 7, output: 9, cached: 3 } }
      - match: { any: in turn }
        count: rule
        sequence: [one, two]
      - match: { last: again }
        sequence: [first, second]
      - match: { last: by weight }
        choose:
          - { weight: 3, text: heavy }
          - { weight: 1, text: light }
      - match: { last: odd end }
        reply: { text: half of it, finish: length, reasoning: hm }
    """#

  private static func text(_ simulator: Simulator, _ content: String, _ more: String = "") throws -> JSON {
    let response = RawClient.exchange(
      port: simulator.port, "/v1/chat/completions",
      body: #"{"model":"m"\#(more),"messages":[{"role":"user","content":"\#(content)"}]}"#)
    return try JSON(parsing: response.body)
  }

  private static func start() throws -> Simulator {
    try Simulator.start(script: script, profile: "instant")
  }

  private static func said(_ reply: JSON) -> String? { reply["choices"]?[0]?["message"]?["content"]?.string }

  @Test("a rule finds its request and fills its template")
  func template() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    let reply = try Self.text(simulator, "What is the Capital of Peru?")
    #expect(Self.said(reply) == "I know Peru from 1 messages.")
  }

  @Test("a rule looks into the request by path, replies JSON and sets usage")
  func json() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    let reply = try Self.text(simulator, "brr", #","temperature":0"#)
    #expect(Self.said(reply) == #"{"cold":true}"#)
    #expect(reply["usage"]?["prompt_tokens"] == 7)
    #expect(reply["usage"]?["prompt_tokens_details"]?["cached_tokens"] == 3)
  }

  @Test("a sequence goes on as the same content comes again, or as the rule matches")
  func sequences() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    #expect(Self.said(try Self.text(simulator, "again")) == "first")
    #expect(Self.said(try Self.text(simulator, "again and")) == "first")
    #expect(Self.said(try Self.text(simulator, "again")) == "second")
    #expect(Self.said(try Self.text(simulator, "again")) == "second")
    // The official clients say "retry 0" with every new call.
    let sdk = (0..<2).map { _ in
      RawClient.exchange(
        port: simulator.port, "/v1/chat/completions", headers: ["x-stainless-retry-count: 0"],
        body: #"{"model":"m","messages":[{"role":"user","content":"once again"}]}"#
      ).body
    }
    #expect(sdk[0].contains("first") && sdk[1].contains("second"))
    #expect(Self.said(try Self.text(simulator, "in turn, a")) == "one")
    #expect(Self.said(try Self.text(simulator, "in turn, b")) == "two")
  }

  @Test("weights hold over many requests")
  func weights() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    let heavy = try (0..<200).filter { try Self.said(Self.text(simulator, "by weight \($0)")) == "heavy" }
      .count
    #expect((120...180).contains(heavy))
  }

  @Test("a reply calls tools and ends as told")
  func toolsAndEnds() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    let tools = #","tools":[{"type":"function","function":{"name":"get_weather","parameters":{}}}]"#
    let body =
      #"{"model":"tool-model"\#(tools),"messages":[{"role":"user","content":"Oslo"}]}"#
    let reply = try JSON(
      parsing: RawClient.exchange(port: simulator.port, "/v1/chat/completions", body: body).body)
    let call = reply["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]
    #expect(call?["name"] == "get_weather")
    #expect(call?["arguments"] == #"{"city":"Oslo"}"#)
    #expect(try Self.text(simulator, "odd end")["choices"]?[0]?["finish_reason"] == "length")
  }

  @Test("a model of the script has its own skill and price")
  func models() throws {
    let simulator = try Self.start()
    defer { simulator.stop() }
    let response = RawClient.exchange(
      port: simulator.port, "/v1/chat/completions", headers: ["x-sim-expected: 42"],
      body: #"{"model":"my-model","messages":[{"role":"user","content":"x"}]}"#)
    #expect(response.body.contains(#""content":"42""#))
    let bill = simulator.bill["by_model"]?["my-model"]
    let input = bill?["input_tokens"]?.int ?? 0
    let output = bill?["output_tokens"]?.int ?? 0
    #expect(bill?["picodollars"]?.int == input * 1_000_000 + output * 2_000_000)
  }

  @Test(
    "a mistake is told with its place",
    arguments: [
      ("rules:\n  - match: { lst: x }\n    reply: y", "unknown key \"lst\"", 2),
      ("rules:\n  - match: { last: x }", "a rule needs one of", 2),
      ("rules:\n  - reply: { fault: explode }", "unknown fault", 2),
      ("models:\n  - name: a\n    skill: 2", "a skill is a probability", 3),
      ("rules:\n  - match: { last: \"/(/\" }\n    reply: y", "cannot read the regular expression", 2),
      ("limits: rpm=0", "cannot read the limit", 1),
    ])
  func mistakes(script: String, message: String, line: Int) {
    let problem = #expect(throws: Problem.self) { try SimulatorScript(script, file: "s.yaml") }
    #expect(problem?.message.contains(message) == true)
    #expect(problem?.location?.line == line)
  }
}
