/// Resampling, the same draws from the same seed on every machine.

public struct BootstrapMean: Sendable, Hashable {
  public var estimate: Double
  /// In the order they were drawn.
  public var replicates: [Double]
  public var percentile: Interval
  /// Bias correction and acceleration; nil where all replicates are equal.
  public var z0: Double?
  public var acceleration: Double?
  public var bca: Interval
  public var standardError: Double
}

/// Percentile and BCa intervals of the mean (Efron 1987; DiCiccio and Efron 1996). Small samples are drawn value by
/// value, large ones as `resampledMeans` says.
public func bootstrapMean(
  _ x: [Double], resamples: Int = 9_999, seed: UInt64 = 1, level: Double = 0.95
) -> BootstrapMean? {
  let n = x.count
  guard n > 0, resamples > 1 else { return nil }
  let theta = mean(x)
  let replicates = resampledMeans(x, resamples: resamples, seed: seed)
  let sorted = replicates.sorted()
  let a = (1 - level) / 2
  let percentile = Interval(quantile(sorted: sorted, a), quantile(sorted: sorted, 1 - a))
  let error = sampleVariance(replicates).squareRoot()
  var result = BootstrapMean(
    estimate: theta, replicates: replicates, percentile: percentile, bca: percentile, standardError: error)
  let slack = 1e-12 * max(1, abs(theta))
  if sorted[resamples - 1] - sorted[0] <= slack {
    result.bca = Interval(theta, theta)
    return result
  }
  let less = replicates.count { $0 < theta - slack }
  let same = replicates.count { abs($0 - theta) <= slack }
  let z0 = normalQuantile((Double(less) + 0.5 * Double(same)) / Double(resamples))
  let total = x.reduce(0, +)
  let jackknife = x.map { (total - $0) / Double(n - 1) }
  let centre = mean(jackknife)
  let squares = jackknife.reduce(0) { $0 + (centre - $1) * (centre - $1) }
  let cubes = jackknife.reduce(0) { $0 + (centre - $1) * (centre - $1) * (centre - $1) }
  let acceleration = squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
  func endpoint(_ q: Double) -> Double? {
    let z = z0 + normalQuantile(q)
    return quantile(sorted: sorted, min(1, max(0, normalCDF(z0 + z / (1 - acceleration * z)))))
  }
  result.z0 = z0
  result.acceleration = acceleration
  if z0.isFinite { result.bca = Interval(endpoint(a), endpoint(1 - a)) }
  return result
}

public struct QuantileDifference: Sendable, Hashable {
  public var estimate: Double
  public var interval: Interval
  public var p: Double
}

/// B's quantile less A's, both by Harrell and Davis, with a percentile bootstrap (Wilcox 2012). Paired: one
/// draw of cases for both.
public func quantileDifference(
  _ a: [Double], _ b: [Double], _ p: Double, paired: Bool, resamples: Int = 2_000, seed: UInt64 = 1,
  level: Double = 0.95
) -> QuantileDifference? {
  guard !a.isEmpty, !b.isEmpty, !paired || a.count == b.count else { return nil }
  let (one, two) = (WeightedOrder(a, p), WeightedOrder(b, p))
  var random = SplitMix64(seed: seed)
  var drawnA = [Int32](repeating: 0, count: a.count)
  var drawnB = [Int32](repeating: 0, count: b.count)
  var differences = [Double](repeating: 0, count: resamples)
  for r in 0..<resamples {
    for i in a.indices { drawnA[i] = 0 }
    for i in b.indices { drawnB[i] = 0 }
    for _ in a.indices {
      let k = random.index(below: a.count)
      drawnA[one.places[k]] += 1
      if paired { drawnB[two.places[k]] += 1 }
    }
    if !paired { for _ in b.indices { drawnB[two.places[random.index(below: b.count)]] += 1 } }
    differences[r] = two.estimate(drawnB) - one.estimate(drawnA)
  }
  let below = Double(differences.count { $0 < 0 }) + 0.5 * Double(differences.count { $0 == 0 })
  let share = below / Double(resamples)
  let sorted = differences.sorted()
  let tail = (1 - level) / 2
  return QuantileDifference(
    estimate: two.estimate() - one.estimate(),
    interval: Interval(quantile(sorted: sorted, tail), quantile(sorted: sorted, 1 - tail)),
    p: min(1, 2 * min(share, 1 - share)))
}

/// Harrell and Davis' estimate of resamples, which need not be sorted: how often each value was drawn is enough.
private struct WeightedOrder {
  let sorted: [Double]
  /// Where each value stands among the sorted ones.
  let places: [Int]
  /// Sums of the weights of the first values.
  let cumulative: [Double]

  init(_ x: [Double], _ p: Double) {
    let order = x.indices.sorted { x[$0] < x[$1] }
    sorted = order.map { x[$0] }
    var places = [Int](repeating: 0, count: x.count)
    for (place, index) in order.enumerated() { places[index] = place }
    self.places = places
    cumulative = harrellDavisWeights(x.count, p).reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  func estimate() -> Double { estimate([Int32](repeating: 1, count: sorted.count)) }

  func estimate(_ drawn: [Int32]) -> Double {
    var (sum, before) = (0.0, 0)
    for (value, count) in zip(sorted, drawn) where count > 0 {
      let after = before + Int(count)
      sum += value * (cumulative[after] - cumulative[before])
      before = after
    }
    return sum
  }
}
