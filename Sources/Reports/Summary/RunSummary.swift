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
  /// Checks against votes, where there are any.
  public var agreements: [VoteAgreement]
  /// Every pair of targets on pass rate, cost and latency, where there are two to five.
  public var comparisons: [MetricComparison]
  /// Trials by target and prompt: what JUnit calls suites.
  var variants: [VariantKey: VariantCount]
  /// Those of them that have trials: prompt by prompt, target by target, as the suite has them.
  var variantOrder: [VariantKey]
  /// Of a case with a prompt and a target, at most.
  public var repetitions: Int

  /// Reads the run's figures once, in constant memory but for one number a trial and measure.
  public init(of run: RunRow, in ledger: Ledger) throws {
    self.run = run
    prompts = try ledger.prompts(of: run.id)
    gates = try ledger.gates(of: run.id)
    notes = try ledger.notes(of: run.id)
    let rows = try ledger.targets(of: run.id)
    let clusters = try ledger.clusters(of: run.id)
    let derived = DerivedMetrics(of: run.settings)
    let votes = try ledger.voteTallies(of: run.id)
    var builders = rows.map {
      SummaryBuilder(
        label: $0.label, provider: $0.provider, settings: $0.settings.object ?? JSONObject(), derived: derived
      )
    }
    let places = Dictionary(rows.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var variants: [VariantKey: VariantCount] = [:]
    var repetitions = 1
    try ledger.forEachFigure(of: run.id, keys: false) { (row) throws(LedgerError) in
      guard let place = places[row.slot.targetID] else { return }
      builders[place].add(
        row, cluster: clusters.isEmpty ? nil : clusters[row.slot.caseNo], votes: votes[row.trialID])
      variants[VariantKey(target: row.slot.targetID, prompt: row.slot.promptID), default: VariantCount()]
        .add(row)
      repetitions = max(repetitions, row.slot.repetition + 1)
    }
    self.variants = variants
    self.repetitions = repetitions
    let prompts = prompts
    variantOrder = rows.flatMap { row in
      prompts.map { VariantKey(target: row.id, prompt: $0.id) }.filter { variants[$0] != nil }
    }
    let severalPrompts = prompts.count > 1
    whole = SummaryBuilder.whole(of: &builders, derived, byCase: severalPrompts || rows.count > 1)
    targets = builders.indices.map { builders[$0].finish(byCase: severalPrompts) }
    agreements = votes.isEmpty ? [] : Comparison.agreements(try ledger.votedChecks(of: run.id))
    comparisons = []
    let compares = (2...5).contains(targets.count) && whole.trials <= Self.mostCompared
    guard run.isWatched || compares else { return }
    let arms = try RunArms(of: run, in: ledger, label: run.name)
    if run.isWatched {
      for i in targets.indices {
        guard let arm = arms.targets.first(where: { $0.label == targets[i].label }) else { continue }
        targets[i].useIntervals(of: arm)
      }
      whole.useIntervals(of: arms.whole)
    }
    guard compares else { return }
    // A target that only some cases name was asked other questions than the rest.
    let pairs = allPairs(arms.targets).filter { sharesCases($0.a, $0.b) }
    comparisons = compareAll([.passRate, .cost, .latency], pairs)
  }

  /// Trials that `--stop-when-sure` did not need.
  public var unasked: Int? {
    guard run.isWatched, run.state == .done, let planned = run.plannedTrials else { return nil }
    return max(0, planned - whole.trials)
  }

  /// What that saved, as a sentence.
  public var savings: String? {
    guard let unasked, let planned = run.plannedTrials, planned > 0 else { return nil }
    let share = NumberText.fixed(Double(unasked) * 100 / Double(planned), decimals: 0)
    return unasked == 0
      ? "Not sure before the end: all \(planned) trials were asked."
      : "Stopped when sure: \(unasked) of \(planned) trials were not asked (\(share) % saved)."
  }

  /// Beyond this many trials the pairs are left to `assay compare`, which may take its time.
  static let mostCompared = 100_000

  /// Why the targets were not compared here, where they were too many trials for it.
  public var comparisonNote: String? {
    guard (2...5).contains(targets.count), whole.trials > Self.mostCompared else { return nil }
    return "\(whole.trials) trials are too many to be compared in passing; see: assay compare \(run.name)"
  }

  private func bears(_ what: (Gate) -> Bool) -> Bool {
    gates.contains { (try? Gate(parsing: $0.expression)).map(what) ?? false }
  }

  /// One word for the whole: as the exit code has it.
  public var verdict: String {
    switch run.state {
    case .running: "running"
    // Who ended by a signal has its exit code, who ended at a failure that of the failure.
    case .interrupted:
      run.exitCode == 1 || run.exitCode == 3 ? "stopped at the first trial that did not pass" : "interrupted"
    case .budget: "stopped by the budget"
    case .failed: "could not run"
    case .done:
      // The gates of a part wait for the others.
      if let shard = run.shard, gates.contains(where: { $0.verdict == nil && !$0.isOpen }) {
        "part \(shard.index) of \(shard.count)"
      } else if gates.contains(where: { $0.verdict != .pass && !$0.isOpen })
        || whole.count(.fail) > 0 && !bears(\.bearsFailures)
      {
        "failed"
      } else if whole.count(.error) > 0, !bears(\.bearsErrors) {
        "incomplete"
      } else {
        "passed"
      }
    }
  }
}

struct VariantKey: Hashable, Sendable {
  var target: Int64
  var prompt: Int64
}

struct VariantCount: Sendable {
  var tests = 0
  var failures = 0
  var errors = 0
  var skipped = 0
  /// The sum of what the cases show, so that readers who add them up get the same.
  var milliseconds: Int64 = 0

  mutating func add(_ figure: TrialFigureRow) {
    tests += 1
    milliseconds += Self.milliseconds(figure.total)
    switch figure.outcome {
    case .pass: break
    case .fail: failures += 1
    case .error: errors += 1
    case .skipped: skipped += 1
    }
  }

  mutating func add(_ other: VariantCount) {
    tests += other.tests
    failures += other.failures
    errors += other.errors
    skipped += other.skipped
    milliseconds += other.milliseconds
  }

  static func milliseconds(_ time: Microseconds) -> Int64 { max(0, time + 500) / 1_000 }
}
