import Formats
import Foundation
import Testing

// Code in suites, and what of promptfoo's ways is done.

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
