import Formats
import Foundation
import Testing

/// Suites small enough to be run in a second, against the built-in simulator.
private let capitals = """
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

@Test("prompts that programs print: a Python file as a whole, a static method, a command, an executable file")
func printedPrompts() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    import json, sys
    class Made:
        @staticmethod
        def said(context): return "method " + context["vars"]["q"]
    if __name__ == "__main__":
        context = json.loads(sys.argv[1])
        print("whole", context["vars"]["q"], context["provider"]["id"], context["config"])
    """, to: "p.py")
  try shell.write(
    "#!/bin/sh\necho \"file $#\" | tr a-z A-Z\necho \"$1\" | grep -c '\"q\":\"ä b\"'\ntrue\n", to: "p.sh")
  try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: shell.path("p.sh"))
  try shell.write(
    """
    prompts: [file://p.py, file://p.py:Made.said, "exec:echo 'a  word'", "exec:./p.sh more", file://p.sh]
    targets: [echo]
    tests: [{vars: {q: ä b}}]
    """, to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml", "--no-ci", "-o", "r.jsonl"])
  #expect(result.code == 0, "\(result.errors)")
  let outputs = try shell.read("r.jsonl").split(separator: "\n").map {
    try JSON(parsing: String($0))["output"]?.string ?? ""
  }
  #expect(outputs[0] == "whole ä b echo {}")
  #expect(outputs[1] == "method ä b")
  #expect(outputs[2].hasPrefix("a  word {\"vars\":{\"q\":\"ä b\"}"))
  #expect(outputs[3] == "FILE 2\n0")
  #expect(outputs[4] == "FILE 1\n1")
  let forbidden = try await shell.run(["run", "suite.yaml", "--no-ci", "--no-scripts", "-o", "f.jsonl"])
  #expect(forbidden.code == 3)
  #expect(try shell.read("f.jsonl").split(separator: "\n").allSatisfy { $0.contains("forbidden") })
}

