import Formats
import Statistics
import Testing

@testable import Comparison

private func trials(passes: Int, failures: Int, cost: Money? = Money(picodollars: 1_000_000_000)) -> Arm {
  Arm(
    label: "a",
    cases: (0..<(passes + failures)).map { i in
      CaseFigures(
        key: "c\(i)",
        trials: [
          TrialFigures(
            outcome: i < passes ? .pass : .fail, score: i < passes ? 1 : 0, cost: cost, tokens: 10,
            latency: Int64(1_000_000 + i * 1_000), metrics: ["faithfulness": 0.9])
        ])
    })
}

@Test(
  "a gate is read and judged",
  arguments: [
    ("pass_rate >= 0.9", true), ("pass_rate >= 95%", false), ("lower(pass_rate) >= 0.9", false),
    ("lower(pass_rate) >= 0.8", true), ("upper(error_rate) <= 0.05", true), ("cost <= $0.10", true),
    ("cost<0.09", false), ("p95(latency) <= 1.1s", true), ("p95(latency) <= 1000ms", false),
    ("p99(latency) <= 9s", false), ("metric.faithfulness >= 0.8", true), ("metric.absent >= 0", false),
    ("mean(tokens) <= 10", true), ("tokens <= 999", false), ("fallback_rate <= 0", true),
    ("trials >= 100", true),
    ("regression(pass_rate) <= 0.02", false),
  ])
func gates(text: String, holds: Bool) throws {
  let verdict = judge(try Gate(parsing: text), trials(passes: 90, failures: 10))
  #expect(verdict.holds == holds, "\(verdict)")
}

@Test(
  "a mistake in a gate points at its place",
  arguments: [
    ("pass_rat >= 1", "a.yaml:3:10: unknown metric \"pass_rat\"; did you mean \"pass_rate\"?"),
    ("pass_rate => 1", "a.yaml:3:20: expected >=, <=, > or <, found \"=> 1\""),
    ("p95(latency) <= 3", "a.yaml:3:26: a time needs its unit"),
    ("p95(latency) <= 3 parsecs", "a.yaml:3:28: unknown unit \"parsecs\""),
    ("lowr(pass_rate) >= 1", "a.yaml:3:10: unknown function \"lowr\"; did you mean \"lower\"?"),
    ("pass_rate >= 1% and", "a.yaml:3:26: nothing may follow the limit; found \"and\""),
    ("pass_rate >= $1", "a.yaml:3:23: only cost is measured in dollars"),
    ("regression(pass_rate) >= 0", "a.yaml:3:10: regression(...) is how much worse it may be: use <= or <"),
    ("", "a.yaml:3:10: a gate begins with what it measures"),
  ])
func mistakes(text: String, message: String) {
  let problem = #expect(throws: Problem.self) {
    try Gate(parsing: text, at: SourceLocation(file: "a.yaml", line: 3, column: 10))
  }
  let shown = problem.map { "\($0.location.map { "\($0): " } ?? "")\($0.message)" }
  #expect(shown == message)
}

