import Formats
import Statistics
import Testing

@testable import Comparison

private typealias Model = SimulatedModels.Model

/// Plays a suite to a rule, case by case, and gives the case after which it had enough; nil: never.
private func stop(_ rule: inout StopRule, _ a: Arm, _ b: Arm) -> Int? {
  for (order, (one, other)) in zip(a.cases, b.cases).enumerated() {
    let all = one.trials.map { ("a", $0) } + other.trials.map { ("b", $0) }
    for (target, trial) in all {
      let told = WatchedTrial(
        order: order, trialsOfCase: all.count, key: one.key, cluster: one.cluster, target: target,
        figures: trial)
      if rule.add(told) { return order + 1 }
    }
  }
  return nil
}

private func rule(margin: Double? = nil, gates: [String] = []) throws -> StopRule {
  var options = StopRule.Options()
  options.margin = margin
  return StopRule(
    comparing: gates.isEmpty ? ["a", "b"] : [], gates: try gates.map { (try Gate(parsing: $0), "b", nil) },
    options)
}

@Test("looked at after every case, equal models are told apart in at most 5 % of runs", arguments: [1, 3])
func peeking(repetitions: Int) throws {
  var models = SimulatedModels(seed: UInt64(repetitions))
  let runs = 600
  var wrong = 0
  for _ in 0..<runs {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 500, repetitions: repetitions)
    var rule = try rule()
    if stop(&rule, a, b) != nil { wrong += 1 }
  }
  #expect(Double(wrong) / Double(runs) <= 0.05, "\(wrong) of \(runs)")
}

@Test("looked at after every case, a fixed-sample test is wrong far more often")
func peekingWrongly() {
  var models = SimulatedModels(seed: 9)
  var wrong = 0
  for _ in 0..<200 {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 500)
    var (x, y) = (0, 0)
    for (one, other) in zip(a.cases, b.cases) {
      switch (one.trials[0].outcome, other.trials[0].outcome) {
      case (.pass, .fail): x += 1
      case (.fail, .pass): y += 1
      default: continue
      }
      if mcNemar(aOnly: x, bOnly: y).midP < 0.05 {
        wrong += 1
        break
      }
    }
  }
  #expect(wrong > 40, "\(wrong) of 200")
}

@Test(
  "a true difference of 10 points is found with 40 % fewer calls than the suite has", arguments: [400, 1_000])
func savings(cases: Int) throws {
  var models = SimulatedModels(seed: UInt64(cases))
  let runs = 300
  var (asked, found) = (0, 0)
  for _ in 0..<runs {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.9), cases: cases)
    var rule = try rule()
    let end = stop(&rule, a, b)
    asked += end ?? cases
    found += end == nil ? 0 : 1
  }
  let saved = 1 - Double(asked) / Double(runs * cases)
  #expect(saved >= 0.4, "saved \(saved)")
  #expect(Double(found) / Double(runs) >= 0.9, "found in \(found) of \(runs)")
}

@Test("with a margin, models that differ by less are decided, too")
func margin() throws {
  var models = SimulatedModels(seed: 2)
  var (asked, decided) = (0, 0)
  for _ in 0..<40 {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 2_000)
    var rule = try rule(margin: 0.1)
    let end = stop(&rule, a, b)
    asked += end ?? 2_000
    decided += end == nil ? 0 : 1
  }
  #expect(decided >= 38 && asked < 40 * 1_200, "\(decided), \(asked / 40)")
}

@Test(
  "a gate is decided as soon as its limit lies outside what is still possible, and in at most 5 % wrongly")
func gates() throws {
  var models = SimulatedModels(seed: 4)
  var (wrong, asked) = (0, 0)
  for _ in 0..<400 {
    let (a, b) = models.pair(Model(skill: 0.9), Model(skill: 0.9), cases: 300)
    var atTruth = try rule(gates: ["pass_rate >= 0.9"])
    if stop(&atTruth, a, b) != nil { wrong += 1 }
    var easy = try rule(gates: ["lower(pass_rate) >= 0.7"])
    asked += stop(&easy, a, b) ?? 300
  }
  #expect(wrong <= 20, "\(wrong)")
  #expect(asked / 400 < 60, "\(asked / 400)")
}

