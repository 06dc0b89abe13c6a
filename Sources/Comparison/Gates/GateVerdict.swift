#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats
import Statistics

/// What a gate found: its figure, how sure it is, and whether it holds.
public struct GateVerdict: Sendable {
  public var gate: Gate
  /// The target it was read for; nil for the whole run.
  public var target: String?
  public var holds: Bool
  /// On times of a run whose replies were made before it: there is nothing that could hold or fail.
  public var isOpen = false
  /// Nil when there was nothing to measure: then the gate does not hold.
  public var value: Double?
  public var interval: Interval?
  public var level = 0.95
  /// Trials or cases it rests on.
  public var n: Int
  /// Why there is no value, or what else should be known.
  public var note: String?

  public var fails: Bool { !holds && !isOpen }
}

/// Judges a gate on an arm. Without data, with unknown costs, or without the baseline it needs, it fails and
/// says so: a gate never passes on nothing. One on times stays open where replies that were used again, or came
/// from a batch, are why there is no figure.
public func judge(_ gate: Gate, _ arm: Arm, target: String? = nil, baseline: Arm? = nil, level: Double = 0.95)
  -> GateVerdict
{
  var verdict = GateVerdict(gate: gate, target: target, holds: false, level: level, n: 0)
  let trials = arm.cases.flatMap(\.trials).filter { $0.outcome != .skipped }
  switch gate.quantity {
  case .trials:
    verdict.value = Double(trials.count)
    verdict.n = trials.count
  case .sameReply:
    sameReply(arm, &verdict, level)
  case .fallbackRate:
    fallbackRate(arm, trials, &verdict, level)
  case .figure(.named(let name)) where arm.derived.contains(name):
    derived(name, arm, trials, &verdict)
  case .lower(.named(let name)) where arm.derived.contains(name),
    .upper(.named(let name)) where arm.derived.contains(name):
    verdict.note = "\(name) is derived from sums and has no interval"
  case .regression(let metric):
    regression(metric, arm, baseline, &verdict, level)
  case .figure(let metric):
    figure(metric, arm, trials, &verdict, level)
  case .lower(let metric), .upper(let metric):
    figure(metric, arm, trials, &verdict, level)
    let interval = verdict.interval
    if case .lower = gate.quantity {
      verdict.value = interval?.lower
    } else {
      verdict.value = interval?.upper
    }
    if verdict.value == nil, verdict.n > 0, verdict.note == nil {
      verdict.note = "too few trials for a bound"
    }
  case .mean(let metric) where metric.isBounded:
    average(metric, arm, &verdict, level)
  case .mean(let metric):
    unboundedMean(metric, arm, &verdict, level)
  case .total(let metric):
    total(metric, trials, &verdict)
  case .perThousandCalls(let metric):
    perThousandCalls(metric, arm, &verdict, level)
  case .largest(let metric):
    let values = trials.compactMap { metric.value($0) }
    verdict.n = values.count
    verdict.value = values.max()
  case .percentile(let p, let metric):
    percentile(p, metric, arm, &verdict, level)
  }
  if let value = verdict.value {
    verdict.holds = gate.comparison.holds(value, gate.limit)
  } else if let metric = gate.metric, metric.isTime, isOpen(gate, metric, trials, baseline, level) {
    verdict.isOpen = true
    verdict.note = "replies that were used again or came from a batch have no time in this run"
  } else if verdict.note == nil {
    verdict.note = "nothing to measure"
  }
  if gate.metric == .cost {
    refuseUnknownCosts(arm, trials, &verdict, baseline: gate.needsBaseline ? baseline : nil)
  }
  return verdict
}

/// Replies that were used again, or came from a batch, are why there is no figure: nothing else was measured, or with
/// them it would have been enough.
private func isOpen(
  _ gate: Gate, _ metric: Metric, _ trials: [TrialFigures], _ baseline: Arm?, _ level: Double
) -> Bool {
  if gate.needsBaseline, baseline == nil { return false }
  let measured = trials.count { metric.value($0) != nil }
  let untimed = trials.count { trial in
    metric.value(trial) == nil && (trial.source.map { [.cache, .replay, .batch].contains($0) } ?? false)
  }
  let needed =
    switch gate.quantity {
    case .percentile(let p, _): leastCountToShow(p)
    case .lower, .upper: leastCountForQuantile(0.5, level: level)
    case .regression: 6
    case .figure, .mean, .total, .perThousandCalls, .largest, .sameReply, .fallbackRate, .trials: 1
    }
  return untimed > 0 && (measured == 0 || measured + untimed >= needed)
}

/// Fewest values of which five lie beyond a percentile; of a median any.
func leastCountToShow(_ p: Double) -> Int {
  p == 0.5 ? 1 : Int((5 / min(p, 1 - p) - 1e-9).rounded(.up))
}

