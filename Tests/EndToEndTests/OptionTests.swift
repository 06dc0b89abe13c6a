import Formats
import Foundation
import Ledger
import Simulator
import Testing

/// What options take, and what is told of those that would be without effect.
@Suite("options, end to end")
struct OptionTests {
  private static let suite = """
    prompts: ["{{word}}"]
    targets: [echo]
    tests:
      - {description: one, vars: {word: one}, assert: [{type: equals, value: one}]}
      - {description: two, vars: {word: two}, assert: [{type: equals, value: "2"}]}

    """

  private func shell() throws -> CommandLineRunner {
    let shell = try CommandLineRunner()
    try shell.write(Self.suite, to: "suite.yaml")
    return shell
  }

  @Test(
    "a number that is too great or too small is told, with what is taken",
    arguments: [
      (
        ["run", "suite.yaml", "--repeat", "9223372036854775807"],
        "--repeat takes a whole number, at most 1000000"
      ),
      (["check", "suite.yaml", "--repeat", "99999999999"], "--repeat takes a whole number, at most 1000000"),
      (
        ["check", "suite.yaml", "-n", "99999999999999999999"],
        "--first-n takes a whole number, at most 10000000000"
      ),
      (["run", "suite.yaml", "-j", "9223372036854775807"], "--jobs takes a whole number, at most 1000000"),
      (
        ["run", "suite.yaml", "--max-time", "0"],
        "--max-time takes a number above 0, at most 1000000000, not \"0\""
      ),
      (["run", "suite.yaml", "--max-time", "-1"], "--max-time takes a number above 0"),
      (["run", "suite.yaml", "--max-time", "1e30"], "--max-time takes a number above 0"),
      (["simulate", "--speed", "1e-308"], "--speed takes a number from 0.001 to 1000000"),
      (["simulate", "--limits", "rpm=9223372036854775807"], "rpm=9223372036854775807"),
      (["run", "bad.yaml"], "bad.yaml:2:19: \"timeout\" must be more than 0"),
      (["check", "bad.yaml"], "bad.yaml:3:61: \"votes\" is at most 25, not 26"),
      (["check", "bad.yaml"], "bad.yaml:4:40: \"timeout\" is at most 1000000 s, not 900000h"),
      (["check", "bad.yaml"], "\"repeat\" is at most 1000000, not 99999999999"),
    ])
  func numbers(arguments: [String], message: String) async throws {
    let shell = try shell()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: [hi]
      limits: {timeout: 0s}
      tests: [{assert: [{type: llm-rubric, value: is kind, votes: 26}]}]
      targets: [{id: echo, limits: {timeout: 900000h}}]
      repeat: 99999999999
      """, to: "bad.yaml")
    let result = try await shell.run(arguments)
    #expect(result.code == 2, "\(result.code) \(result.output)\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(
    "an option that would be without effect is told",
    arguments: [
      (["run", "suite.yaml", "--run", "first"], "--run says something about --resume, which is missing"),
      (["run", "suite.yaml", "--retry-errors"], "--retry-errors says something about --resume"),
      (["run", "suite.yaml", "--resume", "--name", "x"], "--name is for a new run"),
      (["vote", "votes.jsonl", "up", "--import"], "--import takes the votes from the file, not \"up\""),
      (["vote", "votes.jsonl", "--import", "--voter", "ada"], "--voter is for one vote"),
      (["run", "suite.yaml", "--name", "a/../b"], "--name \"a/../b\" can't have \"/\" in it"),
      (
        ["run", "suite.yaml", "--name", "latest"],
        "--name \"latest\" is the name of whichever run is the latest"
      ),
      (["run", "suite.yaml", "--name", "2026"], "--name \"2026\" is the number of a run"),
      (["run", "suite.yaml", "--name", ""], "--name \"\" is empty"),
      (["run", "suite.yaml", "--name", "first"], "has a run of that name"),
      (["batch", "write", "suite.yaml", "--name", "first"], "has a run of that name"),
      (["run", "suite.yaml", "--resume", "--run", "nix"], "no run is called \"nix\""),
      (["run", "suite.yaml", "--failed", "nix"], "no run is called \"nix\""),
      (["run", "suite.yaml", "--resume", "--run", "first", "--seed", "7"], "resume it as it was begun"),
      (["run", "suite.yaml", "--resume", "--run", "first", "--repeat", "2"], "resume it as it was begun"),
      (["run", "suite.yaml", "--resume", "--run", "first", "--shard", "1/2"], "was begun as not a part"),
      (
        ["run", "suite.yaml", "--resume", "--run", "first", "-n", "1"],
        "was begun with all cases, and this is with"
      ),
      (["run", "suite.yaml", "--ca-file", "none.pem"], "cannot read none.pem"),
      (["run", "suite.yaml", "--ca-file", "suite.yaml"], "--ca-file suite.yaml holds no certificate"),
      (["run", "suite.yaml", "--filter", "zzz"], "assay: no case has a description that matches \"zzz\""),
      (["run", "suite.yaml", "--range", "100:200"], "assay: no case has a place from 100 to 199"),
      (["run", "suite.yaml", "--range", "100:"], "assay: no case has a place from 100 on"),
      (["show", "first", "--trial", "99"], "there is no trial 99"),
      (["show", "second", "--trial", "1"], "trial 1 is of run first, not of second"),
    ])
  func idle(arguments: [String], message: String) async throws {
    let shell = try shell()
    defer { shell.clean() }
    for name in ["first", "second"] {
      #expect(try await shell.run(["run", "suite.yaml", "-q", "--name", name]).code == 1)
    }
    let result = try await shell.run(arguments)
    #expect(result.code == 2, "\(result.code) \(result.output)\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(
      result.output.isEmpty && !result.errors.contains("LedgerError"), "\(result.output)\(result.errors)")
    #expect(try Ledger(path: shell.path(".assay/ledger.sqlite")).runs().count == 2)
  }

  @Test("what is about a run is about the latest where none is named, and a trial may be of any")
  func latest() async throws {
    let shell = try shell()
    defer { shell.clean() }
    for _ in 0..<2 { #expect(try await shell.run(["run", "suite.yaml", "-q"]).code == 1) }
    let failed = try await shell.run(["show", "--failed"]).output
    #expect(failed.hasPrefix("fail  3  two") || failed.hasPrefix("fail  4  two"), "\(failed)")
    #expect(try await shell.run(["show", "--threads"]).code == 0)
    #expect(try await shell.run(["show", "--trial", "1"]).output.hasPrefix("trial 1"))
    #expect(try await shell.run(["show", "latest", "--trial", "4"]).output.hasPrefix("trial 4"))
    for vote in ["-1", "-0.5"] {
      let voted = try await shell.run(["vote", "1", vote])
      #expect(voted.code == 0, "\(voted.errors)")
    }
    #expect(try await shell.run(["ask", "echo", "hi"]).output == "hi\n")
  }

  @Test("output that could not be written is no success, and a reader who has left is no matter")
  func lostOutput() async throws {
    let shell = try shell()
    defer { shell.clean() }
    let binary = CommandLineRunner.binary.path
    #expect(try await shell.run(["run", "suite.yaml", "-q"]).code == 1)
    func sh(_ line: String) async throws -> CommandLineRunner.Result {
      try await CommandLineRunner.run(
        URL(filePath: "/bin/bash"), ["-c", "set -o pipefail; \(line)"], in: shell.folder)
    }
    for command in [
      "show", "costs", "prices", "completions man", "check suite.yaml --json", "run suite.yaml --json",
      "--help",
    ] {
      let full = try await sh("'\(binary)' \(command) > /dev/full")
      #expect(full.code == 2, "\(command): \(full.code)")
      #expect(full.errors.contains("assay: cannot write to standard output: no space left"), "\(full.errors)")
      let closed = try await sh("'\(binary)' \(command) | head -1 > /dev/null")
      #expect(closed.errors.isEmpty, "\(command): \(closed.errors)")
    }
  }

  @Test("a mistake that cells of a matrix share is told once, and a batch is written without a key")
  func keys() async throws {
    let shell = try shell()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: [hi]
      targets: [{id: "openai:gpt-4o-mini", settings: {temperature: [0, 0.5, 1]}}]
      """, to: "matrix.yaml")
    let run = try await shell.run(["run", "matrix.yaml", "-q"])
    #expect(run.code == 2)
    #expect(run.errors.components(separatedBy: "OPENAI_API_KEY is not set").count == 2, "\(run.errors)")
    let batch = try await shell.run(["batch", "write", "matrix.yaml", "-o", "b.jsonl"])
    #expect(batch.code == 0, "\(batch.errors)")
    #expect(try shell.read("b.jsonl").split(separator: "\n").count == 3)
  }

  @Test("files of other bytes are one mistake, and a suite with one is not made into another")
  func files() async throws {
    let shell = try shell()
    defer { shell.clean() }
    #expect(try await shell.run(["run", "suite.yaml", "-q"]).code == 1)
    let bytes = (0..<40).flatMap { [0x80 + UInt8($0), 0xFF, 0x0A] as [UInt8] }
    try Data(bytes).write(to: shell.folder.appending(path: "b.jsonl"))
    for command in [
      ["vote", "b.jsonl", "--import"], ["batch", "read", "b.jsonl"],
      ["grade", "suite.yaml", "--outputs", "b.jsonl"],
    ] {
      let result = try await shell.run(command)
      #expect(result.code == 2)
      #expect(
        result.errors == "b.jsonl:1:1: b.jsonl is not UTF-8 text\n  save the file as UTF-8\n",
        "\(result.errors)")
    }
    try shell.write(
      "prompts: [hi]\nproviders: [echo]\ntests: [{assert: [{type: contians, value: x}]}]\n", to: "p.yaml")
    let made = try await shell.run(["init", "--from", "p.yaml"])
    #expect(made.code == 2)
    #expect(made.errors.contains("did you mean \"contains\"?"), "\(made.errors)")
    #expect(try await shell.run(["check", "assay.yaml"]).code == 2)
  }

  @Test(
    "judges and targets of single cases that can't be asked are told before anybody is, with their places")
  func whoIsAsked() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(
      """
      prompts: ["hello {{x}}"]
      targets: [{id: sim:sim-small, label: small}]
      defaultTest:
        options: {provider: {text: "sim:sim-judge", embedding: "opena:embedding:small"}}
      tests:
        - vars: {x: a}
          assert: [{type: llm-rubric, value: is polite, provider: "opnai:gpt-4o"}]
        - vars: {x: b}
          provider: {id: "antropic:claude"}
        - vars: {x: c}
          provider: small
          assert: [{type: llm-rubric, value: is polite, provider: small}]
        - {vars: {x: d}, assert: [{type: llm-rubric, value: good, provider: "{{ judge }}"}]}
      """, to: "suite.yaml")
    for command in [["check", "suite.yaml"], ["run", "suite.yaml"]] {
      let result = try await shell.run(command)
      #expect(result.code == 2 && result.output.isEmpty)
      #expect(
        result.errors.contains("suite.yaml:4:58: unknown target \"opena:embedding:small\""),
        "\(result.errors)")
      #expect(
        result.errors.contains("suite.yaml:7:61: unknown target \"opnai:gpt-4o\"; did you mean \"openai\"?"))
      #expect(result.errors.contains("suite.yaml:9:20: unknown target \"antropic:claude\""))
      #expect(result.errors.components(separatedBy: "unknown target").count == 4, "\(result.errors)")
    }
    #expect(try await shell.run(["check", "suite.yaml", "--simulate"]).code == 0)
    try shell.write(
      #"{"vars": {"x": "a"}, "assert": [{"type": "llm-rubric", "value": "good", "provider": "opnai:x"}]}"#
        + "\n",
      to: "rows.jsonl")
    try shell.write("prompts: [\"{{x}}\"]\ntargets: [sim:sim-small]\ntests: rows.jsonl\n", to: "rows.yaml")
    let rows = try await shell.run(["check", "rows.yaml"])
    #expect(rows.code == 2 && rows.errors.contains("rows.jsonl:1:"), "\(rows.errors)")
    let grader = try await shell.run(["check", "rows.yaml", "--grader", "opnai:y"])
    #expect(grader.errors.contains("--grader: unknown target \"opnai:y\""), "\(grader.errors)")
  }

  @Test(
    "a resumed run takes the cases that it was begun with, without being told",
    arguments: [
      ["-n", "4"], ["--range", "0:4"], ["--filter-metadata", "part=first"], ["--filter", "^case [1-4]$"],
    ])
  func resumesItsCases(_ choice: [String]) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let cases = (1...6).map {
      "  - {description: case \($0), vars: {x: w\($0)}, metadata: {part: \($0 < 5 ? "first" : "second")}}\n"
    }
    try shell.write(
      "prompts: [\"{{x}}\"]\ntargets: [echo]\ndefaultTest: {assert: [{type: not-equals, value: w2}]}\ntests:\n"
        + cases.joined(), to: "suite.yaml")
    let begun = try await shell.run(["run", "suite.yaml", "-q", "-j", "1", "--fail-fast"] + choice)
    #expect(begun.code == 1, "\(begun.errors)")
    let other = try await shell.run(["run", "suite.yaml", "-q", "--resume", "-n", "3"])
    #expect(other.code == 2 && other.errors.contains("and this is with first 3"), "\(other.errors)")
    _ = try await shell.run(["run", "suite.yaml", "-q", "--resume"])
    let ended = try JSON(parsing: await shell.run(["show", "--json"]).output)
    #expect(ended[0]?["state"] == "done" && ended[0]?["trials"] == 4 && ended.array?.count == 1)
  }
}
