import Formats

/// A condition on a run that decides the exit code: `lower(pass_rate) >= 0.9`, `p95(latency) <= 3s`.
public struct Gate: Sendable, Hashable {
  /// What is measured.
  public enum Quantity: Sendable, Hashable {
    /// The figure itself: rates and scores as means, `cost` and `tokens` as totals, times as medians.
    case figure(Metric)
    case mean(Metric)
    case total(Metric)
    /// Cost or tokens of a thousand calls.
    case perThousandCalls(Metric)
    /// Bounds of the 95 % interval of the figure.
    case lower(Metric)
    case upper(Metric)
    /// A percentile of the trials, type 7.
    case percentile(Double, Metric)
    case largest(Metric)
    /// How much worse than the baseline it may be: the bound of the interval, not the point
    /// (non-inferiority).
    case regression(Metric)
    /// Share of questions that all targets answered with the same words.
    case sameReply
    /// Share of trials that a fallback answered.
    case fallbackRate
    case trials
  }

  public enum Operator: String, Sendable, Hashable {
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"

    func holds(_ value: Double, _ limit: Double) -> Bool {
      switch self {
      case .atLeast: value >= limit
      case .atMost: value <= limit
      case .above: value > limit
      case .below: value < limit
      }
    }
  }

  /// As it was written, without its outer spaces.
  public var text: String
  public var quantity: Quantity
  public var comparison: Operator
  /// In the unit of the metric: shares, points, USD, tokens, seconds.
  public var limit: Double

  public var metric: Metric? {
    switch quantity {
    case .figure(let m), .mean(let m), .total(let m), .perThousandCalls(let m), .lower(let m), .upper(let m),
      .percentile(_, let m),
      .largest(let m), .regression(let m):
      m
    case .sameReply, .fallbackRate, .trials: nil
    }
  }

  /// Says how good replies are, not what they cost or how long they took: it decides how many checks may fail.
  public var bearsFailures: Bool {
    switch metric {
    case .passRate, .score, .functionSuccess, .trust, .named: true
    case .errorRate, .cost, .tokens, .latency, .timeToFirstToken, nil: false
    }
  }

  /// Says how many trials may end without a verdict.
  public var bearsErrors: Bool { metric == .errorRate }

  public var needsBaseline: Bool { if case .regression = quantity { true } else { false } }
}
