import Formats
import Foundation
import Ledger
import Testing

@Suite("shards, end to end")
struct ShardTests {
  private let suite = """
    prompts: ["Answer in one word: the capital of {{country}}?"]
    targets: ["sim:sim-large", "sim:sim-tiny"]
    gates: ["pass_rate >= 0.5", "trials >= 40", {gate: "pass_rate >= 0.9", target: "sim:sim-tiny"}]
    tests:

    """
    + (0..<20).map {
      "  - {vars: {country: c\($0)}, metadata: {expected: Paris}, assert: [{type: icontains, value: Paris}]}\n"
    }.joined()

  private func verdicts(_ path: String) throws -> (trials: [String], gates: [String]) {
    let ledger = try Ledger(path: path)
    let run = try ledger.run()
    let labels = Dictionary(uniqueKeysWithValues: try ledger.targets(of: run.id).map { ($0.id, $0.label) })
    let trials = try ledger.trials(of: run.id).map {
      "\($0.slot.caseNo) \(labels[$0.slot.targetID] ?? "?") \($0.outcome.rawValue)"
    }
    let gates = try ledger.gates(of: run.id).map {
      "\($0.expression) \($0.verdict?.rawValue ?? "none") \($0.explanation ?? "")"
    }
    return (trials.sorted(), gates)
  }

  @Test(
    "parts that are merged have the verdicts, gates and exit code of the whole",
    arguments: [
      (["CI_NODE_TOTAL": "3"], "CI_NODE_INDEX", 1), (["JOB_COMPLETIONS": "3"], "JOB_COMPLETION_INDEX", 0),
      (["SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "5"], "SLURM_ARRAY_TASK_ID", 5),
    ])
  func merged(variables: [String: String], name: String, first: Int) async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(suite, to: "suite.yaml")
    let whole = try await shell.run(["run", "suite.yaml", "--ledger", "whole.sqlite"])
    #expect(whole.code == 1, "\(whole.output)\(whole.errors)")
    for part in 0..<3 {
      let environment = variables.merging([name: String(first + part)]) { $1 }
      let result = try await shell.run(
        ["run", "suite.yaml", "--ledger", "part\(part).sqlite"], environment: environment)
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      #expect(result.errors.contains("its gates are judged when the parts are put together"))
    }
    let first = try await shell.run(["ledger", "merge", "part0.sqlite", "--ledger", "first.sqlite"])
    #expect(first.code == 3)
    #expect(first.errors.contains("these are missing: 2, 3"), "\(first.errors)")
    let early = try await shell.run([
      "ledger", "merge", "part0.sqlite", "part2.sqlite", "--ledger", "merged.sqlite",
    ])
    #expect(early.code == 3)
    #expect(early.errors.contains("these are missing: 2"), "\(early.errors)")
    let merged = try await shell.run(["ledger", "merge", "part1.sqlite", "--ledger", "merged.sqlite"])
    #expect(merged.code == 1, "\(merged.output)\(merged.errors)")
    let again = try await shell.run(["ledger", "merge", "part1.sqlite", "--ledger", "merged.sqlite"])
    #expect(again.code == 1, "\(again.output)\(again.errors)")
    // A run that is no part was judged where it ran.
    #expect(try await shell.run(["ledger", "merge", "whole.sqlite", "--ledger", "other.sqlite"]).code == 0)
    let (one, other) = (try verdicts(shell.path("whole.sqlite")), try verdicts(shell.path("merged.sqlite")))
    #expect(one.trials == other.trials)
    #expect(one.gates == other.gates)
    #expect(one.trials.count == 40)
    #expect(
      try await shell.run(["ledger", "check", "--ledger", "merged.sqlite"]).output == "the ledger is sound\n")
  }

  @Test("a part without cases is no error, an array without its size is one")
  func edges() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    try shell.write(suite, to: "suite.yaml")
    let empty = try await shell.run(["run", "suite.yaml", "-n", "2", "--shard", "3/3"])
    #expect(empty.code == 0, "\(empty.output)\(empty.errors)")
    let unknown = try await shell.run(["run", "suite.yaml"], environment: ["JOB_COMPLETION_INDEX": "2"])
    #expect(unknown.code == 2)
    #expect(unknown.errors.contains("--shard 3/N"), "\(unknown.errors)")
  }
}
