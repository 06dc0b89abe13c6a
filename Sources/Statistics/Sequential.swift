#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Verdicts that may be read at any moment: the error rate holds whenever one stops looking.

/// Evidence against "both win a discordant pair equally often": Robbins' beta mixture. May stop at 1/α.
public func discordantEValue(_ b: Int, _ c: Int, prior a: Double = 1) -> Double {
  exp(Double(b + c) * log(2) + logBeta(a + Double(b), a + Double(c)) - logBeta(a, a))
}

/// p that holds at any moment, of the greatest e-value seen.
public func anytimeP(_ greatest: Double) -> Double { min(1, 1 / greatest) }

/// The rates that a beta mixture can't yet rule out.
public func betaBinomialSequence(successes s: Int, failures f: Int, alpha: Double = 0.05) -> Interval {
  betaBinomialSequence(sum: Double(s), of: s + f, alpha: alpha)
}

/// The same of n values between 0 and 1 by their sum, such as rates of cases among which some were repeated. It holds as
/// it does of passes and failures: (θ/m)^x ((1 − θ)/(1 − m))^(1 − x) is convex in x, so that on average no value between
/// gains more against the true mean m than passes and failures of that mean would, which gain nothing.
public func betaBinomialSequence(sum s: Double, of n: Int, alpha: Double = 0.05) -> Interval {
  let f = Double(n) - s
  func evidence(_ t: Double) -> Double {
    logBeta(1 + s, 1 + f) - (s > 0 ? s * log(t) : 0) - (f > 0 ? f * log1p(-t) : 0)
  }
  let limit = -log(alpha)
  guard n > 0 else { return Interval(0, 1) }
  let centre = s / Double(n)
  let lower = s == 0 ? 0 : bisect(low: 0, high: centre) { evidence($0) >= limit }
  let upper = f == 0 ? 1 : bisect(low: centre, high: 1) { evidence($0) < limit }
  return Interval(lower, upper)
}

/// Whether the sequence has ruled a rate out, without looking for its bounds.
public func betaBinomialExcludes(_ rate: Double, successes s: Int, failures f: Int, alpha: Double = 0.05)
  -> Bool
{
  betaBinomialExcludes(rate, sum: Double(s), of: s + f, alpha: alpha)
}

/// The same of n values between 0 and 1 by their sum.
public func betaBinomialExcludes(_ mean: Double, sum s: Double, of n: Int, alpha: Double = 0.05) -> Bool {
  let f = Double(n) - s
  if mean <= 0 { return s > 0 }
  if mean >= 1 { return f > 0 }
  return logBeta(1 + s, 1 + f) - s * log(mean) - f * log1p(-mean) >= -log(alpha)
}

public struct SPRT: Sendable, Hashable {
  public enum Decision: String, Sendable {
    case acceptAlternative = "accept_h1", acceptNull = "accept_h0", go = "continue"
  }
  public var logRatio: Double
  public var upper: Double
  public var lower: Double
  public var decision: Decision
}

/// Wald's test on discordant pairs, with p1 the share under the alternative.
public func discordantSPRT(_ b: Int, _ c: Int, p1: Double, alpha: Double = 0.05, beta: Double = 0.2) -> SPRT {
  let ratio = Double(b) * log(2 * p1) + Double(c) * log(2 * (1 - p1))
  let upper = log((1 - beta) / alpha)
  let lower = log(beta / (1 - alpha))
  return SPRT(
    logRatio: ratio, upper: upper, lower: lower,
    decision: ratio >= upper ? .acceptAlternative : (ratio <= lower ? .acceptNull : .go))
}

public struct MixtureSPRT: Sendable, Hashable {
  public var lambda: Double
  public var anytimeP: Double
  public var halfWidth: Double
}

/// Normal mixture (Johari et al. 2022); asymptotic when the variance is estimated, so from n ≥ 30.
public func mixtureSPRT(
  n: Int, meanDifference d: Double, variance v: Double, tau2: Double, alpha: Double = 0.05
)
  -> MixtureSPRT
{
  let n = Double(n)
  let spread = v + n * tau2
  let lambda = (v / spread).squareRoot() * exp(n * n * tau2 * d * d / (2 * v * spread))
  let half = (v * spread / (n * n * tau2) * (2 * log(1 / alpha) + log(spread / v))).squareRoot()
  return MixtureSPRT(lambda: lambda, anytimeP: Statistics.anytimeP(lambda), halfWidth: half)
}

/// Waudby-Smith et al. 2021: half-width of an asymptotic confidence sequence, tightest near `n*`.
public func asymptoticSequence(n: Int, variance: Double, alpha: Double = 0.05, optimisedFor best: Int)
  -> (rho2: Double, halfWidth: Double)
{
  let rho2 = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / Double(best)
  let n = Double(n)
  let inner = 2 * (n * rho2 + 1) / (n * n * rho2) * log((n * rho2 + 1).squareRoot() / alpha)
  return (rho2, (variance * inner).squareRoot())
}

