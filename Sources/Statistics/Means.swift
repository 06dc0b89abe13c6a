/// Means and their standard errors (Miller 2024, arXiv:2411.00640).

public struct MeanEstimate: Sendable, Hashable {
  public var n: Int
  public var mean: Double?
  /// Nil below two values.
  public var standardError: Double?
  /// By Student's t with n − 1 degrees of freedom.
  public var interval: Interval?
}

/// A half-width is `critical(level, df) · SE`.
func studentCritical(_ level: Double, _ df: Double) -> Double { studentQuantile(1 - (1 - level) / 2, df) }
func normalCritical(_ level: Double) -> Double { normalQuantile(1 - (1 - level) / 2) }

func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }

/// With n − 1 in the denominator.
func sampleVariance(_ x: [Double]) -> Double {
  let m = mean(x)
  return x.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(x.count - 1)
}

func sampleCovariance(_ x: [Double], _ y: [Double]) -> Double {
  let (mx, my) = (mean(x), mean(y))
  return zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / Double(x.count - 1)
}

public func meanEstimate(_ x: [Double], level: Double = 0.95) -> MeanEstimate {
  guard let first = x.first else { return MeanEstimate(n: 0) }
  guard x.count > 1 else { return MeanEstimate(n: 1, mean: first) }
  let m = mean(x)
  let error = (sampleVariance(x) / Double(x.count)).squareRoot()
  let half = studentCritical(level, Double(x.count - 1)) * error
  return MeanEstimate(n: x.count, mean: m, standardError: error, interval: Interval(m - half, m + half))
}

/// Student's interval with as many degrees of freedom as the sample's spread is known by: where a few values carry it
/// (many zeros, a long tail), the deviation is less certain than n − 1 says. df = 2n / (κ − (n−3)/(n−1)), at most
/// n − 1, with κ the kurtosis seen: the variance of s² of any sample set equal to that of a normal one (Box 1953).
public func meanInterval(_ x: [Double], level: Double = 0.95) -> Interval? {
  guard let error = meanEstimate(x, level: level).standardError else { return nil }
  let (n, m) = (Double(x.count), mean(x))
  let second = x.reduce(0) { $0 + ($1 - m) * ($1 - m) } / n
  guard second > 0 else { return Interval(m, m) }
  let fourth = x.reduce(0) { $0 + ($1 - m) * ($1 - m) * ($1 - m) * ($1 - m) } / n
  let excess = fourth / (second * second) - (n - 3) / (n - 1)
  let df = excess > 0 ? max(min(2, n - 1), min(n - 1, 2 * n / excess)) : n - 1
  let half = studentCritical(level, df) * error
  return Interval(m - half, m + half)
}

public struct ClusteredMean: Sendable, Hashable {
  public var n: Int
  public var clusters: Int
  public var mean: Double?
  public var naiveError: Double?
  /// Miller's equation 4; nil where its sum is negative.
  public var millerError: Double?
  public var cr0: Double?
  /// CR0·√(C/(C−1)): what is used, with t of C − 1 degrees of freedom.
  public var cr1: Double?
  /// (CR1 / naive)²
  public var designEffect: Double?
  public var interval: Interval?
}

/// A mean over cases that come in groups (one document, one template): the groups are independent, the
/// cases in them are not.
public func clusteredMean(_ groups: [[Double]], level: Double = 0.95) -> ClusteredMean {
  let groups = groups.filter { !$0.isEmpty }
  let all = groups.flatMap { $0 }
  guard !all.isEmpty else { return ClusteredMean(n: 0, clusters: 0) }
  let m = mean(all)
  var result = ClusteredMean(n: all.count, clusters: groups.count, mean: m)
  if all.count > 1 { result.naiveError = (sampleVariance(all) / Double(all.count)).squareRoot() }
  guard groups.count > 1, let naive = result.naiveError else { return result }
  let n = Double(all.count)
  let sums = groups.map { $0.reduce(0) { $0 + ($1 - m) } }
  let squares = groups.map { $0.reduce(0) { $0 + ($1 - m) * ($1 - m) } }
  let cross = zip(sums, squares).reduce(0) { $0 + ($1.0 * $1.0 - $1.1) }
  let miller = naive * naive + cross / (n * n)
  result.millerError = miller >= 0 ? miller.squareRoot() : nil
  let cr0 = sums.reduce(0) { $0 + $1 * $1 }.squareRoot() / n
  let c = Double(groups.count)
  let cr1 = cr0 * (c / (c - 1)).squareRoot()
  result.cr0 = cr0
  result.cr1 = cr1
  result.designEffect = naive > 0 ? (cr1 / naive) * (cr1 / naive) : nil
  let half = studentCritical(level, c - 1) * cr1
  result.interval = Interval(m - half, m + half)
  return result
}

public struct TrialVariance: Sendable, Hashable {
  public var mean: Double
  public var flakyShare: Double
  public var withinCase: Double
  public var betweenCases: Double
  public var standardError: Double?
  /// Variance of the cases' true rates: more repetitions pay while withinCase / K exceeds it.
  public var trueVariance: Double
}

/// Repeated trials: what of the variance lies within cases and what between them. Each row is one case.
public func trialVariance(_ trials: [[Double]]) -> TrialVariance? {
  let rows = trials.filter { !$0.isEmpty }
  guard !rows.isEmpty else { return nil }
  let means = rows.map(mean)
  let repeats = mean(rows.map { Double($0.count) })
  let within = mean(
    zip(rows, means).map { row, p in
      row.count > 1 ? row.reduce(0) { $0 + ($1 - p) * ($1 - p) } / Double(row.count - 1) : 0
    })
  let between = means.count > 1 ? sampleVariance(means) : 0
  let flaky = zip(rows, means).count { row, _ in row.contains { $0 != row[0] } }
  return TrialVariance(
    mean: mean(means), flakyShare: Double(flaky) / Double(rows.count), withinCase: within,
    betweenCases: between,
    standardError: means.count > 1 ? (between / Double(means.count)).squareRoot() : nil,
    trueVariance: max(0, between - within / repeats))
}
