import Checks
import Formats
import Ledger
import Suites
import Vocabulary

/// All replies to one case, for the checks that choose among them.
public struct CaseComparison: Sendable {
  public var test: Case
  public var spec: CheckSpec
  public var outputs: [ComparedOutput]
  public var ask: JudgeCaller
}

/// The stage after the last reply: `select-best` and `max-score` see all replies to a case. It reads the ledger and
/// amends the verdicts there, so that an interrupted run can make up for it when it is resumed.
struct CaseComparisons: Sendable {
  let plan: RunPlan
  let asker: Asker
  let hooks: Shared<RunHooks>
  let ledger: Ledger
  let recorder: Recorder
  let run: RunHandle

  /// - Parameter overBudget: a judge could not be asked any more.
  func make(isStopping: () -> Bool, overBudget: () -> Void) async throws(LedgerError) {
    let cases = plan.loaded.cases()
    while !isStopping(), let test = try? cases.next() {
      let specs = test.checks.filter(Checker.isComparison)
      if specs.isEmpty { continue }
      if try await compare(test, specs)?.kind == .budget { overBudget() }
    }
  }

  /// Gives why the judge was not asked, where the run's own end kept it from that.
  private func compare(_ test: Case, _ specs: [CheckSpec]) async throws(LedgerError) -> Failure? {
    let ended = try ledger.trials(of: run.id, caseNo: test.index)
    let groups = Dictionary(grouping: ended, by: \.slot.repetition)
    for repetition in groups.keys.sorted() {
      var rows = groups[repetition] ?? []
      rows.sort { place($0.slot) < place($1.slot) }
      if let cutOff = try await compare(rows, test, specs) { return cutOff }
    }
    return nil
  }

  /// In the order of the suite, targets outermost.
  private func place(_ slot: Slot) -> Int {
    let target = run.targetIDs.firstIndex(of: slot.targetID) ?? run.targetIDs.count
    return target * (run.promptIDs.count + 1) + (run.promptIDs.firstIndex(of: slot.promptID) ?? 0)
  }

  private func compare(
    _ rows: [TrialRow], _ test: Case, _ specs: [CheckSpec]
  ) async throws(LedgerError) -> Failure? {
    // What brought no reply has nothing to compare, and is an error already.
    var compared: [(row: TrialRow, output: ComparedOutput)] = []
    for row in rows where row.errorKind == nil {
      guard let text = try ledger.output(of: row) else { continue }
      compared.append((row, ComparedOutput(text: text, checks: try ledger.checks(of: row.id))))
    }
    guard let first = compared.first else { return nil }
    let trial = PlannedTrial(
      PlannedTrialFields(
        test: test, caseRecord: plan.record(of: test), targetIndex: nil, promptIndex: nil,
        slot: first.row.slot))
    let secrets = plan.secrets(of: test)
    let calls = TrialCalls(recorder: recorder, runID: run.id, trial: trial, secrets: secrets)
    var checks = compared.map(\.output.checks)
    let places = checks.map { list in list.indices.filter { list[$0].type.isComparison } }
    for (number, spec) in specs.enumerated() {
      let results = await hooks.compare(
        CaseComparison(
          test: test, spec: spec, outputs: compared.map(\.output), ask: asker.judge(calls, caseNo: test.index)
        ))
      for (trial, result) in results.enumerated() where number < places[trial].count {
        checks[trial][places[trial][number]] = secrets.isEmpty ? result : result.masked(secrets)
      }
    }
    try await calls.flush()
    // The verdicts stay as they are: a resumed run compares again.
    if let cutOff = calls.cutOff { return cutOff }
    for (place, entry) in compared.enumerated() {
      let verdict = verdict(on: entry.row, checks[place], test)
      try await recorder.amend(
        entry.row.id, outcome: verdict.outcome, score: verdict.score,
        reason: verdict.outcome == .pass ? nil : verdict.reason, namedScores: verdict.namedScores,
        checks: checks[place])
    }
    return nil
  }

  private func verdict(on row: TrialRow, _ checks: [CheckResult], _ test: Case) -> TrialVerdict {
    var verdict = aggregate(checks, threshold: test.threshold)
    guard test.scoring != nil else { return verdict }
    // The suite's own function has spoken; a choice among the replies can only take away.
    let lost = checks.first { $0.type.isComparison && $0.outcome != .pass && $0.weight > 0 }
    verdict.score = row.score
    verdict.namedScores.merge(row.namedScores) { $1 }
    verdict.outcome = row.outcome == .pass ? lost?.outcome ?? .pass : row.outcome
    verdict.reason = row.outcome == .pass ? lost?.reason ?? "" : row.reason ?? ""
    return verdict
  }

}

extension String {
  fileprivate var isComparison: Bool {
    ["select-best", "max-score", "not-select-best", "not-max-score"].contains(self)
  }
}
