import Formats
import Vocabulary

/// The results of a trial's checks taken together.
public struct TrialVerdict: Sendable {
  public var outcome: Outcome
  public var score: Double
  public var reason: String
  public var checks: [CheckResult]
  /// By metric: the weighted mean of the checks that carry it, and what scripts and judges named.
  public var namedScores: [String: Double]

  public init(
    outcome: Outcome, score: Double, reason: String, checks: [CheckResult],
    namedScores: [String: Double] = [:]
  ) {
    self.outcome = outcome
    self.score = score
    self.reason = reason
    self.checks = checks
    self.namedScores = namedScores
  }
}

/// Weighs checks together. Without a threshold all must hold; with one the weighted score must reach it, and
/// single failures are allowed. A check of weight 0 is a measurement: it neither passes nor fails anything.
/// One check without a verdict makes the whole an error, unless another has failed already and no threshold
/// could save it: a false green is the worst there is.
public func aggregate(_ checks: [CheckResult], threshold: Double?) -> TrialVerdict {
  guard !checks.isEmpty else {
    return TrialVerdict(outcome: .pass, score: 1, reason: "no checks", checks: [])
  }
  let counted = checks.filter { $0.weight > 0 && $0.outcome != .skipped }
  let weight = counted.reduce(0) { $0 + $1.weight }
  // A script may count beyond 1; taken together, one check has no more to say than it weighs.
  let score = weight > 0 ? counted.reduce(0) { $0 + min(1, max(0, $1.score)) * $1.weight } / weight : 0
  let failed = counted.first { $0.outcome == .fail }
  let erred = counted.first { $0.outcome == .error }
  func verdict(_ outcome: Outcome, _ reason: String) -> TrialVerdict {
    TrialVerdict(
      outcome: outcome, score: score, reason: reason, checks: checks, namedScores: namedScores(of: checks))
  }
  // What is decided later can't be a pass yet: the run may never come to it.
  if let waiting = checks.first(where: { $0.weight > 0 && $0.outcome == .skipped }),
    failed == nil || threshold != nil, erred == nil
  {
    return verdict(.skipped, "\(waiting.type): \(waiting.reason)")
  }
  if let threshold {
    if let erred { return verdict(.error, "\(erred.type): \(erred.reason)") }
    let relation = score >= threshold ? "reaches" : "is below"
    return verdict(
      score >= threshold ? .pass : .fail,
      "the score of \(NumberText.fixed(score, decimals: 2)) \(relation) the threshold of \(NumberText.javaScript(threshold))"
    )
  }
  if let failed { return verdict(.fail, "\(failed.type): \(failed.reason)") }
  if let erred { return verdict(.error, "\(erred.type): \(erred.reason)") }
  switch counted.count {
  case 0: return verdict(.pass, "nothing was measured against a limit: no check has a weight")
  case 1: return verdict(.pass, "the check held")
  case let count: return verdict(.pass, "all \(count) checks held")
  }
}

private func namedScores(of checks: [CheckResult]) -> [String: Double] {
  var sums: [String: (score: Double, weight: Double)] = [:]
  func add(_ name: String, _ score: Double, _ weight: Double) {
    let before = sums[name] ?? (0, 0)
    sums[name] = (before.score + score * weight, before.weight + weight)
  }
  func walk(_ check: CheckResult) {
    // A measurement has weight 0 for the verdict, and counts once in its own metric.
    let weight = check.weight > 0 ? check.weight : 1
    if let metric = check.metric, check.outcome != .error, check.outcome != .skipped {
      add(metric, check.score, weight)
    }
    for (name, score) in check.namedScores { add(name, score, 1) }
    for component in check.components { walk(component) }
  }
  for check in checks { walk(check) }
  return sums.mapValues { $0.weight > 0 ? $0.score / $0.weight : 0 }
}