/// Predictable λ of Waudby-Smith and Ramdas (2024), from what was seen before each value.
private func predictableBets(_ x: [Double], alpha: Double) -> (bets: [Double], means: [Double]) {
  var (sum, squares) = (0.0, 0.0)
  var bets: [Double] = []
  var means: [Double] = []
  var (mean, variance) = (0.5, 0.25)
  for (i, value) in x.enumerated() {
    let t = Double(i + 1)
    bets.append((2 * log(2 / alpha) / (variance * t * log(1 + t))).squareRoot())
    means.append(mean)
    sum += value
    mean = (0.5 + sum) / (t + 1)
    squares += (value - mean) * (value - mean)
    variance = (0.25 + squares) / (t + 1)
  }
  return (bets, means)
}

/// Scores in 0...1: predictable plug-in empirical Bernstein sequence (Theorem 2).
public func empiricalBernsteinSequence(_ x: [Double], alpha: Double = 0.05, truncation: Double = 0.5)
  -> (interval: Interval, bets: [Double])
{
  let (raw, means) = predictableBets(x, alpha: alpha)
  let bets = raw.map { min($0, truncation) }
  let weight = bets.reduce(0, +)
  guard weight > 0 else { return (Interval(0, 1), bets) }
  var spread = log(2 / alpha)
  var centre = 0.0
  for i in x.indices {
    centre += bets[i] * x[i]
    let psi = (-log1p(-bets[i]) - bets[i]) / 4
    spread += 4 * (x[i] - means[i]) * (x[i] - means[i]) * psi
  }
  return (Interval(max(0, (centre - spread) / weight), min(1, (centre + spread) / weight)), bets)
}

/// Capital of the hedged bets against "the mean is m" (Theorem 3).
public func hedgedCapital(_ x: [Double], against m: Double, alpha: Double = 0.05, truncation: Double = 0.5)
  -> Double
{
  capital(x, predictableBets(x, alpha: alpha).bets, m, truncation)
}

private func capital(_ x: [Double], _ bets: [Double], _ m: Double, _ truncation: Double) -> Double {
  let (capUp, capDown) = (m > 0 ? truncation / m : .infinity, m < 1 ? truncation / (1 - m) : .infinity)
  var (up, down) = (0.0, 0.0)
  for i in x.indices {
    up += log1p(min(bets[i], capUp) * (x[i] - m))
    down += log1p(-min(bets[i], capDown) * (x[i] - m))
  }
  return max(0.5 * exp(up), 0.5 * exp(down))
}

/// The means, on a grid, that the capital has not ruled out, with one step of slack.
public func bettingSequence(_ x: [Double], alpha: Double = 0.05, grid: Int = 1_000, truncation: Double = 0.5)
  -> Interval
{
  let bets = predictableBets(x, alpha: alpha).bets
  let kept = (0...grid).filter { capital(x, bets, Double($0) / Double(grid), truncation) < 1 / alpha }
  guard let first = kept.first, let last = kept.last else { return Interval(0, 1) }
  return Interval(Double(max(0, first - 1)) / Double(grid), Double(min(grid, last + 1)) / Double(grid))
}

/// Lan and DeMets' spending functions at information share t, two-sided α.
public func obrienFlemingSpending(_ t: Double, alpha: Double = 0.05) -> Double {
  4 * (1 - normalCDF(normalQuantile(1 - alpha / 4) / t.squareRoot()))
}

public func pocockSpending(_ t: Double, alpha: Double = 0.05) -> Double { alpha * log(1 + (M_E - 1) * t) }

/// Two-sided bounds of z at equally spaced looks, by recursive numerical integration (Armitage et al. 1969).
public func groupSequentialBounds(looks: Int, alpha: Double = 0.05, spending: (Double, Double) -> Double)
  -> [Double]
{
  guard looks > 0 else { return [] }
  var bounds: [Double] = []
  // Density of the sum of increments, on a grid, of the paths not yet stopped.
  var points: [Double] = []
  var density: [Double] = []
  var spent = 0.0
  for look in 1...looks {
    let k = Double(look)
    let goal = spending(k / Double(looks), alpha) - spent
    func crossing(_ z: Double) -> Double {
      let edge = z * k.squareRoot()
      if look == 1 { return 2 * (1 - normalCDF(z)) }
      return simpson(points, density) { x in 1 - normalCDF(edge - x) + normalCDF(-edge - x) }
    }
    let z = bisect(low: 0.5, high: 12) { crossing($0) > goal }
    bounds.append(z)
    spent += goal
    let edge = z * k.squareRoot()
    let count = 1_000
    let next = (0...count).map { -edge + 2 * edge * Double($0) / Double(count) }
    density = next.map { y in
      look == 1 ? normalDensity(y) : simpson(points, density) { x in normalDensity(y - x) }
    }
    points = next
  }
  return bounds
}

private func normalDensity(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

private func simpson(_ x: [Double], _ f: [Double], _ g: (Double) -> Double) -> Double {
  let h = (x[x.count - 1] - x[0]) / Double(x.count - 1)
  var sum = 0.0
  for i in x.indices {
    let weight = i == 0 || i == x.count - 1 ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0)
    sum += weight * f[i] * g(x[i])
  }
  return sum * h / 3
}
