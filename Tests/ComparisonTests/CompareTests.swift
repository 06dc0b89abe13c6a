import Formats
import Statistics
import Testing
import Vocabulary

@testable import Comparison

/// An arm with the given outcomes, one trial a case.
private func arm(_ label: String, _ passes: [Bool], latency: (Int) -> Int64 = { _ in 1_000_000 }) -> Arm {
  Arm(
    label: label,
    cases: passes.enumerated().map { i, passed in
      CaseFigures(
        key: "c\(i)",
        trials: [
          TrialFigures(
            outcome: passed ? .pass : .fail, score: passed ? 1 : 0,
            cost: Money(picodollars: 1_000 + Int64(i)),
            latency: latency(i))
        ])
    })
}

@Test("a clear difference is told with its effect, interval, p, n and method")
func clearDifference() {
  let a = arm("old", (0..<200).map { $0 % 2 == 0 })
  let b = arm("new", (0..<200).map { $0 % 2 == 0 || $0 % 10 == 1 })
  let result = compare(.passRate, a, b)
  #expect(result.verdict == .better)
  #expect(
    result.sentence
      == "new is better than old on pass rate: +10.0 pp (95 % CI +6.6 to +14.9 pp, p < 0.001 Holm-adjusted, "
      + "n = 200 pairs, McNemar mid-p, Tango interval).")
}

@Test("few discordant pairs are insufficient, and it says how many more cases would tell")
func insufficient() {
  let a = arm("a", (0..<20).map { $0 > 3 })
  let b = arm("b", (0..<20).map { $0 > 0 })
  let result = compare(.passRate, a, b)
  #expect(result.verdict == .insufficientData)
  #expect(
    result.sentence.hasPrefix(
      "Too few cases to tell b from a on pass rate: +15.0 pp with n = 20, and the smallest possible p is 0.12."
    ))
  #expect(result.sentence.contains(" more cases would tell a difference of 15.0 pp."))
}

@Test("nothing detected never reads as equal")
func nothingDetected() {
  let a = arm("a", (0..<100).map { $0 % 7 != 0 })
  let b = arm("b", (0..<100).map { $0 % 8 != 0 })
  let result = compare(.passRate, a, b)
  #expect(result.verdict == .noDetectableDifference)
  #expect(result.sentence.hasPrefix("No detectable difference of b from a on pass rate:"))
  #expect(!result.sentence.contains("equal"))
  #expect(result.sentence.contains("could have detected about ±"))
}

@Test("cases that differ are compared unpaired, and it says so")
func unpaired() {
  let a = arm("a", Array(repeating: true, count: 60))
  var b = arm("b", (0..<60).map { $0 % 2 == 0 })
  for i in b.cases.indices { b.cases[i].key = "other\(i)" }
  let result = compare(.passRate, a, b)
  #expect(result.pairing == .unpaired(a: 60, b: 60))
  #expect(result.verdict == .worse)
  #expect(result.sentence.contains("n = 60 and 60, unpaired"))
}

@Test("slower on every case is worse on latency, as a ratio")
func latency() {
  let passes = Array(repeating: true, count: 40)
  let a = arm("a", passes) { Int64(1_000_000 + $0 * 1_000) }
  let b = arm("b", passes) { Int64(1_200_000 + $0 * 1_200) }
  let result = compare(.latency, a, b)
  #expect(result.verdict == .worse)
  #expect(abs((result.difference ?? 0) - 0.2) < 1e-9)
}

@Test("clusters are flipped whole and widen the interval")
func clusters() {
  var a = arm("a", (0..<60).map { $0 % 2 == 0 })
  var b = arm("b", (0..<60).map { $0 / 10 % 2 == 0 || $0 % 2 == 0 })
  let plain = compare(.passRate, a, b)
  for i in 0..<60 {
    a.cases[i].cluster = "doc\(i / 10)"
    b.cases[i].cluster = "doc\(i / 10)"
  }
  let grouped = compare(.passRate, a, b)
  #expect((grouped.interval?.lower ?? 1) < (plain.interval?.lower ?? 0))
  #expect(grouped.notes.contains("cases grouped by cluster"))
}

@Test("places in a ranking stay open where the tests can't tell")
func ranks() {
  let good = arm("good", (0..<100).map { $0 % 10 != 0 })
  let same = arm("same", (0..<100).map { $0 % 9 != 0 })
  let bad = arm("bad", (0..<100).map { $0 % 2 == 0 })
  let ranks = ranking(.passRate, [bad, same, good])
  #expect(ranks.map(\.label) == ["good", "same", "bad"])
  #expect(ranks[0].best == 1 && ranks[0].worst == 2)
  #expect(ranks[2].best == 3 && ranks[2].worst == 3)
}

@Test("a difference without any variation is no point and no riddle")
func withoutVariation() {
  func repeated(_ outcome: Outcome, _ label: String) -> Arm {
    Arm(
      label: label,
      cases: (0..<12).map { i in
        CaseFigures(key: "c\(i)", trials: [TrialFigures(outcome: outcome), TrialFigures(outcome: outcome)])
      })
  }
  let result = compare(.passRate, repeated(.fail, "a"), repeated(.pass, "b"))
  #expect(result.verdict == .better)
  #expect((result.interval?.lower ?? 1) < 0.9)
  let same = compare(.passRate, repeated(.pass, "a"), repeated(.pass, "b"))
  #expect(same.verdict == .insufficientData)
  #expect((same.interval?.upper ?? 0) > 0.1)
}

