import Formats
import Foundation
import Vocabulary

@testable import Ledger

/// A fresh folder, removed with the value.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    let url = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var ledger: String { path + "/ledger.sqlite" }
}

/// Records that tests write.
enum Sample {
  static func run(_ name: String = "first", notes: [Problem] = []) -> RunRecord {
    var run = RunRecord(name: name, planKey: "plan", seed: 7)
    run.suiteFile = "suite.yaml"
    run.suiteText = "prompts: [hello]\n"
    run.targets = [
      TargetRecord(
        label: "small", provider: "sim:small", config: ["temperature": 0, "apiKey": "sk-123456"],
        location: SourceLocation(file: "suite.yaml", line: 4, column: 3)),
      TargetRecord(label: "large", provider: "sim:large"),
    ]
    run.prompts = [PromptRecord(key: "p1", label: "greeting", body: "Say hello to {{name}}")]
    run.gates = [GateRecord(expression: "pass_rate >= 0.9")]
    run.notes = notes
    return run
  }

  static func request(_ text: String) -> JSON {
    ["model": "small", "messages": [["role": "user", "content": .string(text)]], "temperature": 0]
  }

  static func call(_ text: String, answer: String, at: Int64 = 1_700_000_000_000_000) -> Call {
    var reply = Reply(text: answer)
    reply.finishReason = .stop
    var usage = Usage(input: 12, output: 5)
    usage.cachedInput = 4
    reply.usage = usage
    reply.rawUsage = ["prompt_tokens": 12, "completion_tokens": 5]
    reply.model = "small-2026"
    reply.requestID = "req-\(at)"
    var timings = Timings(done: 5_000)
    timings.firstByte = 1_000
    timings.firstOutput = 1_200
    timings.lastOutput = 4_800
    var attempt = Attempt(startedAt: at + 50, timings: timings)
    attempt.status = 200
    attempt.requestID = "req-\(at)"
    var call = Call(
      purpose: .trial, source: .network, target: "small", provider: "sim", model: "small",
      request: request(text), result: .success(reply), attempts: [attempt], total: 5_100, scheduledAt: at)
    call.cost = Money(picodollars: 42_000_000)
    call.costReason = "listed"
    return call
  }

  static func trial(
    _ run: RunHandle, caseNo: Int = 0, target: Int = 0, repetition: Int = 0, outcome: Outcome = .pass,
    text: String? = nil
  ) -> TrialRecord {
    let text = text ?? "hello \(caseNo) of \(target)"
    var check = CheckResult(.pass, score: 1, reason: "contains \"hello\"", type: "contains")
    check.location = SourceLocation(file: "suite.yaml", line: 9, column: 7)
    if outcome == .fail {
      check.outcome = .fail
      check.score = 0
    }
    return TrialRecord(
      runID: run.id,
      slot: Slot(
        caseNo: caseNo, promptID: run.promptIDs[0], targetID: run.targetIDs[target], repetition: repetition),
      caseRecord: CaseRecord(
        no: caseNo, key: "case-\(caseNo)", description: "case \(caseNo)",
        variables: ["name": .string("Ada \(caseNo)")],
        location: SourceLocation(file: "suite.yaml", line: 8 + caseNo, column: 5)),
      outcome: outcome, score: outcome == .pass ? 1 : 0, startedAt: 1_700_000_000_000_000, total: 5_200,
      checks: [check], calls: [CallRecord(call(text, answer: "Hello, \(caseNo)"))])
  }
}
