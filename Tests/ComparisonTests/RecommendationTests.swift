import Formats
import Statistics
import Testing

@testable import Comparison

/// A target whose skill, price and pace are known.
private struct Known {
  var label: String
  var skill: Double
  /// USD a call.
  var price: Double
  /// Median of a log-normal, in seconds, and its spread.
  var pace: Double
  var spread = 0.3
  /// Probability of an up-vote on one reply in two; nil: nobody votes.
  var trust: Double?
}

/// The targets asked the same questions: some are hard for all of them.
private func arms(_ targets: [Known], cases: Int, seed: UInt64) -> [Arm] {
  var random = Statistics.SplitMix64(seed: seed)
  func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
  let hardness = (0..<cases).map { _ in uniform() * 0.2 - 0.1 }
  return targets.map { target in
    Arm(
      label: target.label,
      cases: (0..<cases).map { no in
        let passes = uniform() < target.skill + hardness[no]
        let pace =
          target.pace * exponential(normalQuantile(min(max(uniform(), 1e-9), 1 - 1e-9)) * target.spread)
        let cost = target.price * (0.8 + 0.4 * uniform())
        let votes = target.trust.map { uniform() < 0.5 ? nil : (uniform() < $0 ? 1.0 : 0) } ?? nil
        return CaseFigures(
          key: "case \(no)",
          trials: [
            TrialFigures(
              outcome: passes ? .pass : .fail, score: passes ? 1 : 0,
              cost: Money(picodollars: Int64(cost * 1e12)), tokens: 100, latency: Int64(pace * 1e6),
              trust: votes)
          ])
      })
  }
}

private func exponential(_ x: Double) -> Double {
  // Enough terms for the range that is used here.
  var (sum, term) = (1.0, 1.0)
  for k in 1...40 {
    term *= x / Double(k)
    sum += term
  }
  return sum
}

/// The best by skill is too dear, the second too slow, the third is what is wanted.
private let market = [
  Known(label: "dear", skill: 0.9, price: 0.004, pace: 0.6),
  Known(label: "slow", skill: 0.86, price: 0.0005, pace: 1.9),
  Known(label: "wanted", skill: 0.8, price: 0.0006, pace: 0.7),
  Known(label: "weak", skill: 0.55, price: 0.0001, pace: 0.3),
]

private func wish(_ best: Metric = .passRate) throws -> Wish {
  Wish(
    best: best,
    conditions: [try Gate(parsing: "per_1000(cost) <= $1"), try Gate(parsing: "p95(latency) <= 2s")])
}

@Test("the right target is picked, and a settled pick is wrong no more often than was promised")
func keepsItsPromise() throws {
  let wish = try wish()
  var (settled, wrong) = (0, 0)
  let runs = 200
  for seed in 0..<UInt64(runs) {
    let found = recommend(wish, arms(market, cases: 200, seed: seed))
    guard found.isSettled else { continue }
    settled += 1
    if found.pick != "wanted" { wrong += 1 }
  }
  #expect(Double(wrong) <= 0.05 * Double(runs), "\(wrong) of \(settled) settled picks were wrong")
  // A gap of 25 points in 200 cases is told nearly always.
  #expect(Double(settled) >= 0.9 * Double(runs), "only \(settled) of \(runs) were settled")
}

@Test("targets that are alike are hardly ever settled, and with a margin they are")
func alike() throws {
  let twins = [
    Known(label: "a", skill: 0.8, price: 0.001, pace: 1),
    Known(label: "b", skill: 0.8, price: 0.001, pace: 1),
    Known(label: "c", skill: 0.8, price: 0.001, pace: 1),
  ]
  let runs = 200
  let settled = (0..<UInt64(runs)).count { seed in
    recommend(Wish(best: .passRate), arms(twins, cases: 100, seed: seed)).isSettled
  }
  #expect(Double(settled) <= 0.05 * Double(runs), "\(settled) of \(runs)")
  var indifferent = Wish(best: .passRate)
  indifferent.margin = 0.15
  let accepted = (0..<50).count { seed in
    recommend(indifferent, arms(twins, cases: 300, seed: UInt64(seed))).isSettled
  }
  #expect(accepted >= 45, "\(accepted) of 50")
}

