import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

/// A comparison with all that its formats show, read once.
public struct ComparisonReport: Sendable {
  /// One case that changed, or still fails, with what was said on both sides.
  public struct Change: Sendable {
    public var kind: CaseChange.Kind
    public var name: String
    /// The arm on the second side.
    public var arm: String
    public var location: SourceLocation?
    /// Passes of judged trials on each side.
    public var countA: String
    public var countB: String
    /// Why it fails where it does.
    public var reason: String?
    public var replyA: String?
    public var replyB: String?

    public var diff: WordDiff { WordDiff(replyA ?? "", replyB ?? "") }
  }

  /// Labels of both sides of every pair.
  public var pairs: [(a: String, b: String)]
  public var metrics: [Metric]
  /// All pairs on all metrics, pair by pair.
  public var results: [MetricComparison]
  /// By the first metric, where there are more than two arms.
  public var ranks: [Rank]
  /// On parts of the suite by the first metric, where cases were sliced.
  public var slices: [(slice: String, comparison: MetricComparison)]
  public var reliability: [Reliability]
  /// Of the intervals of agreement, corrected rates and preferences.
  public var level: Double
  public var agreement: JudgeAgreement?
  /// Of each arm, the pass rate that people would find.
  public var corrected: [(label: String, raw: Double, rate: CorrectedRate)]
  public var preferences: [Preference]
  /// What changed from the first side to the second, where that was asked for.
  public var changes: [Change]
  public var counts: [CaseChange.Kind: Int]

  /// - Parameters:
  ///   - runs: where the arms come from, for their votes.
  ///   - mostChanges: of each kind, those whose replies are read; 0: no changes.
  public init(
    _ pairs: [(a: Arm, b: Arm)], _ metrics: [Metric], runs: [RunRow], ledger: Ledger,
    options: ComparisonOptions,
    mostChanges: Int
  ) throws {
    self.pairs = pairs.map { ($0.a.label, $0.b.label) }
    self.metrics = metrics
    results = compareAll(metrics, pairs, options)
    var arms: [Arm] = []
    for arm in pairs.flatMap({ [$0.a, $0.b] }) where !arms.contains(where: { $0.label == arm.label }) {
      arms.append(arm)
    }
    let isRound = pairs.count > 1 && pairs.count == arms.count * (arms.count - 1) / 2
    ranks = isRound ? metrics.first.map { ranking($0, arms, options) } ?? [] : []
    slices =
      metrics.first.map { metric in pairs.flatMap { compareSlices(metric, $0.a, $0.b, options) } } ?? []
    reliability = arms.compactMap(Comparison.reliability)
    let votes = try runs.flatMap { try VotedTrial.all(of: $0, in: ledger) }
    level = options.level
    agreement = judgeAgreement(votes, level: level)
    preferences =
      runs.count == 1 ? Comparison.preferences(votes, seed: options.seed, level: options.level) : []
    corrected = []
    for arm in arms {
      if let found = agreement?.corrected(arm, level: options.level) {
        corrected.append((arm.label, found.raw, found.rate))
      }
    }
    changes = []
    counts = [:]
    guard mostChanges > 0 else { return }
    for pair in pairs {
      for change in caseChanges(pair.a, pair.b, options) {
        counts[change.kind, default: 0] += 1
        if (counts[change.kind] ?? 0) <= mostChanges {
          changes.append(try Self.read(change, pair.b.label, ledger))
        }
      }
    }
  }

  private static func read(_ change: CaseChange, _ arm: String, _ ledger: Ledger) throws -> Change {
    func trial(_ figures: CaseFigures) throws -> TrialRow? {
      guard let id = change.telling(figures)?.trial else { return nil }
      return try ledger.trial(id)
    }
    let (a, b) = (try trial(change.a), try trial(change.b))
    let test = try (b ?? a).flatMap { try ledger.caseRow($0.slot.caseNo, of: $0.runID) }
    let failed = change.kind == .newlyPassing ? a : b
    let reason = try failed.flatMap { row in
      try ledger.checks(of: row.id).first { $0.weight > 0 && $0.outcome == .fail }?.reason ?? row.reason
    }
    return Change(
      kind: change.kind, name: test.map { $0.description ?? "case \($0.no + 1)" } ?? change.key, arm: arm,
      location: test?.location, countA: change.count(change.a), countB: change.count(change.b),
      reason: reason, replyA: try a.flatMap { try ledger.output(of: $0) },
      replyB: try b.flatMap { try ledger.output(of: $0) })
  }

  /// The first line, in plain words.
  public var headline: String {
    Comparison.headline(results.filter { $0.metric == metrics.first }, ranks)
  }
}

extension CaseChange.Kind {
  public var title: String {
    switch self {
    case .newlyFailing: "newly failing"
    case .newlyPassing: "newly passing"
    case .stillFailing: "still failing"
    }
  }
}
