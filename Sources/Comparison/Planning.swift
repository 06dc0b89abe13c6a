#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

// What a comparison could have shown, and how many cases it would take. Never "observed power". Verdicts read
// p-values that are adjusted over the family, so that all of this is planned with the family's share of α. And no
// plan is for fewer cases than those with which the test could reach it.

/// By the share of pairs that differ. Nothing differed: the share that may yet differ is bounded by the upper
/// 80 % bound.
///
/// - Parameter leastP: of so many pairs that differ.
func planRates(
  _ result: inout MetricComparison, discordant: Int, _ options: ComparisonOptions,
  leastP: (Int) -> Double = { mcNemar(aOnly: 0, bOnly: $0).midP }
) {
  let share =
    discordant > 0
    ? Double(discordant) / Double(result.n) : (zeroFailuresBound(result.n, confidence: 0.8) ?? 1)
  result.detectable = detectableMcNemar(
    discordant: share, cases: result.n, alpha: options.plannedAlpha, power: options.power)
  let least = Double(leastCount(toReach: options.plannedAlpha, leastP))
  plan(&result, seen: result.difference) { goal in
    casesForMcNemar(
      discordant: max(share, goal), difference: goal, alpha: options.plannedAlpha, power: options.power
    ).map { max($0, least / max(share, goal)) }
  }
}

/// By the standard error of the mean difference, whatever it was made of; where that is relative, of the mean
/// logarithm of the ratios.
///
/// - Parameter seen: the difference that the test is of, where another is shown; nil where the two contradict each
///   other: then only a margin can be planned for.
func planMeans(
  _ result: inout MetricComparison, seen: Double?, standardError: Double?, _ options: ComparisonOptions
) {
  guard let standardError, standardError > 0 else { return }
  let variance = standardError * standardError * Double(result.n)
  let detectable = detectableMeanDifference(
    cases: result.n, between: variance, alpha: options.plannedAlpha, power: options.power)
  result.detectable = result.unit == .relative ? detectable.map { expm1($0) } : detectable
  if result.detectable?.isFinite == false { result.detectable = nil }
  var least = 1.0
  if let differing = result.differing, differing > 0 {
    least = Double(leastCount(toReach: options.plannedAlpha, leastSignFlipP) * result.n) / Double(differing)
  }
  plan(&result, seen: seen) { goal in
    max(
      least,
      casesForPairedMean(
        difference: goal, between: variance, alpha: options.plannedAlpha, power: options.power))
  }
}

/// Of different cases: rates, on either side as many.
func planUnpairedRates(_ result: inout MetricComparison, _ m: Int, _ n: Int, _ options: ComparisonOptions) {
  guard let rate = result.valueA, let other = result.valueB else { return }
  let alpha = options.plannedAlpha
  let least = Double(leastCount(toReach: alpha) { fisher($0, $0, 0, $0).midP })
  // As many on either side would know the difference as well.
  let each = 2 / (1 / Double(m) + 1 / Double(n))
  if each >= least {
    result.detectable = detectableTwoProportions(rate, cases: each, alpha: alpha, power: options.power)
  }
  let sign: Double = other == rate ? (rate <= 0.5 ? 1 : -1) : (other > rate ? 1 : -1)
  plan(&result, seen: result.difference) { goal in
    let aim = min(1, max(0, rate + sign * goal))
    guard aim != rate else { return nil }
    return max(least, casesForTwoProportions(rate, aim, alpha: alpha, power: options.power))
  }
}

/// Of different cases: scores, or logarithms of what is compared as a ratio.
///
/// - Parameter leastP: of so many values on either side.
func planUnpairedMeans(
  _ result: inout MetricComparison, _ x: [Double], _ y: [Double], _ options: ComparisonOptions,
  leastP: ((Int) -> Double)? = nil
) {
  guard let a = meanEstimate(x).standardError, let b = meanEstimate(y).standardError, a + b > 0 else {
    return
  }
  let (varianceA, varianceB) = (a * a * Double(x.count), b * b * Double(y.count))
  let alpha = options.plannedAlpha
  let detectable = detectableTwoMeans(
    varianceA: varianceA, x.count, varianceB: varianceB, y.count, alpha: alpha, power: options.power)
  result.detectable = result.unit == .relative ? detectable.map { expm1($0) } : detectable
  if result.detectable?.isFinite == false { result.detectable = nil }
  let least = leastP.map { Double(leastCount(toReach: alpha, $0)) } ?? 2
  plan(&result, seen: result.difference) { goal in
    max(
      least,
      casesForTwoMeans(
        difference: goal, varianceA: varianceA, varianceB: varianceB, alpha: alpha, power: options.power))
  }
}

/// Fills in how many cases would tell the margin, or else the difference that was seen. `cases` is asked on the
/// scale of the standard error.
private func plan(_ result: inout MetricComparison, seen: Double?, cases: (Double) -> Double?) {
  let seen = seen ?? 0
  let least = result.unit == .relative ? 0.01 : 0.005
  guard let goal = result.margin ?? (abs(seen) >= least ? seen : nil) else { return }
  let step = abs(result.unit == .relative ? log1p(goal) : goal)
  guard step > 0, let n = cases(step), n.isFinite, n < 1e9 else { return }
  result.toldDifference = abs(goal)
  result.casesToTell = Int((n - 1e-9).rounded(.up))
}
