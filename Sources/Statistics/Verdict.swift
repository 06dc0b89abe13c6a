/// What may be said of a comparison, in the order in which it is decided.
public enum Verdict: String, Sendable, CaseIterable {
  case equivalent
  case better
  case worse
  case notWorse = "not_worse"
  case insufficientData = "insufficient_data"
  case noDetectableDifference = "no_detectable_difference"
}

/// - Parameters:
///   - interval: of the difference B − A.
///   - p: adjusted for the family it belongs to.
///   - margin: the smallest difference that matters, where one was named.
///   - leastP: the least p the test could have given with the cases that differ.
///   - reach: the least p that so many cases could give, had all of them differed.
public func verdict(
  interval: Interval?, p: Double?, alpha: Double = 0.05, margin: Double? = nil, higherIsBetter: Bool = true,
  leastP: Double? = nil, reach: Double? = nil
) -> Verdict {
  guard let interval, let p else { return .insufficientData }
  if let reach, reach > alpha { return .insufficientData }
  let oriented = higherIsBetter ? interval : interval.negated
  if let margin, let low = oriented.lower, let high = oriented.upper, low > -margin, high < margin {
    return .equivalent
  }
  if p < alpha, let low = oriented.lower, low > 0 { return .better }
  if p < alpha, let high = oriented.upper, high < 0 { return .worse }
  if let margin, let low = oriented.lower, low > -margin { return .notWorse }
  if let leastP, leastP > alpha { return .insufficientData }
  return .noDetectableDifference
}
