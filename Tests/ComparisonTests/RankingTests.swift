import Formats
import Testing

@testable import Comparison

private func arm(_ label: String, _ count: Int = 40, _ trial: (Int) -> TrialFigures) -> Arm {
  Arm(label: label, cases: (0..<count).map { CaseFigures(key: "c\($0)", trials: [trial($0)]) })
}

private func dollars(_ value: Double) -> Money { Money(picodollars: Int64((value * 1e12).rounded())) }

private func said(_ metric: Metric, _ arms: [Arm], _ options: ComparisonOptions = .init()) -> (
  headline: String, ranks: [Rank]
) {
  let ranks = ranking(metric, arms, options)
  return (headline(compareAll([metric], allPairs(arms), options), ranks), ranks)
}

@Test("what erred counts in the ranking as it does in the tests")
func errorsInRanking() {
  let arms = [
    arm("a") { TrialFigures(outcome: $0 < 10 ? .pass : .error) },
    arm("b") { TrialFigures(outcome: $0 < 30 ? .pass : .fail) },
    arm("c") { TrialFigures(outcome: $0 < 28 ? .pass : .fail) },
  ]
  var options = ComparisonOptions()
  options.errorsAsFailures = true
  let found = said(.passRate, arms, options)
  #expect(found.headline == "b is ahead on pass rate (75.0 %); it can't be told apart from c.")
  #expect(found.ranks.map(\.label) == ["b", "c", "a"] && found.ranks.last?.value == 0.25)
}

@Test("times are ranked as the tests tell them, not by what a few of them add")
func timesInRanking() {
  func jitter(_ no: Int) -> Int64 { Int64(no * 7_919 % 40) * 1_000 }
  let arms = [
    arm("a") { TrialFigures(outcome: .pass, latency: 1_000_000 + jitter($0)) },
    // Faster nearly always, and twenty seconds now and then.
    arm("b") { TrialFigures(outcome: .pass, latency: $0 % 13 == 0 ? 20_000_000 : 700_000 + jitter($0)) },
    arm("c") { TrialFigures(outcome: .pass, latency: 3_000_000 + jitter($0)) },
  ]
  let found = said(.latency, arms)
  #expect(found.headline == "b is ahead on latency (722 ms), by more than chance would explain.")
  #expect(found.ranks.map(\.label) == ["b", "a", "c"] && found.ranks.map(\.best) == [1, 2, 3])
  #expect(found.ranks.allSatisfy { $0.interval?.contains($0.value) == true })
}

@Test(
  "costs of different cases are ranked by the typical case, as the comparisons show them: totals grow with the cases"
)
func costsOfDifferentCases() {
  func asked(_ label: String, _ count: Int, _ cost: Double) -> Arm {
    Arm(
      label: label,
      cases: (0..<count).map { no in
        CaseFigures(
          key: "\(label)\(no)",
          trials: [TrialFigures(outcome: .pass, cost: dollars(cost * (1 + Double(no * 7 % 10) / 100)))])
      })
  }
  let arms = [asked("cheap", 90, 0.01), asked("dear", 30, 0.02), asked("middle", 40, 0.01002)]
  let found = said(.cost, arms)
  #expect(found.ranks.map(\.label) == ["cheap", "middle", "dear"])
  #expect(
    found.headline == "cheap is ahead on cost ($0.010450); it can't be told apart from middle.", "\(found)")
  for rank in found.ranks {
    #expect(rank.interval?.contains(rank.value) == true && rank.value < 0.03)
  }
}

@Test("costs are ranked by the totals that the comparisons show, and equal ones are level")
func costsInRanking() throws {
  let costs = said(
    .cost,
    ["a", "b", "c"].map { label in
      arm(label) { TrialFigures(outcome: .pass, cost: dollars(0.01 + Double($0) * 1e-4)) }
    })
  #expect(costs.headline == "a is level with b, c on cost ($0.4780).")
  let first = try #require(costs.ranks.first)
  // A mean's interval, not a rate's.
  #expect(abs(first.value - 0.478) < 1e-9 && first.interval?.contains(0.478) == true)
  #expect((first.interval?.lower ?? 0) > 0.45 && (first.interval?.upper ?? 1) < 0.51)
  let free = said(
    .cost, ["a", "b", "c"].map { arm($0, 10) { _ in TrialFigures(outcome: .pass, cost: .zero) } })
  #expect(free.headline == "a is level with b, c on cost ($0.000000).")
  #expect(free.ranks.allSatisfy { $0.value == 0 && $0.interval == nil })
}

@Test("the places that the tests give come before the figures")
func placesFirst() {
  // The total of a is the least, by the luck of one case that the test does not weigh.
  let arms = [
    arm("a") { TrialFigures(outcome: .pass, cost: dollars($0 == 0 ? 2 : 1.001 + Double($0 % 3) * 1e-4)) },
    arm("b") { TrialFigures(outcome: .pass, cost: dollars($0 == 0 ? 60 : 1)) },
    arm("c") { TrialFigures(outcome: .pass, cost: dollars($0 == 0 ? 61 : ($0 % 2 == 0 ? 1.1 : 1.2))) },
  ]
  let found = said(.cost, arms)
  #expect(found.ranks.map(\.best) == found.ranks.map(\.best).sorted(), "\(found.ranks)")
  if let first = found.ranks.first, found.headline.contains("is ahead") {
    #expect(found.ranks.allSatisfy { $0.value >= first.value || $0.best > 1 }, "\(found)")
  }
}

@Test("repetitions count in the ranking's interval as in the report's")
func repetitionsInRanking() throws {
  func repeated(_ label: String, _ share: Int) -> Arm {
    Arm(
      label: label,
      cases: (0..<40).map { no in
        let trials = (0..<4).map { TrialFigures(outcome: (no + $0) % 4 < share ? .pass : .fail) }
        return CaseFigures(key: "c\(no)", trials: no % 5 == 0 ? trials.map { _ in trials[0] } : trials)
      })
  }
  let arms = [repeated("a", 2), repeated("b", 3)]
  let rank = try #require(ranking(.passRate, arms).first { $0.label == "a" })
  #expect(rank.interval == averageInterval(.passRate, arms[0], level: 0.975))
}

@Test("with errors as failures a case that erred is among those newly failing")
func changesOfErrors() throws {
  let a = arm("a", 4) { _ in TrialFigures(outcome: .pass, trial: 1) }
  let b = arm("b", 4) { TrialFigures(outcome: $0 < 2 ? .pass : .error, trial: 2) }
  #expect(caseChanges(a, b).isEmpty)
  var options = ComparisonOptions()
  options.errorsAsFailures = true
  let changes = caseChanges(a, b, options)
  let first = try #require(changes.first)
  #expect(changes.map(\.kind) == [.newlyFailing, .newlyFailing])
  #expect(
    first.count(first.a) == "1/1" && first.count(first.b) == "0/1" && first.telling(first.b)?.trial == 2)
}
