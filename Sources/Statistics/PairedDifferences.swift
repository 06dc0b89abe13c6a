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

/// Flips of the signs of whole groups: exact up to 16 groups, else `draws` random flips with the +1
/// correction. Each element is one independent unit (a case, or the sum over a cluster).
public func signFlip(_ differences: [Double], draws: Int = 9_999, seed: UInt64 = 1) -> Double? {
  guard !differences.isEmpty else { return nil }
  let observed = abs(differences.reduce(0, +))
  let slack = 1e-12 * max(1, differences.reduce(0) { $0 + abs($1) })
  let n = differences.count
  if n <= 16 {
    var extreme = 0
    for mask in 0..<(1 << n) {
      var sum = 0.0
      for i in 0..<n { sum += mask >> i & 1 == 1 ? -differences[i] : differences[i] }
      if abs(sum) >= observed - slack { extreme += 1 }
    }
    return Double(extreme) / Double(1 << n)
  }
  var random = SplitMix64(seed: seed)
  var extreme = 0
  for _ in 0..<draws {
    var sum = 0.0
    var bits: UInt64 = 0
    for i in 0..<n {
      if i & 63 == 0 { bits = random.next() }
      sum += bits & 1 == 1 ? -differences[i] : differences[i]
      bits >>= 1
    }
    if abs(sum) >= observed - slack { extreme += 1 }
  }
  return Double(extreme + 1) / Double(draws + 1)
}

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

/// Hodges and Lehmann's estimate: the median of all pairwise means (Walsh averages). Above 2,000 values the
/// pairs are sampled from a seed.
public func hodgesLehmann(_ x: [Double], seed: UInt64 = 1) -> Double? {
  guard !x.isEmpty else { return nil }
  var walsh: [Double] = []
  if x.count <= 2_000 {
    walsh.reserveCapacity(x.count * (x.count + 1) / 2)
    for i in x.indices { for j in i..<x.count { walsh.append((x[i] + x[j]) / 2) } }
  } else {
    var random = SplitMix64(seed: seed)
    walsh = (0..<2_000_000).map { _ in (x[random.index(below: x.count)] + x[random.index(below: x.count)]) / 2
    }
  }
  walsh.sort()
  return quantile(sorted: walsh, 0.5)
}

/// Wilcoxon's interval of the Hodges-Lehmann estimate, by the normal approximation of the rank.
public func hodgesLehmannInterval(_ x: [Double], level: Double = 0.95) -> Interval? {
  guard x.count >= 6, x.count <= 2_000 else { return nil }
  var walsh: [Double] = []
  walsh.reserveCapacity(x.count * (x.count + 1) / 2)
  for i in x.indices { for j in i..<x.count { walsh.append((x[i] + x[j]) / 2) } }
  walsh.sort()
  let n = Double(x.count)
  let half = normalCritical(level) * (n * (n + 1) * (2 * n + 1) / 24).squareRoot()
  let rank = Int((n * (n + 1) / 4 - half).rounded(.down))
  guard rank >= 1 else { return Interval(walsh[0], walsh[walsh.count - 1]) }
  return Interval(walsh[rank - 1], walsh[walsh.count - rank])
}
