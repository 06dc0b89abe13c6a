import Comparison
import Formats
import Ledger
import Runs
import Synchronization
import Terminal
import Vocabulary

/// `--stop-when-sure`: tells the rule of each recorded trial, and people what it saved.
final class StopWatch: Sendable {
  private let rule: Mutex<StopRule>
  private let hasSeveralPrompts: Bool
  /// As it is kept with the run, so that a resumed run goes on alike.
  let settings: JSON

  init(
    targets: [String], gates: [(gate: Gate, target: String?, baseline: Arm?)], derived: Set<String>,
    hasSeveralPrompts: Bool, margin: Double?
  ) throws {
    var options = StopRule.Options()
    options.margin = margin
    options.derived = derived
    let rule = StopRule(comparing: targets, gates: gates, options)
    guard !rule.isEmpty else {
      throw UsageError(
        "--stop-when-sure has nothing to be sure of",
        mend: "name two targets, or a gate on pass_rate, error_rate, score, function_success, metric.NAME or "
          + "regression(...)")
    }
    self.rule = Mutex(rule)
    self.hasSeveralPrompts = hasSeveralPrompts
    settings = ["alpha": JSON(options.alpha), "margin": margin.map { JSON($0) } ?? .null]
  }

  /// True once nothing more need be asked.
  func hear(_ trial: RecordedTrial) -> Bool {
    let watched = WatchedTrial(
      order: trial.order, trialsOfCase: trial.trialsOfCase,
      key: String(trial.caseKey) + (hasSeveralPrompts ? ":" + trial.prompt : ""), cluster: trial.cluster,
      target: trial.target,
      figures: TrialFigures(
        outcome: trial.outcome, score: trial.score, metrics: trial.namedScores,
        functionSuccess: trial.functionCalls.map { $0.succeeded ? 1 : 0 }))
    return rule.withLock { $0.add(watched) }
  }

  /// What was decided when, and what it saved.
  func account(_ result: RunResult) -> [String] {
    let rule = rule.withLock { $0 }
    let asked = result.progress.done + result.progress.alreadyDone
    var lines = rule.findings.map { finding in
      finding.decidedAfter.map { "\(finding.question): sure after \($0) \($0 == 1 ? "case" : "cases")" }
        ?? "\(finding.question): not sure after \(rule.cases) cases"
    }
    guard rule.isDecided, let planned = result.progress.planned, planned > asked else {
      let why = result.state == .done ? "all cases were asked" : "the run ended before"
      if !rule.isDecided { lines.append("nothing was saved by --stop-when-sure: \(why)") }
      return lines
    }
    let share = NumberText.fixed(Double(planned - asked) * 100 / Double(planned), decimals: 0)
    lines.append(
      "stopped when sure: \(planned - asked) of \(planned) trials were not asked (\(share) % saved)")
    return lines
  }
}
