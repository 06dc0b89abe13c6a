import Formats
import Testing

@testable import Suites

/// Every form in which promptfoo's readers take a suite, and naive ones do not.
@Suite("forms of targets")
struct TargetForms12 {
  @Test(
    "one name, a list, maps and the older key",
    arguments: [
      "providers: openai:gpt-4o", "targets: openai:gpt-4o", "providers: [openai:gpt-4o]",
      "providers: [{id: openai:gpt-4o}]", "providers: [{\"openai:gpt-4o\": {config: {temperature: 0.5}}}]",
      "targets: {id: openai:gpt-4o}", "providers: [\"{{ env.MODEL }}\"]",
      "providers: ['{{ env[\"MODEL\"] }}']",
      "providers: [\"openai:{{ env.SHORT | default('gpt-4o') }}\"]",
    ])
  func forms(_ text: String) async throws {
    let loaded = try await loadSuite("prompts: [hello]\n\(text)", environment: ["MODEL": "openai:gpt-4o"])
    #expect(loaded.suite.targets.map(\.id) == ["openai:gpt-4o"])
  }

  @Test("an object keeps all it says")
  func object() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [{label: a, raw: A}, {label: "b:1", raw: B}]
      targets:
        - "openai:gpt-4o":
            label: main
            config: {temperature: 0.5, tools: [{type: function}]}
            prompts: ["b:*"]
            transform: output.trim()
            delay: 20
            env: {REGION: eu}
      """)
    let target = try #require(loaded.suite.targets.first)
    #expect(target.label == "main")
    #expect(target.config["temperature"] == 0.5)
    #expect(target.transform == "output.trim()")
    #expect(target.delayMilliseconds == 20)
    #expect(target.environment == ["REGION": "eu"])
    let cases = try loaded.all()
    #expect(loaded.pairs(for: cases[0]).map(\.prompt.label) == ["b:1"])
  }

  @Test("files of targets hold one or several")
  func files() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [hello]\ntargets: [\"file://one.yaml\", \"file://two.json\"]",
      "one.yaml": "id: openai:gpt-4o\nlabel: first",
      "two.json": "[\"echo\", {\"id\": \"anthropic:messages:claude-haiku-5-5\"}]",
    ])
    let loaded = try await scratch.load()
    #expect(loaded.suite.targets.map(\.label) == ["first", "echo", "anthropic:messages:claude-haiku-5-5"])
  }

  @Test("two of the same name are two, told apart by what differs")
  func sameName() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [hello]
      targets:
        - {id: openai:gpt-4o, config: {temperature: 0, apiKey: a}}
        - {id: openai:gpt-4o, config: {temperature: 0.7, apiKey: b}}
        - {id: openai:gpt-4o, config: {temperature: 0.7, apiKey: b}}
      """)
    #expect(
      loaded.suite.targets.map(\.label) == [
        "openai:gpt-4o temperature=0", "openai:gpt-4o temperature=0.7", "openai:gpt-4o temperature=0.7 #2",
      ])
  }
}

@Suite("the settings matrix")
struct MatrixTests {
  @Test("lists multiply, single values hold for all, labels say what differs")
  func matrix() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [hello]
      targets: ["sim:sim-large", {id: "sim:sim-small", label: small, settings: {temperature: 1}}]
      settings: {temperature: [0, 0.7], top_p: [0.9, 1], max_tokens: 100, stop: [END, STOP]}
      """)
    #expect(
      loaded.suite.targets.map(\.label) == [
        "sim:sim-large temperature=0 top_p=0.9", "sim:sim-large temperature=0 top_p=1",
        "sim:sim-large temperature=0.7 top_p=0.9", "sim:sim-large temperature=0.7 top_p=1",
        "small top_p=0.9", "small top_p=1",
      ])
    let first = loaded.suite.targets[0]
    #expect(first.config["max_tokens"] == 100)
    #expect(first.settings["stop"] == ["END", "STOP"])
    #expect(first.baseLabel == "sim:sim-large")
  }

  @Test("a list of combinations is not multiplied")
  func combinations() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [hello]
      targets: ["sim:sim-large"]
      settings: [{temperature: 0}, {temperature: 1, top_p: 0.5}]
      """)
    #expect(loaded.suite.targets.map(\.settings) == [["temperature": 0], ["temperature": 1, "top_p": 0.5]])
  }

  @Test(
    "what a model refuses is known before anything is sent",
    arguments: [
      ("openai:o3", "temperature: [0, 1]"), ("openai:gpt-5-mini", "max_tokens: 100"),
      ("openai:gpt-4o-mini", "reasoning_effort: low"), ("openai:gpt-4o", "top_k: 5"),
      ("openai:responses:gpt-4o", "stop: [END]"), ("anthropic:messages:claude-sonnet-5-5", "seed: 1"),
      ("anthropic:messages:claude-sonnet-5-5", "temperature: 1.5"),
      ("google:gemini-3.8-flash", "logit_bias: {}"),
    ])
  func refused(_ id: String, _ setting: String) async {
    await #expect(throws: Problems.self) {
      try await loadSuite("prompts: [hello]\ntargets: [\"\(id)\"]\nsettings: {\(setting)}")
    }
  }

  @Test("version 2026-10-21 of the Claude API refuses what older ones take")
  func claudeVersion() async throws {
    let suite = { (version: String) in
      "prompts: [hello]\ntargets: [{id: \"anthropic:messages:claude-sonnet-5-5\", config: {temperature: 0.5, apiVersion: \"\(version)\"}}]"
    }
    _ = try await loadSuite(suite("2023-06-01"))
    await #expect(throws: Problems.self) { try await loadSuite(suite("2026-10-21")) }
  }

  @Test("what promptfoo leaves out silently is left out with a warning")
  func leftOut() async throws {
    let loaded = try await loadSuite(
      "prompts: [hello]\ntargets: [{id: openai:o3, config: {temperature: 0, max_completion_tokens: 9}}]")
    #expect(loaded.suite.targets[0].config == ["max_completion_tokens": 9])
    #expect(loaded.suite.notes.contains { $0.severity == .warning })
  }
}