private func figure(
  _ metric: Metric, _ arm: Arm, _ trials: [TrialFigures], _ verdict: inout GateVerdict, _ level: Double
) {
  switch metric {
  case .cost, .tokens: total(metric, trials, &verdict)
  case .latency, .timeToFirstToken: percentile(0.5, metric, arm, &verdict, level)
  case .passRate, .errorRate, .functionSuccess, .trust, .score, .named:
    average(metric, arm, &verdict, level)
  }
}

/// What the trials have to say, those of a case or a cluster together: they are not independent.
func byUnit(_ arm: Arm, _ value: (TrialFigures) -> Double?) -> [[Double]] {
  var values: [Double] = []
  var units: [String] = []
  for one in arm.cases {
    let own = one.trials.filter { $0.outcome != .skipped }.compactMap(value)
    values += own
    units += Array(repeating: one.cluster ?? "case:\(one.key)", count: own.count)
  }
  return byCluster(values, units)
}

private func average(_ metric: Metric, _ arm: Arm, _ verdict: inout GateVerdict, _ level: Double) {
  let found = average(metric, arm, level: level)
  (verdict.value, verdict.interval, verdict.n) = (found.value, found.interval, found.n)
  if arm.isWatched, found.n > 0, found.interval == nil {
    verdict.note = "stopped when sure, and not between 0 and 1: no interval"
  }
}

/// The unit is the case: repetitions are averaged, clusters counted as one.
func average(_ metric: Metric, _ arm: Arm, level: Double, _ options: ComparisonOptions = .init()) -> (
  value: Double?, interval: Interval?, n: Int
) {
  let cases = arm.cases.compactMap { one in metric.value(of: one, options).map { (one, $0) } }
  guard !cases.isEmpty else { return (nil, nil, 0) }
  let values = cases.map(\.1)
  let groups = byCluster(values, cases.map { $0.0.cluster ?? "case:\($0.0.key)" })
  if arm.isWatched {
    return (meanOfUnits(groups), anytimeInterval(metric, arm, groups, level: level, options), cases.count)
  }
  let mean = values.reduce(0, +) / Double(values.count)
  guard metric.isShare else { return (mean, scoreInterval(groups, level: level), cases.count) }
  let judged = arm.cases.reduce(0) { $0 + $1.trials.count { metric.value($0, options) != nil } }
  return (mean, shareInterval(groups, trials: judged, level: level), cases.count)
}

/// The interval of a rate or score over the cases of an arm; nil for other metrics and without an answer.
public func averageInterval(_ metric: Metric, _ arm: Arm, level: Double = 0.95) -> Interval? {
  metric.isBounded ? average(metric, arm, level: level).interval : nil
}

/// Of a run that might have been stopped at any moment, of what lies in 0...1; nil for anything else.
func anytimeInterval(
  _ metric: Metric, _ arm: Arm, _ groups: [[Double]], level: Double, _ options: ComparisonOptions = .init()
) -> Interval? {
  guard metric.isBounded else { return nil }
  let isOneTrial = byUnit(arm) { metric.value($0, options) }.first?.count == 1
  return anytimeInterval(groups, isOfPasses: metric.isBinary && isOneTrial, level: level)
}

/// Of the mean of the units' means. Which sequence is used must not depend on the values: each is wrong in its share of
/// runs, and to change from one to the other adds them up. What passes or fails, by one trial in the first unit, is read
/// by the beta-binomial mixture to the end, everything else by bets.
func anytimeInterval(_ groups: [[Double]], isOfPasses: Bool, level: Double) -> Interval? {
  guard groups.joined().allSatisfy({ (0...1).contains($0) }) else { return nil }
  let values = groups.map { $0.reduce(0, +) / Double($0.count) }
  if isOfPasses {
    return betaBinomialSequence(sum: values.reduce(0, +), of: values.count, alpha: 1 - level)
  }
  var mean = SequentialMean(alpha: 1 - level)
  for value in values { mean.add(value) }
  return mean.interval(alpha: 1 - level)
}

/// Each unit counts once, as it does in the intervals of a watched run; nil without any.
func meanOfUnits(_ groups: [[Double]]) -> Double? {
  guard !groups.isEmpty else { return nil }
  return groups.reduce(0.0) { $0 + $1.reduce(0, +) / Double($1.count) } / Double(groups.count)
}

/// An interval for a planned number of trials does not hold where a run might have been stopped at any moment.
private func withholdInterval(_ verdict: inout GateVerdict) {
  verdict.interval = nil
  if verdict.value != nil { verdict.note = "stopped when sure: no interval" }
}

