import Formats
import Foundation
import Testing

@Suite("replies from elsewhere")
struct GradeTests {
  private static let suite = """
    prompts: ["The capital of {{country}}?"]
    providers: [{id: "openai:gpt-4o", label: large}]
    tests:
      - {description: France, vars: {country: France}, assert: [{type: contains, value: Paris}]}
      - {description: Italy, vars: {country: Italy}, assert: [{type: contains, value: Rome}]}
    """

  private func outcomes(_ shell: CommandLineRunner, _ name: String = "r.jsonl") throws -> [String] {
    try shell.read(name).split(separator: "\n").map { line in
      let row = try JSON(parsing: String(line))
      return "\(row["case_no"]?.text ?? "") \(row["target"]?.string ?? "") \(row["outcome"]?.string ?? "")"
    }
  }

  @Test(
    "rows find their cases by number, by variables or by order, in every format, without a key or a model",
    arguments: [
      (
        "a.jsonl",
        #"{"output": "Paris", "target": "large"}"# + "\n\n" + #"{"output": "Rome", "target": "large"}"#
      ),
      (
        "b.jsonl",
        #"{"output": "Rome", "target": "large", "case_no": 1}"# + "\r\n"
          + #"{"output": "Paris", "target": "large", "case_no": 0}"# + "\r\n"
      ),
      (
        "c.jsonl",
        "\u{FEFF}" + #"{"output": "Rome", "provider": "openai:gpt-4o", "vars": {"country": "Italy"}}"# + "\n"
          + #"{"output": "Paris", "provider": "openai:gpt-4o", "vars": {"country": "France"}}"#
      ),
      ("d.json", #"[{"output": "Paris", "target": "large"}, {"output": "Rome", "target": "large"}]"#),
      ("e.csv", "target,output\nlarge,\"Paris,\nof course\"\nlarge,Rome\n"),
      (
        "f.jsonl",
        #"{"testIdx": 0, "provider": {"id": "openai:gpt-4o", "label": "large"}, "response": {"output": "Paris"}}"#
          + "\n"
          + #"{"testIdx": 1, "provider": {"id": "openai:gpt-4o", "label": "large"}, "response": {"output": "Rome"}}"#
      ),
    ])
  func places(name: String, text: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(Self.suite, to: "suite.yaml")
    try shell.write(text, to: name)
    let result = try await shell.run(["grade", "suite.yaml", "--outputs", name, "-o", "r.jsonl"])
    #expect(result.code == 0, "\(result.errors)\(result.output)")
    #expect(try outcomes(shell) == ["0 large pass", "1 large pass"])
  }

  @Test("a run's own report can be graded again by other checks, with what it knew of each reply")
  func roundTrip() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["The capital of {{country}}?"]
      providers: [sim:sim-perfect, sim:sim-wrong]
      tests:
        - {vars: {country: France}, metadata: {expected: Paris}}
        - {vars: {country: Italy}, metadata: {expected: Rome}}
      """, to: "first.yaml")
    #expect(try await shell.run(["run", "first.yaml", "-q", "-o", "replies.jsonl"]).code == 0)
    try shell.write(
      """
      prompts: ["The capital of {{country}}?"]
      providers: [sim:sim-perfect]
      defaultTest:
        assert:
          - {type: regex, value: "Paris|Rome"}
          - {type: latency, threshold: 60000}
          - {type: cost, threshold: 1}
          - {type: tokens, threshold: 4000}
          - {type: finish-reason, value: stop}
      """, to: "second.yaml")
    let result = try await shell.run(["grade", "second.yaml", "--outputs", "replies.jsonl", "-o", "r.jsonl"])
    #expect(result.code == 1, "\(result.errors)\(result.output)")
    #expect(
      try outcomes(shell).sorted() == [
        "0 sim:sim-perfect pass", "0 sim:sim-wrong fail", "1 sim:sim-perfect pass", "1 sim:sim-wrong fail",
      ])
    #expect(try await shell.run(["compare"]).code == 0)
  }

  @Test("cases that are named on the command line bring their checks")
  func namedCases() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write("prompts: [\"{{country}}?\"]\ntargets: [{id: echo, label: large}]\n", to: "suite.yaml")
    try shell.write("country,__expected\nFrance,contains:Paris\nItaly,contains:Rome\n", to: "cases.csv")
    try shell.write("{\"output\": \"Paris\"}\n{\"output\": \"Milan\"}\n", to: "r.jsonl")
    let result = try await shell.run(
      ["grade", "suite.yaml", "--tests", "cases.csv", "--outputs", "r.jsonl", "-q"])
    #expect(result.code == 1, "\(result.output)\(result.errors)")
    #expect(result.output.contains("1 passed, 1 failed of 2"), "\(result.output)")
  }

  @Test(
    "what the file lacks or has too much is told, and nothing passes for it",
    arguments: [
      (#"{"ouput": "Paris"}"#, 2, "r.jsonl:1:1: the row has neither \"output\" nor \"error\"; is \"ouput\""),
      (#"{"output": "Paris"}"#, 3, "has no reply to this case"),
      (#"{"output": "Paris", "case_no": 7}"#, 2, "there is no case 7: the suite has 2"),
      (#"{"output": "x", "vars": {"country": "Peru"}}"#, 2, "no case of the suite has these variables"),
      ("{\"output\": ", 2, "r.jsonl:1:"), ("", 2, "has no replies"),
      (#"{"output": 1}"# + "\n[1]", 2, "r.jsonl:2:1: the line is no object"),
    ])
  func mistakes(text: String, code: Int, message: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(Self.suite, to: "suite.yaml")
    try shell.write(text, to: "r.jsonl")
    let result = try await shell.run(["grade", "suite.yaml", "--outputs", "r.jsonl", "-o", "out.csv"])
    #expect(result.code == Int32(code), "\(result.errors)")
    let all = result.errors + ((try? shell.read("out.csv")) ?? "")
    #expect(all.contains(message), "\(all)")
  }

  @Test("scoring functions, derived metrics and guardrails decide as the suite says, and never by accident")
  func scores() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["x"]
      providers: [echo]
      derivedMetrics:
        - {name: precision, value: tp / (tp + fp)}
        - {name: share, value: precision / 2 + __count}
        - {name: lost, value: absent + 1}
      gates: ["metric.precision >= 0.6", "metric.share > 4", "metric.lost >= 0", "lower(metric.precision) > 0"]
      defaultTest:
        assert: [{type: contains, value: a, metric: tp, weight: 0}, {type: not-contains, value: a, metric: fp, weight: 0}]
      tests:
        - {vars: {n: 1}}
        - {vars: {n: 2}, assertScoringFunction: "file://score.js"}
        - {vars: {n: 3}, assertScoringFunction: "file://mute.js"}
        - {vars: {n: 4}, assert: [{type: guardrails, config: {purpose: redteam}}, {type: contains, value: zzz}]}
      """, to: "suite.yaml")
    try shell.write(
      "module.exports = (scores, context) => ({pass: scores.tp === 1 && context.componentResults.length === 2, "
        + "score: 0.25, reason: 'own'});", to: "score.js")
    try shell.write("module.exports = () => undefined;", to: "mute.js")
    try shell.write(
      """
      {"output": "a"}
      {"output": "b"}
      {"output": "a"}
      {"output": "a", "guardrails": {"flagged": true}}
      """, to: "r.jsonl")
    let result = try await shell.run(["grade", "suite.yaml", "--outputs", "r.jsonl", "-o", "out.json"])
    let report = try JSON(parsing: try shell.read("out.json"))
    let trials = report["trials"]?.array ?? []
    #expect(trials.map { $0["outcome"]?.string } == ["pass", "fail", "error", "pass"], "\(result.errors)")
    #expect(trials[1]["score"]?.double == 0.25)
    #expect(trials[2]["reason"]?.string?.contains("the scoring function failed") == true)
    let gates = report["gates"]?.array ?? []
    #expect(gates.map { $0["holds"]?.bool } == [true, true, false, false], "\(result.output)")
    #expect(gates[2]["explanation"]?.string?.contains("there is no metric \"absent\"") == true)
    #expect(gates[3]["explanation"]?.string?.contains("has no interval") == true)
    let bad = try await shell.run(["check", "suite.yaml"])
    #expect(bad.code == 0, "\(bad.errors)")
    try shell.write(try shell.read("suite.yaml").replacing("absent + 1", with: "sqr(tp)"), to: "bad.yaml")
    let refused = try await shell.run(["check", "bad.yaml"])
    #expect(refused.code == 2)
    #expect(refused.errors.contains("unknown function \"sqr\"; did you mean \"sqrt\"?"), "\(refused.errors)")
  }

  @Test("approved replies are what matches-file wants from then on")
  func approve() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["{{id}}"]
      providers: [echo]
      tests:
        - {vars: {id: one}, assert: [{type: matches-file, value: "approved/{{id}}.txt"}]}
        - {vars: {id: two}, assert: [{type: matches-file, value: "approved/{{id}}.txt"}]}
      """, to: "suite.yaml")
    try shell.write(#"{"output": "first\nline"}"# + "\n" + #"{"output": "second"}"#, to: "r.jsonl")
    let grade = ["grade", "suite.yaml", "--outputs", "r.jsonl"]
    #expect(try await shell.run(grade).code == 3)
    let dry = try await shell.run(["approve", "--dry-run"])
    #expect(dry.output.contains("2 new and 0 changed would be approved"), "\(dry.output)\(dry.errors)")
    #expect(try await shell.run(["approve", "--case", "1"]).code == 0)
    #expect(try shell.read("approved/one.txt") == "first\nline\n")
    #expect(try await shell.run(grade).code == 3)
    #expect(try await shell.run(["approve"]).output.contains("1 new and 0 changed approved, 1 as before"))
    #expect(try await shell.run(grade).code == 0)

    try shell.write(#"{"output": "first\nother"}"# + "\n" + #"{"output": "second"}"#, to: "r.jsonl")
    #expect(try await shell.run(grade).code == 1)
    let shown = try await shell.run(["show", "latest", "--failed"])
    #expect(shown.output.contains("line 2: approved \"line\", now \"other\""), "\(shown.output)")
    #expect(try await shell.run(["approve"]).output.contains("changed approved/one.txt"))

    try shell.write(
      try shell.read("suite.yaml").replacing("approved/{{id}}", with: "../{{id}}"), to: "suite.yaml")
    _ = try await shell.run(grade)
    let outside = try await shell.run(["approve"])
    #expect(outside.code == 2 && outside.errors.contains("outside the suite's folder"), "\(outside.errors)")
    try shell.write(try shell.read("suite.yaml").replacing("../{{id}}", with: "same"), to: "suite.yaml")
    _ = try await shell.run(grade)
    let torn = try await shell.run(["approve"])
    #expect(torn.code == 2 && torn.errors.contains("differ from each other"), "\(torn.errors)")
  }

  @Test(
    "what a check made of a reply by a transform of its own can't be approved; the case's transform can",
    .enabled(if: File.findCommand("node") != nil))
  func approveTransformed() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["{{id}}"]
      providers: [echo]
      tests:
        - vars: {id: one}
          options: {transform: output.toUpperCase()}
          assert: [{type: matches-file, value: one.txt}]
        - vars: {id: two}
          assert:
            - type: assert-set
              assert: [{type: matches-file, value: two.txt, transform: output.toUpperCase()}]
      """, to: "suite.yaml")
    #expect(try await shell.run(["run", "suite.yaml"]).code == 3)
    let refused = try await shell.run(["approve"])
    #expect(refused.code == 2)
    for words in ["suite.yaml:10:", "its own transform", "options.transform"] {
      #expect(refused.errors.contains(words), "\(refused.errors)")
    }
    #expect(!File.exists(shell.path("one.txt")) && !File.exists(shell.path("two.txt")))
    #expect(try await shell.run(["approve", "--case", "1"]).code == 0)
    #expect(try shell.read("one.txt") == "ONE\n")
  }
}