@Suite("forms of prompts")
struct PromptForms {
  static let files = [
    "one.txt": "One {{x}}\n", "several.txt": "First {{x}}\n---\nSecond {{x}}\n",
    "chat.json": #"[{"role": "user", "content": "{{x}}"}]"#,
    "chat.yaml": "- role: user\n  content: \"{{x}}\"\n",
    "lines.jsonl": "[{\"role\":\"user\",\"content\":\"a\"}]\n[{\"role\":\"user\",\"content\":\"b\"}]\n",
    "note.md": "# Say {{x}}\n", "page.j2": "{% if x %}{{x}}{% endif %}\n",
    "table.csv": "prompt,label\nSay {{x}},say\nAsk {{x}},ask\n",
    "make.js": "module.exports = ({vars}) => vars.x", "make.py": "def p(context): return 'a'",
    "more/a.txt": "A", "more/b.txt": "B",
  ]

  @Test(
    "each form gives its prompts",
    arguments: [
      ("prompts: Say {{x}}", ["Say {{x}}"]), ("prompts: [Say {{x}}, Ask {{x}}]", ["Say {{x}}", "Ask {{x}}"]),
      ("prompts: file://one.txt", ["One {{x}}"]), ("prompts: one.txt", ["One {{x}}"]),
      ("prompts: [file://several.txt]", ["First {{x}}", "Second {{x}}"]),
      ("prompts: {one.txt: the first}", ["One {{x}}"]),
      ("prompts: [\"more/*.txt\"]", ["A", "B"]), ("prompts: [more/]", ["A", "B"]),
      ("prompts: [file://table.csv]", ["Say {{x}}", "Ask {{x}}"]), ("prompts: [note.md]", ["# Say {{x}}"]),
      ("prompts: [page.j2]", ["{% if x %}{{x}}{% endif %}"]),
      ("prompts: [{raw: Say {{x}}, prefix: \"Now: \", suffix: \"!\"}]", ["Now: Say {{x}}!"]),
      ("prompts: [{id: file://one.txt, label: one}]", ["One {{x}}"]),
      ("prompts: [\"and/or {{x}}?\"]", ["and/or {{x}}?"]),
      ("prompts: [\"3 * 4 = {{x}}\"]", ["3 * 4 = {{x}}"]),
      ("prompts: [file://chat.json]", [#"[{"role": "user", "content": "{{x}}"}]"#]),
      ("prompts: [lines.jsonl]", [#"[{"role":"user","content":"a"}]"#, #"[{"role":"user","content":"b"}]"#]),
    ])
  func forms(_ text: String, _ expected: [String]) async throws {
    var files = PromptForms.files
    files["suite.yaml"] = "\(PromptForms.quoted(text))\ntargets: [echo]\ntests: [{vars: {x: 1}}]"
    let scratch = try Scratch(files)
    let loaded = try await scratch.load()
    let texts = loaded.suite.prompts.map { prompt -> String in
      if case .template(let text) = prompt.body { return text }
      return "?"
    }
    #expect(texts == expected)
  }

  /// YAML's flow style takes braces for maps, so the texts are written in quotes.
  static func quoted(_ text: String) -> String {
    var result = text
    for plain in ["Say {{x}}", "Ask {{x}}"] where !result.contains("\"\(plain)") {
      result = result.replacing(plain, with: "\"\(plain)\"")
    }
    return result
  }

  @Test("YAML chats become JSON")
  func yamlChat() async throws {
    var files = PromptForms.files
    files["suite.yaml"] = "prompts: [file://chat.yaml]\ntargets: [echo]\ntests: [{vars: {x: 1}}]"
    let scratch = try Scratch(files)
    let loaded = try await scratch.load()
    guard case .template(let text) = loaded.suite.prompts[0].body else { throw Problem("no template") }
    #expect(try JSON(parsing: text) == [["role": "user", "content": "{{x}}"]])
  }

  @Test(
    "a chat takes its parts from files beside it, and never from where a variable says",
    arguments: [
      ("chat.yaml", "- role: user\n  content: file://one.txt\n- role: user\n  content: \"{{x}}\"\n"),
      (
        "chat.json",
        #"[{"role": "user", "content": "file://one.txt"}, {"role": "user", "content": "{{x}}"}]"#
      ),
    ])
  func nestedFiles(_ name: String, _ chat: String) async throws {
    let scratch = try Scratch([
      "suite.yaml":
        "prompts: [\"file://prompts/\(name)\"]\ntargets: [echo]\ntests: [{vars: {x: \"see file://one.txt\"}}]",
      "prompts/\(name)": chat, "prompts/one.txt": "Say \"{{x}}\"\n", "one.txt": "wrong",
    ])
    let loaded = try await scratch.load()
    guard case .template(let text) = loaded.suite.prompts[0].body else { throw Problem("no template") }
    #expect(
      try JSON(parsing: text) == [
        ["role": "user", "content": "Say \"{{x}}\""], ["role": "user", "content": "{{x}}"],
      ])
    #expect(loaded.files.map { $0.replacing(scratch.folder, with: "") }.contains("/prompts/one.txt"))
  }

  @Test("parts of a chat: a picture, a list of the suite's folder, and a file that is nowhere")
  func nestedKinds() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [file://prompts/chat.yaml]\ntargets: [echo]",
      "prompts/chat.yaml":
        "- role: user\n  content: file://parts.yaml\n- file://{{name}}.txt\n- file://f.py:make\n",
      "parts.yaml": "- {type: text, text: \"file://is text\"}", "prompts/p.png": "x",
      "bad.yaml": "prompts: [file://prompts/bad.yaml]\ntargets: [echo]",
      "prompts/bad.yaml": "- role: user\n  content: file://q.png\n",
    ])
    guard case .template(let text) = try await scratch.load().suite.prompts[0].body else {
      throw Problem("no template")
    }
    #expect(
      try JSON(parsing: text) == [
        ["role": "user", "content": [["type": "text", "text": "file://is text"]]], "file://{{name}}.txt",
        "file://f.py:make",
      ])
    #expect(
      await scratch.problems(["bad.yaml"]) == [
        "prompts/bad.yaml:2:12: no such file: q.png; did you mean \"p.png\"?"
      ])
  }

  @Test("a chat written in place")
  func inlineChat() async throws {
    let loaded = try await loadSuite(
      """
      prompts:
        - - {role: system, content: Be brief.}
          - {role: user, content: "{{x}}"}
        - |
          - role: user
            content: "{{x}}"
      targets: [echo]
      tests: [{vars: {x: 1}}]
      """)
    #expect(loaded.suite.prompts.count == 2)
  }

  @Test("functions and commands")
  func functions() async throws {
    var files = PromptForms.files
    files["suite.yaml"] =
      "prompts: [file://make.js, \"make.py:p\", \"exec:./tool --fast\", make.py]\ntargets: [echo]"
    let scratch = try Scratch(files)
    let loaded = try await scratch.load()
    #expect(
      loaded.suite.prompts.map(\.body) == [
        .function(path: scratch.folder + "/make.js", name: nil),
        .function(path: scratch.folder + "/make.py", name: "p"),
        .command("./tool --fast"), .program(path: scratch.folder + "/make.py"),
      ])
    #expect(loaded.suite.prompts.map(\.label) == ["make.js", "make.py:p", "exec:./tool --fast", "make.py"])
  }

  @Test(
    "a label chooses every prompt that came of it",
    arguments: [
      ("{id: file://several.txt, label: gen}", ["gen 1", "gen 2"]),
      ("{id: file://lines.jsonl, label: gen}", ["gen", "gen (2)"]),
      ("{id: file://table.csv, label: gen}", ["say", "ask"]),
      ("{id: more/, label: gen}", ["gen", "gen (2)"]),
    ])
  func sharedLabels(_ prompt: String, _ labels: [String]) async throws {
    var files = PromptForms.files
    files["suite.yaml"] =
      "prompts: [other, \(prompt)]\ntargets: [{id: echo, prompts: [gen]}, {id: echo, label: all}]\n"
      + "tests: [{vars: {x: 1}}, {vars: {x: 2}, prompts: [gen]}]"
    let loaded = try await Scratch(files).load()
    let asked = try loaded.all().map { test in loaded.pairs(for: test).map(\.prompt.label) }
    #expect(asked == [labels + ["other"] + labels, labels + labels])
  }

  @Test("labels are the prompt's own, or its first line; equal prompts are asked once")
  func labels() async throws {
    let loaded = try await loadSuite(
      "prompts: [{raw: A, label: one}, {raw: B, display: two}, C, C]\ntargets: [echo]")
    #expect(loaded.suite.prompts.map(\.label) == ["one", "two", "C"])
    #expect(loaded.suite.notes.contains { $0.message.contains("asked once") })
  }
}
