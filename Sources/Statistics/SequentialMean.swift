#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A mean of values in 0...1, one after the other; it may be looked at after each. Bets against each mean
/// (Waudby-Smith and Ramdas 2024, Theorem 3): nothing is assumed but the bounds.
public struct SequentialMean: Sendable {
  public private(set) var values: [Double] = []
  private var bets: [Double] = []
  private var sum = 0.0
  private var squares = 0.0
  private var estimate = 0.5
  private var variance = 0.25
  private let alpha: Double
  /// Means that may be asked about at any moment, with the logarithms of the capital of both bets.
  private var watched: [(mean: Double, up: Double, down: Double, greatestUp: Double, greatestDown: Double)]

  /// - Parameter watching: the means whose p-values will be asked for.
  public init(watching means: [Double] = [], alpha: Double = 0.05) {
    self.alpha = alpha
    watched = means.map { ($0, 0, 0, 0, 0) }
  }

  public mutating func add(_ value: Double) {
    let x = min(1, max(0, value))
    let t = Double(values.count + 1)
    let bet = (2 * log(2 / alpha) / (variance * t * log(1 + t))).squareRoot()
    values.append(x)
    bets.append(bet)
    sum += x
    estimate = (0.5 + sum) / (t + 1)
    squares += (x - estimate) * (x - estimate)
    variance = (0.25 + squares) / (t + 1)
    for i in watched.indices {
      watched[i].up += Self.gain(x, bet, against: watched[i].mean)
      watched[i].down += Self.loss(x, bet, against: watched[i].mean)
      watched[i].greatestUp = max(watched[i].greatestUp, watched[i].up)
      watched[i].greatestDown = max(watched[i].greatestDown, watched[i].down)
    }
  }

  public var n: Int { values.count }
  public var mean: Double? { values.isEmpty ? nil : sum / Double(values.count) }

  /// p of "the mean is at most (at least) this", whichever is less likely, doubled.
  public func anytimeP(_ mean: Double) -> Double? {
    guard let found = watched.first(where: { $0.mean == mean }) else { return nil }
    return min(1, 2 * exp(-max(found.greatestUp, found.greatestDown)))
  }

  /// Which side of a watched mean is ruled out: true, the mean is above it; nil, neither.
  public func isAbove(_ mean: Double, alpha: Double) -> Bool? {
    guard let found = watched.first(where: { $0.mean == mean }) else { return nil }
    if 2 * exp(-found.greatestUp) <= alpha { return true }
    return 2 * exp(-found.greatestDown) <= alpha ? false : nil
  }

  /// Confidence sequence: both bets shrink as the mean they bet against moves towards the values, so each
  /// bound is found by bisection.
  public func interval(alpha: Double = 0.05) -> Interval {
    guard let centre = mean else { return Interval(0, 1) }
    let limit = log(2 / alpha)
    func capital(_ gain: (Double, Double, Double) -> Double, _ m: Double) -> Double {
      var all = 0.0
      for i in values.indices { all += gain(values[i], bets[i], m) }
      return all
    }
    var (lower, upper) = (0.0, 1.0)
    if capital(Self.gain, 1e-9) >= limit {
      lower = halved(1e-9, max(centre, 1e-9)) { capital(Self.gain, $0) >= limit }
    }
    if capital(Self.loss, 1 - 1e-9) >= limit {
      upper = halved(min(centre, 1 - 1e-9), 1 - 1e-9) { capital(Self.loss, $0) < limit }
    }
    return lower <= upper ? Interval(lower, upper) : Interval(centre, centre)
  }

  private static func gain(_ x: Double, _ bet: Double, against m: Double) -> Double {
    log1p(min(bet, m > 0 ? 0.5 / m : .infinity) * (x - m))
  }

  private static func loss(_ x: Double, _ bet: Double, against m: Double) -> Double {
    log1p(-min(bet, m < 1 ? 0.5 / (1 - m) : .infinity) * (x - m))
  }

  /// Bisection to 1e-9, which is finer than any table shows.
  private func halved(_ low: Double, _ high: Double, _ isBelow: (Double) -> Bool) -> Double {
    var (low, high) = (low, high)
    while high - low > 1e-9 {
      let middle = (low + high) / 2
      if isBelow(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// A mean of values without bounds, such as log ratios of costs: estimate, confidence sequence and p by a
/// normal mixture with the variance estimated, hence only from 30 values on.
public struct SequentialNormal: Sendable, Hashable {
  public static let leastCount = 30
  public var mean: Double
  public var interval: Interval
  public var p: Double
}

public func sequentialNormal(_ x: [Double], alpha: Double = 0.05, optimisedFor best: Int = 100)
  -> SequentialNormal?
{
  guard x.count >= SequentialNormal.leastCount else { return nil }
  let (centre, variance) = (mean(x), sampleVariance(x))
  guard variance > 0 else { return nil }
  let tuning = asymptoticSequence(n: x.count, variance: variance, alpha: alpha, optimisedFor: best)
  let test = mixtureSPRT(
    n: x.count, meanDifference: centre, variance: variance, tau2: variance * tuning.rho2, alpha: alpha)
  return SequentialNormal(
    mean: centre, interval: Interval(centre - test.halfWidth, centre + test.halfWidth), p: test.anytimeP)
}
