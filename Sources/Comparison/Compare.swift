#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

/// B against A on one metric, by the method that statistics' defaults name for it. The p-value is not yet
/// adjusted: `compare(_:)` does that for a whole family.
public func compare(_ metric: Metric, _ a: Arm, _ b: Arm, _ options: ComparisonOptions = .init())
  -> MetricComparison
{
  guard sharesCases(a, b) else { return compareUnpaired(metric, a, b, options) }
  let values = pair(metric, a, b)
  var result: MetricComparison
  switch metric {
  case .passRate, .errorRate: result = rates(metric, a, b, values, options)
  case .score, .named: result = scores(metric, a, b, values, options)
  case .cost, .tokens: result = ratios(metric, a, b, values, options)
  case .latency, .timeToFirstToken: result = times(metric, a, b, values, options)
  }
  result.pairing = .paired(dropped: values.dropped)
  let all = values.count + values.dropped
  if all > 0, Double(values.dropped) > 0.05 * Double(all) {
    result.notes.append("\(values.dropped) of \(all) cases could not be paired")
  }
  result.adjustedP = result.p
  result.decide(alpha: options.alpha)
  return result
}

private func rates(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  guard v.isSingle, !v.isClustered else {
    var result = means(metric, a, b, v, .share, options)
    result.notes.append(v.isClustered ? "cases grouped by cluster" : "repetitions averaged within each case")
    return result
  }
  var result = MetricComparison(metric, a, b, unit: .share, options: options)
  result.n = v.count
  guard v.count > 0 else { return result }
  var table = PairedTable(both: 0, aOnly: 0, bOnly: 0, neither: 0)
  for (x, y) in zip(v.a, v.b) {
    switch (x > 0.5, y > 0.5) {
    case (true, true): table.both += 1
    case (true, false): table.aOnly += 1
    case (false, true): table.bOnly += 1
    case (false, false): table.neither += 1
    }
  }
  let n = Double(v.count)
  let test = mcNemar(aOnly: table.aOnly, bOnly: table.bOnly)
  result.valueA = Double(table.both + table.aOnly) / n
  result.valueB = Double(table.both + table.bOnly) / n
  result.difference = Double(table.bOnly - table.aOnly) / n
  result.interval = tango(table, level: options.level)?.negated
  result.p = test.midP
  result.leastP = mcNemar(aOnly: 0, bOnly: test.discordant).midP
  result.method = "McNemar mid-p, Tango interval"
  if let x = result.valueA, let y = result.valueB { result.effect = ("Cohen's h", cohensH(y, x)) }
  // Nothing differed: the share that may yet differ is bounded by the upper 80 % bound.
  let share =
    test.discordant > 0 ? Double(test.discordant) / n : (zeroFailuresBound(v.count, confidence: 0.8) ?? 1)
  result.detectable = detectableMcNemar(
    discordant: share, cases: v.count, alpha: options.alpha, power: options.power)
  plan(&result) { goal in
    casesForMcNemar(
      discordant: max(share, goal), difference: goal, alpha: options.alpha, power: options.power)
  }
  return result
}

private func scores(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  means(metric, a, b, v, .points, options)
}

/// Differences of case means: t interval, sign-flip test; clusters flipped whole, with CR1 errors.
private func means(
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
    result.interval = test.interval
    result.method = "sign-flip test, t interval"
  }
  result.p = signFlip(units, seed: options.seed)
  result.leastP = leastSignFlipP(units.count { $0 != 0 })
  let varies = (error ?? 0) > 0
  if !varies { result.notes.append("no variation observed") }
  if let error, varies {
    let variance = error * error * Double(v.count)
    result.detectable = detectableMeanDifference(
      cases: v.count, between: variance, alpha: options.alpha, power: options.power)
    plan(&result) { goal in
      casesForPairedMean(difference: goal, between: variance, alpha: options.alpha, power: options.power)
    }
  }
  return result
}

