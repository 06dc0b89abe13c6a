#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

/// B against A where the cases differ: weaker than pairs, and said so.
func compareUnpaired(_ metric: Metric, _ a: Arm, _ b: Arm, _ options: ComparisonOptions) -> MetricComparison {
  let (x, y) = (independent(metric, a, options), independent(metric, b, options))
  let unit: MetricComparison.Unit
  switch metric {
  case .passRate, .errorRate, .functionSuccess, .trust: unit = .share
  case .score, .named: unit = .points
  case .cost, .tokens, .latency, .timeToFirstToken: unit = .relative
  }
  var result = MetricComparison(metric, a, b, unit: unit, options: options)
  result.pairing = .unpaired(a: x.count, b: y.count)
  result.n = min(x.count, y.count)
  result.notes.append("different cases: compared unpaired, which sees less")
  guard !x.isEmpty, !y.isEmpty else { return result }
  let isBinary = (x + y).allSatisfy { $0 == 0 || $0 == 1 }
  switch metric {
  case .passRate where isBinary, .errorRate where isBinary, .score where isBinary, .named where isBinary,
    .functionSuccess where isBinary:
    let (k1, k2) = (y.count { $0 == 1 }, x.count { $0 == 1 })
    result.valueA = Double(k2) / Double(x.count)
    result.valueB = Double(k1) / Double(y.count)
    result.difference = (result.valueB ?? 0) - (result.valueA ?? 0)
    result.interval = newcombe(k1, y.count, k2, x.count, level: options.level)
    result.p = fisher(k1, y.count, k2, x.count).midP
    result.leastP = leastFisherP(y.count, x.count, passes: k1 + k2)
    result.reach = fisher(y.count, y.count, 0, x.count).midP
    result.method = "Fisher mid-p, Newcombe interval"
    planUnpairedRates(&result, x.count, y.count, options)
  case .cost where isFree(x) != isFree(y), .tokens where isFree(x) != isFree(y), .passRate, .errorRate,
    .functionSuccess, .trust, .score, .named:
    if unit == .relative {
      // There is no ratio to nothing, and no margin that is a share of it.
      result.unit = .amount
      result.margin = nil
    }
    result.valueA = x.reduce(0, +) / Double(x.count)
    result.valueB = y.reduce(0, +) / Double(y.count)
    if let test = welch(x, y, level: options.level) {
      result.difference = test.difference
      result.interval = test.interval
      result.p = test.p
    }
    result.method = "Welch's t"
    result.effect = standardisedDifference(x, y).map { ("Hedges' g", $0.g) }
    planUnpairedMeans(&result, x, y, options)
  case .cost, .tokens, .latency, .timeToFirstToken:
    compareLogs(&result, x, y, options)
  }
  result.adjustedP = result.p
  result.decide(alpha: options.alpha)
  return result
}

private func isFree(_ values: [Double]) -> Bool { values.allSatisfy { $0 == 0 } }

/// One value for each case, or for each cluster where cases are grouped.
private func independent(_ metric: Metric, _ arm: Arm, _ options: ComparisonOptions) -> [Double] {
  let known = arm.cases.compactMap { one in metric.value(of: one, options).map { (one, $0) } }
  return byCluster(known.map(\.1), known.map { $0.0.cluster ?? "case:\($0.0.key)" }).map {
    $0.reduce(0, +) / Double($0.count)
  }
}

/// Of all tables with these margins, the least p.
private func leastFisherP(_ n1: Int, _ n2: Int, passes: Int) -> Double {
  let extremes = [max(0, passes - n2), min(n1, passes)]
  return extremes.map { fisher($0, n1, passes - $0, n2).midP }.min() ?? 1
}

private func compareLogs(
  _ result: inout MetricComparison, _ x: [Double], _ y: [Double], _ options: ComparisonOptions
) {
  let (logX, logY) = (x.map { log($0) }, y.map { log($0) })
  guard (x + y).allSatisfy({ $0 > 0 }), let ranks = mannWhitney(x, y),
    let shift = hodgesLehmannShift(logX, logY, level: options.level)
  else { return }
  result.valueA = quantile(x, 0.5)
  result.valueB = quantile(y, 0.5)
  result.difference = exp(shift.estimate) - 1
  result.interval = shift.interval.map {
    Interval($0.lower.map { exp($0) - 1 }, $0.upper.map { exp($0) - 1 })
  }
  let enough = x.count >= 10 && y.count >= 10
  result.p = enough ? ranks.brunnerMunzel : ranks.exact
  // Without any overlap the ranks have no spread left, and Brunner and Munzel's test no answer.
  if result.p == nil { result.p = ranks.exact ?? ranks.asymptotic }
  result.leastP = leastRankSumP(x.count, y.count)
  result.reach = result.leastP
  result.method =
    (enough ? "Brunner-Munzel" : "Mann-Whitney") + ", Hodges-Lehmann shift of log values"
  result.effect = ("Cliff's delta", ranks.cliffsDelta)
  planUnpairedMeans(&result, logX, logY, options) { leastRankSumP($0, $0) }
  if result.metric == .latency || result.metric == .timeToFirstToken {
    result.percentiles = percentiles(x, y, isPaired: false, options)
  }
}
