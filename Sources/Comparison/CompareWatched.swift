#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

/// B against A where somebody looked while it ran and might have stopped: p-values and intervals that hold at
/// whatever moment that was. Pairs are read in the order in which the cases were asked.
func watched(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  let unit: MetricComparison.Unit =
    switch metric {
    case .passRate, .errorRate, .functionSuccess, .trust: .share
    case .score, .named: .points
    case .cost, .tokens, .latency, .timeToFirstToken: .relative
    }
  var result = MetricComparison(metric, a, b, unit: unit, options: options)
  result.isAnytime = true
  result.n = v.count
  guard v.count > 0 else { return result }
  // As the difference is: of clusters, each once.
  result.valueA = meanOfUnits(v.grouped(v.a))
  result.valueB = meanOfUnits(v.grouped(v.b))
  let alpha = 1 - options.level
  if unit == .share, v.isSingle, !v.isClustered {
    var pairs = SequentialPairs()
    for (x, y) in zip(v.a, v.b) { pairs.add(aPasses: x > 0.5, bPasses: y > 0.5) }
    result.difference = pairs.difference
    result.interval = pairs.interval(alpha: alpha)
    result.p = pairs.anytimeP
    result.differing = pairs.discordant
    result.method = "e-value of the pairs that differ, confidence sequence"
    result.leastP = SequentialPairs.leastP(discordant: pairs.discordant)
    result.reach = SequentialPairs.leastP(discordant: v.count)
    planRates(
      &result, discordant: pairs.discordant, options,
      leastP: { SequentialPairs.leastP(discordant: $0) })
  } else if unit != .relative, (v.a + v.b).allSatisfy({ (0...1).contains($0) }) {
    // Clusters and repetitions: one value each, its mean difference moved from -1...1 to 0...1.
    let units = v.grouped(v.differences).map { $0.reduce(0, +) / Double($0.count) }
    var mean = SequentialMean(watching: [0.5], alpha: alpha)
    for d in units { mean.add((d + 1) / 2) }
    result.difference = mean.mean.map { 2 * $0 - 1 }
    let interval = mean.interval(alpha: alpha)
    result.interval = Interval(interval.lower.map { 2 * $0 - 1 }, interval.upper.map { 2 * $0 - 1 })
    result.p = mean.anytimeP(0.5)
    result.method = "betting test and confidence sequence of the mean difference"
    planMeans(
      &result, seen: result.difference, standardError: meanEstimate(units).standardError, options)
  } else {
    let positive = (v.a + v.b).allSatisfy { $0 > 0 }
    guard unit == .points || positive else { return result }
    if unit == .relative {
      // Their ratio is the difference that is shown.
      result.valueA = meanOfUnits(v.grouped(v.a.map { log($0) })).map { exp($0) }
      result.valueB = meanOfUnits(v.grouped(v.b.map { log($0) })).map { exp($0) }
    }
    let raw = unit == .relative ? zip(v.a, v.b).map { log($1 / $0) } : v.differences
    let units = v.grouped(raw).map { $0.reduce(0, +) / Double($0.count) }
    result.method =
      "asymptotic confidence sequence" + (unit == .relative ? " of log ratios, geometric means" : "")
    guard let found = sequentialNormal(units, alpha: alpha) else {
      guard units.count < SequentialNormal.leastCount else {
        result.notes.append("no variation observed")
        return result
      }
      result.notes.append(
        "fewer than \(SequentialNormal.leastCount) cases: nothing can be said at any moment")
      return result
    }
    func shown(_ x: Double) -> Double { unit == .relative ? exp(x) - 1 : x }
    result.difference = shown(found.mean)
    result.interval = Interval(found.interval.lower.map(shown), found.interval.upper.map(shown))
    result.p = found.p
    planMeans(
      &result, seen: result.difference, standardError: meanEstimate(units).standardError, options)
  }
  return result
}
