#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Statistics

// What a comparison could have shown, and how many cases it would take. Never "observed power". Verdicts read
// p-values that are adjusted over the family, so that all of this is planned with the family's share of α.

/// By the share of pairs that differ. Nothing differed: the share that may yet differ is bounded by the upper
/// 80 % bound.
func planRates(_ result: inout MetricComparison, discordant: Int, _ options: ComparisonOptions) {
  let share =
    discordant > 0
    ? Double(discordant) / Double(result.n) : (zeroFailuresBound(result.n, confidence: 0.8) ?? 1)
  result.detectable = detectableMcNemar(
    discordant: share, cases: result.n, alpha: options.plannedAlpha, power: options.power)
  plan(&result) { goal in
    casesForMcNemar(
      discordant: max(share, goal), difference: goal, alpha: options.plannedAlpha, power: options.power)
  }
}

/// By the standard error of the mean difference, whatever it was made of; where that is relative, of the mean
/// logarithm of the ratios.
func planMeans(_ result: inout MetricComparison, standardError: Double?, _ options: ComparisonOptions) {
  guard let standardError, standardError > 0 else { return }
  let variance = standardError * standardError * Double(result.n)
  let detectable = detectableMeanDifference(
    cases: result.n, between: variance, alpha: options.plannedAlpha, power: options.power)
  result.detectable = result.unit == .relative ? detectable.map { expm1($0) } : detectable
  if result.detectable?.isFinite == false { result.detectable = nil }
  plan(&result) { goal in
    casesForPairedMean(
      difference: goal, between: variance, alpha: options.plannedAlpha, power: options.power)
  }
}

/// Fills in how many cases would tell the margin, or else the difference that was seen. `cases` is asked on the
/// scale of the standard error.
private func plan(_ result: inout MetricComparison, cases: (Double) -> Double?) {
  let seen = result.difference ?? 0
  let least = result.unit == .relative ? 0.01 : 0.005
  guard let goal = result.margin ?? (abs(seen) >= least ? seen : nil) else { return }
  let step = abs(result.unit == .relative ? log1p(goal) : goal)
  guard step > 0, let n = cases(step), n.isFinite, n < 1e9 else { return }
  result.toldDifference = abs(goal)
  result.casesToTell = Int(n.rounded(.up))
}