@Test("rates over repeated cases keep within 0 and 1, and do not shrink to a point")
func ratesOfRepeatedCases() throws {
  let all = Arm(
    label: "a",
    cases: (0..<12).map { i in
      CaseFigures(key: "c\(i)", trials: [TrialFigures(outcome: .pass), TrialFigures(outcome: .pass)])
    })
  let verdict = judge(try Gate(parsing: "lower(pass_rate) >= 0.9"), all)
  #expect(!verdict.holds && (verdict.value ?? 1) < 0.9)
  #expect(verdict.interval?.upper == 1)
}

@Test("cases that share a cluster count once where the cases differ, too")
func unpairedClusters() {
  func grouped(_ label: String, passes: Bool, keys: String) -> Arm {
    Arm(
      label: label,
      cases: (0..<40).map { i in
        CaseFigures(
          key: "\(keys)\(i)", cluster: "\(keys)\(i / 20)",
          trials: [TrialFigures(outcome: passes ? .pass : .fail)])
      })
  }
  let result = compare(
    .passRate, grouped("a", passes: false, keys: "x"), grouped("b", passes: true, keys: "y"))
  #expect(result.pairing == .unpaired(a: 2, b: 2))
  #expect(result.verdict == .insufficientData)
}

@Test("of a family of comparisons each is planned with its share of α")
func plannedInFamily() throws {
  let a = arm("a", (0..<100).map { $0 % 7 != 0 })
  let b = arm("b", (0..<100).map { $0 % 8 != 0 })
  let c = arm("c", (0..<100).map { $0 % 9 != 0 })
  let alone = compare(.passRate, a, b)
  let one = try #require(compareAll([.passRate, .score], [(a, b)]).first)
  #expect(one.casesToTell == alone.casesToTell && one.detectable == alone.detectable)
  let family = try #require(compareAll([.passRate, .score], allPairs([a, b, c])).first)
  var strict = ComparisonOptions()
  strict.alpha = 0.05 / 3
  let planned = compare(.passRate, a, b, strict)
  #expect(family.casesToTell == planned.casesToTell && family.detectable == planned.detectable)
  let (more, few) = (try #require(family.casesToTell), try #require(alone.casesToTell))
  let (wide, narrow) = (try #require(family.detectable), try #require(alone.detectable))
  #expect(more > few && wide > narrow)
}

@Test("half the time and twice the time take the same number of cases to tell")
func plannedRatios() throws {
  let passes = Array(repeating: true, count: 40)
  let slow = arm("slow", passes) { $0 % 2 == 0 ? 3_000_000 : 1_000_000 }
  let fast = arm("fast", passes) { $0 % 3 == 0 ? 1_000_000 : 900_000 }
  let (up, down) = (compare(.latency, fast, slow), compare(.latency, slow, fast))
  let (rise, fall) = (try #require(up.difference), try #require(down.difference))
  #expect(rise > 0.5 && fall > -0.5 && abs((1 + rise) * (1 + fall) - 1) < 1e-9)
  #expect(up.casesToTell != nil && up.casesToTell == down.casesToTell)
  let (detectable, other) = (try #require(up.detectable), try #require(down.detectable))
  #expect(abs(detectable - other) < 1e-9)
  // The variance of the logarithms gives the cases; the difference that these cases could show gives them back.
  var options = ComparisonOptions()
  options.margins[.latency] = detectable
  let needed = try #require(compare(.latency, fast, slow, options).casesToTell)
  #expect(needed == 40 || needed == 41)
}

@Test("a thousand cases without a difference are equivalent within a margin, and three are too few")
func nothingDiffers() {
  var options = ComparisonOptions()
  for metric in [Metric.passRate, .score, .latency] { options.margins[metric] = 0.02 }
  func found(_ metric: Metric, _ count: Int, better: Int = 0) -> Verdict {
    compare(
      metric, arm("a", (0..<count).map { $0 % 10 != 0 }),
      arm("b", (0..<count).map { $0 % 10 != 0 || $0 < better }), options
    ).verdict
  }
  #expect(found(.passRate, 1_000) == .equivalent && found(.latency, 1_000) == .equivalent)
  #expect(found(.score, 1_000) == .equivalent)
  // Three differ, all to the better: no test can tell, and yet it is not worse.
  #expect(found(.passRate, 1_000, better: 30) == .equivalent)
  #expect(found(.passRate, 200, better: 30) == .notWorse)
  for metric in [Metric.passRate, .score, .latency] { #expect(found(metric, 3) == .insufficientData) }
}

@Test("one case against another says nothing of costs and times", arguments: [Metric.cost, .latency])
func oneAgainstOne(metric: Metric) {
  let a = arm("a", [true]) { _ in 1_000_000 }
  var b = arm("b", [true]) { _ in 1_010_000 }
  b.cases[0].key = "other"
  var options = ComparisonOptions()
  options.margins[metric] = 0.1
  let result = compare(metric, a, b, options)
  #expect(result.verdict == .insufficientData && result.interval == nil && result.leastP == 1)
}
