import Formats
import Foundation
import Testing

/// Suites small enough to be run in a second, against the built-in simulator.
let capitals = """
  description: capitals
  prompts: ["Answer in one word: the capital of {{country}}?"]
  targets:
    - id: sim:sim-perfect
      label: perfect
    - id: sim:sim-wrong
      label: wrong
  tests:
    - description: France
      vars: {country: France}
      metadata: {expected: Paris}
      assert: [{type: icontains, value: Paris}]
    - description: Kenya
      vars: {country: Kenya}
      metadata: {expected: Nairobi}
      assert: [{type: icontains, value: Nairobi}]
  """

@Test("a run is judged, recorded and reported in every format")
func wholeRun() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(capitals, to: "suite.yaml")
  let outputs = [
    "r.junit.xml", "r.strict.xml", "r.md", "r.json", "r.jsonl", "r.csv", "r.metrics.txt", "r.html",
  ]
  let result = try await shell.run(["run", "suite.yaml"] + outputs.flatMap { ["-o", $0] })
  #expect(result.code == 1, "\(result.errors)")
  #expect(result.output.contains("2 passed, 2 failed of 4"))
  #expect(result.output.contains("the models were simulated"))
  for name in outputs { #expect(try !shell.read(name).isEmpty, "\(name)") }
  let junit = try shell.read("r.junit.xml")
  #expect(junit.contains("tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"0\""))
  #expect(junit.contains("file=\"suite.yaml\" line=\"9\""))
  #expect(try shell.read("r.jsonl").split(separator: "\n").count == 4)
  #expect(try shell.read("r.jsonl").contains(#""output":"Paris""#))
  #expect(try shell.read("r.md").hasPrefix("## ❌ capitals: failed"))

  let shown = try await shell.run(["show", "latest", "--failed"])
  #expect(shown.code == 0)
  #expect(shown.output.contains("does not contain \"Nairobi\""))
  #expect(try await shell.run(["report", "latest", "-o", "again.csv"]).code == 0)
  #expect(try shell.read("again.csv") == shell.read("r.csv"))
  let costs = try await shell.run(["costs", "--json"])
  #expect(costs.code == 0 && costs.output.contains("sim-perfect"))
  let comparison = try await shell.run(["compare"])
  #expect(
    comparison.code == 0 && comparison.output.contains("Too few cases to tell ")
      && comparison.output.contains(" on pass rate"))
}

@Test("only what failed is run again, and who was edited since is told")
func onlyFailed() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["{{word}}"]
    targets: [echo]
    tests:
      - {vars: {word: one}, assert: [{type: equals, value: uno}]}
      - {vars: {word: two}, assert: [{type: equals, value: two}]}
      - {vars: {word: three}, assert: [{type: equals, value: tre}]}
    """, to: "suite.yaml")
  #expect(try await shell.run(["run", "suite.yaml", "--name", "first"]).code == 1)
  let again = try await shell.run(["run", "suite.yaml", "--failed", "first"])
  #expect(again.code == 1 && again.output.contains("2 failed of 2"), "\(again.output)\(again.errors)")
  #expect(!again.errors.contains("not in the suite any more"), "\(again.errors)")

  try shell.write(try shell.read("suite.yaml").replacing("uno", with: "one"), to: "suite.yaml")
  let edited = try await shell.run(["run", "suite.yaml", "--failed", "first"])
  #expect(edited.output.contains("1 failed of 1"), "\(edited.output)")
  let warning = "warning: 1 of the 2 failed cases of first is not in the suite any more"
  #expect(edited.errors.contains(warning), "\(edited.errors)")
  try shell.write(try shell.read("suite.yaml").replacing("tre}", with: "three}"), to: "suite.yaml")
  let none = try await shell.run(["run", "suite.yaml", "--failed", "first"])
  #expect(none.code == 2)
  #expect(none.errors.contains("no case has a place among those that failed in run first"), "\(none.errors)")
}

@Test("cases with a target of their own are counted, judged and told like all others")
func ownTargets() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: [{label: plain, raw: "{{q}}"}, {label: other, raw: "Say {{q}}"}]
    targets: [echo, {id: sim:sim-echo, label: sim}]
    tests:
      - {vars: {q: hi}, assert: [{type: icontains, value: hi}]}
      - {vars: {q: ho}, provider: {id: echo, label: own}, assert: [{type: equals, value: never}]}
      - {vars: {q: hu}, provider: {id: echo, label: own}, prompts: [plain], assert: [{type: equals, value: hu}]}
    """, to: "suite.yaml")
  #expect(try await shell.run(["check", "suite.yaml"]).output.contains("7 trials"))
  let run = try await shell.run(["run", "suite.yaml", "-o", "r.jsonl", "-o", "r.xml"])
  #expect(run.code == 1 && run.output.contains("5 passed, 2 failed of 7"), "\(run.output)\(run.errors)")
  // The two that were asked the same are compared, and no others.
  #expect(run.output.split(separator: "\n").count { $0.contains("Too few cases") } == 3, "\(run.output)")
  #expect(try shell.read("r.jsonl").split(separator: "\n").count { $0.contains("\"own\"") } == 3)
  #expect(try shell.read("r.xml").contains("tests=\"7\" failures=\"2\""))
  // Parts know only the targets of their own cases.
  for part in ["1/3", "2/3", "3/3"] {
    let arguments = ["run", "suite.yaml", "-q", "--shard", part, "--ledger", "\(part.prefix(1)).sqlite"]
    #expect(try await shell.run(arguments).code < 2)
  }
  let merged = try await shell.run(
    ["ledger", "merge", "1.sqlite", "2.sqlite", "3.sqlite", "--ledger", "whole.sqlite"])
  #expect(merged.code == 1, "\(merged.output)\(merged.errors)")
  let whole = try await shell.run(["show", "latest", "--ledger", "whole.sqlite"])
  #expect(whole.output.contains("5 passed, 2 failed of 7"), "\(whole.output)")
}

