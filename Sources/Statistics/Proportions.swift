#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One proportion: k of n. Wilson's interval is the default everywhere (Brown, Cai and DasGupta 2001).

/// Wilson's score interval; exactly 0 at k = 0 and 1 at k = n. Nil for n = 0.
public func wilson(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let z = normalCritical(level)
  let (nd, p) = (Double(n), Double(k) / Double(n))
  let scale = 1 + z * z / nd
  let centre = (p + z * z / (2 * nd)) / scale
  let half = z / scale * (p * (1 - p) / nd + z * z / (4 * nd * nd)).squareRoot()
  return Interval(k == 0 ? 0 : max(0, centre - half), k == n ? 1 : min(1, centre + half))
}

/// With the continuity correction (Newcombe 1998).
public func wilsonCorrected(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let z = normalCritical(level)
  let (nd, p) = (Double(n), Double(k) / Double(n))
  let scale = 2 * (nd + z * z)
  let lower =
    (2 * nd * p + z * z - 1 - z * (z * z - 2 - 1 / nd + 4 * p * (nd * (1 - p) + 1)).squareRoot()) / scale
  let upper =
    (2 * nd * p + z * z + 1 + z * (z * z + 2 - 1 / nd + 4 * p * (nd * (1 - p) - 1)).squareRoot()) / scale
  return Interval(k == 0 ? 0 : max(0, lower), k == n ? 1 : min(1, upper))
}

/// Guaranteed coverage, at the price of width.
public func clopperPearson(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let a = (1 - level) / 2
  let lower = k == 0 ? 0 : betaQuantile(a, Double(k), Double(n - k + 1))
  let upper = k == n ? 1 : betaQuantile(1 - a, Double(k + 1), Double(n - k))
  return Interval(lower, upper)
}

/// The same of trials of which each succeeds by a share, such as cases with several votes; two values of 0 and 1 spread
/// the furthest of all with that mean (as Korn and Graubard 1998 do with an effective number).
public func clopperPearson(share p: Double, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0, (0...1).contains(p) else { return nil }
  let a = (1 - level) / 2
  let (k, rest) = (p * Double(n), (1 - p) * Double(n))
  return Interval(k == 0 ? 0 : betaQuantile(a, k, rest + 1), rest == 0 ? 1 : betaQuantile(1 - a, k + 1, rest))
}

public func jeffreys(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let a = (1 - level) / 2
  let (x, y) = (Double(k) + 0.5, Double(n - k) + 0.5)
  return Interval(k == 0 ? 0 : betaQuantile(a, x, y), k == n ? 1 : betaQuantile(1 - a, x, y))
}

/// Equal-tailed credible interval and mean under a uniform prior; defined even for n = 0.
public func uniformPosterior(_ k: Int, of n: Int, level: Double = 0.95) -> (interval: Interval, mean: Double)
{
  let a = (1 - level) / 2
  let (x, y) = (Double(k) + 1, Double(n - k) + 1)
  return (Interval(betaQuantile(a, x, y), betaQuantile(1 - a, x, y)), x / (x + y))
}

public func agrestiCoull(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let z = normalCritical(level)
  let total = Double(n) + z * z
  let p = (Double(k) + z * z / 2) / total
  let half = z * (p * (1 - p) / total).squareRoot()
  return Interval(max(0, p - half), min(1, p + half))
}

/// Shown only to be compared with: its coverage is poor.
public func wald(_ k: Int, of n: Int, level: Double = 0.95) -> Interval? {
  guard n > 0 else { return nil }
  let p = Double(k) / Double(n)
  let half = normalCritical(level) * (p * (1 - p) / Double(n)).squareRoot()
  return Interval(p - half, p + half)
}

/// After n trials without a failure: the failure rate is below this, one-sided.
public func zeroFailuresBound(_ n: Int, confidence: Double = 0.95) -> Double? {
  n > 0 ? 1 - pow(1 - confidence, 1 / Double(n)) : nil
}
