import Formats
import Testing

// Replies that are used again, and whose they are.

@Test("a replayed run asks nobody and says the same")
func replay() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(capitals, to: "suite.yaml")
  #expect(try await shell.run(["run", "suite.yaml", "-q"]).code == 1)
  let replayed = try await shell.run(["run", "suite.yaml", "--replay", "--json"])
  #expect(replayed.code == 1, "\(replayed.errors)")
  #expect(replayed.output.contains("\"reused\": 4"))
}

@Test("checks of time and cost judge a reply that is used again by what it took when it was made")
func replayedMeasures() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["Answer in one word. {{q}}"]
    targets: [{id: sim:sim-small, config: {stream: true}}]
    defaultTest:
      assert:
        - {type: latency, threshold: 60000}
        - {type: ttft, threshold: 60000}
        - {type: latency, threshold: 0.001}
        - {type: cost, threshold: 0.000000001}
        - {type: cost, threshold: 1}
    tests: [{vars: {q: Which is the capital of France?}}]
    gates: [p50(latency) <= 60s, pass_rate >= 0]
    """, to: "suite.yaml")
  let measured = try await shell.run(["run", "suite.yaml", "--name", "first"])
  #expect(measured.code == 0, "\(measured.output)\(measured.errors)")
  for (option, trial) in [("--replay", "2"), ("--cache", "3")] {
    let again = try await shell.run(["run", "suite.yaml", option, "--name", "again\(option)"])
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    #expect(again.output.contains("1 replies used again"), "\(again.output)")
    // A gate is on what this run measured: that is nothing.
    #expect(
      again.output.contains("open   p50(latency) <= 60s: no figure (n = 0); replies that were used again"),
      "\(again.output)")
    #expect(again.output.contains("passed: 0 passed, 1 failed of 1"), "\(again.output)")
    let shown = try JSON(
      parsing: try await shell.run(["show", "again\(option)", "--trial", trial, "--json"]).output)
    let checks = shown["checks"]?.array ?? []
    #expect(
      checks.map { $0["outcome"]?.string } == ["pass", "pass", "fail", "fail", "pass"], "\(shown.text)")
    let reasons = checks.compactMap { $0["reason"]?.string }
    #expect(reasons[0].hasSuffix(" ms, when the reply was made, is within 60000 ms"), "\(reasons)")
    let figures = try JSON(parsing: try await shell.run(["show", "again\(option)", "--json"]).output)
    #expect(
      figures["gates"]?[0]?["holds"] == .null && figures["total"]?["latency_us"] == .null, "\(figures.text)")
  }
}

@Test(
  "scripts and commands are known by what they are given and by their files: nobody else's reply is used again"
)
func scriptsKnown() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  func judge(_ passes: Bool) -> String {
    "module.exports = () => ({output: JSON.stringify({pass: \(passes), score: \(passes ? 1 : 0), reason: 'r'})})"
  }
  try shell.write(judge(true), to: "judge.js")
  try shell.write("module.exports = (prompt) => ({output: 'js ' + prompt})", to: "target.js")
  func suite(_ word: String, _ rubric: String) throws {
    try shell.write(
      """
      prompts: ["{{w}}"]
      targets: [file://target.js, "exec:echo said", echo]
      tests: [{vars: {w: \(word)}, assert: [{type: llm-rubric, value: \(rubric), provider: file://judge.js}, {type: contains, value: \(word)}]}]
      """, to: "suite.yaml")
  }
  try suite("one", "is fine")
  #expect(try await shell.run(["run", "suite.yaml", "--cache"]).code == 0)
  let again = try await shell.run(["run", "suite.yaml", "--cache"])
  #expect(again.code == 0 && again.output.contains("3 replies used again"), "\(again.output)")
  // Another prompt is another request.
  try suite("two", "is fine")
  let other = try await shell.run(["run", "suite.yaml", "--cache"])
  #expect(other.code == 0 && !other.output.contains("used again"), "\(other.output)")
  // So is another judge of the same name.
  try shell.write(judge(false), to: "judge.js")
  let judged = try await shell.run(["run", "suite.yaml", "--cache"])
  #expect(judged.code == 1 && judged.output.contains("0 passed, 3 failed"), "\(judged.output)")
}

@Test("an answer of a batch belongs to what was asked, whatever becomes of the suite meanwhile")
func batchOfAnEditedSuite() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  func suite(_ words: [String]) -> String {
    "prompts: [\"say {{w}}\"]\ntargets: [sim:sim-echo]\ntests:\n"
      + words.map { "  - {vars: {w: \($0)}, assert: [{type: contains, value: \($0)}]}\n" }.joined()
  }
  try shell.write(suite(["alpha", "beta", "gamma"]), to: "suite.yaml")
  #expect(try await shell.run(["batch", "write", "suite.yaml", "-o", "batch.jsonl"]).code == 0)
  let answers = try shell.read("batch.jsonl").split(separator: "\n").map { line -> String in
    let request = try JSON(parsing: String(line))
    let asked = request["body"]?["messages"]?[0]?["content"]?.string?.split(separator: " ").last ?? ""
    let body: JSON = [
      "id": "r", "object": "chat.completion", "model": "sim-echo",
      "choices": [
        [
          "index": 0, "finish_reason": "stop",
          "message": ["role": "assistant", "content": .string(String(asked))],
        ]
      ],
      "usage": ["prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4],
    ]
    let answer: JSON = [
      "custom_id": request["custom_id"] ?? .null, "response": ["status_code": 200, "body": body],
      "error": .null,
    ]
    return answer.text
  }
  try shell.write(answers.joined(separator: "\n") + "\n", to: "answers.jsonl")
  try shell.write(suite(["beta", "alpha", "gamma"]), to: "suite.yaml")
  let read = try await shell.run(["batch", "read", "answers.jsonl"])
  #expect(read.code == 130 || read.code == 3, "\(read.code)")
  #expect(read.output.contains("1 passed of 1"), "\(read.output)")
  #expect(read.errors.contains("2 answers are not used: the suite asks something else"), "\(read.errors)")
  try shell.write(suite(["alpha", "beta", "gamma"]), to: "suite.yaml")
  let whole = try await shell.run(["batch", "read", "answers.jsonl"])
  #expect(whole.code == 0 && whole.output.contains("3 passed of 3"), "\(whole.output)\(whole.errors)")
}
