import Formats
import Statistics

/// Statistics on one core: a bootstrap of 100,000 pairs, and what a comparison of as many costs.
func measureStatistics(_ arguments: [String]) throws {
  let n = arguments.first.flatMap { Int($0) } ?? 100_000
  let resamples = 10_000
  var random = SeededGenerator(seed: 1)
  let scores = (0..<n).map { _ in random.nextDouble() - 0.49 }
  let passes = (0..<n).map { _ in Double(random.next(below: 3) - 1) }
  func time(_ what: String, rounds: Int = 3, _ work: () -> Void) {
    report(what, Double(leastNanoseconds(rounds: rounds, work)) / 1e9, "s", decimals: 3)
  }
  time("bootstrap of \(n) scores, \(resamples) resamples") {
    _ = bootstrapMean(scores, resamples: resamples, seed: 1)
  }
  time("bootstrap of \(n) passes and failures, \(resamples) resamples") {
    _ = bootstrapMean(passes, resamples: resamples, seed: 1)
  }
  time("sign flips of \(n) scores, 9,999 draws") { _ = signFlip(scores, seed: 1) }
  time("Hodges-Lehmann with interval, \(n)") {
    _ = hodgesLehmann(scores)
    _ = hodgesLehmannInterval(scores)
  }
  time("p95 by Harrell and Davis, paired, \(n), 2,000 resamples", rounds: 1) {
    _ = quantileDifference(scores, scores.map { $0 * 1.1 }, 0.95, paired: true)
  }
}
