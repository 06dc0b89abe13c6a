import Formats
import Testing

@testable import Suites

@Suite("forms of cases")
struct CaseForms {
  static let files = [
    "cases.csv":
      "\u{FEFF}word,__expected,__metadata:tag\nhello,contains:hello,a\n\"a, b\",\"javascript:output.length > 2\",b\n",
    "cases.jsonl": "{\"vars\": {\"word\": \"hello\"}}\n\n{\"word\": \"flat\", \"__expected\": \"flat\"}\n",
    "cases.yaml": "- vars: {word: hello}\n- {word: flat}\n",
    "cases.json": "{\"vars\": {\"word\": \"hello\"}}",
    "more/1.yaml": "- vars: {word: one}", "more/2.yaml": "- vars: {word: two}",
    "vars.yaml": "word: hello\nextra: 1",
    "other.yaml": "extra: 2", "rows.csv": "word,extra\na,1\nb,2\n", "text/a.txt": "A text\n",
    "text/b.txt": "B text\n",
  ]

  @Test(
    "each form gives its cases",
    arguments: [
      ("tests: [{vars: {word: a}}, {vars: {word: b}}]", ["a", "b"]),
      ("tests: file://cases.csv", ["hello", "a, b"]),
      ("tests: cases.csv", ["hello", "a, b"]), ("tests: [cases.jsonl]", ["hello", "flat"]),
      ("tests: cases.yaml", ["hello", "flat"]), ("tests: [cases.json, {vars: {word: b}}]", ["hello", "b"]),
      ("tests: more/*.yaml", ["one", "two"]),
      ("tests: [\"more/*.yaml\", cases.csv]", ["one", "two", "hello", "a, b"]),
      ("tests: {path: file://cases.csv}", ["hello", "a, b"]),
      ("tests: [{vars: file://vars.yaml}]", ["hello"]),
      ("tests: [{vars: [vars.yaml, other.yaml]}]", ["hello"]), ("tests: [{vars: rows.csv}]", ["a", "b"]),
      ("tests: [{vars: {word: [a, b, c]}}]", ["a", "b", "c"]),
      ("tests: [{vars: {word: file://text/a.txt}}]", ["A text"]),
      ("tests: [{vars: {word: \"file://text/*.txt\"}}]", ["A text", "B text"]),
      ("tests: [{vars: {word: file://other.yaml}}]", ["{\"extra\":2}"]),
      ("tests: [{vars: {word: hello}}]\ncommandLineOptions: {tests: cases.csv}", ["hello", "hello", "a, b"]),
    ])
  func forms(_ text: String, _ expected: [String]) async throws {
    var files = CaseForms.files
    files["suite.yaml"] = "prompts: [\"Say {{word}}\"]\ntargets: [echo]\n\(text)"
    let scratch = try Scratch(files)
    let cases = try await scratch.load().all()
    #expect(cases.map { $0.variables["word"]?.string } == expected)
    #expect(cases.map(\.index) == Array(expected.indices))
  }

  @Test("paths of variables in a tests file start from its folder, or else from the suite's")
  func relativeVariables() async throws {
    let scratch = try Scratch([
      "suite.yaml":
        "prompts: [\"Say {{word}}\"]\ntargets: [echo]\ntests: [tests/a.yaml, tests/b.jsonl, {vars: vars/v.yaml}]",
      "tests/a.yaml": "- vars: ../vars/v.yaml\n- vars: [v.yaml]\n- vars: vars/*.yaml\n",
      "tests/b.jsonl": "{\"vars\": \"../vars/v.yaml\"}\n", "vars/v.yaml": "word: far",
      "tests/v.yaml": "word: near",
    ])
    let words = try await scratch.load().all().map { $0.variables["word"] }
    #expect(words == ["far", "near", "far", "far", "far"])
  }

