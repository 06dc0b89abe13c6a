#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

/// Differences of case means: t interval, sign-flip test; clusters flipped whole, with CR1 errors.
func means(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ unit: MetricComparison.Unit,
  _ options: ComparisonOptions
) -> MetricComparison {
  var result = MetricComparison(metric, a, b, unit: unit, options: options)
  result.n = v.count
  guard v.count > 0 else { return result }
  let d = v.differences
  result.valueA = v.a.reduce(0, +) / Double(v.count)
  result.valueB = v.b.reduce(0, +) / Double(v.count)
  guard let test = pairedT(d, level: options.level) else { return result }
  result.difference = test.meanDifference
  result.effect = test.dz.map { ("d_z", $0) }
  var error = test.standardError
  var units = d
  if v.isClustered {
    let groups = v.grouped(d)
    let clustered = clusteredMean(groups, level: options.level)
    units = groups.map { $0.reduce(0, +) }
    result.interval = clustered.interval
    error = clustered.cr1
    result.method = "sign-flip of whole clusters, CR1 t interval"
    if groups.count < 6 { result.notes.append("only \(groups.count) clusters: the interval is rough") }
  } else {
    result.interval = meanInterval(d, level: options.level)
    result.method = "sign-flip test, t interval"
  }
  result.p = signFlip(units, seed: options.seed)
  result.differing = units.count { $0 != 0 }
  result.leastP = leastSignFlipP(units.count { $0 != 0 })
  result.reach = leastSignFlipP(units.count)
  if unit == .share, let found = result.interval {
    result.interval = Interval(found.lower.map { max(-1, $0) }, found.upper.map { min(1, $0) })
  }
  guard let error, error > 1e-12 else {
    // No variation is not certainty: what may yet differ is bounded as for so many alike trials.
    result.notes.append("no variation observed")
    let groups = v.grouped(d)
    if test.meanDifference == 0 {
      result.interval = wilson(0, of: groups.count, level: options.level)?.upper.map { Interval(-$0, $0) }
    } else if (v.a + v.b).allSatisfy({ (0...1).contains($0) }) {
      let found = shareInterval(
        groups.map { $0.map { ($0 + 1) / 2 } }, trials: groups.count, level: options.level)
      result.interval = Interval(found?.lower.map { 2 * $0 - 1 }, found?.upper.map { 2 * $0 - 1 })
    } else {
      result.interval = nil
    }
    return result
  }
  planMeans(&result, seen: result.difference, standardError: error, options)
  return result
}

/// Ratio of totals with its interval; the test is on the log ratios of the cases. The totals shown are those of all
/// trials, as they are billed; in the ratio repetitions are averaged, so that each case weighs the same on both sides.
func ratios(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  var result = MetricComparison(metric, a, b, unit: .relative, options: options)
  result.n = v.count
  guard v.count > 0 else { return result }
  result.valueA = sum(v.sumsA)
  result.valueB = sum(v.sumsB)
  if (sum(v.a) == 0) != (sum(v.b) == 0) { return againstNothing(result, v, options) }
  let positive = (v.a + v.b).allSatisfy { $0 > 0 }
  let logs = positive ? zip(v.a, v.b).map { log($1 / $0) } : v.differences
  let groups = v.grouped(logs)
  result.method =
    positive ? "sign-flip test of log ratios, ratio of totals" : "sign-flip test, ratio of totals"
  let pairs = v.isClustered ? (v.grouped(v.a).map(sum), v.grouped(v.b).map(sum)) : (v.a, v.b)
  if sum(v.a) == 0, sum(v.b) == 0 {
    result.difference = 0
    if v.count > 1 { result.interval = Interval(0, 0) }
  } else if let totals = totalsRatio(pairs.0, pairs.1, level: options.level) {
    result.difference = totals.ratio - 1
    result.interval = totals.interval.map { Interval($0.lower.map { $0 - 1 }, $0.upper.map { $0 - 1 }) }
  }
  if let typical = geometricMeanRatio(v.a, v.b, level: options.level) {
    result.effect = ("typical case", typical.ratio - 1)
  }
  result.p = signFlip(groups.map(sum), seed: options.seed)
  result.differing = groups.count { sum($0) != 0 }
  result.leastP = leastSignFlipP(result.differing ?? 0)
  result.reach = leastSignFlipP(groups.count)
  if logs.allSatisfy({ $0 == 0 }) { result.notes.append("identical in every case") }
  if positive, v.count > 1 {
    // The test is of the typical case, and so is the plan, unless the totals say the opposite.
    let typical = expm1(sum(logs) / Double(logs.count))
    let agrees = typical * (result.difference ?? 0) > 0
    planMeans(&result, seen: agrees ? typical : nil, standardError: spread(groups), options)
  }
  return result
}

