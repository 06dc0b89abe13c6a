#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far raters agree beyond chance.

public struct Kappa: Sendable, Hashable {
  public var observed: Double
  /// Nil where a rater never varies: agreement by chance is then certain.
  public var kappa: Double?
  public var linear: Double?
  public var quadratic: Double?
  /// Fleiss, Cohen and Everitt (1969), of clusters by their sums; nil where their variance is 0, which says nothing of how sure kappa is.
  public var interval: Interval?
}

/// Cohen's kappa of two raters over the same items; categories are ordered numbers.
///
/// - Parameter clusters: the group of each item, where those of a group are not independent. The variance is then
///   that of the groups' sums of what each item adds to kappa, which the delta method gives.
public func cohensKappa(
  _ a: [Double], _ b: [Double], clusters: [String]? = nil, level: Double = 0.95
) -> Kappa? {
  guard a.count == b.count, !a.isEmpty else { return nil }
  let categories = Array(Set(a + b)).sorted()
  let place = Dictionary(uniqueKeysWithValues: categories.enumerated().map { ($1, $0) })
  let k = categories.count
  let n = Double(a.count)
  var table = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
  for (x, y) in zip(a, b) {
    if let i = place[x], let j = place[y] { table[i][j] += 1 / n }
  }
  let rows = table.map { $0.reduce(0, +) }
  let columns = (0..<k).map { j in table.reduce(0) { $0 + $1[j] } }
  let observed = (0..<k).reduce(0) { $0 + table[$1][$1] }
  let expected = (0..<k).reduce(0) { $0 + rows[$1] * columns[$1] }
  var result = Kappa(observed: observed)
  guard k > 1, expected < 1 - 1e-15 else { return result }
  let kappa = (observed - expected) / (1 - expected)
  result.kappa = kappa
  func weighted(_ power: Double) -> Double? {
    var (seen, chance) = (0.0, 0.0)
    for i in 0..<k {
      for j in 0..<k {
        let weight = pow(abs(Double(i - j)), power)
        seen += weight * table[i][j]
        chance += weight * rows[i] * columns[j]
      }
    }
    return chance > 0 ? 1 - seen / chance : nil
  }
  result.linear = weighted(1)
  result.quadratic = weighted(2)
  if let clusters, clusters.count == a.count, Set(clusters).count < a.count {
    var sums: [String: Double] = [:]
    for i in a.indices {
      guard let x = place[a[i]], let y = place[b[i]] else { continue }
      let seen = (x == y ? 1 : 0) - observed
      let chance = columns[x] + rows[y] - 2 * expected
      sums[clusters[i], default: 0] += (seen - (1 - kappa) * chance) / (1 - expected)
    }
    let groups = Double(sums.count)
    let squares = sums.values.sorted().reduce(0) { $0 + $1 * $1 }
    guard groups > 1, squares > 1e-12 else { return result }
    let half = studentCritical(level, groups - 1) * (squares * groups / (groups - 1)).squareRoot() / n
    result.interval = Interval(kappa - half, kappa + half)
    return result
  }
  var first = 0.0
  var second = 0.0
  for i in 0..<k {
    let d = 1 - (rows[i] + columns[i]) * (1 - kappa)
    first += table[i][i] * d * d
    for j in 0..<k where j != i {
      let s = columns[i] + rows[j]
      second += table[i][j] * s * s
    }
  }
  second *= (1 - kappa) * (1 - kappa)
  let third = (kappa - expected * (1 - kappa)) * (kappa - expected * (1 - kappa))
  let variance = (first + second - third) / ((1 - expected) * (1 - expected) * n)
  // Where the raters never differ, or one of them never varies, it is 0: that is no certainty.
  if variance > 1e-12 {
    let half = normalCritical(level) * variance.squareRoot()
    result.interval = Interval(kappa - half, kappa + half)
  }
  return result
}

/// Fleiss' kappa; rows are items, columns how many raters chose each category.
public func fleissKappa(_ counts: [[Int]]) -> Double? {
  guard let raters = counts.first?.reduce(0, +), raters > 1, let k = counts.first?.count,
    counts.allSatisfy({ $0.count == k && $0.reduce(0, +) == raters })
  else { return nil }
  let n = Double(counts.count)
  let m = Double(raters)
  let shares = (0..<k).map { j in counts.reduce(0.0) { $0 + Double($1[j]) } / (n * m) }
  let agreement =
    counts.reduce(0.0) { sum, row in
      sum + (row.reduce(0.0) { $0 + Double($1 * $1) } - m) / (m * (m - 1))
    } / n
  let chance = shares.reduce(0) { $0 + $1 * $1 }
  return chance < 1 ? (agreement - chance) / (1 - chance) : nil
}

public enum MeasurementLevel: String, Sendable { case nominal, ordinal, interval, ratio }

/// Krippendorff's alpha; rows are raters, columns items, nil where a rater did not rate.
public func krippendorffAlpha(_ ratings: [[Double?]], _ level: MeasurementLevel) -> Double? {
  guard let items = ratings.first?.count, ratings.allSatisfy({ $0.count == items }) else { return nil }
  let units = (0..<items).map { j in ratings.compactMap { $0[j] } }.filter { $0.count > 1 }
  let values = Array(Set(units.flatMap { $0 })).sorted()
  guard values.count > 1 else { return nil }
  let place = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
  let k = values.count
  var coincidence = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
  for unit in units {
    let weight = 1 / Double(unit.count - 1)
    for (i, x) in unit.enumerated() {
      for (j, y) in unit.enumerated() where i != j {
        if let a = place[x], let b = place[y] { coincidence[a][b] += weight }
      }
    }
  }
  let totals = coincidence.map { $0.reduce(0, +) }
  let n = totals.reduce(0, +)
  func distance(_ a: Int, _ b: Int) -> Double {
    switch level {
    case .nominal: return a == b ? 0 : 1
    case .ordinal:
      let between = totals[min(a, b)...max(a, b)].reduce(0, +) - (totals[a] + totals[b]) / 2
      return between * between
    case .interval: return (values[a] - values[b]) * (values[a] - values[b])
    case .ratio:
      let sum = values[a] + values[b]
      return sum == 0 ? 0 : (values[a] - values[b]) / sum * (values[a] - values[b]) / sum
    }
  }
  var (seen, chance) = (0.0, 0.0)
  for a in 0..<k {
    for b in 0..<k where a != b {
      seen += coincidence[a][b] * distance(a, b)
      chance += totals[a] * totals[b] * distance(a, b)
    }
  }
  return chance > 0 ? 1 - (n - 1) * seen / chance : nil
}
