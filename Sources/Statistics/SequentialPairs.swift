#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Pass or fail of two targets on the same cases, one pair after the other; it may be looked at after each.
///
/// Whether there is a difference is asked of the pairs that differ alone, by an e-value: that is where the evidence is
/// strongest. How large it is, is bounded by bets on the mean difference.
public struct SequentialPairs: Sendable {
  /// A passes and B fails; the other way round.
  public private(set) var aOnly = 0
  public private(set) var bOnly = 0
  /// Greatest evidence so far that B (or A) wins more of the pairs that differ, as logarithms.
  private var greatestForB = 0.0
  private var greatestForA = 0.0
  private var differences: SequentialMean

  /// - Parameter watching: differences pB − pA that will be asked about.
  public init(watching: [Double] = [], alpha: Double = 0.05) {
    differences = SequentialMean(watching: watching.map { ($0 + 1) / 2 }, alpha: alpha)
  }

  public mutating func add(aPasses: Bool, bPasses: Bool) {
    differences.add(aPasses == bPasses ? 0.5 : (bPasses ? 1 : 0))
    guard aPasses != bPasses else { return }
    if aPasses { aOnly += 1 } else { bOnly += 1 }
    greatestForB = max(greatestForB, Self.logEvidence(wins: bOnly, losses: aOnly))
    greatestForA = max(greatestForA, Self.logEvidence(wins: aOnly, losses: bOnly))
  }

  /// ln of half the one-sided e-value: the uniform prior of the win share cut to above ½. It bets against
  /// every share up to ½, so both halves together test both directions, and their sum is Robbins' e-value.
  private static func logEvidence(wins: Int, losses: Int) -> Double {
    let (w, l) = (Double(wins) + 1, Double(losses) + 1)
    return Double(wins + losses) * log(2) + logBeta(w, l) + log(max(1e-300, incompleteBeta(l, w, 0.5)))
  }

  public var n: Int { differences.n }
  public var discordant: Int { aOnly + bOnly }
  /// pB − pA
  public var difference: Double? { n > 0 ? Double(bOnly - aOnly) / Double(n) : nil }
  /// p of "no difference" that holds whenever one stops looking.
  public var anytimeP: Double { min(1, exp(-max(greatestForA, greatestForB))) }

  /// The least p that so many differing pairs can give: all of them won by one side.
  public static func leastP(discordant: Int) -> Double {
    min(1, exp(-logEvidence(wins: discordant, losses: 0)))
  }

  /// Whether the difference is above (false: below) one that is watched; nil: it may be either. 0 is always watched.
  public func isAbove(_ difference: Double, alpha: Double) -> Bool? {
    guard difference == 0 else { return differences.isAbove((difference + 1) / 2, alpha: alpha) }
    if exp(-greatestForB) <= alpha { return true }
    return exp(-greatestForA) <= alpha ? false : nil
  }

  /// Confidence sequence of pB − pA. 0 and what lies beyond it is ruled out by the e-value, and by it alone.
  public func interval(alpha: Double = 0.05) -> Interval {
    let found = differences.interval(alpha: alpha)
    var (lower, upper) = (2 * (found.lower ?? 0) - 1, 2 * (found.upper ?? 1) - 1)
    switch isAbove(0, alpha: alpha) {
    case true?: lower = max(lower, .leastNormalMagnitude)
    case false?: upper = min(upper, -.leastNormalMagnitude)
    // Bets alone do not rule 0 out: that would be a second test of it, wrong in its own share of runs.
    case nil: (lower, upper) = (min(lower, 0), max(upper, 0))
    }
    let centre = difference ?? 0
    return lower <= upper ? Interval(lower, upper) : Interval(centre, centre)
  }
}