private func fallbackRate(
  _ arm: Arm, _ trials: [TrialFigures], _ verdict: inout GateVerdict, _ level: Double
) {
  verdict.n = trials.count
  guard !trials.isEmpty else { return }
  let groups = byUnit(arm) { $0.isFallback ? 1 : 0 }
  if arm.isWatched {
    verdict.value = meanOfUnits(groups)
    verdict.interval = anytimeInterval(groups, isOfPasses: groups.first?.count == 1, level: level)
  } else {
    verdict.value = Double(trials.count { $0.isFallback }) / Double(trials.count)
    verdict.interval = shareInterval(groups, trials: trials.count, level: level)
  }
}

private func unboundedMean(_ metric: Metric, _ arm: Arm, _ verdict: inout GateVerdict, _ level: Double) {
  let groups = byUnit(arm) { metric.value($0) }
  let estimate = clusteredMean(groups, level: level)
  verdict.n = estimate.n
  verdict.value = estimate.mean
  verdict.interval =
    estimate.clusters == estimate.n
    ? meanEstimate(groups.flatMap { $0 }, level: level).interval : estimate.interval
  // None of them is ever below 0.
  verdict.interval = verdict.interval.map { Interval($0.lower.map { max(0, $0) }, $0.upper) }
  if arm.isWatched { withholdInterval(&verdict) }
}

private func total(_ metric: Metric, _ trials: [TrialFigures], _ verdict: inout GateVerdict) {
  let values = trials.compactMap { metric.value($0) }
  verdict.n = values.count
  guard !values.isEmpty else { return }
  // Money adds up exactly; the double is made of the sum.
  let cost = trials.compactMap(\.cost).reduce(.zero, +)
  verdict.value = metric == .cost ? cost.dollars : values.reduce(0, +)
}

private func derived(_ name: String, _ arm: Arm, _ trials: [TrialFigures], _ verdict: inout GateVerdict) {
  var sums: [String: Double] = [:]
  for trial in trials { sums.merge(trial.metrics, uniquingKeysWith: +) }
  verdict.n = trials.count
  switch arm.derived.values(sums: sums, count: trials.count).last(where: { $0.name == name })?.value {
  case .success(let value): verdict.value = value
  case .failure(let problem): verdict.note = problem.message
  case nil: break
  }
}

/// Repetition by repetition: the first reply of one target is held against the first of every other.
private func sameReply(_ arm: Arm, _ verdict: inout GateVerdict, _ level: Double) {
  var all = 0
  var shares: [Double] = []
  var clusters: [String] = []
  for (question, cases) in byQuestion(arm) where cases.count > 1 {
    let repetitions = cases.map(\.trials.count).min() ?? 0
    guard repetitions > 0 else { continue }
    let equal = (0..<repetitions).count { repetition in
      let first = cases[0].trials[repetition].reply
      return first != nil && cases.allSatisfy { $0.trials[repetition].reply == first }
    }
    all += repetitions
    shares.append(Double(equal) / Double(repetitions))
    clusters.append(cases[0].cluster ?? "question:\(question)")
  }
  verdict.n = all
  guard all > 0 else {
    verdict.note = "no question was put to two targets"
    return
  }
  let groups = byCluster(shares, clusters)
  if arm.isWatched {
    verdict.value = meanOfUnits(groups)
    verdict.interval = anytimeInterval(groups, isOfPasses: false, level: level)
  } else {
    verdict.value = shares.reduce(0, +) / Double(shares.count)
    verdict.interval = shareInterval(groups, trials: all, level: level)
  }
}

/// The cases of each question, in the order in which questions first appear.
private func byQuestion(_ arm: Arm) -> [(question: String, cases: [CaseFigures])] {
  var places: [String: Int] = [:]
  var found: [(question: String, cases: [CaseFigures])] = []
  for one in arm.cases {
    if let place = places[one.question] {
      found[place].cases.append(one)
    } else {
      places[one.question] = found.count
      found.append((one.question, [one]))
    }
  }
  return found
}

/// A ratio of totals: its interval is over cases.
private func perThousandCalls(_ metric: Metric, _ arm: Arm, _ verdict: inout GateVerdict, _ level: Double) {
  // Cases of a cluster are one, and so is a case that several targets were asked.
  let units = Dictionary(grouping: arm.cases) { $0.cluster ?? "case:\($0.key)" }.sorted { $0.key < $1.key }
  let cases = units.map { _, cases in
    cases.flatMap(\.trials).compactMap { trial in metric.value(trial).map { (Double(trial.calls), $0) } }
  }.filter { !$0.isEmpty }
  verdict.n = cases.reduce(0) { $0 + $1.count }
  let calls = cases.map { $0.reduce(0) { $0 + $1.0 } }
  let amounts = cases.map { $0.reduce(0) { $0 + $1.1 } }
  guard let ratio = ratioOfTotals(calls, amounts, level: level) else { return }
  verdict.value = ratio.ratio * 1_000
  verdict.interval = ratio.interval.map {
    Interval($0.lower.map { max(0, $0 * 1_000) }, $0.upper.map { $0 * 1_000 })
  }
  if arm.isWatched { withholdInterval(&verdict) }
}

