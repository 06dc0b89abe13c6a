import Formats
import Statistics
import Testing

@testable import Comparison

private func arm(_ label: String, keys: String = "c", _ trials: [[TrialFigures]]) -> Arm {
  Arm(label: label, cases: trials.enumerated().map { CaseFigures(key: "\(keys)\($0)", trials: $1) })
}

private func scores(_ label: String, keys: String = "c", _ values: [Double]) -> Arm {
  arm(label, keys: keys, values.map { [TrialFigures(outcome: $0 >= 0.5 ? .pass : .fail, score: $0)] })
}

private func costs(_ label: String, _ dollars: [[Double]]) -> Arm {
  arm(
    label,
    dollars.map { trials in
      trials.map { TrialFigures(outcome: .pass, cost: Money(picodollars: Int64(($0 * 1e12).rounded()))) }
    })
}

@Test("no advice is for fewer cases than those with which the test could reach α")
func enoughToReach() {
  #expect(compare(.passRate, scores("a", [0, 0, 0]), scores("b", [1, 1, 1])).casesToTell == 5)
  // Half of the cases differ.
  let half = compare(.passRate, scores("a", [0, 0, 1, 1]), scores("b", [1, 1, 1, 1]))
  #expect((half.casesToTell ?? 0) >= 10)
  let few = compare(.score, scores("a", [0.3, 0.3, 0.3, 0.3]), scores("b", [0.36, 0.6, 0.36, 0.5]))
  #expect(few.casesToTell == 6)
  var family = ComparisonOptions()
  family.family = 45
  let strict = compare(.passRate, scores("a", [0, 0, 0]), scores("b", [1, 1, 1]), family)
  #expect((strict.casesToTell ?? 0) >= 10)
}

/// What a case costs, the first of them much more than the others.
private func size(_ no: Int, first: Double) -> Double { no == 0 ? first : 1 + 0.1 * Double(no % 5) }

@Test("costs are planned for on the scale of their test, and not where the totals say the opposite")
func plannedCosts() throws {
  let a = costs("a", (0..<40).map { [size($0, first: 10)] })
  let b = costs("b", (0..<40).map { [0.9 * size($0 + $0 / 5, first: 31)] })
  let opposite = compare(.cost, a, b)
  // The total is dearer, the typical case cheaper.
  #expect((opposite.difference ?? 0) > 0 && (opposite.effect?.value ?? 0) < 0)
  #expect(opposite.casesToTell == nil)
  let c = costs("c", (0..<40).map { [1.1 * size($0 * 3 + $0 / 5, first: 12)] })
  let planned = compare(.cost, a, c)
  let typical = try #require(planned.effect?.value)
  #expect((planned.difference ?? 0) > 0 && typical > 0)
  #expect(abs((planned.toldDifference ?? 0) - typical) < 1e-9)
}

@Test("against a side that costs nothing the difference is told in dollars")
func againstNothing() throws {
  let free = costs("free", Array(repeating: [0], count: 100))
  let paid = costs("paid", (0..<100).map { [0.01 + 0.0001 * Double($0)] })
  var options = ComparisonOptions()
  options.margins[.cost] = 0.1
  let (dearer, cheaper) = (compare(.cost, free, paid, options), compare(.cost, paid, free, options))
  #expect(dearer.verdict == .worse && cheaper.verdict == .better && dearer.unit == .amount)
  #expect(abs((dearer.difference ?? 0) - 1.495) < 1e-9)
  // t of 99 degrees of freedom: 1.98422 · 0.0029011 · 10.
  #expect(abs((dearer.interval?.lower ?? 0) - 1.43744) < 1e-4)
  #expect(dearer.sentence.contains("+$1.4950 (95 % CI +$1.4374 to +$1.5526, p < 0.001"), "\(dearer.sentence)")
  #expect(cheaper.interval?.lower == dearer.interval?.upper.map { -$0 })
  var other = paid
  for i in other.cases.indices { other.cases[i].key += "'" }
  let unpaired = compare(.cost, free, other, options)
  #expect(unpaired.verdict == .worse && unpaired.unit == .amount && unpaired.margin == nil)
  #expect(abs((unpaired.difference ?? 0) - 0.01495) < 1e-9)
  let few = compare(.cost, costs("a", [[0], [0]]), costs("b", [[1], [2]]))
  #expect(few.verdict == .insufficientData)
  #expect(
    compare(.cost, free, costs("other", Array(repeating: [0], count: 100)), options).verdict == .equivalent)
}

@Test("a regression of costs from nothing fails, and to nothing holds")
func regressionFromNothing() throws {
  let free = costs("free", Array(repeating: [0], count: 40))
  let paid = costs("paid", (0..<40).map { [0.001 + 0.0001 * Double($0)] })
  let gate = try Gate(parsing: "regression(cost) <= 10%")
  let dearer = judge(gate, paid, baseline: free)
  #expect(!dearer.holds && dearer.note == "seen: +$0.1180 against free")
  #expect(judge(gate, free, baseline: paid).holds && judge(gate, free, baseline: free).holds)
}

@Test("the costs that are shown are what all trials cost, however often cases were asked")
func billedCosts() {
  let a = costs("a", (0..<10).map { Array(repeating: 0.01 + Double($0) * 0.001, count: 4) })
  let b = costs("b", (0..<10).map { [0.02 + Double($0) * 0.001] })
  let result = compare(.cost, a, b)
  #expect(abs((result.valueA ?? 0) - 0.58) < 1e-9 && abs((result.valueB ?? 0) - 0.245) < 1e-9)
  // Each case once on either side.
  #expect(abs((result.difference ?? 0) - (0.245 / 0.145 - 1)) < 1e-9)
}

@Test("different cases are planned for, too: so many more on each side")
func plannedUnpaired() throws {
  let a = scores("a", (0..<40).map { $0 % 20 < 9 ? 1 : 0 })
  let b = scores("b", keys: "other", (0..<40).map { $0 % 5 < 3 ? 1 : 0 })
  let rates = compare(.passRate, a, b)
  let needed = casesForTwoProportions(0.45, 0.6)
  #expect(rates.casesToTell == Int(needed.rounded(.up)) && rates.verdict == .noDetectableDifference)
  #expect(abs((rates.detectable ?? 0) - 0.302) < 0.001, "\(rates)")
  #expect(rates.sentence.contains(" more cases on each side would tell a difference of 15.0 pp."))
  #expect(rates.headline.contains(" more cases on each side would tell."))
  let points = compare(
    .score, scores("a", (0..<30).map { Double($0 % 10) / 10 }),
    scores("b", keys: "other", (0..<30).map { Double($0 % 10) / 10 + 0.1 }))
  // Both have a variance of 0.0853.
  #expect(
    points.casesToTell
      == Int(casesForTwoMeans(difference: 0.1, varianceA: 0.085_345, varianceB: 0.085_345).rounded(.up)))
  #expect((points.detectable ?? 0) > 0.2 && (points.detectable ?? 1) < 0.23)
}

@Test("one case that differs is not told as none")
func oneDiffers() {
  let one = compare(.score, scores("a", [0.2]), scores("b", [0.7]))
  #expect(one.leastP == 1 && !one.sentence.contains("no case differs"), "\(one.sentence)")
  let none = compare(.score, scores("a", [0.2]), scores("b", [0.2]))
  #expect(none.sentence.contains("no case differs"), "\(none.sentence)")
}
