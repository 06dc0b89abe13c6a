import Formats
import Foundation
import Ledger
import Simulator
import Testing

/// Comparisons as a user sees them, of simulated models whose skill is known.
@Suite("comparing")
struct CompareTests {
  private static let models = """
    models:
      - { name: good, like: sim-perfect, skill: 0.95 }
      - { name: bad, like: sim-perfect, skill: 0.7 }
    """

  private func suite(
    _ targets: [(label: String, model: String)], cases: Int, at address: String, seed: Int = 1
  )
    -> String
  {
    let listed = targets.map {
      "{id: \"sim:\($0.model)\", label: \($0.label), config: {apiBaseUrl: \"\(address)/v1\"}}"
    }
    return """
      prompts: ["In one number, for the \(seed). time: {{q}}"]
      targets: [\(listed.joined(separator: ", "))]
      seed: \(seed)
      tests:

      """
        + (0..<cases).map { i in
          "  - {description: sum \(i), vars: {q: \"\(i) + \(seed)\"}, metadata: {expected: \"\(i + seed)\", topic: \(i % 2 == 0 ? "even" : "odd")}, "
            + "assert: [{type: equals, value: \"\(i + seed)\"}]}\n"
        }.joined()
  }

  private func trials(_ shell: CommandLineRunner) throws -> Int {
    try Ledger(path: shell.folder.appending(path: ".assay/ledger.sqlite").path).run("latest").trials
  }

