#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Quantiles and what is known of them. Shown figures are type 7 (numpy's default).

/// Type 7: linear between the order statistics. `x` must be sorted.
public func quantile(sorted x: [Double], _ p: Double) -> Double? {
  guard let last = x.last else { return nil }
  let place = p * Double(x.count - 1)
  let below = Int(place)
  guard below + 1 < x.count else { return last }
  return x[below] + (place - Double(below)) * (x[below + 1] - x[below])
}

public func quantile(_ x: [Double], _ p: Double) -> Double? { quantile(sorted: x.sorted(), p) }

/// The smallest value with at least a share p at or below it.
public func nearestRank(sorted x: [Double], _ p: Double) -> Double? {
  guard !x.isEmpty else { return nil }
  return x[min(x.count, max(1, Int((p * Double(x.count)).rounded(.up)))) - 1]
}

public struct QuantileRanks: Sendable, Hashable {
  /// From 1; nil: unbounded, n is too small.
  public var lower: Int?
  public var upper: Int?
  public var coverage: Double
}

/// The order statistics that hold the quantile with at least `level` confidence, whatever the distribution.
public func quantileRanks(_ n: Int, _ p: Double, level: Double = 0.95) -> QuantileRanks {
  let a = (1 - level) / 2
  // Largest l with P(X ≤ l−1) ≤ a, smallest u with P(X ≥ u) ≤ a.
  let lower = firstIndex(0...n) { binomialCDF($0, n, p) > a }
  let upper = firstIndex(0...(n + 1)) { 1 - binomialCDF($0 - 1, n, p) <= a }
  let above = upper <= n ? binomialCDF(upper - 1, n, p) : 1
  let below = lower >= 1 ? binomialCDF(lower - 1, n, p) : 0
  return QuantileRanks(
    lower: lower >= 1 ? lower : nil, upper: upper <= n ? upper : nil, coverage: above - below)
}

/// The first in a range for which a monotone condition holds.
private func firstIndex(_ range: ClosedRange<Int>, _ holds: (Int) -> Bool) -> Int {
  var (low, high) = (range.lowerBound, range.upperBound)
  while low < high {
    let middle = (low + high) / 2
    if holds(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}

/// The interval itself; nil bounds where n is too small to say.
///
/// - Parameter effective: how many independent values these are worth, where some are not independent. The ranks are
///   those of so many values, and stand for their whole share of all of them, outwards.
public func quantileInterval(
  sorted x: [Double], _ p: Double, level: Double = 0.95, effective: Double? = nil
) -> Interval {
  guard !x.isEmpty else { return Interval(nil, nil) }
  let count = effective.map { min(x.count, max(1, Int($0))) } ?? x.count
  let ranks = quantileRanks(count, p, level: level)
  let first = ranks.lower.map { ($0 - 1) * x.count / count }
  let last = ranks.upper.map { ($0 * x.count + count - 1) / count - 1 }
  return Interval(first.map { x[$0] }, last.map { x[$0] })
}

/// Fewest values with which the quantile has an upper bound at all.
public func leastCountForQuantile(_ p: Double, level: Double = 0.95, twoSided: Bool = true) -> Int {
  let a = (1 - level) / (twoSided ? 2 : 1)
  var n = max(1, Int((log(a) / log(p)).rounded(.up)))
  while n > 1, pow(p, Double(n - 1)) <= a * (1 + 1e-12) { n -= 1 }
  while pow(p, Double(n)) > a * (1 + 1e-12) { n += 1 }
  return n
}

/// Weights of Harrell and Davis (1982) for n values.
public func harrellDavisWeights(_ n: Int, _ p: Double) -> [Double] {
  let (a, b) = (Double(n + 1) * p, Double(n + 1) * (1 - p))
  var before = 0.0
  return (1...max(n, 1)).map { i in
    let here = incompleteBeta(a, b, Double(i) / Double(n))
    defer { before = here }
    return here - before
  }
}

public func harrellDavis(_ x: [Double], _ p: Double) -> Double? {
  guard !x.isEmpty else { return nil }
  return zip(x.sorted(), harrellDavisWeights(x.count, p)).reduce(0) { $0 + $1.0 * $1.1 }
}
