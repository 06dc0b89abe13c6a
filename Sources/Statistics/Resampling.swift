#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Means of resamples of x with replacement, the same from the same seed on every machine.
///
/// Few values: drawn one by one. Many: how many draws fall on each block of the values is multinomial, and within a
/// block, which fits into the nearest cache, one random word picks five. Few different values among many: only
/// how often each is drawn. All three draw from the same distribution; nothing is approximated.
public func resampledMeans(_ x: [Double], resamples: Int, seed: UInt64) -> [Double] {
  guard x.count > 4_096 else { return drawnOneByOne(x, resamples, seed) }
  var counts: [Double: Int] = [:]
  for value in x {
    counts[value, default: 0] += 1
    if counts.count > 64 { return drawnByBlock(x, resamples, seed) }
  }
  let values = counts.sorted { $0.key < $1.key }
  var random = SplitMix64(seed: seed)
  return (0..<resamples).map { _ in
    let drawn = multinomial(x.count, values.map(\.value), &random)
    return zip(values, drawn).reduce(0) { $0 + $1.0.key * Double($1.1) } / Double(x.count)
  }
}

private func drawnOneByOne(_ x: [Double], _ resamples: Int, _ seed: UInt64) -> [Double] {
  var random = SplitMix64(seed: seed)
  var means = [Double](repeating: 0, count: resamples)
  x.withUnsafeBufferPointer { x in
    for r in 0..<resamples {
      var sum = 0.0
      for _ in 0..<x.count { sum += x[random.index(below: x.count)] }
      means[r] = sum / Double(x.count)
    }
  }
  return means
}

private let blockBits = 11

private func drawnByBlock(_ x: [Double], _ resamples: Int, _ seed: UInt64) -> [Double] {
  let size = 1 << blockBits
  let sizes = stride(from: 0, to: x.count, by: size).map { min(size, x.count - $0) }
  var random = SplitMix64(seed: seed)
  var means = [Double](repeating: 0, count: resamples)
  x.withUnsafeBufferPointer { x in
    for r in 0..<resamples {
      var sum = 0.0
      for (block, count) in multinomial(x.count, sizes, &random).enumerated() {
        let values = UnsafeBufferPointer(
          rebasing: x[(block << blockBits)..<(block << blockBits + sizes[block])])
        sum += sizes[block] == size ? sumOfFull(values, count, &random) : sumOfPart(values, count, &random)
      }
      means[r] = sum / Double(x.count)
    }
  }
  return means
}

@inline(__always)
private func sumOfFull(_ x: UnsafeBufferPointer<Double>, _ count: Int, _ random: inout SplitMix64) -> Double {
  let mask: UInt64 = 1 << UInt64(blockBits) - 1
  var (a, b, c, d, e) = (0.0, 0.0, 0.0, 0.0, 0.0)
  var left = count
  while left >= 5 {
    let bits = random.next()
    a += x[Int(bits & mask)]
    b += x[Int(bits >> 11 & mask)]
    c += x[Int(bits >> 22 & mask)]
    d += x[Int(bits >> 33 & mask)]
    e += x[Int(bits >> 44 & mask)]
    left -= 5
  }
  var bits = random.next()
  while left > 0 {
    a += x[Int(bits & mask)]
    bits >>= 11
    left -= 1
  }
  return a + b + (c + d) + e
}

private func sumOfPart(_ x: UnsafeBufferPointer<Double>, _ count: Int, _ random: inout SplitMix64) -> Double {
  var sum = 0.0
  for _ in 0..<count { sum += x[random.index(below: x.count)] }
  return sum
}

/// How many of n draws fall on each place, by weight: one conditional binomial after the other.
private func multinomial(_ n: Int, _ weights: [Int], _ random: inout SplitMix64) -> [Int] {
  var (left, weightLeft) = (n, weights.reduce(0, +))
  return weights.map { weight in
    guard left > 0, weight < weightLeft else { return left }
    let drawn = binomial(left, Double(weight) / Double(weightLeft), &random)
    left -= drawn
    weightLeft -= weight
    return drawn
  }
}

/// Bin(n, p): by inversion for small means, else Hörmann's transformed rejection (BTRS, 1993), which is exact.
func binomial(_ n: Int, _ p: Double, _ random: inout SplitMix64) -> Int {
  if p > 0.5 { return n - binomial(n, 1 - p, &random) }
  if p <= 0 || n == 0 { return 0 }
  if Double(n) * p < 10 { return inverted(n, p, &random) }
  let (count, q) = (Double(n), 1 - p)
  let deviation = (count * p * q).squareRoot()
  let b = 1.15 + 2.53 * deviation
  let a = -0.0873 + 0.0248 * b + 0.01 * p
  let centre = count * p + 0.5
  let ratio = p / q
  let alpha = (2.83 + 5.1 / b) * deviation
  let mode = ((count + 1) * p).rounded(.down)
  while true {
    let u = random.unit() - 0.5
    var v = random.unit()
    let margin = 0.5 - abs(u)
    let k = ((2 * a / margin + b) * u + centre).rounded(.down)
    if margin >= 0.07, v <= 0.92 - 4.2 / b { return Int(k) }
    guard k >= 0, k <= count else { continue }
    v = log(v * alpha / (a / (margin * margin) + b))
    let bound =
      (mode + 0.5) * log((mode + 1) / (ratio * (count - mode + 1)))
      + (count + 1) * log((count - mode + 1) / (count - k + 1))
      + (k + 0.5) * log(ratio * (count - k + 1) / (k + 1)) + stirlingRest(mode) + stirlingRest(count - mode)
      - stirlingRest(k) - stirlingRest(count - k)
    if v <= bound { return Int(k) }
  }
}

private func inverted(_ n: Int, _ p: Double, _ random: inout SplitMix64) -> Int {
  var probability = pow(1 - p, Double(n))
  var rest = random.unit()
  var k = 0
  while rest > probability, k < n {
    rest -= probability
    probability *= Double(n - k) / Double(k + 1) * p / (1 - p)
    k += 1
  }
  return k
}

/// ln k! less Stirling's approximation of it at k + 1.
private func stirlingRest(_ k: Double) -> Double {
  if k < 10 { return logGamma(k + 1) - ((k + 0.5) * log(k + 1) - (k + 1) + 0.5 * log(2 * .pi)) }
  let square = (k + 1) * (k + 1)
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1_260 / square) / square) / (k + 1)
}