  @Test("a variables file that is nowhere is missed where the tests file is")
  func missingVariables() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"Say {{word}}\"]\ntargets: [echo]\ntests: tests/a.yaml",
      "tests/a.yaml": "- vars: w.yaml\n", "tests/v.yaml": "word: near",
    ])
    #expect(
      await scratch.problems() == [
        "tests/a.yaml:1:9: no such variables file: w.yaml; did you mean \"a.yaml\"?"
      ])
  }

  @Test(
    "quotes within plain fields are text, and blanks around the fields of prompts nothing; both is noted once"
  )
  func strayQuotes() async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: file://p.csv\ntargets: [echo]\ntests: file://t.csv",
      "p.csv": "prompt,label\n\"Say {{word}}\", \"A\" \nA 5\" {{word}} , B\n",
      "t.csv": "word,size\nscreen,the 15\" model\nother,the \"17\" one\n",
    ])
    let loaded = try await scratch.load()
    #expect(loaded.suite.prompts.map(\.label) == ["A", "B"])
    #expect(
      loaded.suite.prompts.map(\.body) == [.template("Say {{word}}"), .template("A 5\" {{word}}")])
    let sizes = try loaded.all().map { $0.variables["size"] }
    #expect(sizes == ["the 15\" model", "the \"17\" one"])
    let notes = try SuiteExplanation(loaded).notes
    let said = "a quote that is no part of the quoting is read as text"
    #expect(notes.map(\.message) == [said, said])
    #expect(
      notes.map { "\($0.location!)".replacing(scratch.folder + "/", with: "") } == [
        "p.csv:3:4", "t.csv:2:14",
      ])
  }

  @Test("a row that is shorter than its header is told, not cut: what it lacks may be its check")
  func shortRows() async throws {
    for (text, file) in [("tests: short.csv", "short.csv"), ("tests: [{vars: short.csv}]", "short.csv")] {
      let scratch = try Scratch([
        "suite.yaml": "prompts: [\"Say {{word}}\"]\ntargets: [echo]\n\(text)",
        file: "word,__expected\nhello,hello\nlost\n",
      ])
      let problems = await #expect(throws: Problems.self) { try await scratch.load().all() }
      #expect(problems?.all.contains { $0.message.contains("has 1 fields, and the header 2") } == true)
    }
  }

  @Test("rows of a table win over the defaults, and a case's own variables over the rows of the defaults")
  func rowsAndDefaults() async throws {
    var files = CaseForms.files
    files["suite.yaml"] = """
      prompts: ["{{word}} {{extra}}"]
      targets: [echo]
      defaultTest: {vars: {extra: default}}
      tests: [{vars: rows.csv}]
      """
    let first = try Scratch(files)
    let rows = try await first.load().all()
    #expect(rows.map { $0.variables["extra"]?.string } == ["1", "2"])
    files["suite.yaml"] = """
      prompts: ["{{word}} {{extra}}"]
      targets: [echo]
      defaultTest: {vars: rows.csv}
      tests: [{vars: {extra: own}}]
      """
    let second = try Scratch(files)
    let own = try await second.load().all()
    #expect(own.map { $0.variables["extra"]?.string } == ["own", "own"])
    #expect(own.map { $0.variables["word"]?.string } == ["a", "b"])
  }

  @Test("what the suite itself names is no data, though its cases come from a file")
  func suiteVariables() async throws {
    var files = CaseForms.files
    files["load.py"] = "def get_var(*_): return {'output': 'x'}\n"
    files["suite.yaml"] = """
      prompts: ["{{word}} {{made}}"]
      targets: [echo]
      defaultTest: {vars: {made: "file://load.py"}}
      tests: cases.csv
      """
    let named = try Scratch(files)
    let cases = try await named.load().all()
    #expect(cases.map { $0.variables["made"]?.string } == ["file://load.py", "file://load.py"])
    files["data.csv"] = "word,made\na,file://load.py\n"
    files["suite.yaml"] = "prompts: [\"{{word}}\"]\ntargets: [echo]\ntests: data.csv"
    let scratch = try Scratch(files)
    await #expect(throws: Problems.self) { try await scratch.load().all() }
  }

  @Test("columns of tables")
  func columns() async throws {
    var files = CaseForms.files
    files["suite.yaml"] = "prompts: [\"Say {{word}}\"]\ntargets: [echo]\ntests: cases.csv"
    let scratch = try Scratch(files)
    let cases = try await scratch.load().all()
    #expect(cases.map { $0.checks.map(\.name) } == [["contains"], ["javascript"]])
    #expect(cases.map { $0.metadata["tag"] } == ["a", "b"])
    #expect(cases.map(\.description) == ["Row #1", "Row #2"])
    #expect(cases.map { $0.location?.line } == [2, 3])
  }

  @Test("values keep their kinds, and lists multiply in order unless told not to")
  func values() async throws {
    let loaded = try await loadSuite(
      """
      prompts: ["{{a}}{{b}}"]
      targets: [echo]
      tests:
        - vars: {a: [x, y], b: ["1", "2"], n: 3, flag: true, o: {k: [1]}, numbers: [1, 2], none: []}
        - vars: {a: [x, y]}
          options: {disableVarExpansion: true}
      """)
    let cases = try loaded.all()
    #expect(cases.count == 5)
    #expect(
      cases.prefix(4).map { ($0.variables["a"]?.string ?? "") + ($0.variables["b"]?.string ?? "") } == [
        "x1", "x2", "y1", "y2",
      ])
    #expect(cases[0].variables["n"] == 3)
    #expect(cases[0].variables["flag"] == true)
    #expect(cases[0].variables["o"] == ["k": [1]])
    #expect(cases[0].variables["numbers"] == [1, 2])
    #expect(cases[4].variables["a"] == ["x", "y"])
  }

  @Test("defaults, in place and from a file")
  func defaults() async throws {
    let body =
      "assert: [{type: is-json}]\nvars: {tone: warm, word: default}\nthreshold: 0.5\nmetadata: {a: 1, b: 1}\noptions: {prefix: P, provider: \"sim:sim-large\"}\n"
    let test =
      "tests: [{vars: {word: own}, assert: [{type: contains, value: x}], metadata: {b: 2}, options: {prefix: \"\", suffix: S}}, {vars: {}, options: {disableDefaultAsserts: true}}]"
    let indented = body.split(separator: "\n").map { "  \($0)\n" }.joined()
    for (suite, other) in [("defaultTest: file://default.yaml\n", body), ("defaultTest:\n\(indented)", "")] {
      let scratch = try Scratch([
        "suite.yaml": "prompts: [\"{{word}}\"]\ntargets: [echo]\n\(suite)\(test)", "default.yaml": other,
      ])
      let cases = try await scratch.load().all()
      #expect(cases[0].checks.map(\.type) == ["is-json", "contains"])
      #expect(cases[0].defaultCheckCount == 1)
      #expect(cases[0].variables == ["tone": "warm", "word": "own"])
      #expect(cases[0].threshold == 0.5)
      #expect(cases[0].metadata == ["a": 1, "b": 2])
      #expect(cases[0].options.prefix == "P")
      #expect(cases[0].options.suffix == "S")
      #expect(cases[0].options.judge == "sim:sim-large")
      #expect(cases[1].checks.isEmpty)
    }
  }

  @Test("judges by name, as a target, and by kind")
  func judges() async throws {
    for (text, id) in [
      ("\"sim:sim-large\"", "sim:sim-large"),
      ("{id: openai:gpt-4o, config: {temperature: 0}}", "openai:gpt-4o"),
      ("{text: openai:gpt-4o, embedding: openai:embedding:text-embedding-3-large}", "openai:gpt-4o"),
      ("small", "sim:sim-small"),
    ] {
      let loaded = try await loadSuite(
        "prompts: [hello]\ntargets: [{id: \"sim:sim-small\", label: small}]\ndefaultTest: {options: {provider: \(text)}}"
      )
      let judge = try #require(try loaded.all()[0].options.judge)
      #expect(loaded.suite.target(named: judge)?.id == id)
    }
  }

  @Test("scenarios cross data with cases, and take both sides' options")
  func scenarios() async throws {
    let loaded = try await loadSuite(
      """
      prompts: ["Translate {{text}} into {{language}}"]
      targets: [echo]
      scenarios:
        - config:
            - {vars: {language: French}, assert: [{type: contains, value: French}], options: {prefix: P}}
            - {vars: {language: German}}
          tests:
            - {vars: {text: hello}, assert: [{type: contains, value: hello}]}
            - {vars: {text: bye, language: Dutch}}
      tests: [{vars: {text: first, language: Welsh}}]
      """)
    let cases = try loaded.all()
    #expect(
      cases.map { $0.variables["language"]?.string } == ["Welsh", "French", "Dutch", "German", "Dutch"])
    #expect(cases[1].checks.map(\.value) == ["French", "hello"])
    #expect(cases[1].options.prefix == "P")
    #expect(cases[1].metadata["conversationId"] == "__scenario_0__")
  }

  @Test("checks by reference, in sets, negated, with values from files and as schemas")
  func checks() async throws {
    let scratch = try Scratch([
      "suite.yaml": """
      prompts: [hello]
      targets: [echo]
      assertionTemplates:
        polite: {type: llm-rubric, value: Is polite, weight: 2}
      tests:
        - assert:
            - $ref: "#/assertionTemplates/polite"
            - {$ref: "#/assertionTemplates/polite", weight: 3}
            - {type: not-contains, value: x, metric: style}
            - type: assert-set
              threshold: 0.5
              assert: [{type: equals, value: a}, {type: not-equals, value: b}]
            - {type: contains, value: file://value.txt}
            - type: is-json
              value: |
                type: object
                required: [name]
            - type: javascript
              value: |
                const n = output.length;
                return n > 3;

      """, "value.txt": "v",
    ])
    let loaded = try await scratch.load()
    let checks = try loaded.all()[0].checks
    #expect(
      checks.map(\.name) == [
        "llm-rubric", "llm-rubric", "not-contains", "assert-set", "contains", "is-json", "javascript",
      ])
    #expect(checks.map(\.weight) == [2, 3, 1, 1, 1, 1, 1])
    #expect(checks[2].isNegated)
    #expect(checks[3].components.map(\.name) == ["equals", "not-equals"])
    #expect(checks[6].value?.string == "const n = output.length;\nreturn n > 3;\n")
    #expect(loaded.suite.notes.isEmpty, "\(loaded.suite.notes)")
  }

  @Test("anchors, merge keys and raw blocks")
  func anchors() async throws {
    let loaded = try await loadSuite(
      """
      .base: &base {word: hello, tone: warm}
      prompts: ["{{word}} {% raw %}{{ env.HOME }}{% endraw %}"]
      targets: [echo]
      tests:
        - vars: {<<: *base, tone: cold}
      """, environment: ["HOME": "/home"])
    #expect(try loaded.all()[0].variables == ["word": "hello", "tone": "cold"])
    guard case .template(let text) = loaded.suite.prompts[0].body else { return }
    #expect(text == "{{word}} {% raw %}{{ env.HOME }}{% endraw %}")
  }

  @Test("older words")
  func olderWords() async throws {
    let loaded = try await loadSuite(
      """
      prompts: [{raw: "{{word}}", display: shown}]
      providers: [{id: "http://127.0.0.1:1/x", config: {responseParser: json.text}}]
      tests:
        - vars: {word: hello}
          provider: echo
          options: {postprocess: output.trim()}
          assert: [{type: model-graded-factuality, value: x}]
      """)
    let test = try loaded.all()[0]
    #expect(test.options.transform == "output.trim()")
    #expect(test.ownTarget?.id == "echo")
    #expect(loaded.suite.prompts[0].label == "shown")
  }

  @Test("what has no meaning here is taken with one note")
  func ignored() async throws {
    let loaded = try await loadSuite(
      "prompts: [hello]\ntargets: [echo]\ntests: [{vars: {a: 1}}]\nredteam: {plugins: [x]}\nsharing: true\nwriteLatestResults: true\nsomething: 1\n"
    )
    #expect(loaded.suite.notes.count == 4)
    #expect(loaded.suite.notes.allSatisfy { $0.severity == .note })
  }

  @Test("notes of the author's in cases and checks are told once a file")
  func authorsKeys() async throws {
    let scratch = try Scratch([
      "suite.yaml": """
      prompts: ["Say {{word}}"]
      targets: [echo]
      tests:
        - {id: 1, name: first, tags: [a], vars: {word: a}, assert: [{type: contains, value: a, reason: must}]}
        - {id: 2, vars: {word: b}, assert: [{type: assert-set, id: 3, assert: [{type: is-json, ignoreCase: true}]}]}
        - file://more.jsonl
      """,
      "more.jsonl":
        "{\"vars\": {\"word\": \"c\"}, \"id\": 3}\n{\"vars\": {\"word\": \"d\"}, \"id\": 4, \"owner\": \"me\"}\n",
    ])
    let loaded = try await scratch.load()
    #expect(try loaded.all().map { $0.variables["word"] } == ["a", "b", "c", "d"])
    let explanation = try SuiteExplanation(loaded)
    #expect(explanation.notes.allSatisfy { $0.severity == .note })
    #expect(
      explanation.notes.map { "\($0.location?.line ?? 0): \($0.message)" } == [
        "4: \"id\" has no effect in a case", "4: \"name\" has no effect in a case",
        "4: \"tags\" has no effect in a case", "4: \"reason\" has no effect in a check",
        "5: \"id\" has no effect in an assert-set", "5: \"ignoreCase\" has no effect in a check",
        "1: \"id\" has no effect in a case", "2: \"owner\" has no effect in a case",
      ])
  }

  @Test(
    "llm-rubric says nothing without a rubric or a prompt of the suite's own",
    arguments: [
      ("assert: [{type: llm-rubric, rubricPrompt: Judge it}]", "", true),
      ("options: {rubricPrompt: Judge it}, assert: [{type: not-llm-rubric}]", "", true),
      ("assert: [{type: llm-rubric}]", "defaultTest: {options: {rubricPrompt: [Judge it]}}", true),
      (
        "vars: {a: 1}", "defaultTest: {options: {rubricPrompt: Judge it}, assert: [{type: llm-rubric}]}", true
      ),
      ("assert: [{type: llm-rubric}]", "", false),
      ("assert: [{type: llm-rubric, rubricPrompt: {steps: Judge it}}]", "", false),
      ("assert: [{type: factuality, rubricPrompt: Judge it}]", "", false),
    ])
  func rubrics(_ test: String, _ more: String, _ isTaken: Bool) async throws {
    let suite = "prompts: [a]\ntargets: [echo]\ntests: [{\(test)}]\n\(more)"
    let problems = try await Scratch(["suite.yaml": suite]).problems()
    #expect(problems.contains { $0.contains("needs a value") } == !isTaken, "\(problems)")
  }

  @Test(
    "a slip in the key of a case or a check is a mistake",
    arguments: [
      ("asert: []", "asert", "assert"), ("assert: [{type: is-json, treshold: 1}]", "treshold", "threshold"),
      ("assert: [{type: assert-set, wieght: 2, assert: [{type: is-json}]}]", "wieght", "weight"),
    ])
  func slips(_ text: String, _ written: String, _ meant: String) async throws {
    let scratch = try Scratch([
      "suite.yaml": "prompts: [\"Say {{word}}\"]\ntargets: [echo]\ntests: [{vars: {word: a}, \(text)}]"
    ])
    let problems = await scratch.problems()
    #expect(problems.count == 1)
    #expect(problems[0].contains("unknown key \"\(written)\""))
    #expect(problems[0].hasSuffix("did you mean \"\(meant)\"?"))
  }

  @Test("a suite without cases asks each prompt once, and says so")
  func noCases() async throws {
    let loaded = try await loadSuite("prompts: [hello]\ntargets: [echo]")
    #expect(try loaded.all().count == 1)
    #expect(loaded.suite.notes.map(\.severity) == [.note])
  }

  @Test("turns, tools, context, fallback and repeats of a case")
  func ours() async throws {
    let loaded = try await loadSuite(
      """
      prompts: ["{{word}}"]
      targets: [echo, "sim:sim-small"]
      tests:
        - vars: {word: hello}
          repeat: 3
          fallback: sim:sim-small
          context: {max_tokens: 4000, keep: [system, last]}
          turns: [And then?, {user: Sure?, clear: true, assert: [{type: icontains, value: sure}]}]
          tools:
            max_rounds: 2
            results: [{name: look, when: {id: 1}, result: {ok: true}}, {name: look, script: "({ok: false})"}]
      """)
    let test = try loaded.all()[0]
    #expect(test.turns.map(\.user) == ["And then?", "Sure?"])
    #expect(test.turns[1].clearsHistory && test.turns[1].checks.count == 1)
    #expect(test.tools?.maxRounds == 2)
    #expect(test.tools?.results.map(\.name) == ["look", "look"])
    #expect(test.context?.maxTokens == 4000)
    #expect(test.fallback == "sim:sim-small")
    #expect(loaded.trialCount(of: test) == 6)
  }
}