  @Test("a run that stops when it is sure asks less, resumes to the same decision, and stays honest later")
  func stopsWhenSure() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: Self.models, seed: 3)
    defer { simulator.stop() }
    try shell.write(
      suite([("a", "bad"), ("b", "good")], cases: 400, at: simulator.address), to: "suite.yaml")
    let flags = ["run", "suite.yaml", "--stop-when-sure", "-j", "4", "--no-ci"]
    let whole = try await shell.run(flags)
    #expect(whole.errors.contains("stopped when sure:"), "\(whole.errors)")
    let decided = try #require(whole.errors.split(separator: "\n").first { $0.contains("sure after") })
    #expect(try trials(shell) < 480)
    #expect(whole.output.contains("b is better than a on pass rate"))
    #expect(whole.output.contains("valid whenever one stops"))
    #expect(try await shell.run(["report", "--format", "markdown"]).output.contains("Stopped when sure: "))

    // The first failure ends it; then it goes on.
    let begun = try await shell.run(flags + ["--fail-fast"])
    #expect(begun.code == 1, "\(begun.errors)")
    let resumed = try await shell.run(["run", "suite.yaml", "--resume", "-j", "4", "--no-ci"])
    #expect(resumed.errors.contains(decided), "\(decided) \(resumed.errors)")

    let compared = try await shell.run(["compare"])
    #expect(compared.output.hasPrefix("b passes more cases than a:"), "\(compared.output)")
    #expect(compared.output.contains("e-value of the pairs that differ"))
    #expect(try await shell.run(["run", "suite.yaml", "--margin", "0.1"]).code == 2)
  }

  @Test(
    "cells of a matrix are told apart in a narrow terminal, and figures have the digits that mean something")
  func narrow() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["{{q}}"]
      targets: [{id: "sim:sim-echo", label: mini, settings: {temperature: [0, 0.5]}}]
      gates: ["mean(tokens) <= 1"]
      defaultTest: {assert: [{type: number-close, value: 3.14, threshold: 0.01}]}
      tests: [{vars: {q: "3.2"}}, {vars: {q: "about 3.15 or so"}}, {vars: {q: "as far as I can tell, it is 3.139"}}]
      """, to: "matrix.yaml")
    let run = try await shell.run(["run", "matrix.yaml", "--speed", "100"])
    let gate = try #require(run.output.split(separator: "\n").first { $0.contains("mean(tokens)") })
    #expect(gate.firstMatch(of: /\d\.\d\d/) == nil, "\(gate)")
    let failed = try await shell.run(["show", "latest", "--failed"])
    #expect(failed.output.contains("3.2 is 0.06 off 3.14; at most 0.01"), "\(failed.output)")
    let compared = try await shell.run(["compare"], environment: ["COLUMNS": "80"])
    #expect(
      compared.output.contains("\n\nmini temperature=0 and mini temperature=0.5\nmetric "),
      "\(compared.output)")
  }

  @Test("two runs are compared case by case, and against the baseline of their suite")
  func caseByCase() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: Self.models, seed: 4)
    defer { simulator.stop() }
    let flags = ["run", "suite.yaml", "-q", "--no-ci"]
    try shell.write(suite([("model", "good")], cases: 120, at: simulator.address), to: "suite.yaml")
    _ = try await shell.run(flags + ["--name", "before"])
    #expect(
      try await shell.run(["compare", "--baseline"]).errors.contains("no baseline is set for suite.yaml"))
    #expect(try await shell.run(["baseline", "set", "latest"]).output.hasPrefix("suite.yaml"))
    try shell.write(suite([("model", "bad")], cases: 120, at: simulator.address), to: "suite.yaml")
    let gated = try await shell.run(flags + ["--name", "after", "--gate", "regression(pass_rate) <= 0.05"])
    #expect(gated.code == 1, "\(gated.output)")

    let files = ["c.md", "c.html", "c.json"]
    let compared = try await shell.run(["compare", "--baseline"] + files.flatMap { ["-o", $0] })
    #expect(compared.code == 1, "worse fails between runs: \(compared.errors)")
    let first = try #require(compared.output.split(separator: "\n").first)
    #expect(first.hasPrefix("after passes fewer cases than before:"))
    #expect(!first.contains("p =") && !first.contains("CI"), "the first line is for everybody")
    #expect(compared.output.contains("newly failing: "))
    #expect(compared.output.contains("does not equal") || compared.output.contains("expected"))
    // The old answer is struck out, the new one put in.
    #expect(compared.output.contains("[-") && compared.output.contains("-]{+"))
    let json = try JSON(parsing: try shell.read("c.json"))
    let failing = try #require(json["changes"]?["newly_failing"]?["count"]?.int)
    #expect(failing > 10)
    #expect(json["headline"]?.string == String(first))
    #expect(try shell.read("c.md").contains("### newly failing: \(failing)"))
    let page = try shell.read("c.html")
    #expect(page.contains("<del>") && page.contains("<ins>") && !page.contains("<script"))
    #expect(try await shell.run(["compare", "before", "after", "--fail-on", "never"]).code == 0)
    let twice = try await shell.run(["compare", "after", "after"])
    #expect(twice.code == 2 && twice.errors.contains("both are run after"))
    let parts = try await shell.run(["compare", "before", "after", "--by", "topic"]).output
    #expect(parts.contains("odd: ") && parts.contains("Benjamini-Hochberg"), "\(parts)")
    #expect(try await shell.run(["compare", "before", "after", "--by", "nothing"]).code == 2)
    #expect(try await shell.run(["compare", "after", "before", "--require", "better"]).code == 0)
    let unsaid = try await shell.run(["compare", "after", "before", "--require", "not-worse"])
    #expect(unsaid.code == 2 && unsaid.errors.contains("needs --margin"))
    #expect(try await shell.run(["compare", "-o", "c.pdf", "before", "after"]).code == 2)
  }

  @Test("whole runs find the better model, and call equal ones different about never")
  func wholeRuns() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: Self.models, seed: 5)
    defer { simulator.stop() }
    var (found, wrong) = (0, 0)
    for seed in 1...6 {
      try shell.write(
        suite(
          [("a", "bad"), ("b", "good"), ("twin", "good")], cases: 80, at: simulator.address, seed: seed),
        to: "suite.yaml")
      _ = try await shell.run(["run", "suite.yaml", "-q", "--no-ci"])
      let result = try await shell.run(["compare", "-m", "pass_rate", "--json"])
      let comparisons = try JSON(parsing: result.output)["comparisons"]?.array ?? []
      for one in comparisons {
        let verdict = one["verdict"]?.string
        if one["a"] == "b" {
          wrong += verdict == "better" || verdict == "worse" ? 1 : 0
        } else {
          found += verdict == (one["b"] == "a" ? "worse" : "better") ? 1 : 0
        }
      }
    }
    #expect(found >= 10, "\(found) of 12")
    #expect(wrong <= 1, "\(wrong) of 6")
  }

  @Test("repetitions and votes are told: reliability, agreement with people, who is preferred")
  func people() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let simulator = try Simulator.start(script: Self.models, seed: 6)
    defer { simulator.stop() }
    try shell.write(
      "repeat: 2\n" + suite([("a", "bad"), ("b", "good")], cases: 30, at: simulator.address), to: "suite.yaml"
    )
    _ = try await shell.run(["run", "suite.yaml", "-q", "--no-ci"])
    let ledger = try Ledger(path: shell.folder.appending(path: ".assay/ledger.sqlite").path)
    let votes = try ledger.trials(of: ledger.run("latest").id).map { trial in
      "{\"trial\": \(trial.id), \"vote\": \"\(trial.outcome == .pass ? "up" : "down")\", \"voter\": \"ann\"}"
    }
    try shell.write(votes.joined(separator: "\n"), to: "votes.jsonl")
    #expect(try await shell.run(["vote", "votes.jsonl", "--import"]).code == 0)
    let text = try await shell.run(["compare"]).output
    #expect(text.contains("at least one of 2"))
    #expect(text.contains("checks and people agree on 100.0 % of 120 replies, kappa 1.00"))
    #expect(text.contains("pass rates are not corrected: that takes 50 voted replies of either kind"))
    #expect(text.contains("b against a: preferred"))
    let wide = try await shell.run(["compare", "--alpha", "0.2"]).output
    #expect(wide.contains("80 % CI") && !wide.contains("95 %"), "\(wide)")
  }

  @Test("a release without a difference is not worse, one without replies fails, and no rate is 95")
  func releaseGate() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let count = 400
    let tests = (0..<count).map { "  - {vars: {q: q\($0)}, assert: [{type: equals, value: yes}]}\n" }.joined()
    try shell.write("prompts: [\"{{q}}\"]\nproviders: [echo]\ntests:\n" + tests, to: "suite.yaml")
    func grade(_ name: String, _ output: (Int) -> String?) async throws -> CommandLineRunner.Result {
      let rows = (0..<count).compactMap { no in
        output(no).map { "{\"case_no\": \(no), \"output\": \"\($0)\"}\n" }
      }
      try shell.write(rows.joined(), to: "\(name).jsonl")
      return try await shell.run(
        ["grade", "suite.yaml", "--outputs", "\(name).jsonl", "--name", name, "-q", "--no-ci"])
    }
    for name in ["before", "after"] { _ = try await grade(name) { $0 % 10 == 0 ? "no" : "yes" } }
    let flags = ["-m", "pass_rate", "--require", "not-worse", "--margin", "0.02"]
    let alike = try await shell.run(["compare", "before", "after"] + flags)
    #expect(alike.code == 0 && alike.output.contains("equivalent"), "\(alike.output)\(alike.errors)")

    _ = try await grade("partial") { $0 % 10 == 0 ? "no" : ($0 < 100 ? "yes" : nil) }
    let partial = try await shell.run(
      ["compare", "before", "partial", "-m", "pass_rate", "--errors-as-fail", "--cases", "1"])
    #expect(partial.code == 1 && partial.output.contains("newly failing: 270"), "\(partial.output)")

    let refused = try await shell.run(
      ["grade", "suite.yaml", "--outputs", "after.jsonl", "--gate", "pass_rate >= 95", "--no-ci"])
    #expect(refused.code == 2 && refused.errors.contains("write 0.95 or 95 %"), "\(refused.errors)")
  }
}