@Test("replies may come back in any order: the rule reads cases as they were asked")
func anyOrder() throws {
  var models = SimulatedModels(seed: 8)
  let (a, b) = models.pair(Model(skill: 0.3), Model(skill: 0.95), cases: 200)
  var inOrder = try rule()
  let expected = stop(&inOrder, a, b)
  var shuffled = try rule()
  var told = zip(a.cases, b.cases).enumerated().flatMap { order, pair in
    [("a", pair.0), ("b", pair.1)].map { target, one in
      WatchedTrial(
        order: order, trialsOfCase: 2, key: one.key, cluster: nil, target: target, figures: one.trials[0])
    }
  }
  models.random.shuffle(&told)
  for trial in told where !shuffled.isDecided { _ = shuffled.add(trial) }
  #expect(shuffled.findings.first?.decidedAfter == expected)
  #expect(expected != nil)
}

@Test("what the rule decided is what the comparison says afterwards, whatever came after")
func agreesWithComparison() throws {
  var models = SimulatedModels(seed: 12)
  for _ in 0..<20 {
    var (a, b) = models.pair(Model(skill: 0.6), Model(skill: 0.85), cases: 400)
    var rule = try rule()
    let end = try #require(stop(&rule, a, b))
    // Some cases were on their way when it stopped.
    a.cases = Array(a.cases.prefix(end + 16))
    b.cases = Array(b.cases.prefix(end + 16))
    (a.isWatched, b.isWatched) = (true, true)
    let result = compare(.passRate, a, b)
    #expect(result.verdict == .better, "\(result.sentence)")
    #expect(result.isAnytime && result.sentence.contains("valid whenever one stops"))
  }
}

@Test("a cluster is one unit")
func clusteredStop() throws {
  var models = SimulatedModels(seed: 13)
  var (a, b) = models.pair(Model(skill: 0.2), Model(skill: 0.9), cases: 60)
  for i in a.cases.indices {
    a.cases[i].cluster = "g\(i / 20)"
    b.cases[i].cluster = "g\(i / 20)"
  }
  var rule = try rule()
  #expect(stop(&rule, a, b) == nil, "three clusters can't decide anything")
}

@Test("a figure that leaves 0 to 1 is not decided before the end")
func unboundedFigure() throws {
  var rule = StopRule(comparing: [], gates: [(try Gate(parsing: "metric.length >= 1"), "a", nil)], .init())
  for order in 0..<300 {
    let trial = WatchedTrial(
      order: order, trialsOfCase: 1, key: "\(order)", cluster: nil, target: "a",
      figures: TrialFigures(outcome: .pass, metrics: ["length": order % 2 == 0 ? 40 : 0]))
    let isEnough = rule.add(trial)
    #expect(!isEnough)
  }
}

@Test(
  "a gate on what no trial can tell is no question that a run waits for",
  arguments: [
    ("trust >= 0.8", false), ("regression(trust) <= 0.1", false), ("metric.f1 >= 0.5", false),
    ("lower(metric.f1) >= 0.5", false), ("cost <= $1", false), ("metric.tone >= 0.5", true),
    ("function_success >= 0.9", true), ("pass_rate >= 0.9", true),
  ])
func questions(text: String, isOne: Bool) throws {
  var options = StopRule.Options()
  options.derived = ["f1"]
  let gate = try Gate(parsing: text)
  let rule = StopRule(
    comparing: [], gates: [(gate, nil, Arm(label: "before", cases: []))], options)
  #expect(rule.isEmpty == !isOne)
}

@Test("a gate on function calls is decided by the trials' function calls")
func functionCalls() throws {
  let gate = try Gate(parsing: "function_success >= 0.5")
  var rule = StopRule(comparing: [], gates: [(gate, "a", nil)], .init())
  let isEnough = (0..<40).map { order in
    rule.add(
      WatchedTrial(
        order: order, trialsOfCase: 1, key: "\(order)", cluster: nil, target: "a",
        figures: TrialFigures(outcome: .fail, functionSuccess: 1)))
  }
  #expect(isEnough.last == true)
}

@Test("a gate at the truth is decided in at most 5 % of runs, of repeated cases and of scores, too")
func repeatedGates() throws {
  var models = SimulatedModels(seed: 21)
  var (ofRates, ofScores) = (0, 0)
  let runs = 300
  for _ in 0..<runs {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 200, repetitions: 3)
    var rates = try rule(gates: ["pass_rate >= 0.8"])
    if stop(&rates, a, b) != nil { ofRates += 1 }
    // What does not pass has a score of 0 to 0.8, 0.4 on average: 0.88 in all.
    var scores = try rule(gates: ["score >= 0.88"])
    if stop(&scores, a, b) != nil { ofScores += 1 }
  }
  #expect(Double(max(ofRates, ofScores)) <= 0.05 * Double(runs), "\(ofRates) and \(ofScores) of \(runs)")
}
