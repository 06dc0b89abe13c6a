import Formats
import Testing

@testable import Suites

@Suite("suites as a whole")
struct WholeSuiteTests {
  @Test("our own keys arrive")
  func ownKeys() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [hello]
      targets: [{id: echo, limits: {requests_per_minute: 5}}]
      repeat: 3
      seed: 9
      gates: [pass_rate >= 0.9, {gate: cost <= 1, target: echo}]
      limits: {requests_per_minute: 60, tokens_per_minute: 90000, timeout: 500ms, retries: 2, providers: {openai: {concurrency: 3}}}
      budget: {cost: $2.50, tokens: 1000, calls: 10}
      prices: [{model: m, input: 1, output: 2}]
      baseline: latest
      secret: [card]
      compat: promptfoo
      cache: true
      tags: {team: search}
      tests: [{vars: {card: 1}}]
      """)
    let suite = loaded.suite
    #expect(suite.repeats == 3 && suite.seed == 9)
    #expect(suite.gates.map(\.expression) == ["pass_rate >= 0.9", "cost <= 1"])
    #expect(suite.gates.map(\.target) == [nil, "echo"])
    #expect(suite.limits.timeoutSeconds == 0.5 && suite.limits.retries == 2)
    #expect(suite.providerLimits["openai"]?.concurrency == 3)
    #expect(suite.targets[0].limits?.requestsPerMinute == 5)
    #expect(suite.budget.cost == Money(picodollars: 2_500_000_000_000) && suite.budget.calls == 10)
    #expect(suite.prices.count == 1 && suite.baseline == "latest")
    #expect(suite.secretVariables == ["card"] && suite.matchesPromptfooVerdicts && suite.cache)
  }

  @Test("a target that is called by its address is not called by its key")
  func addressLabels() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [hello]
      targets: ["https://me:word@host/chat?token=hidden&v=1", {id: "https://host/b?token=hidden", label: mine}]
      tests: [{vars: {a: 1}}]
      """)
    #expect(loaded.suite.targets.map(\.label) == ["https://host/chat?token=[redacted]&v=1", "mine"])
    #expect(loaded.suite.targets[0].id.contains("hidden"))
  }

  @Test("flags are stronger than commandLineOptions, and those than evaluateOptions")
  func precedence() async throws {
    let text =
      "prompts: [hello]\ntargets: [echo]\ntests: [{vars: {a: 1}}]\nevaluateOptions: {repeat: 2, maxConcurrency: 7, timeoutMs: 1500}\ncommandLineOptions: {repeat: 3, var: {tone: warm}}"
    #expect(try await loadSuite(text).suite.repeats == 3)
    var options = LoadOptions()
    options.repeats = 4
    options.variables = ["tone": "cold", "b": "x=y"]
    let loaded = try await loadSuite(text, options: options)
    #expect(
      loaded.suite.repeats == 4 && loaded.suite.limits.concurrency == 7
        && loaded.suite.limits.timeoutSeconds == 1.5)
    #expect(try loaded.all()[0].variables == ["tone": "cold", "b": "x=y", "a": 1])
  }

  @Test("several suites are laid together, their paths seen from the first")
  func merging() async throws {
    let scratch = try Scratch([
      "a/suite.yaml":
        "description: A\nprompts: [one, both]\ntargets: echo\ntests: [{vars: {a: 1}}]\ntags: {x: 1, y: 1}\ndefaultTest: {vars: {p: 1}, assert: [{type: is-json}]}",
      "b/suite.yaml":
        "description: B\nprompts: [both, file://ask.txt]\nproviders: [echo, \"sim:sim-small\"]\ntests: [cases.csv]\ntags: {y: 2}\ndefaultTest: {vars: {q: 2}, assert: [{type: is-refusal}]}",
      "b/ask.txt": "Ask", "b/cases.csv": "a\n2\n",
    ])
    let loaded = try await scratch.load(["a/suite.yaml", "b/suite.yaml"])
    #expect(loaded.suite.description == "A, B")
    #expect(loaded.suite.prompts.map(\.label) == ["one", "both", "ask.txt: Ask"])
    #expect(loaded.suite.targets.map(\.id) == ["echo", "sim:sim-small"])
    #expect(loaded.suite.tags == ["x": "1", "y": "2"])
    let cases = try loaded.all()
    #expect(cases.map { $0.variables["a"] } == [1, "2"])
    #expect(cases[0].variables == ["p": 1, "q": 2, "a": 1])
    #expect(cases[0].checks.map(\.type) == ["is-json", "is-refusal"])
  }

  @Test("default cases that are not both maps can't be laid together, which is told")
  func mergingDefaults() async throws {
    let scratch = try Scratch([
      "a.yaml": "prompts: [one]\ntargets: [echo]\ntests: [{vars: {a: 1}}]\ndefaultTest: file://defaults.yaml",
      "b.yaml": "prompts: [two]\ntargets: [echo]\ndefaultTest: {assert: [{type: is-refusal}]}",
      "c.yaml": "prompts: [three]\ntargets: [echo]\ndefaultTest: file://defaults.yaml",
      "d.yaml": "prompts: [four]\ntargets: [echo]\ntests: [{vars: {a: 4}}]",
      "defaults.yaml": "assert: [{type: is-json}]",
    ])
    for names in [["a.yaml", "b.yaml"], ["b.yaml", "a.yaml"]] {
      let problems = await scratch.problems(names)
      let told = try #require(problems.first { $0.contains("both have a \"defaultTest\"") }, "\(problems)")
      #expect(told.contains("a.yaml") && told.contains("b.yaml"))
    }
    for names in [["a.yaml", "c.yaml"], ["a.yaml", "d.yaml"], ["d.yaml", "a.yaml"]] {
      let cases = try await scratch.load(names).all()
      #expect(cases.allSatisfy { $0.checks.map(\.type) == ["is-json"] }, "\(names)")
    }
  }

  private static let reference = Node(
    .scalar(.string("file://p.txt")), at: SourceLocation(file: "suite.yaml", line: 1, column: 1))

  @Test(
    "paths are seen from another folder, whether it is named absolutely or not",
    arguments: [
      ("b", "a", "../b/p.txt"), ("b", ".", "b/p.txt"), (".", "a", "../p.txt"), ("./a/", "a", "p.txt"),
      ("/x/b", "/x/a", "../b/p.txt"), ("/x", "/x/a", "../p.txt"), ("HERE/b", "a", "../b/p.txt"),
      ("HERE", ".", "p.txt"), (".", "HERE/a", "../p.txt"),
    ])
  func rebasing(from: String, to: String, path: String) {
    func whole(_ folder: String) -> String { folder.replacing("HERE", with: File.workingFolder) }
    let rebase = Rebase(from: whole(from), to: whole(to))
    #expect(rebase.rebased(Self.reference).json == .string("file://\(path)"))
  }

  @Test("a suite elsewhere on the disk keeps its own files")
  func mergingFromElsewhere() async throws {
    let rebase = Rebase(from: "/elsewhere/suites", to: ".")
    let moved = try #require(rebase.rebased(Self.reference).json.string?.dropFirst("file://".count))
    #expect(Path.resolve(String(moved), against: File.workingFolder) == "/elsewhere/suites/p.txt")
  }

  @Test("the environment: real, then .env, then the suite's own")
  func environment() async throws {
    let scratch = try Scratch([
      "suite.yaml":
        "env: {A: suite, B: suite, C: suite}\nprompts: [\"{{ env.A }}{{ env.B }}{{ env.C }}\"]\ntargets: [{id: echo, config: {n: \"{{ env.N }}\"}}]\ntests: [{vars: {a: 1}}]",
      ".env": "export B=file # comment\nC='file'\nN=5\n",
    ])
    let loaded = try await scratch.load(environment: ["C": "real"])
    #expect(loaded.suite.prompts[0].body == .template("suitefilereal"))
    #expect(loaded.suite.targets[0].config["n"] == 5)
  }

  @Test("keys of the environment stay out of prompts")
  func secrets() async throws {
    let loaded = try await loadSuite(
      "prompts: [\"{{ env.OPENAI_API_KEY }} {{x}}\"]\ntargets: [{id: echo, config: {apiKey: \"{{ env.OPENAI_API_KEY }}\"}}]\ntests: [{vars: {x: 1}}]",
      environment: ["OPENAI_API_KEY": "sk-1"])
    #expect(loaded.suite.prompts[0].body == .template("{{ env.OPENAI_API_KEY }} {{x}}"))
    #expect(loaded.suite.targets[0].config["apiKey"] == "sk-1")
  }

  @Test("generators make cases with what they are given")
  func generators() async throws {
    let scratch = try Scratch([
      "suite.yaml":
        "prompts: [\"{{n}}\"]\ntargets: [echo]\ntests: [{vars: {n: 0}}, {path: \"file://make.js:few\", config: {count: 2}}, {vars: {n: 9}}]",
      "make.js": "",
    ])
    var options = LoadOptions()
    options.scripts = { request in
      #expect(request.function == "few" && request.arguments == [["count": 2]])
      return [["vars": ["n": 1]], ["vars": ["n": 2]]]
    }
    let cases = try await scratch.load(options: options).all()
    #expect(cases.map { $0.variables["n"] } == [0, 1, 2, 9])
  }

  @Test("what a run would do")
  func explanation() async throws {
    let loaded = try await loadSuite(
      """
      prompts: ["Say {{word}}", [{role: user, content: "{{word}}"}]]
      targets: [openai:gpt-4o-mini, {id: "anthropic:messages:claude-haiku-5-5", repeat: 2}, "sim:sim-small"]
      tests:
        - {vars: {word: [a, b]}, assert: [{type: contains, value: a}, {type: llm-rubric, value: good, votes: 3}]}
        - {vars: {word: c}, providers: ["sim:sim-small"], repeat: 5, turns: [more]}
        - {vars: {word: d}, prompts: ["Say*"]}
      """, environment: ["OPENAI_API_KEY": "sk"])
    let explanation = try SuiteExplanation(loaded)
    #expect(explanation.cases == 4)
    #expect(explanation.targets.map(\.trials) == [5, 10, 15])
    #expect(explanation.trials == 30)
    #expect(explanation.calls == 40...40)
    #expect(explanation.judgeCalls == 48)
    #expect(explanation.checks == ["contains": 2, "llm-rubric": 2])
    #expect(explanation.keys.map(\.variables) == [["OPENAI_API_KEY"], ["ANTHROPIC_API_KEY"]])
    #expect(explanation.keys.map(\.isSet) == [true, false])
    #expect(explanation.prompts.map(\.kind) == ["text", "chat"])
    #expect(explanation.sample.count == 4)
    #expect(explanation.json["trials"] == 30)
  }

  @Test("the first suite runs without a key, and says nothing odd")
  func firstSuite() async throws {
    let loaded = try await loadSuite(FirstSuite.text)
    #expect(loaded.suite.notes.isEmpty)
    #expect(try SuiteExplanation(loaded).keys.isEmpty)
  }

  @Test("a promptfoo configuration becomes a suite of ours, comments kept")
  func conversion() async throws {
    let text = """
      # My configuration
      description: Old
      prompts: ["Say {{word}}"]
      providers: [echo] # the parrot
      redteam:
        purpose: none
        plugins: [pii]
      # the cases
      tests:
        - vars: {word: hello}
          options:
            postprocess: output.trim()
      sharing: true
      """
    let (converted, changes) = try SuiteConversion.convert(text, file: "promptfooconfig.yaml")
    #expect(changes.count == 4)
    #expect(converted.contains("targets: [echo] # the parrot") && converted.contains("# the cases"))
    #expect(
      !converted.contains("redteam") && !converted.contains("plugins") && !converted.contains("sharing"))
    let loaded = try await loadSuite(converted)
    #expect(loaded.suite.notes.isEmpty)
    #expect(try loaded.all()[0].options.transform == "output.trim()")
  }

  @Test("a file of many suites is found by folder and by pattern")
  func paths() async throws {
    let suite = "prompts: [a]\ntargets: [echo]\ntests: [{vars: {a: 1}}]"
    let scratch = try Scratch(["x/promptfooconfig.yaml": suite, "y/assay.yaml": suite])
    #expect(try await scratch.load(["x"]).all().count == 1)
    #expect(try await scratch.load(["*/*.yaml"]).all().count == 1)
    await #expect(throws: Problems.self) { try await scratch.load(["z"]) }
  }

  @Test("messages cut long lines around their place")
  func longLines() {
    let source = String(repeating: "a", count: 300) + "X" + String(repeating: "b", count: 300)
    let problem = Problem("here", at: SourceLocation(file: "f", line: 1, column: 301))
    let lines = problem.rendered(source: source).split(separator: "\n")
    #expect(lines[1].count < 120)
    let caret = lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) }
    #expect(caret.map { Array(lines[1])[$0] } == "X")
  }
}
