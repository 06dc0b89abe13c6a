import Formats
import Statistics
import Testing

@testable import Comparison

/// A run that might have been stopped: cases of unequal clusters, the first of them large and good.
private func watchedArm(_ label: String = "a", cost: Double = 0.001, failing: Int = 10) -> Arm {
  var arm = Arm(
    label: label,
    cases: (0..<60).map { no in
      let isLarge = no < 20
      let trial = TrialFigures(
        outcome: isLarge || no % failing != 0 ? .pass : .fail, score: isLarge ? 1 : 0,
        cost: Money(picodollars: Int64(cost * 1e12 * Double(1 + no % 3))), tokens: 10,
        latency: Int64(1_000_000 + no * 1_000), isFallback: no % 4 == 0)
      return CaseFigures(key: "c\(no)", cluster: isLarge ? "large" : nil, trials: [trial])
    })
  arm.isWatched = true
  return arm
}

@Test(
  "of a watched run a rate is the mean of its clusters, as its interval is",
  arguments: ["pass_rate", "score"])
func meanOfClusters(metric: String) throws {
  let arm = watchedArm()
  let verdict = judge(try Gate(parsing: "\(metric) >= 0.1"), arm)
  // One cluster and forty cases, of which four fail; of the scores only the cluster's is 1.
  let expected = metric == "score" ? 1.0 / 41 : 37.0 / 41
  let value = try #require(verdict.value)
  #expect(abs(value - expected) < 1e-12, "\(verdict)")
  #expect(verdict.interval?.contains(value) == true && verdict.n == 60)
}

@Test("what a watched comparison shows of each side differs by what it shows between them")
func sameUnits() throws {
  let (a, b) = (watchedArm("a", failing: 2), watchedArm("b", cost: 0.002))
  let rates = compare(.passRate, a, b)
  let (x, y) = (try #require(rates.valueA), try #require(rates.valueB))
  let gap = try #require(rates.difference)
  #expect(abs(y - x - gap) < 1e-12)
  var dearer = b
  dearer.cases[30].trials[0].cost = Money(picodollars: 90_000_000_000)
  let costs = compare(.cost, a, dearer)
  let (p, q) = (try #require(costs.valueA), try #require(costs.valueB))
  let factor = try #require(costs.difference)
  #expect(abs(q / p - 1 - factor) < 1e-9)
}

@Test(
  "intervals for a planned number of trials are not given for a run that might have been stopped",
  arguments: [
    "mean(cost) <= $9", "mean(latency) <= 9s", "per_1000(cost) <= $9", "median(latency) <= 9s",
    "p90(latency) <= 9s", "latency <= 9s",
  ])
func withheld(text: String) throws {
  let verdict = judge(try Gate(parsing: text), watchedArm())
  #expect(verdict.holds && verdict.interval == nil)
  #expect(verdict.note == "stopped when sure: no interval")
  var planned = watchedArm()
  planned.isWatched = false
  #expect(judge(try Gate(parsing: text), planned).interval != nil)
}

@Test("a bound that a watched run does not have holds no gate, and a share of its trials has one")
func bounds() throws {
  let bound = judge(try Gate(parsing: "upper(latency) <= 9s"), watchedArm())
  #expect(!bound.holds && bound.value == nil && bound.note == "stopped when sure: no interval")
  let share = judge(try Gate(parsing: "fallback_rate <= 0.5"), watchedArm())
  let value = try #require(share.value)
  #expect(share.holds && share.interval?.contains(value) == true)
}

@Test("a corrected pass rate of a watched run has no bounds")
func correctedWatched() throws {
  let agreement = JudgeAgreement(
    n: 200, observed: 0.9, kappa: try #require(cohensKappa([1, 1, 0, 0], [1, 1, 0, 1])), truePositive: 90,
    positives: 100, trueNegative: 90, negatives: 100)
  let found = try #require(agreement.corrected(watchedArm()))
  #expect(found.rate.interval == Interval(nil, nil) && abs(found.raw - 37.0 / 41) < 1e-12)
}

@Test("scores that happen to be 0 and 1 are read by bets, as they are once one is not")
func scoresByBets() throws {
  var arm = Arm(
    label: "a",
    cases: (0..<50).map { no in
      CaseFigures(key: "c\(no)", trials: [TrialFigures(outcome: .pass, score: no % 5 == 0 ? 0 : 1)])
    })
  arm.isWatched = true
  var bets = SequentialMean(alpha: 0.05)
  for no in 0..<50 { bets.add(no % 5 == 0 ? 0 : 1) }
  #expect(averageInterval(.score, arm) == bets.interval(alpha: 0.05))
  // Passes and failures are read by the mixture, and so they are when later cases are repeated.
  arm.cases[40].trials += [TrialFigures(outcome: .fail)]
  let mixture = betaBinomialSequence(sum: 49.5, of: 50, alpha: 1 - 0.95)
  let found = try #require(averageInterval(.passRate, arm))
  #expect(abs((found.lower ?? 0) - (mixture.lower ?? 1)) < 1e-9)
  #expect(abs((found.upper ?? 0) - (mixture.upper ?? 1)) < 1e-9)
}
