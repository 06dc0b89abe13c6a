#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many cases it takes, and what a run could have seen. Never "observed power".

private func zSum(_ alpha: Double, _ power: Double) -> Double {
  normalQuantile(1 - alpha / 2) + normalQuantile(power)
}

/// Cases to see a mean difference δ (Miller 2024): ω² between cases, σ²/K within them.
public func casesForPairedMean(
  difference: Double, between: Double, withinA: Double = 0, withinB: Double = 0, repeatsA: Int = 1,
  repeatsB: Int = 1, alpha: Double = 0.05, power: Double = 0.8
) -> Double {
  let z = zSum(alpha, power)
  return z * z * (between + withinA / Double(repeatsA) + withinB / Double(repeatsB))
    / (difference * difference)
}

/// Smallest mean difference that n cases can show.
public func detectableMeanDifference(
  cases: Int, between: Double, withinA: Double = 0, withinB: Double = 0, repeatsA: Int = 1, repeatsB: Int = 1,
  alpha: Double = 0.05, power: Double = 0.8
) -> Double? {
  guard cases > 0 else { return nil }
  let variance = between + withinA / Double(repeatsA) + withinB / Double(repeatsB)
  return zSum(alpha, power) * (variance / Double(cases)).squareRoot()
}

/// Cases for McNemar's test (Connor 1987): a share ψ of discordant pairs and a difference δ of the rates.
public func casesForMcNemar(
  discordant psi: Double, difference: Double, alpha: Double = 0.05, power: Double = 0.8
)
  -> Double?
{
  guard psi > 0, difference != 0, abs(difference) <= psi else { return nil }
  let root =
    normalQuantile(1 - alpha / 2) * psi.squareRoot()
    + normalQuantile(power) * max(0, psi - difference * difference).squareRoot()
  return root * root / (difference * difference)
}

/// Smallest difference of the rates that n pairs can show; nil when even δ = ψ is out of reach.
public func detectableMcNemar(discordant psi: Double, cases: Int, alpha: Double = 0.05, power: Double = 0.8)
  -> Double?
{
  guard psi > 0, cases > 0,
    let least = casesForMcNemar(discordant: psi, difference: psi, alpha: alpha, power: power),
    least <= Double(cases)
  else { return nil }
  return bisect(low: 1e-12, high: psi) { delta in
    (casesForMcNemar(discordant: psi, difference: delta, alpha: alpha, power: power) ?? .infinity)
      > Double(cases)
  }
}

/// Per arm, unpaired, with the pooled variance under the null (Fleiss 1981).
public func casesForTwoProportions(_ p1: Double, _ p2: Double, alpha: Double = 0.05, power: Double = 0.8)
  -> Double
{
  let middle = (p1 + p2) / 2
  let root =
    normalQuantile(1 - alpha / 2) * (2 * middle * (1 - middle)).squareRoot()
    + normalQuantile(power) * (p1 * (1 - p1) + p2 * (1 - p2)).squareRoot()
  return root * root / ((p1 - p2) * (p1 - p2))
}

/// Smallest difference from a rate that so many cases on either side can show; towards 1, where that is farther.
public func detectableTwoProportions(_ rate: Double, cases: Double, alpha: Double = 0.05, power: Double = 0.8)
  -> Double?
{
  let (span, sign) = rate <= 0.5 ? (1 - rate, 1.0) : (rate, -1.0)
  func needed(_ delta: Double) -> Double {
    casesForTwoProportions(rate, rate + sign * delta, alpha: alpha, power: power)
  }
  guard needed(span) <= cases else { return nil }
  return bisect(low: 1e-9, high: span) { needed($0) > cases }
}

/// Per arm, unpaired, for a difference of means by Student's t with 2n − 2 degrees of freedom.
public func casesForTwoMeans(
  difference: Double, varianceA: Double, varianceB: Double, alpha: Double = 0.05, power: Double = 0.8
) -> Double {
  let rough = casesForPairedMean(
    difference: difference, between: varianceA + varianceB, alpha: alpha, power: power)
  guard rough.isFinite, rough < 1e9 else { return rough }
  return bisect(low: 2, high: rough + 1_000) { n in
    let t = tSum(alpha, power, 2 * n - 2)
    return n < t * t * (varianceA + varianceB) / (difference * difference)
  }
}

/// Smallest difference of means that two samples can show, by Student's t.
public func detectableTwoMeans(
  varianceA: Double, _ m: Int, varianceB: Double, _ n: Int, alpha: Double = 0.05, power: Double = 0.8
) -> Double? {
  guard m > 1, n > 1 else { return nil }
  let error = (varianceA / Double(m) + varianceB / Double(n)).squareRoot()
  return tSum(alpha, power, Double(m + n - 2)) * error
}

private func tSum(_ alpha: Double, _ power: Double, _ df: Double) -> Double {
  studentQuantile(1 - alpha / 2, df) + studentQuantile(power, df)
}

/// The fewest of something with which a test can reach α at all; `leastP` falls as they grow.
public func leastCount(toReach alpha: Double, _ leastP: (Int) -> Double) -> Int {
  (1...10_000).first { leastP($0) < alpha } ?? 10_000
}

/// Pairs for a paired t test of effect d_z, by the noncentral t.
public func casesForPairedT(effect dz: Double, alpha: Double = 0.05, power: Double = 0.8) -> Double {
  // The normal approximation is below, and never far.
  let rough = max(2, casesForPairedMean(difference: abs(dz), between: 1, alpha: alpha, power: power))
  var (low, high) = (rough, rough + 20)
  while high - low > 1e-9 * high {
    let middle = (low + high) / 2
    if pairedTPower(middle, dz, alpha) < power { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

private func pairedTPower(_ n: Double, _ dz: Double, _ alpha: Double) -> Double {
  let df = n - 1
  let critical = studentQuantile(1 - alpha / 2, df)
  let shift = abs(dz) * n.squareRoot()
  return 1 - noncentralT(critical, df, shift) + noncentralT(-critical, df, shift)
}

/// P(T ≤ t) of the noncentral t, by integrating the normal over the χ distribution of the deviation.
private func noncentralT(_ t: Double, _ df: Double, _ shift: Double) -> Double {
  let spread = 1 / (2 * df).squareRoot()
  let (low, high) = (max(1e-9, 1 - 12 * spread), 1 + 12 * spread)
  let steps = 2_000
  let h = (high - low) / Double(steps)
  let constant = log(2) + df / 2 * log(df / 2) - logGamma(df / 2)
  var sum = 0.0
  for i in 0...steps {
    let s = low + h * Double(i)
    let density = exp(constant + (df - 1) * log(s) - df * s * s / 2)
    let weight = i == 0 || i == steps ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0)
    sum += weight * density * normalCDF(t * s - shift)
  }
  return sum * h / 3
}
