import Comparison
import Formats
import Ledger
import Vocabulary

/// A run taken together: what every format shows, counted once.
public struct RunSummary: Sendable {
  public var run: RunRow
  public var prompts: [PromptRow]
  /// In the order of the suite.
  public var targets: [TargetSummary]
  public var whole: TargetSummary
  public var gates: [GateRow]
  public var notes: [Problem]
  /// Every pair of targets on pass rate, cost and latency, where there are two to five.
  public var comparisons: [MetricComparison]

  /// Reads the run's figures once, in constant memory but for one number a trial and measure.
  public init(of run: RunRow, in ledger: Ledger, comparing: Bool = true) throws {
    self.run = run
    prompts = try ledger.prompts(of: run.id)
    gates = try ledger.gates(of: run.id)
    notes = try ledger.notes(of: run.id)
    let rows = try ledger.targets(of: run.id)
    let clusters = try ledger.clusters(of: run.id)
    let derived = DerivedMetrics(of: run.settings)
    var builders: [Int64: SummaryBuilder] = [:]
    for row in rows {
      builders[row.id] = SummaryBuilder(
        label: row.label, provider: row.provider, settings: row.settings.object ?? JSONObject(),
        derived: derived)
    }
    let (severalPrompts, several) = (prompts.count > 1, prompts.count > 1 || rows.count > 1)
    var all = SummaryBuilder(label: "all", provider: "", settings: JSONObject(), derived: derived)
    try ledger.forEachFigure(of: run.id) { (row) throws(LedgerError) in
      let cluster = clusters[row.slot.caseNo]
      var unit = row.slot
      unit.repetition = 0
      // The prompts of a case, and in the whole run its targets, are not independent.
      let named = cluster.map { SummaryBuilder.Cluster.named($0) }
      let ofCase = SummaryBuilder.Cluster.ofCase(row.slot.caseNo)
      builders[row.slot.targetID]?.add(row, unit: unit, cluster: named ?? (severalPrompts ? ofCase : nil))
      all.add(row, unit: unit, cluster: named ?? (several ? ofCase : nil))
    }
    targets = rows.compactMap { row in
      guard var builder = builders[row.id] else { return nil }
      return builder.finish()
    }
    whole = all.finish()
    comparisons = []
    if run.isWatched {
      // Only what holds at any moment may be said of it.
      let arms = try RunArms(of: run, in: ledger, label: run.name)
      for i in targets.indices {
        guard let arm = arms.targets.first(where: { $0.label == targets[i].label }) else { continue }
        targets[i].passRate?.interval = averageInterval(.passRate, arm)
        targets[i].score?.interval = averageInterval(.score, arm)
      }
      whole.passRate?.interval = averageInterval(.passRate, arms.whole)
      whole.score?.interval = averageInterval(.score, arms.whole)
    }
    if comparing, (2...5).contains(targets.count) {
      let arms = try RunArms(of: run, in: ledger, label: run.name).targets
      comparisons = compareAll([.passRate, .cost, .latency], allPairs(arms))
    }
  }

  /// Trials that `--stop-when-sure` did not need.
  public var unasked: Int? {
    guard run.isWatched, run.state == .done, let planned = run.plannedTrials else { return nil }
    return max(0, planned - run.trials)
  }

  /// What that saved, as a sentence.
  public var savings: String? {
    guard let unasked, let planned = run.plannedTrials, planned > 0 else { return nil }
    let share = NumberText.fixed(Double(unasked) * 100 / Double(planned), decimals: 0)
    return unasked == 0
      ? "Not sure before the end: all \(planned) trials were asked."
      : "Stopped when sure: \(unasked) of \(planned) trials were not asked (\(share) % saved)."
  }

  /// One word for the whole: as the exit code has it.
  public var verdict: String {
    switch run.state {
    case .running: "running"
    case .interrupted: "interrupted"
    case .budget: "stopped by the budget"
    case .failed: "could not run"
    case .done:
      // The gates of a part wait for the others.
      if let shard = run.shard, gates.contains(where: { $0.verdict == nil }) {
        "part \(shard.index) of \(shard.count)"
      } else if gates.contains(where: { $0.verdict != .pass }) || (gates.isEmpty && whole.count(.fail) > 0) {
        "failed"
      } else if whole.count(.error) > 0 {
        "incomplete"
      } else {
        "passed"
      }
    }
  }
}