/// The interval is that of as many independent trials as would know the share of values up to the percentile as
/// well as these: repetitions of a case tell less.
private func percentile(
  _ p: Double, _ metric: Metric, _ arm: Arm, _ verdict: inout GateVerdict, _ level: Double
) {
  let units = byUnit(arm) { metric.value($0) }
  let values = units.flatMap { $0 }.sorted()
  verdict.n = values.count
  // A percentile of too little data is just its largest value: that is not an answer.
  guard values.count >= leastCountToShow(p) else {
    if !values.isEmpty {
      verdict.note = "not enough data: \(values.count) values, \(leastCountToShow(p)) needed"
    }
    return
  }
  guard let value = quantile(sorted: values, p) else { return }
  let effective = effectiveCount(units.map { $0.map { $0 <= value ? 1 : 0 } })
  verdict.value = value
  verdict.interval = quantileInterval(sorted: values, p, level: level, effective: effective)
  if arm.isWatched { withholdInterval(&verdict) }
}

private func regression(
  _ metric: Metric, _ arm: Arm, _ baseline: Arm?, _ verdict: inout GateVerdict, _ level: Double
) {
  guard let baseline else {
    verdict.note = "no baseline; set one with: assay baseline set RUN"
    return
  }
  var options = ComparisonOptions()
  options.level = level
  let comparison = compare(metric, baseline, arm, options)
  verdict.n = comparison.n
  if comparison.unit == .amount {
    // A share of nothing is no share; nothing is less than any share.
    verdict.note = "seen: \(comparison.effectText) against \(baseline.label)"
    if comparison.verdict == .better { verdict.value = -1 }
    return
  }
  guard let interval = comparison.interval else {
    verdict.note = "too few cases to compare with the baseline"
    return
  }
  // How much worse it may yet be, as a positive number.
  let worse = metric.higherIsBetter ? interval.negated : interval
  verdict.value = worse.upper
  verdict.interval = worse
  verdict.note =
    "seen: \(comparison.effectText) against \(baseline.label)"
    + (comparison.droppedNote.map { "; \($0)" } ?? "")
}

/// What a figure on costs leaves out might be the dearest: it fails, be it the run's or the baseline's.
private func refuseUnknownCosts(
  _ arm: Arm, _ trials: [TrialFigures], _ verdict: inout GateVerdict, baseline: Arm?
) {
  let keys = Set(arm.cases.map(\.key))
  let before = (baseline?.cases ?? []).filter { keys.contains($0.key) }.flatMap(\.trials)
  var said = [(trials, ""), (before.filter { $0.outcome != .skipped }, " of the baseline")].compactMap {
    trials, owner -> String? in
    let unknown = trials.count { $0.cost == nil }
    return unknown > 0 ? "the cost of \(unknown) of \(trials.count) trials\(owner) is unknown" : nil
  }
  guard !said.isEmpty else { return }
  verdict.holds = false
  if baseline != nil, let note = verdict.note { said.append(note) }
  verdict.note = said.joined(separator: "; ")
}

extension GateVerdict {
  /// The figure with its interval and what it rests on: `0.90 (95 % CI 0.83 to 0.94, n = 100)`.
  public var explanation: String {
    var text = value.map { shown($0) } ?? "no figure"
    var details: [String] = []
    if let interval, interval.lower != nil || interval.upper != nil {
      details.append(
        "\(MetricComparison.percent(level)) CI \(interval.lower.map(shown) ?? "-∞") to \(interval.upper.map(shown) ?? "∞")"
      )
    }
    details.append("n = \(n)")
    text += " (\(details.joined(separator: ", ")))"
    return note.map { "\(text); \($0)" } ?? text
  }

  /// A value of this gate in its unit.
  public func shown(_ value: Double) -> String {
    switch gate.metric {
    case .cost:
      if case .regression = gate.quantity { return NumberText.fixed(value, decimals: 4) }
      return "$" + NumberText.fixed(value, decimals: 6)
    case .latency, .timeToFirstToken: return NumberText.fixed(value, decimals: 3) + " s"
    // Whole where they are counted, with what means something where they are averaged.
    case .tokens: return NumberText.fixed(value, decimals: value == value.rounded() ? 0 : 1)
    case .passRate, .errorRate, .functionSuccess, .trust, .score, .named, nil:
      return NumberText.fixed(value, decimals: 4)
    }
  }
}