@Test("cases that use earlier replies are not shared out")
func dependentShards() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  let cases =
    "tests: [{vars: {word: one}, options: {storeOutputAs: kept}}, {vars: {word: \"{{kept}} two\"}}]\n"
  try shell.write("prompts: [\"{{word}}\"]\ntargets: [echo]\n" + cases, to: "kept.yaml")
  try shell.write(
    "prompts: [\"{{word}} {{_conversation}}\"]\ntargets: [echo]\ntests: [{vars: {word: one}}]\n",
    to: "said.yaml")
  for part in ["1/2", "2/2"] {
    let kept = try await shell.run(["run", "kept.yaml", "--shard", part])
    #expect(
      kept.code == 2 && kept.errors.contains("kept.yaml:3:9: a case that keeps its output"),
      "\(kept.errors)")
    let said = try await shell.run(["run", "said.yaml", "--shard", part])
    #expect(said.code == 2 && said.errors.contains("cases that see earlier replies"), "\(said.errors)")
  }
  #expect(try await shell.run(["run", "kept.yaml", "--shard", "1/1"]).code == 0)
}

@Test("check tells trials, tokens and cost over all prompts, cases and repetitions")
func estimate() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["{{q}}", "{% for i in range(200) %}word {% endfor %}{{q}}"]
    targets: [{id: openai:gpt-4o-mini, config: {max_tokens: 100}}]
    repeat: 3
    tests: [{vars: {q: One?}}, {vars: {q: Two?}}]
    """, to: "suite.yaml")
  let told = try await shell.run(["check", "suite.yaml"]).output
  #expect(told.contains("12 trials: 2 prompts x 1 targets x 2 cases x 3 repetitions"), "\(told)")
  #expect(told.contains("up to 1200 back without judges: perhaps $0.000"), "\(told)")
  let json = try await JSON(parsing: shell.run(["check", "suite.yaml", "--json"]).output)
  // Six of twelve prompts have some two hundred tokens.
  #expect((1_000...2_000).contains(json["tokens"]?["input"]?.int ?? 0), "\(json["tokens"] ?? .null)")
}

@Test("equal targets on one simulator get replies of their own, and the same ones in every run")
func twins() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["{{q}}"]
    targets: [{id: sim:sim-flaky, label: a}, {id: sim:sim-flaky, label: b}]
    repeat: 12
    tests:
      - {vars: {q: 2 + 2?}, metadata: {expected: "4"}, assert: [{type: contains, value: "4"}]}
      - {vars: {q: 2 + 2?}, metadata: {expected: "4"}, assert: [{type: contains, value: "4"}]}
    """, to: "suite.yaml")
  func trials(_ flags: [String]) async throws -> [String] {
    _ = try await shell.run(["run", "suite.yaml", "-q", "-o", "r.jsonl"] + flags)
    return try shell.read("r.jsonl").split(separator: "\n").map { line in
      let trial = try JSON(parsing: String(line))
      return ["target", "case_no", "repetition", "outcome", "output", "error_kind"].map {
        trial[$0].map { $0.string ?? $0.text } ?? "-"
      }.joined(separator: "|")
    }.sorted()
  }
  let first = try await trials(["-j", "32"])
  #expect(first.count == 48)
  #expect(try await trials(["-j", "3"]) == first)
  // Four questions that are one and the same to a server: their outcomes go apart.
  let courses = Dictionary(grouping: first) { $0.split(separator: "|").prefix(2).joined() }
    .mapValues { $0.map { $0.split(separator: "|").suffix(3).joined() } }
  #expect(Set(courses.values.map { $0.joined() }).count == 4)
}

