import Statistics

/// What is wanted of a target: the best on one metric among those that meet every condition.
public struct Wish: Sendable {
  public var best: Metric
  public var conditions: [Gate]
  /// How sure a settled answer is: it is wrong at most this seldom, whatever the targets are like.
  public var confidence = 0.95
  /// Differences up to here do not matter.
  public var margin: Double?
  public var seed: UInt64 = 1

  public init(best: Metric, conditions: [Gate] = []) {
    self.best = best
    self.conditions = conditions
  }
}

/// A condition held against one target, with its interval.
public struct ConditionFinding: Sendable {
  public var verdict: GateVerdict
  /// Nil where the interval lies on both sides of the limit.
  public var holds: Bool?
  /// About how many more trials would tell.
  public var moreTrials: Int?
}

/// A target as a candidate.
public struct Candidate: Sendable {
  public enum Standing: Sendable, Hashable { case meets, unclear, fails }

  public var label: String
  /// Its figure on the metric that decides.
  public var figure: GateVerdict
  public var conditions: [ConditionFinding]

  public var standing: Standing {
    if conditions.contains(where: { $0.holds == false }) { return .fails }
    return conditions.allSatisfy { $0.holds == true } ? .meets : .unclear
  }
}

/// What stands between the pick and one other candidate that may meet the conditions.
public struct Rivalry: Sendable {
  public var comparison: MetricComparison
  public var rival: String
  /// The pick is better, or no worse than by the margin, at the promised confidence.
  public var isDecided: Bool
}

public struct Recommendation: Sendable {
  public var wish: Wish
  public var candidates: [Candidate]
  /// The best guess; nil where no target can meet the conditions.
  public var pick: String?
  public var rivalries: [Rivalry]

  /// The pick meets every condition and beats every rival, all at the promised confidence.
  public var isSettled: Bool {
    guard let pick, let own = candidates.first(where: { $0.label == pick }) else { return false }
    return own.standing == .meets && rivalries.allSatisfy(\.isDecided)
  }
}

/// Picks a target.
///
/// Half of the error that the confidence leaves goes to the conditions, shared among all targets and conditions
/// (Bonferroni); half to the comparisons: the truly best target loses to one given other with a one-sided p at or below
/// error / (targets - 1) at most that often, so to any of them at most `error` often, however the pick was found.
public func recommend(_ wish: Wish, _ arms: [Arm]) -> Recommendation {
  let error = 1 - wish.confidence
  let ofConditions = wish.conditions.isEmpty ? 0 : (arms.count > 1 ? error / 2 : error)
  let perCondition = ofConditions / Double(max(1, wish.conditions.count * arms.count))
  let candidates = arms.map { arm in
    Candidate(
      label: arm.label, figure: figure(wish.best, arm),
      conditions: wish.conditions.map { finding($0, arm, level: 1 - perCondition) })
  }
  func isBetter(_ a: Candidate, _ b: Candidate) -> Bool {
    guard let x = a.figure.value else { return false }
    guard let y = b.figure.value else { return true }
    return wish.best.higherIsBetter ? x > y : x < y
  }
  func best(_ standing: Candidate.Standing) -> Candidate? {
    candidates.filter { $0.standing == standing && $0.figure.value != nil }.min(by: isBetter)
  }
  guard let pick = best(.meets) ?? best(.unclear) else {
    return Recommendation(wish: wish, candidates: candidates, pick: nil, rivalries: [])
  }
  let each = (error - ofConditions) / Double(max(1, arms.count - 1))
  let own = arms.first { $0.label == pick.label }
  let rivalries = candidates.filter { $0.label != pick.label && $0.standing != .fails }.compactMap { rival in
    arms.first { $0.label == rival.label }.flatMap { arm in own.map { rivalry(wish, $0, arm, each) } }
  }
  return Recommendation(wish: wish, candidates: candidates, pick: pick.label, rivalries: rivalries)
}

/// The figure by which targets are ranked: rates and scores as means, money and tokens by the trial, times as medians.
private func figure(_ metric: Metric, _ arm: Arm) -> GateVerdict {
  let quantity: Gate.Quantity =
    switch metric {
    case .cost, .tokens: .mean(metric)
    case .latency, .timeToFirstToken: .percentile(0.5, metric)
    case .passRate, .score, .errorRate, .functionSuccess, .trust, .named: .figure(metric)
    }
  return judge(
    Gate(text: metric.name, quantity: quantity, comparison: .atLeast, limit: 0), arm, target: arm.label)
}

