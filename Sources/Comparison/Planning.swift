import Statistics

// What a comparison could have shown, and how many cases it would take. Never "observed power".

/// By the share of pairs that differ. Nothing differed: the share that may yet differ is bounded by the upper
/// 80 % bound.
func planRates(_ result: inout MetricComparison, discordant: Int, _ options: ComparisonOptions) {
  let share =
    discordant > 0
    ? Double(discordant) / Double(result.n) : (zeroFailuresBound(result.n, confidence: 0.8) ?? 1)
  result.detectable = detectableMcNemar(
    discordant: share, cases: result.n, alpha: options.alpha, power: options.power)
  plan(&result) { goal in
    casesForMcNemar(
      discordant: max(share, goal), difference: goal, alpha: options.alpha, power: options.power)
  }
}

/// By the standard error of the mean difference, whatever it was made of.
func planMeans(_ result: inout MetricComparison, standardError: Double?, _ options: ComparisonOptions) {
  guard let standardError, standardError > 0 else { return }
  let variance = standardError * standardError * Double(result.n)
  result.detectable = detectableMeanDifference(
    cases: result.n, between: variance, alpha: options.alpha, power: options.power)
  plan(&result) { goal in
    casesForPairedMean(difference: goal, between: variance, alpha: options.alpha, power: options.power)
  }
}

/// Fills in how many cases would tell the margin, or else the difference that was seen.
private func plan(_ result: inout MetricComparison, cases: (Double) -> Double?) {
  let seen = abs(result.difference ?? 0)
  let least = result.unit == .relative ? 0.01 : 0.005
  guard let goal = result.margin ?? (seen >= least ? seen : nil), let n = cases(goal), n.isFinite, n < 1e9
  else { return }
  result.toldDifference = goal
  result.casesToTell = Int(n.rounded(.up))
}
