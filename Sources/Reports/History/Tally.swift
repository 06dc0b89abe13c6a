#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats
import Ledger
import Statistics
import Vocabulary

/// Calls counted together: of one group, of all, or of the span before.
public struct Tally: Sendable {
  public var calls = 0
  public var sent = 0
  public var errors: [ErrorKind: Int] = [:]
  /// Of the calls whose cost is known.
  public var cost: Money = .zero
  public var unknownCosts = 0
  /// Of the judges' calls whose cost is known.
  public var judgeCost: Money = .zero
  public var unknownJudgeCosts = 0
  public var avoided: Money = .zero
  public var possiblyBilled: Money = .zero
  public var inputTokens = 0
  public var outputTokens = 0
  /// Over the span in equal parts, oldest first.
  public var parts: [Part] = []
  /// Σx² of the costs in dollars, for the interval of their sum.
  var squaredCosts = 0.0
  var latencies = TimeColumn()
  var firstTokens = TimeColumn()
  /// Of the logarithms of the latencies (Welford 1962).
  var logs = (count: 0, mean: 0.0, squares: 0.0)

  public struct Part: Sendable {
    public var calls = 0
    public var failed = 0
    /// In dollars, of the calls whose cost is known.
    public var cost = 0.0
    public var unknownCosts = 0
    /// Nil where the only costs are unknown ones.
    public var knownCost: Double? { unknownCosts > 0 && cost == 0 ? nil : cost }
    var latencySum = 0.0
    var latencyCount = 0
    public var meanLatency: Double? { latencyCount > 0 ? latencySum / Double(latencyCount) : nil }
  }

  /// Nil where the only costs are unknown ones: nothing is not what they were.
  public var knownCost: Money? { unknownCosts > 0 && cost == .zero ? nil : cost }
  public var knownJudgeCost: Money? { unknownJudgeCosts > 0 && judgeCost == .zero ? nil : judgeCost }
  public var failed: Int { errors.values.reduce(0, +) }
  public var errorRate: Double? { calls > 0 ? Double(failed) / Double(calls) : nil }

  /// `cost` is what the call cost, or would have cost; nil where that is unknown.
  mutating func add(_ call: CallRow, cost: Money?, part: Int?) {
    let isOfJudge = call.purpose.judges
    let isUnknown = cost == nil && call.errorKind == nil
    calls += 1
    if call.source.isPaid { sent += 1 }
    if let kind = call.errorKind { errors[kind, default: 0] += 1 }
    if let cost {
      self.cost += cost
      squaredCosts += cost.dollars * cost.dollars
      if isOfJudge { judgeCost += cost }
    }
    if isUnknown {
      unknownCosts += 1
      if isOfJudge { unknownJudgeCosts += 1 }
    }
    avoided += call.avoided ?? .zero
    possiblyBilled += call.possiblyBilled
    if call.source.isPaid, let usage = call.usage {
      inputTokens += usage.input
      outputTokens += usage.output
    }
    if let latency = call.latency {
      latencies.add(latency)
      let value = log(Double(max(1, latency)))
      logs.count += 1
      let delta = value - logs.mean
      logs.mean += delta / Double(logs.count)
      logs.squares += delta * (value - logs.mean)
    }
    if let first = call.firstOutput { firstTokens.add(first) }
    guard let part, parts.indices.contains(part) else { return }
    parts[part].calls += 1
    parts[part].failed += call.errorKind == nil ? 0 : 1
    parts[part].cost += cost?.dollars ?? 0
    parts[part].unknownCosts += isUnknown ? 1 : 0
    if let latency = call.latency {
      parts[part].latencySum += Double(latency)
      parts[part].latencyCount += 1
    }
  }

  // MARK: Change against the span before

  /// A share of 1 with its 95 % interval.
  public struct Change: Sendable {
    public var value: Double
    public var interval: Interval?
  }

  /// Of the sum of costs, as if calls came independently of each other (compound Poisson): the variance of
  /// a sum is then Σx², and that of its logarithm Σx²/S².
  func costChange(since before: Tally) -> Change? {
    let (now, then) = (cost.dollars, before.cost.dollars)
    guard now > 0, then > 0, unknownCosts == 0, before.unknownCosts == 0 else { return nil }
    let error = (squaredCosts / (now * now) + before.squaredCosts / (then * then)).squareRoot()
    let half = normalQuantile(0.975) * error
    return Change(
      value: now / then - 1, interval: Interval(now / then * exp(-half) - 1, now / then * exp(half) - 1))
  }

  /// Of the geometric mean of the latencies, by Welch's t on their logarithms.
  func latencyChange(since before: Tally) -> Change? {
    let (a, b) = (before.logs, logs)
    guard a.count > 1, b.count > 1 else { return nil }
    let va = a.squares / Double(a.count - 1) / Double(a.count)
    let vb = b.squares / Double(b.count - 1) / Double(b.count)
    let difference = b.mean - a.mean
    var change = Change(value: exp(difference) - 1)
    if va + vb > 0 {
      let freedom = (va + vb) * (va + vb) / (va * va / Double(a.count - 1) + vb * vb / Double(b.count - 1))
      let half = studentQuantile(0.975, freedom) * (va + vb).squareRoot()
      change.interval = Interval(exp(difference - half) - 1, exp(difference + half) - 1)
    }
    return change
  }

  /// Of the share of calls that failed: a difference, by Newcombe's method.
  func errorChange(since before: Tally) -> Change? {
    guard let now = errorRate, let then = before.errorRate else { return nil }
    return Change(value: now - then, interval: newcombe(failed, calls, before.failed, before.calls))
  }
}
