import Statistics

/// What may be said of one metric of B against A.
public struct MetricComparison: Sendable {
  public enum Pairing: Sendable, Hashable {
    /// The same cases; so many were dropped because one side had nothing to compare.
    case paired(dropped: Int)
    /// Different cases: weaker, and said so.
    case unpaired(a: Int, b: Int)
  }

  /// What `difference` is measured in.
  public enum Unit: String, Sendable, Hashable {
    /// Share of 1: shown in percentage points.
    case share
    /// Points of the score itself.
    case points
    /// B/A − 1: shown in per cent.
    case relative
    /// What the metric itself is measured in, where there is no ratio: dollars against nothing.
    case amount
  }

  public var metric: Metric
  public var labelA: String
  public var labelB: String
  public var pairing: Pairing
  /// Cases, or pairs of them.
  public var n: Int
  public var unit: Unit
  /// Each side's own figure, in the metric's unit (shares, points, USD, tokens, seconds).
  public var valueA: Double?
  public var valueB: Double?
  /// B against A.
  public var difference: Double?
  public var interval: Interval?
  public var level: Double
  public var p: Double?
  /// After Holm over the family; the verdict reads this one.
  public var adjustedP: Double?
  /// The least p the test could have given with the pairs that differ.
  public var leastP: Double?
  /// The least p that so many cases could have given, had all of them differed.
  public var reach: Double?
  public var method: String
  public var effect: (name: String, value: Double)?
  /// Pairs (or clusters) that are not the same on both sides.
  public var differing: Int?
  /// Of times: how far their percentiles moved.
  public var percentiles: [PercentileDifference]
  /// The figures hold at whatever moment the run was stopped.
  public var isAnytime: Bool
  public var margin: Double?
  public var verdict: Verdict
  /// The smallest difference that this many cases could have shown (80 % power).
  public var detectable: Double?
  /// About how many cases in all, or on either side where they differ, would tell `toldDifference`.
  public var casesToTell: Int?
  public var toldDifference: Double?
  public var notes: [String]

  init(_ metric: Metric, _ a: Arm, _ b: Arm, unit: Unit, options: ComparisonOptions) {
    self.metric = metric
    labelA = a.label
    labelB = b.label
    pairing = .paired(dropped: 0)
    n = 0
    self.unit = unit
    level = options.level
    method = ""
    margin = options.margins[metric]
    verdict = .insufficientData
    notes = []
    percentiles = []
    isAnytime = false
  }

  /// Cases that would have to be added, where that is known.
  public var casesMissing: Int? { casesToTell.map { max(0, $0 - n) }.flatMap { $0 > 0 ? $0 : nil } }

  /// Said where more than 5 % of the cases had nothing to compare on one of the sides.
  var droppedNote: String? {
    guard case .paired(let dropped) = pairing, Double(dropped) > 0.05 * Double(n + dropped) else {
      return nil
    }
    return "\(dropped) of \(n + dropped) cases could not be paired"
  }

  mutating func decide(alpha: Double) {
    verdict = Statistics.verdict(
      interval: interval, p: adjustedP ?? p, alpha: alpha, margin: margin,
      higherIsBetter: metric.higherIsBetter, leastP: leastP, reach: reach)
  }
}

/// A percentile on both sides and the interval of B − A, in seconds.
public struct PercentileDifference: Sendable, Hashable {
  public var p: Double
  public var valueA: Double
  public var valueB: Double
  public var interval: Interval
}

public struct ComparisonOptions: Sendable {
  public var alpha = 0.05
  public var level = 0.95
  public var power = 0.8
  /// The smallest difference that matters, by metric.
  public var margins: [Metric: Double] = [:]
  public var seed: UInt64 = 1
  public var resamples = 2_000
  /// Errors count as failures (intention to treat).
  public var errorsAsFailures = false
  /// How many comparisons of one metric are adjusted together.
  var family = 1

  public init() {}

  /// What is left of α for the hardest comparison of the family (Bonferroni; Holm leaves the others more).
  var plannedAlpha: Double { alpha / Double(max(1, family)) }
}
