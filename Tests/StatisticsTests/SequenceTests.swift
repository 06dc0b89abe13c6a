import Testing

@testable import Statistics

@Test("passes and failures are values like any other to the beta mixture")
func mixtureOfCounts() {
  #expect(betaBinomialSequence(sum: 3, of: 10) == betaBinomialSequence(successes: 3, failures: 7))
  #expect(betaBinomialExcludes(0.9, sum: 3, of: 10) == betaBinomialExcludes(0.9, successes: 3, failures: 7))
}

@Test(
  "looked at after each, values between 0 and 1 among passes and failures are judged wrongly in at most 5 % of runs",
  arguments: [1, 3, 50])
func mixtureOfShares(firstRepeated: Int) {
  var random = SplitMix64(seed: UInt64(firstRepeated))
  let runs = 600
  var wrong = 0
  for _ in 0..<runs {
    var sum = 0.0
    for n in 1...200 {
      // From some case on each is asked three times.
      let repetitions = n < firstRepeated ? 1 : 3
      let passes = (0..<repetitions).count { _ in random.unit() < 0.7 }
      sum += Double(passes) / Double(repetitions)
      guard betaBinomialExcludes(0.7, sum: sum, of: n) else { continue }
      wrong += 1
      break
    }
  }
  #expect(Double(wrong) / Double(runs) <= 0.05, "\(wrong) of \(runs)")
}

@Test("of pairs, the interval holds 0 until the e-value rules it out")
func zeroByEvidence() {
  var pairs = SequentialPairs()
  for _ in 0..<40 {
    pairs.add(aPasses: false, bPasses: true)
    let lower = pairs.interval().lower ?? -1
    #expect((lower > 0) == (pairs.isAbove(0, alpha: 0.05) == true), "\(pairs.n): \(lower)")
  }
}
