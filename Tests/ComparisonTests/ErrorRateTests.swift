import Formats
import Statistics
import Testing

@testable import Comparison

private typealias Model = SimulatedModels.Model

/// As many runs as keep the test short, and the most false verdicts that an error rate of 5 % explains: one run in
/// a thousand would have more.
private func allowance(_ runs: Int) -> Int {
  (0...runs).first { 1 - binomialCDF($0, runs, 0.05) < 0.001 } ?? runs
}

private let runsBySize = [20: 2_000, 50: 1_500, 200: 600, 1_000: 250]

private let quick: ComparisonOptions = {
  var options = ComparisonOptions()
  options.resamples = 0
  return options
}()

@Test("two identical models are called different in at most 5 % of runs", arguments: [20, 50, 200, 1_000])
func falseVerdicts(n: Int) {
  let runs = runsBySize[n] ?? 200
  var models = SimulatedModels(seed: UInt64(n))
  let same = Model(skill: 0.8)
  var wrong: [String: Int] = [:]
  func count(_ name: String, _ result: MetricComparison) {
    let isWrong = result.verdict == .better || result.verdict == .worse
    wrong[name, default: 0] += isWrong ? 1 : 0
  }
  for _ in 0..<runs {
    let (a, b) = models.pair(same, same, cases: n)
    for metric in [Metric.passRate, .score, .cost, .latency] {
      count(metric.name, compare(metric, a, b, quick))
    }
    let (c, d) = models.pair(same, same, cases: n, repetitions: 3)
    count("pass_rate of repeated cases", compare(.passRate, c, d, quick))
    if n >= 50 {
      let (e, f) = models.pair(same, same, cases: n, clusters: n / 5)
      count("pass_rate of clustered cases", compare(.passRate, e, f, quick))
    }
    let (g, _) = models.pair(same, same, cases: n)
    let (h, _) = models.pair(same, same, cases: n, keys: "other")
    for metric in [Metric.passRate, .score, .cost, .latency] {
      count("\(metric.name), different cases", compare(metric, g, h, quick))
    }
  }
  for (name, count) in wrong.sorted(by: { $0.key < $1.key }) {
    #expect(count <= allowance(runs), "\(name): \(count) of \(runs)")
  }
}

@Test("of 1,000 runs of two identical models over 100 cases at most 50 are called different")
func thousandRuns() {
  var models = SimulatedModels(seed: 1)
  let wrong = (0..<1_000).count { _ in
    let (a, b) = models.pair(Model(skill: 0.85), Model(skill: 0.85), cases: 100)
    let verdict = compare(.passRate, a, b, quick).verdict
    return verdict == .better || verdict == .worse
  }
  #expect(wrong <= 50, "\(wrong) of 1,000")
}

@Test("McNemar's mid-p with Tango's interval keeps 5 % exactly", arguments: [20, 50, 200, 1_000])
func exactFalseVerdicts(n: Int) {
  // Equal models with skill p differ on at most 2p(1-p) of the cases, so on at most half.
  for share in [0.05, 0.1, 0.2, 0.3, 0.5] {
    var total = 0.0
    for m in 0...n {
      let weight = binomialPMF(m, n, share)
      guard weight > 1e-9 else { continue }
      for b in 0...m where mcNemar(aOnly: b, bOnly: m - b).midP < 0.05 {
        total += weight * binomialPMF(b, m, 0.5)
      }
    }
    #expect(total <= 0.05, "n \(n), share \(share): \(total)")
  }
}

@Test("a family of true nothings has a false verdict in at most 5 % of runs")
func familyWise() {
  let runs = 400
  var models = SimulatedModels(seed: 3)
  var wrong = 0
  for _ in 0..<runs {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 100)
    var (c, d) = models.pair(Model(skill: 0.8), Model(skill: 0.8), cases: 100)
    c.label = "c"
    d.label = "d"
    let results = compareAll([.passRate], allPairs([a, b, c, d]), quick)
    if results.contains(where: { $0.verdict == .better || $0.verdict == .worse }) { wrong += 1 }
  }
  #expect(wrong <= allowance(runs))
}

@Test("a difference is found at the power that was promised")
func promisedPower() {
  var models = SimulatedModels(seed: 5)
  let runs = 500
  let (good, bad) = (Model(skill: 0.9), Model(skill: 0.8))
  // Half of the cases share their luck: the models differ on 0.5·0.1 + 0.5·(0.9·0.2 + 0.1·0.8) of them.
  let share = 0.5 * 0.1 + 0.5 * (0.9 * 0.2 + 0.1 * 0.8)
  let needed = Int((casesForMcNemar(discordant: share, difference: 0.1) ?? 0).rounded(.up))
  var found = 0
  var promised = 0
  for _ in 0..<runs {
    let (a, b) = models.pair(bad, good, cases: needed)
    let result = compare(.passRate, a, b, quick)
    if result.verdict == .better { found += 1 }
    if let detectable = result.detectable, abs(detectable - 0.1) < 0.03 { promised += 1 }
  }
  #expect(Double(found) / Double(runs) >= 0.75, "\(found) of \(runs) with \(needed) cases")
  #expect(Double(promised) / Double(runs) >= 0.9, "the run itself says what it could have detected")
}

@Test("slower and dearer models are found out")
func findsCostsAndTimes() {
  var models = SimulatedModels(seed: 6)
  var found = (costs: 0, times: 0)
  for _ in 0..<200 {
    let (a, b) = models.pair(Model(skill: 0.8), Model(skill: 0.8, costs: 1.2, slowness: 1.25), cases: 80)
    if compare(.cost, a, b, quick).verdict == .worse { found.costs += 1 }
    if compare(.latency, a, b, quick).verdict == .worse { found.times += 1 }
  }
  #expect(found.costs >= 160 && found.times >= 160, "\(found)")
}
