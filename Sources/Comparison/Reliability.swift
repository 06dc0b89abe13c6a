import Statistics

/// What repetitions say of a target: whether it passes at all, and whether it can be relied on.
public struct Reliability: Sendable {
  public var label: String
  /// The least repetitions that a case has: k of what follows.
  public var k: Int
  /// Means over cases of: one of one, at least one of k, all of k pass.
  public var passAt1: Double
  public var passAtK: Double
  public var passHatK: Double
  /// Cases whose trials did not all end alike.
  public var flaky: Int
  public var cases: Int
  /// Standard error over cases of pass^k, nil below two cases.
  public var error: Double?
}

/// Nil where a case was asked once: then there is nothing to say.
public func reliability(_ arm: Arm) -> Reliability? {
  let counts = arm.cases.compactMap { one -> (n: Int, c: Int)? in
    let judged = one.trials.filter(\.isJudged)
    return judged.isEmpty ? nil : (judged.count, judged.count { $0.outcome == .pass })
  }
  guard let k = counts.map(\.n).min(), k > 1 else { return nil }
  func over(_ value: (Int, Int, Int) -> Double?, _ k: Int) -> [Double] {
    counts.compactMap { value($0.n, $0.c, k) }
  }
  func average(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
  let hat = over(passHatK, k)
  return Reliability(
    label: arm.label, k: k, passAt1: average(over(passAtK, 1)), passAtK: average(over(passAtK, k)),
    passHatK: average(hat), flaky: counts.count { $0.c > 0 && $0.c < $0.n }, cases: counts.count,
    error: meanEstimate(hat).standardError)
}
