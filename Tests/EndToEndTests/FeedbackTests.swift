import Formats
import Foundation
import Ledger
import Simulator
import Statistics
import Testing

/// Votes, what is made of them, and which target they recommend.
@Suite("feedback")
struct FeedbackTests {
  /// Two models of known skill: what is right is voted up.
  private func voted(_ shell: CommandLineRunner) async throws {
    try shell.write(
      """
      prompts: ["Answer with a number: {{n}} + 1?"]
      targets: [{id: sim:sim-perfect, label: right}, {id: sim:sim-wrong, label: wrong}]
      judge: sim:sim-judge
      defaultTest:
        assert:
          - {type: llm-rubric, value: It is a number., metric: form}
      tests:

      """
        + (0..<24).map { n in
          """
            - vars: {n: \(n * 7)}
              metadata: {expected: "\(n * 7 + 1)"}
              assert: [{type: equals, value: "\(n * 7 + 1)", metric: truth}]

          """
        }.joined(), to: "suite.yaml")
    #expect(try await shell.run(["run", "suite.yaml", "-q", "--name", "votes"]).code != 2)
  }

  private func ledger(_ shell: CommandLineRunner) throws -> Ledger {
    try Ledger(path: shell.folder.appending(path: ".assay/ledger.sqlite").path)
  }

  @Test("votes are imported, shown in reports, and tell which check and judge to trust")
  func votes() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try await voted(shell)
    let ledger = try ledger(shell)
    let run = try ledger.run("votes")
    let labels = Dictionary(uniqueKeysWithValues: try ledger.targets(of: run.id).map { ($0.id, $0.label) })
    var lines = ""
    for trial in try ledger.trials(of: run.id) {
      let vote = labels[trial.slot.targetID] == "right" ? "up" : "down"
      lines += "{\"trial\": \(trial.id), \"vote\": \"\(vote)\", \"voter\": \"ada\"}\n"
    }
    try shell.write(lines, to: "votes.jsonl")
    let imported = try await shell.run(["vote", "votes.jsonl", "--import"])
    #expect(imported.code == 0 && imported.output == "48 votes recorded\n", "\(imported.errors)")
    // A voter's later vote on the same reply takes the place of the first.
    #expect(try await shell.run(["vote", "votes.jsonl", "--import"]).code == 0)

    let report = try await JSON(parsing: shell.run(["show", "votes", "--json"]).output)
    let (right, wrong) = (report["targets"]?[0]?["votes"], report["targets"]?[1]?["votes"])
    #expect(right?["votes"] == 24 && right?["up"] == 24 && right?["trust"]?["value"] == 1)
    #expect(wrong?["down"] == 24 && wrong?["trust"]?["value"] == 0)
    // Wilson's interval of 24 of 24.
    #expect(abs((right?["trust"]?["interval"]?[0]?.double ?? 0) - 24 / (24 + 3.8414588)) < 1e-6)
    let trust = try await shell.run(["trust"])
    #expect(trust.code == 0)
    #expect(trust.output.contains("equals (truth)"), "\(trust.output)")
    let json = try await JSON(parsing: shell.run(["trust", "votes", "--json"]).output)
    let truth = json["agreements"]?.array?.first { $0["metric"] == "truth" }
    #expect(abs((truth?["kappa"]?.double ?? 0) - 1) < 1e-9 && truth?["replies"] == 48)
    let judge = json["agreements"]?.array?.first { $0["metric"] == "form" }
    #expect(judge?["judge"] == "sim:sim-judge")
    #expect(json["judge"]?.string?.isEmpty == false)
    #expect(try await shell.run(["report", "votes", "--format", "markdown"]).output.contains("### Votes"))