/// Where one side costs nothing there is no ratio: the difference of the totals, with the t interval of so many cases.
private func againstNothing(_ comparison: MetricComparison, _ v: PairedValues, _ options: ComparisonOptions)
  -> MetricComparison
{
  var result = comparison
  result.unit = .amount
  // It is a share of what A costs, or of nothing.
  result.margin = nil
  let differences = zip(v.sumsA, v.sumsB).map { $1 - $0 }
  let groups = v.grouped(differences)
  let count = Double(v.count)
  result.difference = sum(differences)
  let interval =
    v.isClustered
    ? clusteredMean(groups, level: options.level).interval : meanInterval(differences, level: options.level)
  result.interval = interval.map { Interval($0.lower.map { $0 * count }, $0.upper.map { $0 * count }) }
  result.p = signFlip(groups.map(sum), seed: options.seed)
  result.differing = groups.count { sum($0) != 0 }
  result.leastP = leastSignFlipP(result.differing ?? 0)
  result.reach = leastSignFlipP(groups.count)
  result.method = "sign-flip test, t interval of the difference of totals"
  return result
}

/// Hodges-Lehmann shift of the log times, as a ratio; Wilcoxon's test with Pratt's zeros. Clusters count as one
/// time each, the mean of their logs.
func times(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  var result = MetricComparison(metric, a, b, unit: .relative, options: options)
  result.n = v.count
  guard v.count > 0, (v.a + v.b).allSatisfy({ $0 > 0 }) else { return result }
  let logs = v.grouped(zip(v.a, v.b).map { log($1 / $0) }).map { sum($0) / Double($0.count) }
  result.valueA = quantile(v.a, 0.5)
  result.valueB = quantile(v.b, 0.5)
  result.difference = hodgesLehmann(logs).map { exp($0) - 1 }
  result.interval = hodgesLehmannInterval(logs, level: options.level).map {
    Interval($0.lower.map { exp($0) - 1 }, $0.upper.map { exp($0) - 1 })
  }
  let test = wilcoxonSignedRank(logs)
  result.p = test.nonZero == 0 ? 1 : (test.nonZero <= 16 ? test.exact : test.pratt)
  result.differing = test.nonZero
  result.leastP = leastSignFlipP(test.nonZero)
  result.reach = leastSignFlipP(logs.count)
  result.effect = test.rankBiserial.map { ("rank-biserial", $0) }
  result.method = "Wilcoxon signed-rank, Hodges-Lehmann shift of log times"
  if v.isClustered { result.notes.append("cases grouped by cluster") }
  result.percentiles = percentiles(v.a, v.b, isPaired: true, options)
  if logs.count > 1 {
    planMeans(
      &result, seen: result.difference, standardError: meanEstimate(logs).standardError, options)
  }
  return result
}

/// p50, and p95 where there are enough times for it, by Harrell and Davis with a bootstrap of the cases.
func percentiles(_ a: [Double], _ b: [Double], isPaired: Bool, _ options: ComparisonOptions)
  -> [PercentileDifference]
{
  // Among very many times the resamples differ so little that fewer do.
  let resamples = min(options.resamples, max(200, 40_000_000 / max(1, a.count)))
  return [(0.5, 20), (0.95, 80)].compactMap { p, least in
    guard options.resamples > 0, min(a.count, b.count) >= least,
      let found = quantileDifference(
        a, b, p, paired: isPaired, resamples: resamples, seed: options.seed, level: options.level),
      let x = harrellDavis(a, p), let y = harrellDavis(b, p)
    else { return nil }
    return PercentileDifference(p: p, valueA: x, valueB: y, interval: found.interval)
  }
}

private func sum(_ x: [Double]) -> Double { x.reduce(0, +) }

/// Standard error of the mean over cases in groups.
private func spread(_ groups: [[Double]]) -> Double? {
  let estimate = clusteredMean(groups)
  return groups.count == estimate.n ? estimate.naiveError : estimate.cr1
}
