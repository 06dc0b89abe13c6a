import Testing

@testable import Statistics

// How often intervals hold the truth. Exact where the data are counts (every outcome with its probability), else
// by simulation from a fixed seed. Nominal is 95 %; promised is 94 %.

private let sizes = [20, 50, 200, 1_000]

/// Probability that the interval of k of n holds p.
private func coverage(_ n: Int, _ p: Double, _ intervals: [Interval]) -> Double {
  (0...n).reduce(0) { $0 + (intervals[$1].contains(p) ? binomialPMF($1, n, p) : 0) }
}

@Test("rates: intervals hold the truth in 95 % of suites, whatever their rate", arguments: sizes)
func rateCoverage(n: Int) {
  let methods: [(String, (Int) -> Interval?)] = [
    ("wilson", { wilson($0, of: n) }), ("agresti-coull", { agrestiCoull($0, of: n) }),
    ("jeffreys", { jeffreys($0, of: n) }), ("clopper-pearson", { clopperPearson($0, of: n) }),
  ]
  for (name, method) in methods {
    let intervals = (0...n).compactMap(method)
    // Averaged over rates, as Brown, Cai and DasGupta do: single rates lie above and below (docs/statistics.md).
    let rates = (1..<100).map { Double($0) / 100 }
    let all = rates.map { coverage(n, $0, intervals) }
    #expect(all.reduce(0, +) / 99 >= 0.94, "\(name)")
    // Good models live in the upper tenth.
    let high = (0..<20).map { coverage(n, 0.9 + Double($0) / 200, intervals) }
    #expect(high.reduce(0, +) / 20 >= 0.94, "\(name) above 0.9")
    if name == "clopper-pearson" { #expect(all.allSatisfy { $0 >= 0.95 }) }
  }
}

/// Passes of two targets on one case: a common difficulty makes them agree more often than chance.
private func pairOfPasses(_ a: Double, _ b: Double, _ random: inout SplitMix64) -> (Bool, Bool) {
  let isShared = random.unit() < 0.5
  let (u, v) = (random.unit(), random.unit())
  return (u < a, (isShared ? u : v) < b)
}

@Test("paired and unpaired differences of rates hold the truth", arguments: sizes)
func differenceCoverage(n: Int) {
  var random = SplitMix64(seed: UInt64(n))
  let runs = 4_000
  for (a, b) in [(0.8, 0.8), (0.9, 0.8), (0.6, 0.65)] {
    var (paired, unpaired) = (0, 0)
    for _ in 0..<runs {
      var table = PairedTable(both: 0, aOnly: 0, bOnly: 0, neither: 0)
      var (k1, k2) = (0, 0)
      for _ in 0..<n {
        switch pairOfPasses(a, b, &random) {
        case (true, true): table.both += 1
        case (true, false): table.aOnly += 1
        case (false, true): table.bOnly += 1
        case (false, false): table.neither += 1
        }
        k1 += random.unit() < a ? 1 : 0
        k2 += random.unit() < b ? 1 : 0
      }
      if tango(table)?.contains(a - b) == true { paired += 1 }
      if newcombe(k1, n, k2, n)?.contains(a - b) == true { unpaired += 1 }
    }
    #expect(Double(paired) / Double(runs) >= 0.94, "Tango \(a) \(b)")
    #expect(Double(unpaired) / Double(runs) >= 0.94, "Newcombe \(a) \(b)")
  }
}

private func normal(_ random: inout SplitMix64) -> Double { normalQuantile(max(1e-16, random.unit())) }

@Test("means, ratios, shifts, percentiles and clusters hold the truth", arguments: sizes)
func sampleCoverage(n: Int) {
  var random = SplitMix64(seed: 7 &+ UInt64(n))
  let runs = n > 500 ? 1_500 : 4_000
  var held: [String: Int] = [:]
  func check(_ name: String, _ isIn: Bool?) { held[name, default: 0] += isIn == true ? 1 : 0 }
  for _ in 0..<runs {
    // Differences of scores, most of them 0; log ratios of times; costs that move together.
    let scores = (0..<n).map { _ in
      random.unit() < 0.6 ? 0.0 : (Double(random.index(below: 5)) - 1.5) / 4
    }
    check("t", meanInterval(scores)?.contains(0.4 * 0.125))
    let logs = (0..<n).map { _ in 0.18 + 0.45 * normal(&random) }
    check("Hodges-Lehmann", hodgesLehmannInterval(logs)?.contains(0.18))
    let a = (0..<n).map { _ in exponential(6 + 0.6 * normal(&random)) }
    let b = a.map { $0 * exponential(0.1 + 0.3 * normal(&random)) }
    let truth = exponential(0.1 + 0.045)
    check("ratio of totals", totalsRatio(a, b)?.interval?.contains(truth))
    check("geometric mean", geometricMeanRatio(a, b)?.interval?.contains(exponential(0.1)))
    check("median", quantileInterval(sorted: a.sorted(), 0.5).contains(exponential(6)))
    let groups = (0..<(n / 5)).map { _ in
      let common = 0.5 * normal(&random)
      return (0..<5).map { _ in common + normal(&random) }
    }
    if groups.count >= 10 { check("CR1", clusteredMean(groups).interval?.contains(0)) }
    let cases = (0..<n).map { _ in
      let skill = random.unit() < 0.7 ? 0.95 : 0.4
      return [Double((0..<3).count { _ in random.unit() < skill }) / 3]
    }
    check("rate of repeated cases", shareInterval(cases, trials: 3 * n)?.contains(0.7 * 0.95 + 0.3 * 0.4))
  }
  for (name, count) in held.sorted(by: { $0.key < $1.key }) {
    let share = Double(count) / Double(runs)
    #expect(share >= 0.94, "\(name), n \(n): \(share)")
  }
}

@Test("intervals of unpaired samples, percentiles, corrected judges and agreement hold the truth")
func otherCoverage() {
  var random = SplitMix64(seed: 17)
  let runs = 1_500
  var held: [String: Int] = [:]
  func check(_ name: String, _ isIn: Bool?) { held[name, default: 0] += isIn == true ? 1 : 0 }
  func passes(_ n: Int, _ p: Double) -> Int { (0..<n).count { _ in random.unit() < p } }
  for run in 0..<runs {
    let a = (0..<60).map { _ in exponential(0.5 * normal(&random)) }
    let b = (0..<80).map { _ in exponential(0.2 + 0.5 * normal(&random)) }
    check(
      "shift", hodgesLehmannShift(a.map { logarithm($0) }, b.map { logarithm($0) })?.interval?.contains(0.2))
    check("Welch", welch(a, b)?.interval.contains(exponential(0.125) * (exponential(0.2) - 1)))
    if run % 5 == 0 {
      let slow = b.prefix(60).map { $0 }
      let found = quantileDifference(a, slow, 0.5, paired: true, resamples: 400, seed: UInt64(run))
      for _ in 0..<5 { check("median by bootstrap", found?.interval.contains(exponential(0.2) - 1)) }
    }
    // A judge that passes 90 % of what is good and 25 % of what is bad, of which 60 % are good.
    let good = passes(400, 0.6)
    let corrected = roganGladen(
      judgedPass: passes(good, 0.9) + passes(400 - good, 0.25), of: 400, trueNegative: passes(80, 0.75),
      negatives: 80, truePositive: passes(120, 0.9), positives: 120)
    check("Rogan-Gladen", corrected?.interval.contains(0.6))
    var ratings: ([Double], [Double]) = ([], [])
    for _ in 0..<150 {
      let x = random.unit() < 0.7 ? 1.0 : 0
      ratings.0.append(x)
      ratings.1.append(random.unit() < 0.85 ? x : 1 - x)
    }
    // po = 0.85; the second says yes to 0.7·0.85 + 0.3·0.15 = 0.64, so pe = 0.556.
    check("kappa", cohensKappa(ratings.0, ratings.1)?.interval?.contains((0.85 - 0.556) / 0.444))
    let truth = (0..<60).map { _ in normal(&random) }
    let both = truth.map { $0 + 0.3 + 0.5 * normal(&random) }
    let only = (0..<600).map { _ in normal(&random) * 1.118 + 0.3 }
    let powered = predictionPoweredMean(truth: truth, judgedToo: both, judgedOnly: only, tuned: true)
    check("prediction-powered", powered?.interval.contains(0))
  }
  for (name, count) in held.sorted(by: { $0.key < $1.key }) {
    let share = Double(count) / Double(runs)
    #expect(share >= 0.94, "\(name): \(share)")
  }
}

@Test("confidence sequences hold the truth at all moments together")
func sequenceCoverage() {
  let runs = 800
  let horizon = 400
  var random = SplitMix64(seed: 11)
  var lost: [String: Int] = [:]
  for _ in 0..<runs {
    var pairs = SequentialPairs(watching: [0.1])
    var mean = SequentialMean(watching: [0.55])
    var (s, f) = (0, 0)
    var (losesPairs, losesRate) = (false, false)
    for _ in 0..<horizon {
      let (a, b) = pairOfPasses(0.7, 0.8, &random)
      pairs.add(aPasses: a, bPasses: b)
      mean.add(((b ? 1 : 0) - (a ? 1 : 0) + 1) / 2)
      if b { s += 1 } else { f += 1 }
      losesPairs = losesPairs || pairs.isAbove(0.1, alpha: 0.05) != nil
      losesRate = losesRate || betaBinomialExcludes(0.8, successes: s, failures: f)
    }
    lost["pairs", default: 0] += losesPairs ? 1 : 0
    lost["beta-binomial", default: 0] += losesRate ? 1 : 0
    lost["betting", default: 0] += mean.isAbove(0.55, alpha: 0.05) != nil ? 1 : 0
    // What is shown at the end is a slice of the sequence.
    lost["shown", default: 0] += pairs.interval().contains(0.1) ? 0 : 1
  }
  for (name, count) in lost { #expect(Double(count) / Double(runs) <= 0.05, "\(name): \(count)") }
}

@Test("resamples of large samples have the distribution of small ones")
func resampling() {
  var random = SplitMix64(seed: 5)
  let values = (0..<20_000).map { _ in exponential(normal(&random)) }
  let few = values.map { ($0 * 2).rounded(.down) }
  for x in [values, few] {
    let means = resampledMeans(x, resamples: 4_000, seed: 3)
    let (centre, spread) = (mean(x), (sampleVariance(x) / Double(x.count)).squareRoot())
    #expect(abs(mean(means) - centre) < 4 * spread / 4_000.0.squareRoot())
    #expect(abs(sampleVariance(means).squareRoot() / spread - 1) < 0.05)
  }
  for (n, p) in [(30, 0.1), (500, 0.02), (1_000, 0.4), (100_000, 0.93)] {
    let draws = (0..<20_000).map { _ in Double(binomial(n, p, &random)) }
    let variance = Double(n) * p * (1 - p)
    #expect(abs(mean(draws) - Double(n) * p) < 4 * (variance / 20_000).squareRoot())
    #expect(abs(sampleVariance(draws) / variance - 1) < 0.05)
  }
}

@Test(
  "intervals of independent values are those of groups of one",
  arguments: [
    [], [1], [0], [0.5], [1, 1, 1], [0, 0], [0.5, 0.5, 0.5], [1, 0, 1, 1, 0], [0.2, 0.9, 0.4], [1, 0.5],
  ] as [[Double]])
func independentValues(values: [Double]) {
  let groups = values.map { [$0] }
  #expect(scoreInterval(ofIndependent: values) == scoreInterval(groups))
  if values.allSatisfy({ $0 == 0 || $0 == 1 }) {
    #expect(shareInterval(ofIndependent: values) == shareInterval(groups))
  } else {
    #expect(shareInterval(ofIndependent: values) == nil)
  }
}
