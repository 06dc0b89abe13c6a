#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Pass or fail of two targets on the same cases, one pair after the other; it may be looked at after each.
public struct SequentialPairs: Sendable {
  public private(set) var n = 0
  /// A passes and B fails; the other way round.
  public private(set) var aOnly = 0
  public private(set) var bOnly = 0
  /// Greatest evidence so far that B (or A) wins more of the pairs that differ, as logarithms.
  private var greatestForB = 0.0
  private var greatestForA = 0.0

  public init() {}

  public mutating func add(aPasses: Bool, bPasses: Bool) {
    n += 1
    guard aPasses != bPasses else { return }
    if aPasses { aOnly += 1 } else { bOnly += 1 }
    greatestForB = max(greatestForB, logEvidence(wins: bOnly, losses: aOnly))
    greatestForA = max(greatestForA, logEvidence(wins: aOnly, losses: bOnly))
  }

  /// ln of half the one-sided e-value: the uniform prior of the win share cut to above ½. It bets against
  /// every share up to ½, so both halves together test both directions, and their sum is Robbins' e-value.
  private func logEvidence(wins: Int, losses: Int) -> Double {
    let (w, l) = (Double(wins) + 1, Double(losses) + 1)
    return Double(wins + losses) * log(2) + logBeta(w, l) + log(max(1e-300, incompleteBeta(l, w, 0.5)))
  }

  public var discordant: Int { aOnly + bOnly }
  /// pB − pA
  public var difference: Double? { n > 0 ? Double(bOnly - aOnly) / Double(n) : nil }
  /// p of "no difference" that holds whenever one stops looking.
  public var anytimeP: Double { min(1, exp(-max(greatestForA, greatestForB))) }

  /// The least p that so many differing pairs can give: all of them won by one side.
  public static func leastP(discordant: Int) -> Double {
    min(1, exp(-SequentialPairs().logEvidence(wins: discordant, losses: 0)))
  }

  /// Whether the differences below (above) `delta` are ruled out.
  public func excludes(_ delta: Double, alpha: Double) -> Bool {
    if delta == 0 { return anytimeP <= alpha }
    return logMixture - logLikelihood(difference: delta) >= -log(alpha)
  }

  /// Confidence sequence of pB − pA: the differences that a mixture over the trinomial does not beat by 1/α at
  /// their own most likely shares; below (above) 0 also what the e-value has ruled out.
  public func interval(alpha: Double = 0.05) -> Interval {
    guard let d = difference else { return Interval(-1, 1) }
    let mixture = logMixture
    func isIn(_ delta: Double) -> Bool { mixture - logLikelihood(difference: delta) < -log(alpha) }
    var lower = isIn(-1) ? -1 : bisect(low: -1, high: d) { !isIn($0) }
    var upper = isIn(1) ? 1 : bisect(low: d, high: 1, isIn)
    if exp(-greatestForB) <= alpha { lower = max(lower, 0) }
    if exp(-greatestForA) <= alpha { upper = min(upper, 0) }
    return lower <= upper ? Interval(lower, upper) : Interval(d, d)
  }

  /// Jeffreys' prior for the share of pairs that differ, a uniform one for who wins them.
  private var logMixture: Double {
    let m = Double(discordant)
    return logBeta(0.5 + m, 0.5 + Double(n) - m) - logBeta(0.5, 0.5)
      + logBeta(1 + Double(aOnly), 1 + Double(bOnly))
  }

  /// At the most likely shares with this difference pB − pA, by Tango's closed form.
  private func logLikelihood(difference: Double) -> Double {
    let (total, b, c) = (Double(n), Double(aOnly), Double(bOnly))
    let delta = -difference
    let second = -b - c + (2 * total - b + c) * delta
    let root = max(0, second * second + 8 * total * c * delta * (1 - delta)).squareRoot()
    let bShare = min(1, max(0, (root - second) / (4 * total)))
    let aShare = min(1, max(0, bShare + delta))
    func term(_ count: Double, _ share: Double) -> Double {
      count == 0 ? 0 : (share > 0 ? count * log(share) : -.infinity)
    }
    return term(b, aShare) + term(c, bShare) + term(total - b - c, 1 - aShare - bShare)
  }
}