@Test("trust decides where it is asked for, and those without votes leave it open")
func byTrust() throws {
  var voted = market
  for (place, trust) in [0.9, 0.85, 0.8, 0.3].enumerated() { voted[place].trust = trust }
  let found = recommend(try wish(.trust), arms(voted, cases: 300, seed: 3))
  #expect(found.pick == "wanted" && found.isSettled)
  voted[3].trust = nil
  let open = recommend(try wish(.trust), arms(voted, cases: 300, seed: 3))
  #expect(open.pick == "wanted" && !open.isSettled)
  #expect(open.rivalries.first { $0.rival == "weak" }?.comparison.n == 0)
}

@Test("too little data is told with how much more would settle it")
func moreData() throws {
  let few = recommend(try wish(), arms(market, cases: 60, seed: 5))
  #expect(!few.isSettled)
  let wanted = try #require(few.candidates.first { $0.label == "wanted" })
  #expect(wanted.standing == .unclear)
  let more = try #require(wanted.conditions[1].moreTrials)
  // So many more are enough for an interval of the percentile at the stricter level.
  let then = recommend(try wish(), arms(market, cases: 60 + more + 20, seed: 5))
  #expect(then.candidates.first { $0.label == "wanted" }?.conditions[1].holds == true)
}

@Test("no target, no pick")
func none() throws {
  let strict = Wish(best: .passRate, conditions: [try Gate(parsing: "mean(cost) <= $0.00001")])
  let found = recommend(strict, arms(market, cases: 50, seed: 1))
  #expect(found.pick == nil && !found.isSettled)
  #expect(found.candidates.allSatisfy { $0.standing == .fails })
}

@Test(
  "a gate that says nothing of the next trial is no condition",
  arguments: [
    "cost <= 1", "total(tokens) <= 9", "max(latency) <= 9s", "lower(pass_rate) >= 0.9",
    "regression(cost) <= 1",
  ])
func objections(text: String) throws {
  #expect(try Gate(parsing: text).objectionAsCondition != nil)
  #expect(try Gate(parsing: "per_1000(cost) <= $1").objectionAsCondition == nil)
}

@Test("a pick whose total is less by luck alone is not settled by a test that says most cases cost more")
func oppositeTest() throws {
  func arm(_ label: String, _ dollars: [Double]) -> Arm {
    Arm(
      label: label,
      cases: dollars.enumerated().map { no, cost in
        let trial = TrialFigures(outcome: .pass, score: 1, cost: Money(picodollars: Int64(cost * 1e12)))
        return CaseFigures(key: "case \(no)", trials: [trial])
      })
  }
  let steady = arm("steady", Array(repeating: 1, count: 28) + [1_000])
  let lucky = arm("lucky", Array(repeating: 1.5, count: 28) + [500])
  let found = recommend(Wish(best: .cost), [steady, lucky])
  let rivalry = try #require(found.rivalries.first)
  #expect(found.pick == "lucky" && (rivalry.comparison.difference ?? 0) < 0)
  #expect((rivalry.comparison.p ?? 1) < 0.01, "the test is sure, of the opposite")
  #expect(!rivalry.isDecided && !found.isSettled)
}

@Test("no bound of a mean cost is below nothing")
func costsFromNothing() throws {
  let arm = Arm(
    label: "a",
    cases: (0..<12).map { no in
      let cost = Money(picodollars: no == 0 ? 1_000_000_000_000 : 1_000_000_000)
      return CaseFigures(
        key: "c\(no)", cluster: "\(no / 4)", trials: [TrialFigures(outcome: .pass, cost: cost)])
    })
  let figure = try #require(recommend(Wish(best: .cost), [arm]).candidates.first?.figure)
  #expect(figure.interval?.lower == 0 && (figure.interval?.upper ?? 0) > 0.08)
}
