#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Two samples of different cases; differences B − A.

public struct WelchTest: Sendable, Hashable {
  public var difference: Double
  public var t: Double
  public var df: Double
  public var p: Double
  public var interval: Interval
}

public func welch(_ a: [Double], _ b: [Double], level: Double = 0.95) -> WelchTest? {
  guard a.count > 1, b.count > 1 else { return nil }
  let (va, vb) = (sampleVariance(a) / Double(a.count), sampleVariance(b) / Double(b.count))
  let error = (va + vb).squareRoot()
  guard error > 0 else { return nil }
  let difference = mean(b) - mean(a)
  let df = (va + vb) * (va + vb) / (va * va / Double(a.count - 1) + vb * vb / Double(b.count - 1))
  let half = studentCritical(level, df) * error
  return WelchTest(
    difference: difference, t: difference / error, df: df, p: studentTwoSided(difference / error, df),
    interval: Interval(difference - half, difference + half))
}

public struct MannWhitneyTest: Sendable, Hashable {
  public var u: Double
  /// Tie-corrected, with continuity correction.
  public var asymptotic: Double?
  /// By counting all splits of the average ranks, for small samples.
  public var exact: Double?
  /// P(B > A) + ½ P(B = A)
  public var superiority: Double
  public var cliffsDelta: Double
  /// Median of all b − a.
  public var shift: Double?
  public var brunnerMunzel: Double?
}

public func mannWhitney(_ a: [Double], _ b: [Double]) -> MannWhitneyTest? {
  guard !a.isEmpty, !b.isEmpty else { return nil }
  let (n1, n2) = (Double(a.count), Double(b.count))
  let (r, ties) = ranks(a + b)
  let rankSum = r[a.count...].reduce(0, +)
  let u = rankSum - n2 * (n2 + 1) / 2
  let n = n1 + n2
  var result = MannWhitneyTest(
    u: u, superiority: u / (n1 * n2), cliffsDelta: 2 * u / (n1 * n2) - 1,
    brunnerMunzel: brunnerMunzel(a, b))
  let variance = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)))
  if variance > 0 {
    let z = max(0, abs(u - n1 * n2 / 2) - 0.5) / variance.squareRoot()
    result.asymptotic = min(1, erfc(z / 2.0.squareRoot()))
  }
  if a.count + b.count <= 40 { result.exact = exactRankSum(r, size: b.count, observed: rankSum) }
  result.shift = hodgesLehmannShift(a, b)?.estimate
  return result
}

/// The least p that a two-sided test of ranks can give with m values against n: 2 / C(m+n, m).
public func leastRankSumP(_ m: Int, _ n: Int) -> Double {
  min(1, 2 * exp(-logChoose(Double(m + n), Double(m))))
}

/// Share of all choices of `size` ranks whose sum is at least as far from its mean.
private func exactRankSum(_ r: [Double], size: Int, observed: Double) -> Double {
  let doubled = r.map { Int(($0 * 2).rounded()) }
  let total = doubled.reduce(0, +)
  var ways = [[Double]](repeating: [Double](repeating: 0, count: total + 1), count: size + 1)
  ways[0][0] = 1
  for value in doubled {
    for taken in stride(from: size, through: 1, by: -1) {
      for sum in stride(from: total, through: value, by: -1) where ways[taken - 1][sum - value] > 0 {
        ways[taken][sum] += ways[taken - 1][sum - value]
      }
    }
  }
  let centre = Double(total) * Double(size) / Double(r.count)
  let distance = abs(observed * 2 - centre)
  var (extreme, all) = (0.0, 0.0)
  for (sum, count) in ways[size].enumerated() where count > 0 {
    all += count
    if abs(Double(sum) - centre) >= distance - 1e-9 { extreme += count }
  }
  return extreme / all
}

/// Brunner and Munzel (2000), two-sided by t; for samples of at least 10.
public func brunnerMunzel(_ a: [Double], _ b: [Double]) -> Double? {
  guard a.count > 1, b.count > 1 else { return nil }
  let (n1, n2) = (Double(a.count), Double(b.count))
  let all = ranks(a + b).ranks
  let (ra, rb) = (Array(all[..<a.count]), Array(all[a.count...]))
  let (wa, wb) = (ranks(a).ranks, ranks(b).ranks)
  let (ma, mb) = (mean(ra), mean(rb))
  func spread(_ r: [Double], _ w: [Double], _ m: Double, _ n: Double) -> Double {
    zip(r, w).reduce(0) { sum, pair in
      let d = pair.0 - pair.1 - m + (n + 1) / 2
      return sum + d * d
    } / (n - 1)
  }
  let (sa, sb) = (spread(ra, wa, ma, n1), spread(rb, wb, mb, n2))
  let variance = n1 * sa + n2 * sb
  guard variance > 0 else { return nil }
  let w = n1 * n2 * (mb - ma) / ((n1 + n2) * variance.squareRoot())
  let df = variance * variance / ((n1 * sa) * (n1 * sa) / (n1 - 1) + (n2 * sb) * (n2 * sb) / (n2 - 1))
  return studentTwoSided(w, df)
}

/// Cohen's h of two rates.
public func cohensH(_ p1: Double, _ p2: Double) -> Double {
  2 * asin(p1.squareRoot()) - 2 * asin(p2.squareRoot())
}

/// Cohen's d with pooled deviation, and Hedges' correction of it; B − A.
public func standardisedDifference(_ a: [Double], _ b: [Double]) -> (d: Double, g: Double)? {
  guard a.count + b.count > 2, !a.isEmpty, !b.isEmpty else { return nil }
  let df = Double(a.count + b.count - 2)
  let squares = [a, b].reduce(0.0) { sum, x in
    let m = mean(x)
    return sum + x.reduce(0) { $0 + ($1 - m) * ($1 - m) }
  }
  guard squares > 0 else { return nil }
  let d = (mean(b) - mean(a)) / (squares / df).squareRoot()
  return (d, d * (1 - 3 / (4 * df - 1)))
}