    let pick = try await JSON(parsing: shell.run(["recommend", "votes", "--json"]).output)
    #expect(pick["best"] == "trust" && pick["pick"] == "right" && pick["settled"] == true)
  }

  @Test(
    "replies to one question are not independent: how far a check agrees with votes is as sure as its questions are many"
  )
  func repetitions() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let (passes, liked) = ([true, true, true, false, true, false], [true, true, true, true, false, false])
    try shell.write(
      "prompts: ['{{text}}']\ntargets: [sim:sim-echo]\ndefaultTest: {assert: [{type: not-contains, value: nay}]}\ntests:\n"
        + passes.enumerated().map { no, holds in "  - vars: {text: \(holds ? "aye" : "nay") \(no)}\n" }
        .joined(),
      to: "suite.yaml")
    #expect(try await shell.run(["run", "suite.yaml", "-q", "--name", "votes", "--repeat", "5"]).code == 1)
    let ledger = try ledger(shell)
    let trials = try ledger.trials(of: ledger.run("votes").id)
    #expect(trials.count == 30)
    try shell.write(
      "trial,vote\n" + trials.map { "\($0.id),\(liked[$0.slot.caseNo] ? "up" : "down")\n" }.joined(),
      to: "votes.csv")
    #expect(try await shell.run(["vote", "votes.csv", "--import"]).code == 0)
    let json = try await JSON(parsing: shell.run(["trust", "votes", "--json"]).output)
    let expected = try #require(
      cohensKappa(
        trials.map { passes[$0.slot.caseNo] ? 1 : 0 }, trials.map { liked[$0.slot.caseNo] ? 1 : 0 },
        clusters: trials.map { String($0.slot.caseNo) }))
    let found = json["agreements"]?[0]
    #expect(found?["replies"] == 30 && found?["kappa"]?.double == expected.kappa)
    let interval = [found?["interval"]?[0]?.double, found?["interval"]?[1]?.double]
    #expect(interval == [expected.interval?.lower, expected.interval?.upper])
    #expect((interval[0] ?? 1) < 0, "six questions tell little")
  }

  @Test(
    "a mistake in a file of votes is told with its line, and none of the file is recorded",
    arguments: [
      (
        "v.jsonl", "{\"trial\": 1, \"vote\": \"up\"}\n{\"trial\": 1, \"vote\": \"upp\"}\n",
        "v.jsonl:2:1: a vote is up, down"
      ),
      ("v.jsonl", "{\"trial\": 1, \"vote\": \"up\"}\nnot json\n", "v.jsonl:2:1: not JSON"),
      ("v.jsonl", "{\"trial\": 999, \"vote\": 1}\n", "v.jsonl:1:1: there is no trial 999"),
      (
        "v.jsonl", "{\"call\": 1, \"vote\": 1, \"coment\": \"x\"}\n",
        "unknown column \"coment\"; did you mean \"comment\"?"
      ),
      ("v.jsonl", "{\"vote\": 1}\n", "a vote names its \"call\" or its \"trial\""),
      (
        "v.csv", "call,vote,comment\n1,up,\"fine, really\"\n1,up\n",
        "v.csv:3:1: the row has 2 fields, the header 3"
      ),
      ("v.csv", "call,comment\n1,x\n", "the header needs \"vote\""),
      ("v.csv", "call,vote\n1,2\n", "v.csv:2:1: a vote is up, down, or a number from -1 to 1, not \"2\""),
    ])
  func wrongVotes(file: String, text: String, says: String) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write("prompts: [hi]\ntargets: [sim:sim-echo]\n", to: "suite.yaml")
    _ = try await shell.run(["run", "suite.yaml", "-q"])
    try shell.write(text, to: file)
    let result = try await shell.run(["vote", file, "--import"])
    #expect(result.code == 2)
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(try await shell.run(["trust"]).output.contains("nobody has voted"))
    try shell.write("call,vote,comment,voter\n1,down,\"fine, really\",bo\n", to: "good.csv")
    #expect(try await shell.run(["vote", "good.csv", "--import"]).code == 0)
    #expect(try ledger(shell).votes(of: 1).first?.comment == "fine, really")
  }

  @Test("a shell's question is voted on by its number")
  func askAndVote() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let asked = try await shell.run(["ask", "sim:sim-echo", "hello"])
    #expect(asked.errors.contains("call 1"))
    #expect(try await shell.run(["vote", "1", "up", "--comment", "kind"]).code == 0)
    #expect(try await shell.run(["trust"]).output.contains("sim:sim-echo"))
    let wrong = try await shell.run(["vote", "7", "up"])
    #expect(wrong.code == 2 && wrong.errors.contains("there is no call 7"))
  }

  /// Three models whose skill, price and pace are set: the best is too dear, the next too slow.
  @Test("recommend picks the right one of simulated models of known skill, price and pace")
  func recommend() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    var options = SimulatorOptions()
    options.script = """
      models:
        - {name: dear, like: sim-perfect, skill: 0.97, price: {input: 900, output: 900}}
        - {name: slow, like: sim-perfect, skill: 0.93}
        - {name: wanted, like: sim-perfect, skill: 0.85}
        - {name: weak, like: sim-perfect, skill: 0.4}
      rules:
        - match: {model: slow}
          reply: {delay: 900, text: "{{ expected[0] }}"}
      """
    let simulator = try Simulator.start(options)
    defer { simulator.stop() }
    let labels = ["dear", "slow", "wanted", "weak"]
    try shell.write(
      "prompts: [\"Answer with a number: {{n}} + 1?\"]\nseed: 5\n"
        + "prices: ["
        + labels.map { "{model: \($0), input: \($0 == "dear" ? 900 : 1), output: \($0 == "dear" ? 900 : 2)}" }
        .joined(separator: ", ") + "]\ntargets:\n"
        + labels.map {
          "  - {id: \"sim:\($0)\", label: \($0), config: {apiBaseUrl: \"\(simulator.address)/v1\", max_tokens: 20}}\n"
        }.joined() + "tests:\n"
        + (0..<150).map {
          "  - {vars: {n: \($0)}, metadata: {expected: \"\($0 + 1)\"}, assert: [{type: equals, value: \"\($0 + 1)\"}]}\n"
        }.joined(), to: "suite.yaml")
    #expect(try await shell.run(["run", "suite.yaml", "-q", "-j", "16"]).code == 1)
    let result = try await shell.run([
      "recommend", "--best", "pass_rate", "--where", "per_1000(cost) <= $1", "--where",
      "p95(latency) <= 700ms",
      "--settled", "--json",
    ])
    let found = try JSON(parsing: result.output)
    #expect(found["pick"] == "wanted", "\(result.output)")
    func holds(_ target: String, _ condition: Int) -> JSON? {
      found["candidates"]?.array?.first { $0["target"]?.string == target }?["conditions"]?[condition]?[
        "holds"]
    }
    #expect(holds("dear", 0) == false && holds("slow", 1) == false && holds("wanted", 0) == true)
    #expect(found["rivals"]?.array?.contains { $0["target"] == "weak" && $0["decided"] == true } == true)
    // Everything else on this machine may have been slow, too: the pace alone decides whether it is settled.
    #expect(result.code == (found["settled"] == true ? 0 : 1))
    let strict = try await shell.run(["recommend", "--where", "per_1000(cost) <= $0.0000001"])
    #expect(strict.code == 1 && strict.output.contains("No target meets the conditions."))
    let wrong = try await shell.run(["recommend", "--where", "cost <= 1"])
    #expect(wrong.code == 2 && wrong.errors.contains("use mean(cost) or per_1000(cost)"))
  }
}
