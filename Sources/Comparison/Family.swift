import Statistics

/// A comparison of two arms on several metrics, or of all pairs of arms: p-values adjusted together by Holm.
public func compareAll(
  _ metrics: [Metric], _ pairs: [(a: Arm, b: Arm)], _ options: ComparisonOptions = .init()
) -> [MetricComparison] {
  var planned = options
  planned.family = pairs.count
  var results = pairs.flatMap { pair in metrics.map { compare($0, pair.a, pair.b, planned) } }
  // A family is all comparisons of one kind of metric: each question is asked once per pair.
  for metric in metrics {
    let family = results.indices.filter { results[$0].metric == metric && results[$0].p != nil }
    let p = adjusted(family.compactMap { results[$0].p }, .holm)
    for (i, value) in zip(family, p) {
      results[i].adjustedP = value
      results[i].decide(alpha: options.alpha)
    }
  }
  return results
}

/// Every pair of arms, earlier as A.
public func allPairs(_ arms: [Arm]) -> [(a: Arm, b: Arm)] {
  arms.indices.flatMap { i in arms[(i + 1)...].map { (arms[i], $0) } }
}

/// B against A on parts of the suite, to see where a difference lies: for exploring, never for gates. The false among
/// the p-values that stand out are held to a share (Benjamini and Hochberg).
public func compareSlices(_ metric: Metric, _ a: Arm, _ b: Arm, _ options: ComparisonOptions = .init()) -> [(
  slice: String, comparison: MetricComparison
)] {
  let names = Set(a.cases.compactMap(\.slice)).intersection(b.cases.compactMap(\.slice)).sorted()
  func part(_ arm: Arm, _ name: String) -> Arm {
    var arm = arm
    arm.cases = arm.cases.filter { $0.slice == name }
    return arm
  }
  var planned = options
  planned.family = names.count
  var results = names.map { (slice: $0, comparison: compare(metric, part(a, $0), part(b, $0), planned)) }
  let known = results.indices.filter { results[$0].comparison.p != nil }
  let p = adjusted(known.compactMap { results[$0].comparison.p }, .benjaminiHochberg)
  for (i, value) in zip(known, p) {
    results[i].comparison.adjustedP = value
    results[i].comparison.decide(alpha: options.alpha)
  }
  return results
}

/// A target's place among several, with those it can't be told apart from.
public struct Rank: Sendable {
  public var label: String
  public var value: Double
  /// Simultaneous: all intervals hold together with the level's confidence (Bonferroni over the targets).
  public var interval: Interval?
  /// Best and worst place that the pairwise verdicts leave open.
  public var best: Int
  public var worst: Int
}

/// Ranks arms on a metric: a place is settled only where the adjusted pairwise test says so.
public func ranking(_ metric: Metric, _ arms: [Arm], _ options: ComparisonOptions = .init()) -> [Rank] {
  let comparisons = compareAll([metric], allPairs(arms), options)
  func wins(_ winner: String, over loser: String) -> Bool {
    comparisons.contains { c in
      (c.labelB == winner && c.labelA == loser && c.verdict == .better)
        || (c.labelA == winner && c.labelB == loser && c.verdict == .worse)
    }
  }
  let level = 1 - (1 - options.level) / Double(max(1, arms.count))
  let ranks = arms.compactMap { arm -> Rank? in
    let values = arm.cases.compactMap { metric.value(of: $0) }
    guard !values.isEmpty else { return nil }
    let groups = byCluster(
      values, arm.cases.filter { metric.value(of: $0) != nil }.map { $0.cluster ?? "case:\($0.key)" })
    let interval =
      arm.isWatched
      ? anytimeInterval(metric, arm, groups, level: level)
      : metric == .passRate || metric == .errorRate
        ? shareInterval(groups, level: level) : scoreInterval(groups, level: level)
    let better = arms.count { $0.label != arm.label && wins($0.label, over: arm.label) }
    let worse = arms.count { $0.label != arm.label && wins(arm.label, over: $0.label) }
    let plain = values.reduce(0, +) / Double(values.count)
    return Rank(
      label: arm.label, value: arm.isWatched ? meanOfUnits(groups) ?? plain : plain, interval: interval,
      best: better + 1, worst: arms.count - worse)
  }
  return ranks.sorted { metric.higherIsBetter ? $0.value > $1.value : $0.value < $1.value }
}
