#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Scores, costs and times of two targets on the same cases: differences d = B − A.

public struct PairedT: Sendable, Hashable {
  public var n: Int
  public var meanDifference: Double
  public var standardError: Double?
  public var t: Double?
  public var p: Double?
  public var interval: Interval?
  /// Mean over standard deviation of the differences.
  public var dz: Double?
}

public func pairedT(_ differences: [Double], level: Double = 0.95) -> PairedT? {
  let estimate = meanEstimate(differences, level: level)
  guard let m = estimate.mean else { return nil }
  var result = PairedT(n: estimate.n, meanDifference: m, standardError: estimate.standardError)
  result.interval = estimate.interval
  if let error = estimate.standardError, error > 1e-14 * max(1, abs(m)) {
    let t = m / error
    result.t = t
    result.p = studentTwoSided(t, Double(estimate.n - 1))
    result.dz = t / Double(estimate.n).squareRoot()
  }
  return result
}

/// The least p a two-sided sign-flip test can give with n pairs: 2 / 2ⁿ.
public func leastSignFlipP(_ n: Int) -> Double { min(1, 2 * pow(0.5, Double(n))) }

/// Average ranks from 1, ties sharing the mean of theirs, with Σ(t³ − t) over the ties.
func ranks(_ x: [Double]) -> (ranks: [Double], tieTerm: Double) {
  let order = x.indices.sorted { x[$0] < x[$1] }
  var result = [Double](repeating: 0, count: x.count)
  var tieTerm = 0.0
  var i = 0
  while i < order.count {
    var j = i
    while j + 1 < order.count, x[order[j + 1]] == x[order[i]] { j += 1 }
    for k in i...j { result[order[k]] = Double(i + j) / 2 + 1 }
    let t = Double(j - i + 1)
    tieTerm += t * t * t - t
    i = j + 1
  }
  return (result, tieTerm)
}

public struct WilcoxonTest: Sendable, Hashable {
  public var nonZero: Int
  public var wPlus: Double
  public var wMinus: Double
  /// By enumeration, up to 20 non-zero differences.
  public var exact: Double?
  /// Zeros dropped; tie-corrected, no continuity correction.
  public var normal: Double?
  /// Zeros ranked and then dropped (Pratt 1959): the default for latency.
  public var pratt: Double?
  public var rankBiserial: Double?
}

public func wilcoxonSignedRank(_ differences: [Double]) -> WilcoxonTest {
  let d = differences.filter { $0 != 0 }
  guard !d.isEmpty else { return WilcoxonTest(nonZero: 0, wPlus: 0, wMinus: 0) }
  let (r, ties) = ranks(d.map(abs))
  let plus = zip(d, r).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
  let minus = zip(d, r).reduce(0) { $0 + ($1.0 < 0 ? $1.1 : 0) }
  let n = Double(d.count)
  var result = WilcoxonTest(nonZero: d.count, wPlus: plus, wMinus: minus)
  result.rankBiserial = (plus - minus) / (plus + minus)
  let centre = n * (n + 1) / 4
  let variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
  if variance > 0 {
    result.normal = min(1, erfc(abs(plus - centre) / variance.squareRoot() / 2.0.squareRoot()))
  }
  result.pratt = pratt(differences)
  if d.count <= 20 { result.exact = exactSignedRank(r, statistic: min(plus, minus)) }
  return result
}

private func pratt(_ differences: [Double]) -> Double? {
  let (r, _) = ranks(differences.map(abs))
  let zeros = Double(differences.count { $0 == 0 })
  let n = Double(differences.count)
  let plus = zip(differences, r).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
  let centre = (n * (n + 1) - zeros * (zeros + 1)) / 4
  let tied = ranks(differences.filter { $0 != 0 }.map(abs)).tieTerm
  let variance = (n * (n + 1) * (2 * n + 1) - zeros * (zeros + 1) * (2 * zeros + 1)) / 24 - tied / 48
  return variance > 0 ? min(1, erfc(abs(plus - centre) / variance.squareRoot() / 2.0.squareRoot())) : nil
}

/// P over all sign patterns of a sum of positive ranks at least as far out; doubled ranks keep ties exact.
private func exactSignedRank(_ r: [Double], statistic: Double) -> Double {
  let doubled = r.map { Int(($0 * 2).rounded()) }
  let total = doubled.reduce(0, +)
  var ways = [Double](repeating: 0, count: total + 1)
  ways[0] = 1
  for value in doubled {
    for sum in stride(from: total, through: value, by: -1) { ways[sum] += ways[sum - value] }
  }
  let limit = Int((statistic * 2).rounded())
  let tail = ways[0...limit].reduce(0, +)
  return min(1, 2 * tail / pow(2, Double(r.count)))
}

public struct SignTest: Sendable, Hashable {
  public var positive: Int
  public var negative: Int
  public var p: Double
}

public func signTest(_ differences: [Double]) -> SignTest {
  let positive = differences.count { $0 > 0 }
  let negative = differences.count { $0 < 0 }
  return SignTest(positive: positive, negative: negative, p: mcNemar(aOnly: negative, bOnly: positive).exact)
}
