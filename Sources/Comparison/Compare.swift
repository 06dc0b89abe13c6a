import Statistics

/// B against A on one metric, by the method that statistics' defaults name for it. The p-value is not yet
/// adjusted: `compareAll` does that for a whole family.
public func compare(_ metric: Metric, _ a: Arm, _ b: Arm, _ options: ComparisonOptions = .init())
  -> MetricComparison
{
  let isPaired = sharesCases(a, b)
  if !isPaired, !(a.isWatched || b.isWatched) { return compareUnpaired(metric, a, b, options) }
  let values = pair(metric, a, b, options)
  var result: MetricComparison
  switch (a.isWatched || b.isWatched, metric) {
  case (true, _): result = watched(metric, a, b, values, options)
  case (_, .passRate), (_, .errorRate), (_, .functionSuccess): result = rates(metric, a, b, values, options)
  case (_, .trust): result = means(metric, a, b, values, .share, options)
  case (_, .score), (_, .named): result = means(metric, a, b, values, .points, options)
  case (_, .cost), (_, .tokens): result = ratios(metric, a, b, values, options)
  case (_, .latency), (_, .timeToFirstToken): result = times(metric, a, b, values, options)
  }
  result.pairing = .paired(dropped: values.dropped)
  if let note = result.droppedNote { result.notes.append(note) }
  if metric == .latency || metric == .timeToFirstToken, let x = a.run, let y = b.run, x != y {
    result.notes.append("measured at different times: the service may have changed, not the target")
  }
  result.adjustedP = result.p
  result.decide(alpha: options.alpha)
  return result
}

/// Pass or fail: McNemar's mid-p with Tango's interval, where every case was asked once on each side.
func rates(
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
  result.reach = mcNemar(aOnly: 0, bOnly: v.count).midP
  result.differing = test.discordant
  result.method = "McNemar mid-p, Tango interval"
  if let x = result.valueA, let y = result.valueB { result.effect = ("Cohen's h", cohensH(y, x)) }
  planRates(&result, discordant: test.discordant, options)
  return result
}