@Test("what a prompt function returns is a template, and its settings hold for this call")
func promptFunctions() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    module.exports = ({ vars }) => ({ prompt: [{ role: 'user', content: 'Say {{q}}' }], config: { temperature: vars.t } });
    module.exports.text = () => 'Say {{ q | upper }}';
    module.exports.broken = ({ vars }) => 'Say {{ ' + vars.q;
    module.exports.object = ({ config }) => ({ role: config.role, n: '{{q}}' });
    module.exports.nothing = () => undefined;
    """, to: "p.js")
  try shell.write(
    "def made(context):\n    return {'prompt': 'Say {{q}}!', 'config': {'temperature': 0.5}}\n", to: "p.py")
  try shell.write(
    """
    module.exports = class {
      async callApi(prompt, context, options) {
        return { output: `${prompt} at ${JSON.stringify(options.config.temperature)}` };
      }
    };
    """, to: "target.js")
  try shell.write(
    """
    prompts:
      - {id: file://p.js, config: {temperature: 0.1}}
      - file://p.js:text
      - file://p.js:broken
      - {id: file://p.js:object, config: {role: user}}
      - file://p.py:made
      - file://p.js:nothing
    targets: [{id: file://target.js, config: {temperature: 0.2}}]
    tests: [{vars: {q: 'a "b"', t: 0.9}}]
    """, to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml", "--no-ci", "-j", "1", "-o", "r.jsonl"])
  #expect(result.code == 3, "\(result.errors)")
  let rows = try shell.read("r.jsonl").split(separator: "\n").map { try JSON(parsing: String($0)) }
  #expect(
    rows.map { $0["output"]?.string?.replacing("\n", with: "").replacing("  ", with: "") } == [
      #"[{"role": "user","content": "Say a \"b\""}] at 0.9"#, #"Say A "B" at 0.2"#, #"Say {{ a "b" at 0.2"#,
      #"{"role": "user","n": "a \"b\""} at 0.2"#, #"Say a "b"! at 0.5"#, nil,
    ])
  #expect(result.output.contains("1 erred"))
}

@Test("check refuses the targets that run refuses, unless they are simulated")
func refusedTargets() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  let ids = [
    "bedrock:x", "google:live:gemini-2", "opena:gpt-4o", "ws://localhost/x", "file://main.go",
    "azure:assistant:asst_1",
  ]
  try shell.write(
    "prompts: [hi]\ntargets:\n" + ids.map { "  - \"\($0)\"\n" }.joined() + "  - openai:gpt-4o\n  - echo\n",
    to: "suite.yaml")
  let checked = try await shell.run(["check", "suite.yaml"])
  let run = try await shell.run(["run", "suite.yaml", "--no-ci"], environment: ["OPENAI_API_KEY": "x"])
  #expect(checked.code == 2 && run.code == 2)
  for (place, text) in [
    "unknown target \"bedrock:x\"\n", "target \"google:live:gemini-2\": google has no \"live\" here",
    "unknown target \"opena:gpt-4o\"; did you mean \"openai\"?", "unknown target \"ws://localhost/x\"\n",
    "target \"file://main.go\" is no script that can be run",
    "target \"azure:assistant:asst_1\": azure has no \"assistant\" here",
  ].enumerated() {
    let line = "suite.yaml:\(place + 3):5: \(text)"
    #expect(checked.errors.contains(line), "\(checked.errors)")
    #expect(run.errors.contains(line), "\(run.errors)")
  }
  let simulated = try await shell.run(["check", "suite.yaml", "--simulate"])
  #expect(simulated.code == 0, "\(simulated.errors)")
  #expect(simulated.output.contains("bedrock:x  (sim:x, 1 trials)"), "\(simulated.output)")
  let rehearsed = try await shell.run(["run", "suite.yaml", "--simulate", "--no-ci"])
  #expect(rehearsed.code == 0, "\(rehearsed.errors)")
}

@Test("check prints the suite with references and environment filled in, and says that files stay names")
func printedSuite() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: [file://p.txt]
    targets: ["{{env.WHO}}"]
    hi: {type: contains, value: hi}
    tests: [{vars: {q: file://q.txt}, assert: [{$ref: "#/hi"}]}]
    """, to: "suite.yaml")
  for name in ["p.txt", "q.txt"] { try shell.write("{{q}}", to: name) }
  let result = try await shell.run(["check", "suite.yaml", "--print"], environment: ["WHO": "echo"])
  let printed = try JSON(parsing: result.output)
  #expect(printed["prompts"] == ["file://p.txt"] && printed["targets"] == ["echo"])
  #expect(
    printed["tests"] == [["vars": ["q": "file://q.txt"], "assert": [["type": "contains", "value": "hi"]]]])
  let help = try await shell.run(["check", "--help"]).output
  #expect(!help.contains("everything resolved") && help.contains("file://"), "\(help)")
}

@Test("a suite and cases that a module exports as data are read, and found by the suite's usual name")
func exportedData() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    module.exports = {
      prompts: ['Say {{word}}'], providers: ['echo'],
      tests: ['file://cases.mjs', 'file://cases.mjs:more', 'file://cases.py:CASES'],
    };
    """, to: "promptfooconfig.js")
  try shell.write(
    """
    export default [{ vars: { word: 'a' }, assert: [{ type: 'equals', value: 'Say a' }] }];
    export const more = [{ vars: { word: 'b' }, assert: [{ type: 'equals', value: 'Say b' }] }];
    """, to: "cases.mjs")
  try shell.write(
    "CASES = [{'vars': {'word': 'c'}, 'assert': [{'type': 'equals', 'value': 'Say c'}]}]", to: "cases.py")
  let result = try await shell.run(["run", "--no-ci"])
  #expect(result.code == 0, "\(result.errors)")
  #expect(result.output.contains("3 passed of 3"), "\(result.output)")
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

@Test(
  "transformVars is code over the variables, with an id of the trial's own that is the same when it is repeated"
)
func transformedVariables() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    prompts: ["{{w}} {{id}}"]
    targets: [echo]
    repeat: 2
    defaultTest: {options: {transformVars: "{ ...vars, w: vars.w.toUpperCase(), id: context.uuid }"}}
    tests:
      - {vars: {w: one}, assert: [{type: regex, value: "^ONE [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}]}
      - {vars: {w: two}, assert: [{type: contains, value: TWO}]}
    """, to: "suite.yaml")
  for file in ["a.jsonl", "b.jsonl"] {
    let run = try await shell.run(["run", "suite.yaml", "-o", file])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
  func outputs(_ file: String) throws -> [String?] {
    try shell.read(file).split(separator: "\n").map { try JSON(parsing: String($0))["output"]?.string }
  }
  #expect(try Set(outputs("a.jsonl")).count == 4)
  #expect(try outputs("a.jsonl") == outputs("b.jsonl"))
}

