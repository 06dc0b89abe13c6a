/// What a judge's verdicts say of the truth, given cases that people labelled too.

public struct CorrectedRate: Sendable, Hashable {
  public var rate: Double
  public var interval: Interval
}

/// Rogan and Gladen's correction with Lang and Reiczigel's interval (2014). Nil when the judge is no better
/// than chance.
public func roganGladen(
  judgedPass: Int, of n: Int, trueNegative: Int, negatives: Int, truePositive: Int, positives: Int,
  level: Double = 0.95
) -> CorrectedRate? {
  guard n > 0 else { return nil }
  return roganGladen(
    judgedRate: Double(judgedPass) / Double(n), effective: Double(n), trueNegative: Double(trueNegative),
    negatives: Double(negatives), truePositive: Double(truePositive), positives: Double(positives),
    level: level)
}

/// The same of trials that are not all independent: of the rate that the judge found, known as from `n` that are. What
/// people labelled counts for as many as it is worth, too.
public func roganGladen(
  judgedRate p: Double, effective n: Double, trueNegative: Double, negatives: Double, truePositive: Double,
  positives: Double, level: Double = 0.95
) -> CorrectedRate? {
  guard n > 0, negatives > 0, positives > 0 else { return nil }
  let (q0, q1) = (trueNegative / negatives, truePositive / positives)
  guard q0 + q1 > 1 + 1e-12 else { return nil }
  let rate = min(1, max(0, (p + q0 - 1) / (q0 + q1 - 1)))
  let z = normalCritical(level)
  let nt = n + z * z
  let pt = (p * n + z * z / 2) / nt
  let (n0, n1) = (negatives + 2, positives + 2)
  let (s0, s1) = ((trueNegative + 1) / n0, (truePositive + 1) / n1)
  let span = s0 + s1 - 1
  guard span > 0 else { return nil }
  let centre = (pt + s0 - 1) / span
  let (e0, e1) = (s0 * (1 - s0) / n0, s1 * (1 - s1) / n1)
  let shift = 2 * z * z * (-(1 - centre) * e0 + centre * e1)
  let error =
    (pt * (1 - pt) / nt + (1 - centre) * (1 - centre) * e0 + centre * centre * e1).squareRoot() / span
  func clip(_ value: Double) -> Double { min(1, max(0, value)) }
  return CorrectedRate(
    rate: rate, interval: Interval(clip(centre + shift - z * error), clip(centre + shift + z * error)))
}

public struct PredictionPowered: Sendable, Hashable {
  public var lambda: Double
  public var mean: Double
  public var standardError: Double
  public var interval: Interval
}

/// Prediction-powered mean (Angelopoulos et al. 2023): the judge's scores of many cases, corrected by those
/// that people scored too. `tuned` is PPI++, in which a bad judge counts for little.
public func predictionPoweredMean(
  truth: [Double], judgedToo: [Double], judgedOnly: [Double], tuned: Bool, level: Double = 0.95
) -> PredictionPowered? {
  guard truth.count == judgedToo.count, truth.count > 1, judgedOnly.count > 1 else { return nil }
  let (n, N) = (Double(truth.count), Double(judgedOnly.count))
  var lambda = 1.0
  if tuned {
    let pooled = sampleVariance(judgedToo + judgedOnly)
    lambda = pooled > 0 ? sampleCovariance(truth, judgedToo) / ((1 + n / N) * pooled) : 0
    lambda = min(1, max(0, lambda))
  }
  func population(_ x: [Double]) -> Double { sampleVariance(x) * Double(x.count - 1) / Double(x.count) }
  let rest = zip(truth, judgedToo).map { $0 - lambda * $1 }
  let theta = lambda * mean(judgedOnly) + mean(rest)
  let error = (lambda * lambda * population(judgedOnly) / N + population(rest) / n).squareRoot()
  let half = normalCritical(level) * error
  return PredictionPowered(
    lambda: lambda, mean: theta, standardError: error, interval: Interval(theta - half, theta + half))
}
