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
