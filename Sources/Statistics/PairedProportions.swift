#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Pass or fail of two targets on the same cases. `aOnly`: A passes and B fails; `bOnly`: the other way round.

public struct McNemarTest: Sendable, Hashable {
  public var discordant: Int
  public var exact: Double
  /// The default (Fagerland, Lydersen and Laake 2013).
  public var midP: Double
  public var chiSquare: Double
  public var asymptotic: Double
  public var asymptoticCorrected: Double
}

public func mcNemar(aOnly b: Int, bOnly c: Int) -> McNemarTest {
  let m = b + c
  guard m > 0 else {
    return McNemarTest(discordant: 0, exact: 1, midP: 1, chiSquare: 0, asymptotic: 1, asymptoticCorrected: 1)
  }
  let least = min(b, c)
  let cdf = binomialCDF(least, m, 0.5)
  let pmf = binomialPMF(least, m, 0.5)
  let difference = abs(Double(b - c))
  let chi = difference * difference / Double(m)
  let corrected = max(0, difference - 1) * max(0, difference - 1) / Double(m)
  return McNemarTest(
    discordant: m, exact: min(1, 2 * cdf), midP: b == c ? 1 : min(1, 2 * (cdf - pmf / 2)), chiSquare: chi,
    asymptotic: chiSquareTail(chi, 1), asymptoticCorrected: chiSquareTail(corrected, 1))
}

public struct PairedTable: Sendable, Hashable {
  public var both: Int
  public var aOnly: Int
  public var bOnly: Int
  public var neither: Int

  public init(both: Int, aOnly: Int, bOnly: Int, neither: Int) {
    self.both = both
    self.aOnly = aOnly
    self.bOnly = bOnly
    self.neither = neither
  }

  public var n: Int { both + aOnly + bOnly + neither }
  /// pA − pB
  public var difference: Double? { n > 0 ? Double(aOnly - bOnly) / Double(n) : nil }
}

/// Tango's score interval for pA − pB (1998): the default.
public func tango(_ table: PairedTable, level: Double = 0.95) -> Interval? {
  guard table.n > 0 else { return nil }
  let z = normalCritical(level)
  let (n, b, c) = (Double(table.n), Double(table.aOnly), Double(table.bOnly))
  let d = (b - c) / n
  func score(_ delta: Double) -> Double {
    let first = 2 * n
    let second = -b - c + (2 * n - b + c) * delta
    let third = -c * delta * (1 - delta)
    let q = ((max(0, second * second - 4 * first * third)).squareRoot() - second) / (2 * first)
    let variance = n * (2 * q + delta * (1 - delta))
    let distance = b - c - n * delta
    if variance <= 0 { return distance == 0 ? 0 : (distance > 0 ? .infinity : -.infinity) }
    return distance / variance.squareRoot()
  }
  return Interval(
    d <= -1 ? -1 : bisect(low: -1, high: d) { score($0) > z },
    d >= 1 ? 1 : bisect(low: d, high: 1) { score($0) > -z })
}

/// Newcombe's paired interval with the corrected φ (1998, method 10).
public func newcombePaired(_ table: PairedTable, level: Double = 0.95) -> Interval? {
  let n = table.n
  guard let a = wilson(table.both + table.aOnly, of: n, level: level),
    let b = wilson(table.both + table.bOnly, of: n, level: level),
    let l1 = a.lower, let u1 = a.upper, let l2 = b.lower, let u2 = b.upper, let d = table.difference
  else { return nil }
  let (e, f, g, h) = (Double(table.both), Double(table.aOnly), Double(table.bOnly), Double(table.neither))
  let (p1, p2) = ((e + f) / Double(n), (e + g) / Double(n))
  let product = (e + f) * (g + h) * (e + g) * (f + h)
  let cross = e * h - f * g
  var phi = 0.0
  if product > 0 {
    let numerator = cross > Double(n) / 2 ? cross - Double(n) / 2 : (cross >= 0 ? 0 : cross)
    phi = numerator / product.squareRoot()
  }
  let lower = (p1 - l1) * (p1 - l1) - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) * (u2 - p2)
  let upper = (u1 - p1) * (u1 - p1) - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) * (p2 - l2)
  return Interval(d - max(0, lower).squareRoot(), d + max(0, upper).squareRoot())
}

/// Bonett and Price's adjusted Wald interval (2012).
public func bonettPrice(_ table: PairedTable, level: Double = 0.95) -> Interval? {
  guard table.n > 0 else { return nil }
  let z = normalCritical(level)
  let n = Double(table.n)
  let (p12, p21) = ((Double(table.aOnly) + 1) / (n + 2), (Double(table.bOnly) + 1) / (n + 2))
  let half = z * ((p12 + p21 - (p12 - p21) * (p12 - p21)) / (n + 2)).squareRoot()
  return Interval(max(-1, p12 - p21 - half), min(1, p12 - p21 + half))
}

public struct OddsRatio: Sendable, Hashable {
  /// Nil when one of the counts is 0 and the ratio has no finite value.
  public var ratio: Double?
  public var interval: Interval
}

/// aOnly / bOnly with Clopper and Pearson's interval of the discordant share.
public func mcNemarOddsRatio(aOnly b: Int, bOnly c: Int, level: Double = 0.95) -> OddsRatio? {
  guard let share = clopperPearson(b, of: b + c, level: level), let low = share.lower, let high = share.upper
  else { return nil }
  return OddsRatio(
    ratio: c > 0 ? Double(b) / Double(c) : nil,
    interval: Interval(low / (1 - low), high < 1 ? high / (1 - high) : nil))
}

/// P(A better than B) given the discordant pairs, under a uniform prior: P(Beta(b+1, c+1) > ½).
public func probabilityABetter(aOnly b: Int, bOnly c: Int) -> Double {
  1 - incompleteBeta(Double(b) + 1, Double(c) + 1, 0.5)
}

public struct CochranQ: Sendable, Hashable {
  /// Nil without any variation.
  public var q: Double?
  public var df: Int
  public var p: Double
}

/// More than two targets on the same cases; rows are cases, columns targets.
public func cochranQ(_ rows: [[Double]]) -> CochranQ? {
  guard let k = rows.first?.count, k > 1, rows.allSatisfy({ $0.count == k }) else { return nil }
  let columns = (0..<k).map { j in rows.reduce(0) { $0 + $1[j] } }
  let sums = rows.map { $0.reduce(0, +) }
  let total = sums.reduce(0, +)
  let denominator = Double(k) * total - sums.reduce(0) { $0 + $1 * $1 }
  guard denominator > 0 else { return CochranQ(q: nil, df: k - 1, p: 1) }
  let kd = Double(k)
  let q = (kd - 1) * (kd * columns.reduce(0) { $0 + $1 * $1 } - total * total) / denominator
  return CochranQ(q: q, df: k - 1, p: chiSquareTail(q, kd - 1))
}
