#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Interval of a mean of values in 0...1, each group of them one independent unit: a case's rate over its
/// repetitions, or the cases of one document.
///
/// Of plain passes and failures it is Wilson's. Else Wilson's with the number of independent trials that would have
/// the same standard error (Korn and Graubard 1998; Franco et al. 2019) and Student's t: it keeps within 0...1, and
/// where nothing varies it is as wide as so many units without a failure, not a point.
public func shareInterval(_ groups: [[Double]], trials: Int? = nil, level: Double = 0.95) -> Interval? {
  let values = groups.flatMap { $0 }
  guard !values.isEmpty else { return nil }
  if groups.count == values.count, let interval = shareInterval(ofIndependent: values, level: level) {
    return interval
  }
  let p = mean(values)
  let error = clusteredMean(groups, level: level).cr1 ?? 0
  var n = Double(groups.count)
  if error > 1e-12, p > 0, p < 1 {
    n = min(Double(max(trials ?? values.count, groups.count)), p * (1 - p) / (error * error))
  }
  let critical = groups.count > 1 ? studentCritical(level, Double(groups.count - 1)) : normalCritical(level)
  let scale = 1 + critical * critical / n
  let centre = (p + critical * critical / (2 * n)) / scale
  let half = critical / scale * (p * (1 - p) / n + critical * critical / (4 * n * n)).squareRoot()
  return Interval(p == 0 ? 0 : max(0, centre - half), p == 1 ? 1 : min(1, centre + half))
}

/// So many independent trials would know a share as well as these do, of which those of a group are not independent:
/// as many as have the same standard error (Korn and Graubard 1998), at least the groups and at most all. Where no
/// difference between groups is seen, no more than the groups.
public func effectiveCount(_ groups: [[Double]]) -> Double {
  let estimate = clusteredMean(groups)
  let (least, most) = (Double(estimate.clusters), Double(estimate.n))
  guard estimate.clusters < estimate.n, let p = estimate.mean, let error = estimate.cr1, error > 1e-12 else {
    return least
  }
  return min(most, max(least, p * (1 - p) / (error * error)))
}

/// Interval of a mean of scores in groups, by t; where nothing varies, nothing is known of the variation: as wide as
/// a rate at its edge, and none between.
public func scoreInterval(_ groups: [[Double]], level: Double = 0.95) -> Interval? {
  let estimate = clusteredMean(groups, level: level)
  guard let m = estimate.mean, let interval = estimate.interval else { return nil }
  if (estimate.cr1 ?? 0) > 1e-12 {
    return estimate.clusters == estimate.n ? meanInterval(groups.flatMap { $0 }, level: level) : interval
  }
  return m == 0 || m == 1 ? shareInterval(groups, level: level) : nil
}

/// Of values that are each a group of their own, without a list for each of them: there may be a million. Nil where
/// some is neither 0 nor 1.
public func shareInterval(ofIndependent values: [Double], level: Double = 0.95) -> Interval? {
  guard !values.isEmpty, values.allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
  return wilson(values.count { $0 == 1 }, of: values.count, level: level)
}

/// The same of a mean of scores.
public func scoreInterval(ofIndependent values: [Double], level: Double = 0.95) -> Interval? {
  guard values.count > 1, let least = values.min(), let most = values.max() else { return nil }
  if most - least > 1e-12 { return meanInterval(values, level: level) }
  return least == 0 || least == 1 ? shareInterval(ofIndependent: values, level: level) : nil
}
