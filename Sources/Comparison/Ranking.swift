#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

/// A target's place among several, with those it can't be told apart from.
public struct Rank: Sendable {
  public var label: String
  /// As the comparisons show it: rates and scores as means, money and tokens as totals, times as medians. Totals of
  /// different cases say nothing: there money and tokens are medians, too, or means where something is free.
  public var value: Double
  /// Simultaneous: all intervals hold together with the level's confidence (Bonferroni over the targets).
  public var interval: Interval?
  /// Best and worst place that the pairwise verdicts leave open.
  public var best: Int
  public var worst: Int
}

/// Ranks arms on a metric: a place is settled only where the adjusted pairwise test says so, and figures decide the
/// order of those that it leaves open.
public func ranking(_ metric: Metric, _ arms: [Arm], _ options: ComparisonOptions = .init()) -> [Rank] {
  let comparisons = compareAll([metric], allPairs(arms), options)
  func wins(_ winner: String, over loser: String) -> Bool {
    comparisons.contains { $0.says(winner, beats: loser) }
  }
  let level = 1 - (1 - options.level) / Double(max(1, arms.count))
  let summary = Summary(metric, arms, isPaired: comparisons.allSatisfy(\.isPaired))
  let ranks = arms.compactMap { arm -> Rank? in
    guard let (value, interval) = ownFigure(metric, arm, summary, level: level, options) else {
      return nil
    }
    let better = arms.count { $0.label != arm.label && wins($0.label, over: arm.label) }
    let worse = arms.count { $0.label != arm.label && wins(arm.label, over: $0.label) }
    return Rank(
      label: arm.label, value: value, interval: interval, best: better + 1, worst: arms.count - worse)
  }
  func key(_ rank: Rank) -> (Int, Int, Double) {
    (rank.best, rank.worst, metric.higherIsBetter ? -rank.value : rank.value)
  }
  return ranks.sorted { key($0) < key($1) }
}

/// What one figure stands for an arm, of those metrics that have no bounds.
private enum Summary {
  case median, total, mean

  init(_ metric: Metric, _ arms: [Arm], isPaired: Bool) {
    let isPositive = arms.allSatisfy { $0.cases.allSatisfy { metric.value(of: $0) ?? 1 > 0 } }
    self = metric.isTime ? .median : isPaired ? .total : isPositive ? .median : .mean
  }
}

private func ownFigure(
  _ metric: Metric, _ arm: Arm, _ summary: Summary, level: Double, _ options: ComparisonOptions
) -> (value: Double, interval: Interval?)? {
  if metric.isBounded {
    let found = average(metric, arm, level: level, options)
    return found.value.map { ($0, found.interval) }
  }
  let cases = arm.cases.compactMap { one in metric.value(of: one).map { (one, $0) } }
  let values = cases.map(\.1)
  guard !values.isEmpty else { return nil }
  func grouped(_ values: [Double]) -> [[Double]] {
    byCluster(values, cases.map { $0.0.cluster ?? "case:\($0.0.key)" })
  }
  if arm.isWatched {
    // As the ratio that is shown between two of them.
    guard values.allSatisfy({ $0 > 0 }) else { return meanOfUnits(grouped(values)).map { ($0, nil) } }
    return meanOfUnits(grouped(values.map { log($0) })).map { (exp($0), nil) }
  }
  if summary == .median {
    guard let median = quantile(values, 0.5) else { return nil }
    let effective = effectiveCount(grouped(values.map { $0 <= median ? 1 : 0 }))
    return (median, quantileInterval(sorted: values.sorted(), 0.5, level: level, effective: effective))
  }
  let figures = summary == .total ? cases.map { metric.sum(of: $0.0) } : values
  let (sum, count) = (figures.reduce(0, +), Double(figures.count))
  let isVaried = (clusteredMean(grouped(figures)).cr1 ?? 0) > 1e-12 * abs(sum)
  let interval = isVaried ? scoreInterval(grouped(figures), level: level) : nil
  let scale = summary == .total ? count : 1
  return (
    sum / count * scale,
    interval.map { Interval($0.lower.map { max(0, $0 * scale) }, $0.upper.map { $0 * scale }) }
  )
}

extension MetricComparison {
  fileprivate var isPaired: Bool { if case .paired = pairing { true } else { false } }

  fileprivate func says(_ winner: String, beats loser: String) -> Bool {
    (labelB == winner && labelA == loser && verdict == .better)
      || (labelA == winner && labelB == loser && verdict == .worse)
  }
}

/// The first line of several comparisons of one metric: who is ahead, and of whom that can be said.
public func headline(_ comparisons: [MetricComparison], _ ranks: [Rank]) -> String {
  guard comparisons.count > 1, let metric = comparisons.first?.metric, let first = ranks.first else {
    return comparisons.first?.headline ?? "There is nothing to compare."
  }
  func shown(_ rank: Rank) -> String { comparisons[0].shown(rank.value) }
  func names(_ ranks: [Rank]) -> String { ranks.map(\.label).joined(separator: ", ") }
  let open = ranks.dropFirst().filter { rank in
    !comparisons.contains { $0.says(first.label, beats: rank.label) }
  }
  let alike = open.filter { shown($0) == shown(first) }
  let rest = open.filter { shown($0) != shown(first) }
  // A figure may be the best and yet not be told apart from what the tests put first.
  if let best = rest.first(where: { metric.higherIsBetter ? $0.value > first.value : $0.value < first.value })
  {
    return
      "Nobody is clearly ahead on \(metric.title): \(first.label) (\(shown(first))) can't be told apart from "
      + "\(best.label) (\(shown(best)))."
  }
  let standing =
    alike.isEmpty
    ? "\(first.label) is ahead on \(metric.title) (\(shown(first)))"
    : "\(first.label) is level with \(names(alike)) on \(metric.title) (\(shown(first)))"
  if open.isEmpty { return "\(standing), by more than chance would explain." }
  if rest.isEmpty { return standing + "." }
  return
    open.count == ranks.count - 1
    ? "\(standing), but can't be told apart from \(names(rest)): the differences can be chance."
    : "\(standing); it can't be told apart from \(names(rest))."
}