@Test("repetitions of a case are no further cases", arguments: ["mean(cost) <= $9", "fallback_rate <= 1"])
func repetitions(text: String) throws {
  func arm(repeated: Int) -> Arm {
    Arm(
      label: "a",
      cases: (0..<12).map { i in
        var trial = TrialFigures(outcome: .pass, score: 1, cost: Money(picodollars: Int64(i) * 1_000_000_000))
        trial.isFallback = i < 3
        return CaseFigures(key: "c\(i)", trials: Array(repeating: trial, count: repeated))
      })
  }
  let (once, often) = (
    judge(try Gate(parsing: text), arm(repeated: 1)), judge(try Gate(parsing: text), arm(repeated: 8))
  )
  func width(_ verdict: GateVerdict) throws -> Double {
    let interval = try #require(verdict.interval)
    return try #require(interval.upper) - #require(interval.lower)
  }
  let (narrow, wide) = (try width(often), try width(once))
  let (seen, before) = (try #require(often.value), try #require(once.value))
  #expect(often.n == 96 && abs(seen - before) < 1e-12)
  // Nothing was learned: without a care for cases it would be a third as wide.
  #expect(narrow > 0.85 * wide && narrow < 1.15 * wide, "\(once) \(often)")
}

/// Cases that end alike however often they are asked: each a tenth of a second later than the one before, three of
/// four with a pass.
private func alike(cases: Int, repeated: Int) -> Arm {
  Arm(
    label: "a",
    cases: (0..<cases).map { i in
      let trial = TrialFigures(outcome: i % 4 == 0 ? .fail : .pass, latency: Int64(1_000_000 + i * 100_000))
      return CaseFigures(key: "c\(i)", trials: Array(repeating: trial, count: repeated))
    })
}

@Test("times of a repeated case are one case's, to percentiles as well")
func repeatedTimes() throws {
  let gate = try Gate(parsing: "median(latency) <= 9s")
  let once = judge(gate, alike(cases: 10, repeated: 1))
  let often = judge(gate, alike(cases: 10, repeated: 20))
  #expect(once.interval?.lower != nil && once.interval?.upper != nil)
  #expect(often.n == 200 && often.interval == once.interval, "\(once) \(often)")
}

@Test("repetitions do not make a corrected pass rate surer")
func repeatedCorrection() throws {
  let agreement = JudgeAgreement(
    n: 200, observed: 0.9, kappa: try #require(cohensKappa([1, 1, 0, 0], [1, 1, 0, 1])), truePositive: 90,
    positives: 100, trueNegative: 90, negatives: 100)
  let once = try #require(agreement.corrected(alike(cases: 20, repeated: 1)))
  let often = try #require(agreement.corrected(alike(cases: 20, repeated: 10)))
  #expect(once.raw == 0.75 && often.raw == 0.75 && abs(often.rate.rate - once.rate.rate) < 1e-9)
  let (low, high) = (try #require(often.rate.interval.lower), try #require(often.rate.interval.upper))
  let (least, most) = (try #require(once.rate.interval.lower), try #require(once.rate.interval.upper))
  #expect(abs(low - least) < 1e-9 && abs(high - most) < 1e-9 && high - low > 0.3)
}

@Test("an unknown cost never passes a cost gate")
func unknownCost() throws {
  let verdict = judge(try Gate(parsing: "cost <= 1"), trials(passes: 5, failures: 0, cost: nil))
  #expect(!verdict.holds)
  #expect(verdict.note == "the cost of 5 of 5 trials is unknown")
}

@Test("a percentile of too few values is not an answer")
func fewValues() throws {
  let verdict = judge(try Gate(parsing: "p95(latency) <= 9s"), trials(passes: 20, failures: 0))
  #expect(verdict.value == nil && !verdict.holds)
  #expect(verdict.note == "not enough data: 20 values, 100 needed")
}

@Test("non-inferiority reads the bound, not the point")
func nonInferiority() throws {
  let baseline = trials(passes: 90, failures: 10)
  let same = judge(try Gate(parsing: "regression(pass_rate) <= 0.05"), baseline, baseline: baseline)
  #expect(same.holds)
  #expect((same.value ?? 0) > 0)
}

@Test("what of the baseline's costs is unknown fails a regression of costs, and it says so")
func unknownBaselineCosts() throws {
  func arm(_ label: String, _ dollars: [Double?]) -> Arm {
    Arm(
      label: label,
      cases: dollars.enumerated().map { no, cost in
        let money = cost.map { Money(picodollars: Int64($0 * 1e12)) }
        return CaseFigures(key: "c\(no)", trials: [TrialFigures(outcome: .pass, cost: money)])
      })
  }
  let baseline = arm("base", (0..<100).map { $0 < 10 ? 0.01 + Double($0) * 0.001 : nil })
  let now = arm("now", (0..<100).map { $0 < 10 ? 0.01 + Double($0) * 0.001 : 5 })
  let verdict = judge(try Gate(parsing: "regression(cost) <= 10%"), now, baseline: baseline)
  #expect(!verdict.holds && verdict.value != nil)
  #expect(
    verdict.note
      == "the cost of 90 of 100 trials of the baseline is unknown; seen: ±0.0 % against base; "
      + "90 of 100 cases could not be paired")
  // New cases of the suite have no cost before: that is no unknown one.
  let known = arm("base", (0..<90).map { 0.01 + Double($0) * 0.001 })
  let more = arm("now", (0..<92).map { 0.01 + Double($0) * 0.001 })
  #expect(judge(try Gate(parsing: "regression(cost) <= 10%"), more, baseline: known).holds)
}

@Test(
  "a gate on times is open only where replies without a time are why there is no figure",
  arguments: [
    // Measured, used again, gate, open.
    (39, 1, "p95(latency) <= 1ms", false), (0, 40, "p95(latency) <= 1ms", true),
    (60, 40, "p95(latency) <= 1ms", true), (60, 39, "p95(latency) <= 1ms", false),
    (39, 0, "p95(latency) <= 1ms", false), (0, 0, "p95(latency) <= 1ms", false),
    (2, 1, "upper(latency) <= 1ms", false), (2, 4, "upper(latency) <= 1ms", true),
    (0, 40, "regression(latency) <= 10%", false),
  ])
func openGates(measured: Int, reused: Int, text: String, isOpen: Bool) throws {
  let arm = Arm(
    label: "a",
    cases: (0..<(measured + reused)).map { no in
      var trial = TrialFigures(outcome: .pass, source: no < measured ? .network : .replay)
      if no < measured { trial.latency = 2_000_000 }
      return CaseFigures(key: "c\(no)", trials: [trial])
    })
  let verdict = judge(try Gate(parsing: text), arm)
  #expect(verdict.isOpen == isOpen && !verdict.holds, "\(verdict)")
}

@Test(
  "a percentile is judged from five values beyond it on, at either end",
  arguments: [
    (50, 90.0, true, 50), (49, 90, false, 50), (100, 95, true, 100), (99, 5, false, 100), (100, 5, true, 100),
    (499, 1, false, 500), (500, 1, true, 500), (1, 50, true, 1),
  ])
func percentileEnds(count: Int, percent: Double, isJudged: Bool, needed: Int) throws {
  let arm = trials(passes: count, failures: 0)
  let verdict = judge(try Gate(parsing: "p\(Int(percent))(latency) <= 9s"), arm)
  #expect(verdict.holds == isJudged)
  #expect(isJudged || verdict.note == "not enough data: \(count) values, \(needed) needed")
}

@Test(
  "a limit that no rate can have points at its place, with what was meant",
  arguments: [
    ("pass_rate >= 95", 23, "write 0.95 or 95 %"), ("error_rate <= 5", 24, "write 0.05 or 5 %"),
    ("lower(pass_rate) >= 95", 30, "write 0.95 or 95 %"),
    ("regression(pass_rate) <= 2", 35, "write 0.02 or 2 %"),
    ("fallback_rate <= 5", 27, "write 0.05 or 5 %"), ("pass_rate >= 950 %", 23, "write 0.095 or 9.5 %"),
    ("pass_rate >= -1", 23, nil), ("trust >= 950", 19, nil),
  ])
func limitsOfRates(text: String, column: Int, mend: String?) throws {
  let problem = #expect(throws: Problem.self) {
    try Gate(parsing: text, at: SourceLocation(file: "a.yaml", line: 3, column: 10))
  }
  #expect(problem?.location?.column == column, "\(String(describing: problem))")
  #expect(problem?.mend == mend)
  for good in [
    "pass_rate >= 95 %", "pass_rate >= 1", "score >= 5", "total(pass_rate) >= 40", "trials >= 100",
  ] {
    _ = try Gate(parsing: good)
  }
}