@Test("what a suite of promptfoo's asks for is done, or said not to be")
func promptfooWays() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    "module.exports = (scores, context) => ({pass: !('threshold' in context), score: 1, reason: 'r'})",
    to: "scoring.js")
  try shell.write(
    """
    prompts: ["{{w}}"]
    targets: ["exec:echo said", {id: echo, label: e}]
    extensions: ["file://hooks.js:all"]
    nunjucksFilters: {shout: shout.js}
    defaultTest:
      assert: [{type: latency, threshold: 60000}]
      assertScoringFunction: file://scoring.js
    tests:
      - {vars: {w: one}, options: {runSerially: true}}
      - {vars: {w: two}}
    gates: [{gate: pass_rate >= 1, target: each}]
    """, to: "suite.yaml")
  let run = try await shell.run(["run", "suite.yaml"])
  #expect(run.code == 0 && run.output.contains("4 passed of 4"), "\(run.output)\(run.errors)")
  #expect(run.output.contains("holds  pass_rate >= 1 [e]"), "\(run.output)")
  #expect(
    run.errors.contains("suite.yaml:3:1: note: \"extensions\" has no effect here: hooks are not run"),
    "\(run.errors)")
  #expect(run.errors.contains("\"nunjucksFilters\" has no effect here"), "\(run.errors)")
  try shell.write(
    """
    prompts: ["{{w | shout}}"]
    targets: [{id: "http://127.0.0.1:9/x", config: {body: {p: "{{prompt}}"}, transformRequest: "({x: prompt})"}}]
    nunjucksFilters: {shout: shout.js}
    tests: [{vars: {w: one}}]
    """, to: "other.yaml")
  let other = try await shell.run(["run", "other.yaml"])
  #expect(other.code == 2 && other.errors.contains("unknown filter \"shout\""), "\(other.errors)")
  try shell.write(try shell.read("other.yaml").replacing(" | shout", with: ""), to: "other.yaml")
  let http = try await shell.run(["run", "other.yaml"])
  #expect(http.code == 2 && http.errors.contains("transformRequest is not run"), "\(http.errors)")
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

@Test("scripts make values of variables, and no data file may name one")
func scriptedVariables() async throws {
  let shell = try CommandLineRunner()
  defer { shell.clean() }
  try shell.write(
    """
    module.exports = (name, prompt, vars, provider) => ({output: `${name} for ${vars.who} in ${prompt.length} by ${provider.label}`})
    module.exports.plain = () => 7
    """, to: "value.js")
  try shell.write(
    """
    def get_var(name, prompt, vars):
        return {"output": f"python {name} {vars['who']}"} if vars["who"] else {"error": "nobody is there"}
    """, to: "value.py")
  try shell.write(
    """
    prompts: ["{{a}}, {{b}}, {{c}}"]
    targets: [echo]
    tests:
      - vars: {who: Ann, a: file://value.js, b: "file://value.js:plain", c: file://value.py}
        assert: [{type: equals, value: "a for Ann in 19 by echo, 7, python c Ann"}]
      - vars: {who: "", a: 1, b: 2, c: file://value.py}
    """, to: "suite.yaml")
  let result = try await shell.run(["run", "suite.yaml", "-o", "r.jsonl"])
  let rows = try shell.read("r.jsonl")
  #expect(result.code == 3 && rows.contains(#""outcome":"pass""#), "\(result.output) \(rows)")
  #expect(rows.contains("value.py: nobody is there"))
  #expect(try await shell.run(["check", "suite.yaml"]).output.contains("scripts: value.js, value.py"))
  let barred = try await shell.run(["run", "suite.yaml", "--no-scripts", "-o", "r.jsonl"])
  #expect(try barred.code == 3 && !shell.read("r.jsonl").contains(#""outcome":"pass""#))

  try shell.write("prompts: ['{{a}}']\ntargets: [echo]\ntests: file://rows.csv\n", to: "data.yaml")
  try shell.write("a\nfile://value.js\n", to: "rows.csv")
  let data = try await shell.run(["check", "data.yaml"])
  #expect(data.code == 2)
  #expect(data.errors.contains("rows.csv:2:1: a data file names the script value.js"))
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