private func rivalry(_ wish: Wish, _ pick: Arm, _ rival: Arm, _ error: Double) -> Rivalry {
  var options = ComparisonOptions()
  options.alpha = min(1, 2 * error)
  options.level = 1 - options.alpha
  options.seed = wish.seed
  options.margins[wish.best] = wish.margin
  let comparison = compare(wish.best, rival, pick, options)
  var isDecided = false
  if let difference = comparison.difference {
    let isBetter = wish.best.higherIsBetter ? difference > 0 : difference < 0
    // Of costs the test is of log ratios and the difference of totals: they may point different ways.
    isDecided = isBetter && isWhollyBetter(comparison) && (comparison.p ?? 1) / 2 <= error
    if let margin = comparison.margin, let interval = comparison.interval {
      // Not worse than by the margin.
      let worst = wish.best.higherIsBetter ? interval.lower : interval.upper.map { -$0 }
      if let worst, worst > -margin { isDecided = true }
    }
  }
  return Rivalry(comparison: comparison, rival: rival.label, isDecided: isDecided)
}

/// The interval of the difference lies on the good side of 0.
private func isWhollyBetter(_ comparison: MetricComparison) -> Bool {
  guard let interval = comparison.interval else { return false }
  return comparison.metric.higherIsBetter
    ? interval.lower.map { $0 > 0 } ?? false : interval.upper.map { $0 < 0 } ?? false
}

// MARK: Conditions

private func finding(_ gate: Gate, _ arm: Arm, level: Double) -> ConditionFinding {
  let verdict = judge(gate, arm, target: arm.label, level: level)
  var finding = ConditionFinding(verdict: verdict)
  guard let value = verdict.value, verdict.note == nil else {
    if case .percentile(let p, _) = gate.quantity, verdict.n > 0, verdict.value == nil {
      finding.moreTrials = max(1, leastTrials(p, level: level) - verdict.n)
    }
    return finding
  }
  if gate.quantity == .trials {
    finding.holds = verdict.holds
    return finding
  }
  let (low, high) = (verdict.interval?.lower, verdict.interval?.upper)
  let isUpperLimit = gate.comparison == .atMost || gate.comparison == .below
  let (near, far) = isUpperLimit ? (low, high) : (high, low)
  if let far, gate.comparison.holds(far, gate.limit) { finding.holds = true }
  if let near, !gate.comparison.holds(near, gate.limit) { finding.holds = false }
  guard finding.holds == nil else { return finding }
  finding.moreTrials = more(gate, value, verdict.holds ? far : near, verdict.n, level)
  return finding
}

/// An interval narrows with the root of the number of trials: how many more until it ends at the limit.
private func more(_ gate: Gate, _ value: Double, _ bound: Double?, _ n: Int, _ level: Double) -> Int? {
  guard let bound else {
    // Where there are as many and yet no bound, cases were repeated: how many it takes depends on which.
    if case .percentile(let p, _) = gate.quantity, case let least = leastTrials(p, level: level), least > n {
      return least - n
    }
    return nil
  }
  let room = abs(value - gate.limit)
  guard room > 0 else { return nil }
  let factor = abs(bound - value) / room
  let needed = Double(n) * factor * factor
  return needed < 1e9 ? max(1, Int(needed.rounded(.up)) - n) : nil
}

/// So many trials until a percentile has an interval: below it the greatest value may be beneath it.
private func leastTrials(_ p: Double, level: Double) -> Int {
  let far = max(p, 1 - p)
  var count = 1
  var none = far
  while none > (1 - level) / 2, count < 1_000_000 {
    none *= far
    count += 1
  }
  return max(count, leastCountToShow(p))
}

extension Gate {
  /// Why a condition of a recommendation can't be this gate; nil where it can.
  public var objectionAsCondition: String? {
    switch quantity {
    case .mean, .percentile, .perThousandCalls, .fallbackRate, .trials: nil
    case .figure(let metric):
      metric == .cost || metric == .tokens
        ? "the total of \(metric.name) grows with every trial: use mean(\(metric.name)) or per_1000(\(metric.name))"
        : nil
    case .lower, .upper: "the uncertainty is weighed here anyway: leave out lower() and upper()"
    case .total, .largest: "a total or greatest value says nothing of the next trial: use mean() or p95()"
    case .sameReply: "it is about all targets together"
    case .regression: "targets are compared with each other: regression() has no place here"
    }
  }
}
