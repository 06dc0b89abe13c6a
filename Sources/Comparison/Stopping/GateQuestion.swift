import Statistics

/// A gate on a rate or a score: whether the limit can still be on either side.
struct GateQuestion: Sendable {
  let gate: Gate
  let target: String?
  var decidedAfter: Int?
  private let metric: Metric
  private let limit: Double
  private let alpha: Double
  private let baseline: [String: CaseFigures]?
  private var sum = 0.0
  private var units = 0
  /// Read as passes and failures rather than by bets; nil before the first unit, by which it is settled.
  private var isOfPasses: Bool?
  /// A value outside 0...1 was seen: nothing can be said of it before the end.
  private var isUnbounded = false
  private var means: SequentialMean

  /// Nil for what can't be decided before the end: sums, percentiles, figures without bounds, votes, which come when
  /// the run is over, and what is derived from sums.
  init?(_ gate: Gate, target: String?, baseline: Arm?, _ options: StopRule.Options) {
    if gate.metric == .trust { return nil }
    if case .named(let name)? = gate.metric, options.derived.contains(name) { return nil }
    self.gate = gate
    self.target = target
    alpha = options.alpha
    switch gate.quantity {
    case .figure(let m), .mean(let m), .lower(let m), .upper(let m):
      guard m.isBounded else { return nil }
      metric = m
      limit = gate.limit
      self.baseline = nil
      means = SequentialMean(watching: [limit], alpha: options.alpha)
    case .regression(let m):
      guard m.isBounded, let baseline else { return nil }
      metric = m
      limit = m.higherIsBetter ? -gate.limit : gate.limit
      self.baseline = Dictionary(baseline.cases.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
      means = SequentialMean(watching: [(limit + 1) / 2], alpha: options.alpha)
    case .total, .perThousandCalls, .percentile, .largest, .sameReply, .fallbackRate, .trials: return nil
    }
  }

  mutating func add(_ cases: [[WatchedTrial]], after count: Int) {
    var values: [Double] = []
    var trialsRead = 0
    for trials in cases {
      let targets = target.map { [$0] } ?? Set(trials.map(\.target)).sorted()
      for target in targets {
        for (key, one) in figures(trials, of: target) {
          guard let value = metric.value(of: one) else { continue }
          trialsRead += one.trials.count { metric.value($0) != nil }
          guard let baseline else {
            values.append(value)
            continue
          }
          let baseKey = self.target == nil ? "\(key)@\(target)" : key
          guard let before = baseline[baseKey].flatMap({ metric.value(of: $0) }) else { continue }
          values.append(value - before)
        }
      }
    }
    guard !values.isEmpty else { return }
    let range = baseline == nil ? 0.0...1 : -1...1
    if !values.allSatisfy(range.contains) { isUnbounded = true }
    if isOfPasses == nil { isOfPasses = baseline == nil && metric.isBinary && trialsRead == 1 }
    add(values.reduce(0, +) / Double(values.count))
    if isSettled { decidedAfter = count }
  }

  private mutating func add(_ value: Double) {
    units += 1
    sum += value
    means.add(baseline == nil ? value : (value + 1) / 2)
  }

  private var isSettled: Bool {
    if isUnbounded { return false }
    if baseline != nil { return means.isAbove((limit + 1) / 2, alpha: alpha) != nil }
    guard (0...1).contains(limit) else { return true }
    return isOfPasses == true
      ? betaBinomialExcludes(limit, sum: sum, of: units, alpha: alpha)
      : means.isAbove(limit, alpha: alpha) != nil
  }
}

extension Metric {
  /// Lies in 0...1, which is what betting on it needs.
  var isBounded: Bool {
    switch self {
    case .passRate, .errorRate, .functionSuccess, .trust, .score, .named: true
    case .cost, .tokens, .latency, .timeToFirstToken: false
    }
  }
  /// A trial has it or has it not, with nothing between.
  var isBinary: Bool {
    switch self {
    case .passRate, .errorRate, .functionSuccess: true
    case .trust, .score, .named, .cost, .tokens, .latency, .timeToFirstToken: false
    }
  }
}
