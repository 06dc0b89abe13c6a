#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Two proportions of different cases: k1 of n1 against k2 of n2, difference p1 − p2.

/// Newcombe's interval from Wilson's (1998, method 10).
public func newcombe(_ k1: Int, _ n1: Int, _ k2: Int, _ n2: Int, level: Double = 0.95) -> Interval? {
  guard let one = wilson(k1, of: n1, level: level), let two = wilson(k2, of: n2, level: level),
    let l1 = one.lower, let u1 = one.upper, let l2 = two.lower, let u2 = two.upper
  else { return nil }
  let (p1, p2) = (Double(k1) / Double(n1), Double(k2) / Double(n2))
  let d = p1 - p2
  return Interval(
    d - ((p1 - l1) * (p1 - l1) + (u2 - p2) * (u2 - p2)).squareRoot(),
    d + ((u1 - p1) * (u1 - p1) + (p2 - l2) * (p2 - l2)).squareRoot())
}

public struct FisherTest: Sendable, Hashable {
  public var p: Double
  public var midP: Double
}

/// Fisher's exact test, two-sided by the probabilities no larger than the table's own; mid-p counts half of
/// the tables that are just as likely.
public func fisher(_ k1: Int, _ n1: Int, _ k2: Int, _ n2: Int) -> FisherTest {
  let total = k1 + k2
  let (low, high) = (max(0, total - n2), min(n1, total))
  guard low < high else { return FisherTest(p: 1, midP: 1) }
  let all = logChoose(Double(n1 + n2), Double(total))
  func probability(_ k: Int) -> Double {
    exp(logChoose(Double(n1), Double(k)) + logChoose(Double(n2), Double(total - k)) - all)
  }
  let own = probability(k1)
  let tolerance = own * 1e-7
  var (less, same) = (0.0, 0.0)
  for k in low...high {
    let p = probability(k)
    if p < own - tolerance { less += p } else if p <= own + tolerance { same += p }
  }
  return FisherTest(p: min(1, less + same), midP: min(1, less + same / 2))
}

/// Miettinen and Nurminen's score interval (1985).
public func miettinenNurminen(_ k1: Int, _ n1: Int, _ k2: Int, _ n2: Int, level: Double = 0.95) -> Interval? {
  guard n1 > 0, n2 > 0 else { return nil }
  let z = normalCritical(level)
  let (x1, m1, x2, m2) = (Double(k1), Double(n1), Double(k2), Double(n2))
  let d = x1 / m1 - x2 / m2
  func score(_ delta: Double) -> Double {
    // The restricted maximum-likelihood rate of the second sample, by its cubic.
    let n = m1 + m2
    let c3 = n
    let c2 = (m1 + 2 * m2) * delta - n - x1 - x2
    let c1 = (m2 * delta - n - 2 * x2) * delta + x1 + x2
    let c0 = x2 * delta * (1 - delta)
    let q = pow(c2 / (3 * c3), 3) - c1 * c2 / (6 * c3 * c3) + c0 / (2 * c3)
    let root = max(0, c2 * c2 / (9 * c3 * c3) - c1 / (3 * c3)).squareRoot()
    let u = q < 0 ? -root : root
    let ratio = u == 0 ? 0 : min(1, max(-1, q / (u * u * u)))
    let angle = (Double.pi + acos(ratio)) / 3
    let p2 = min(1, max(0, 2 * u * cos(angle) - c2 / (3 * c3)))
    let p1 = min(1, max(0, p2 + delta))
    let variance = (p1 * (1 - p1) / m1 + p2 * (1 - p2) / m2) * n / (n - 1)
    if variance <= 0 { return d == delta ? 0 : (d > delta ? .infinity : -.infinity) }
    return (d - delta) / variance.squareRoot()
  }
  return Interval(
    d <= -1 ? -1 : bisect(low: -1, high: d) { score($0) > z },
    d >= 1 ? 1 : bisect(low: d, high: 1) { score($0) > -z })
}

/// Plain bisection on any range: where `isBelow` turns false.
func bisect(low: Double, high: Double, _ isBelow: (Double) -> Bool) -> Double {
  var (low, high) = (low, high)
  for _ in 0..<200 {
    let middle = (low + high) / 2
    if isBelow(middle) { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// P(rate of B > rate of A) with independent Beta priors.
public func probabilityBBetter(_ kA: Int, _ nA: Int, _ kB: Int, _ nB: Int, prior: (Double, Double) = (1, 1))
  -> Double
{
  let (aA, bA) = (Double(kA) + prior.0, Double(nA - kA) + prior.1)
  let (aB, bB) = (Double(kB) + prior.0, Double(nB - kB) + prior.1)
  var sum = 0.0
  for i in 0..<Int(aB) {
    let i = Double(i)
    sum += exp(logBeta(aA + i, bA + bB) - log(bB + i) - logBeta(1 + i, bB) - logBeta(aA, bA))
  }
  return sum
}