@Test("gates decide instead of single checks, and an unknown metric fails its gate")
func gates() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(capitals, to: "suite.yaml")
  #expect(try await shell.run(["run", "suite.yaml", "-g", "pass_rate >= 0.5"]).code == 0)
  #expect(try await shell.run(["run", "suite.yaml", "-g", "metric.absent >= 0"]).code == 1)
  // What says nothing of how many may fail leaves the checks as they are.
  let cheap = try await shell.run(["run", "suite.yaml", "-g", "cost <= $1"])
  #expect(cheap.code == 1 && cheap.output.contains("\nfailed: "), "\(cheap.output)")
  let wrong = try await shell.run(["run", "suite.yaml", "-g", "pas_rate >= 0.5"])
  #expect(wrong.code == 2)
  #expect(wrong.errors.contains("unknown metric \"pas_rate\"; did you mean \"pass_rate\"?"))
}

@Test("trials that erred make the verdict incomplete, unless a gate bears them")
func errorsUnderGates() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    capitals.replacing("sim:sim-wrong", with: "exec:false"), to: "suite.yaml")
  #expect(try await shell.run(["run", "suite.yaml"]).code == 3)
  #expect(try await shell.run(["run", "suite.yaml", "-g", "pass_rate >= 0.9"]).code == 3)
  #expect(
    try await shell.run(["run", "suite.yaml", "-g", "pass_rate >= 0.9", "-g", "error_rate <= 0.6"]).code == 0)
}

@Test(
  "bad input is one clear message and exit code 2",
  arguments: [
    (["run", "absent.yaml"], "absent.yaml"),
    (["run", "--ouput", "x", "suite.yaml"], "unknown option --ouput; did you mean --output?"),
    (["run", "suite.yaml", "--filter", "nothing like it"], "no case has a description that matches"),
    (["show"], "ledger"),
    (["run", "suite.yaml", "-o", "x.pdf"], "x.pdf"),
    (["run", "suite.yaml", "--poisson"], "--poisson says something about --rate"),
    (["run", "suite.yaml", "--rate", "fast"], "not \"fast\""),
    (["run", "suite.yaml", "--rate", "5/s@soon"], "the stage \"5/s@soon\""),
    (["run", "suite.yaml", "--resume"], "no ledger here"),
  ])
func badInput(arguments: [String], message: String) async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(capitals, to: "suite.yaml")
  let result = try await shell.run(arguments)
  #expect(result.code == 2, "\(result.output)\(result.errors)")
  #expect(result.errors.contains(message), "\(result.errors)")
}

@Test(
  "a bad day is rehearsed on simulated models only", arguments: [["--faults", "500=0.2"], ["--speed", "4"]])
func faultsNeedSimulation(options: [String]) async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write("prompts: [hello]\nproviders: [echo]\n", to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml"] + options)
  #expect(result.code == 2)
  #expect(result.errors.contains("\(options[0]) is for simulated models"), "\(result.errors)")
  #expect(try await shell.run(["run", "suite.yaml", "--simulate"] + options).code == 0)
}

@Test("a missing key is named before anything is sent")
func missingKey() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write("prompts: [hello]\nproviders: [openai:gpt-4o-mini]\n", to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml"])
  #expect(result.code == 2)
  #expect(result.errors.contains("OPENAI_API_KEY"), "\(result.errors)")
}

@Test("the JUnit dialects validate against the published schemas")
func junitSchemas() async throws {
  let xmllint = URL(filePath: "/usr/bin/xmllint")
  try #require(FileManager.default.fileExists(atPath: xmllint.path))
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    capitals
      + "\n  - description: \"hostile \\u0007 ]]> <b> \\u001b[31m\"\n    vars: {country: \"]]> \\u0001 &\"}\n"
      + "    assert: [{type: equals, value: \"]]>\\u001b[0m\"}]\n", to: "suite.yaml")
  _ = try await shell.run(["run", "suite.yaml", "-q", "-o", "rich.junit.xml", "-o", "strict.strict.xml"])
  let schemas = checkout.appending(path: "Tests/EndToEndTests/Fixtures")
  for (file, schema) in [
    ("rich.junit.xml", "rich-profile.xsd"), ("strict.strict.xml", "jenkins-junit-10.xsd"),
    ("strict.strict.xml", "windyroad-JUnit.xsd"),
  ] {
    let result = try await CommandLineRunner.run(
      xmllint, ["--noout", "--schema", schemas.appending(path: schema).path, file], in: shell.folder)
    #expect(result.code == 0, "\(file) against \(schema): \(result.errors)")
  }
}

@Test("a plan that can't be made leaves nothing behind")
func refusedPlan() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["{{q}}"]
    targets: [opanai:gpt-4o]
    tests: [{vars: {q: hello}}]
    """, to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml", "--ledger", "there/l.sqlite"])
  #expect(result.code == 2)
  #expect(result.errors.hasPrefix("suite.yaml:2:11: unknown target \"opanai:gpt-4o\""), "\(result.errors)")
  let left = try FileManager.default.contentsOfDirectory(atPath: shell.path("")).filter {
    !$0.hasPrefix(".std")
  }
  #expect(left == ["suite.yaml"], "\(left)")
}