/// Ratio of totals with its interval; the test is on the log ratios of the cases.
private func ratios(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  var result = MetricComparison(metric, a, b, unit: .relative, options: options)
  result.n = v.count
  guard v.count > 0 else { return result }
  result.valueA = v.a.reduce(0, +)
  result.valueB = v.b.reduce(0, +)
  let positive = (v.a + v.b).allSatisfy { $0 > 0 }
  let logs = positive ? zip(v.a, v.b).map { log($1 / $0) } : v.differences
  result.method =
    positive ? "sign-flip test of log ratios, ratio of totals" : "sign-flip test, ratio of totals"
  if let totals = ratioOfTotals(v.a, v.b, level: options.level) {
    result.difference = totals.ratio - 1
    result.interval = totals.interval.map { Interval($0.lower.map { $0 - 1 }, $0.upper.map { $0 - 1 }) }
  }
  if let typical = geometricMeanRatio(v.a, v.b, level: options.level) {
    result.effect = ("typical case", typical.ratio - 1)
  }
  result.p = signFlip(logs, seed: options.seed)
  result.leastP = leastSignFlipP(logs.count { $0 != 0 })
  if logs.allSatisfy({ $0 == 0 }) { result.notes.append("identical in every case") }
  if positive, v.count > 1, let error = meanEstimate(logs).standardError, error > 0 {
    let variance = error * error * Double(v.count)
    result.detectable = detectableMeanDifference(
      cases: v.count, between: variance, alpha: options.alpha, power: options.power)
    plan(&result) { goal in
      casesForPairedMean(difference: goal, between: variance, alpha: options.alpha, power: options.power)
    }
  }
  return result
}

/// Hodges-Lehmann shift of the log times, as a ratio; Wilcoxon's test with Pratt's zeros.
private func times(
  _ metric: Metric, _ a: Arm, _ b: Arm, _ v: PairedValues, _ options: ComparisonOptions
) -> MetricComparison {
  var result = MetricComparison(metric, a, b, unit: .relative, options: options)
  result.n = v.count
  guard v.count > 0, (v.a + v.b).allSatisfy({ $0 > 0 }) else { return result }
  let logs = zip(v.a, v.b).map { log($1 / $0) }
  result.valueA = quantile(v.a, 0.5)
  result.valueB = quantile(v.b, 0.5)
  result.difference = hodgesLehmann(logs, seed: options.seed).map { exp($0) - 1 }
  result.interval = hodgesLehmannInterval(logs, level: options.level).map {
    Interval($0.lower.map { exp($0) - 1 }, $0.upper.map { exp($0) - 1 })
  }
  let test = wilcoxonSignedRank(logs)
  result.p = test.nonZero <= 16 ? test.exact : test.pratt
  result.leastP = leastSignFlipP(test.nonZero)
  result.effect = test.rankBiserial.map { ("rank-biserial", $0) }
  result.method = "Wilcoxon signed-rank, Hodges-Lehmann shift of log times"
  if v.count > 1, let error = meanEstimate(logs).standardError, error > 0 {
    let variance = error * error * Double(v.count)
    result.detectable = detectableMeanDifference(
      cases: v.count, between: variance, alpha: options.alpha, power: options.power)
    plan(&result) { goal in
      casesForPairedMean(difference: goal, between: variance, alpha: options.alpha, power: options.power)
    }
  }
  return result
}

/// Fills in how many cases would tell the margin, or else the difference that was seen.
func plan(_ result: inout MetricComparison, cases: (Double) -> Double?) {
  let seen = abs(result.difference ?? 0)
  let least = result.unit == .relative ? 0.01 : 0.005
  guard let goal = result.margin ?? (seen >= least ? seen : nil), let n = cases(goal), n.isFinite, n < 1e9
  else {
    return
  }
  result.toldDifference = goal
  result.casesToTell = Int(n.rounded(.up))
}
