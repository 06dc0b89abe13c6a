import Formats
import Statistics

@testable import Comparison

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Models that are drawn, not asked: what they can do is known, so that verdicts can be held against the truth.
/// Every draw comes from one seed.
struct SimulatedModels {
  var random: SeededGenerator
  private var spare: Double?

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A model: how often it passes an average case, and by what factor its costs and times differ.
  struct Model {
    var skill: Double
    var costs = 1.0
    var slowness = 1.0
  }

  /// Both models on the same cases. Half of a trial's luck is the case's own, so that models agree more often than
  /// chance, as real ones do.
  mutating func pair(
    _ a: Model, _ b: Model, cases n: Int, repetitions: Int = 1, clusters: Int? = nil, keys: String = "c"
  ) -> (Arm, Arm) {
    var arms: [[CaseFigures]] = [[], []]
    var moods = (0..<(clusters ?? 0)).map { _ in (normal(), normal()) }
    if moods.isEmpty { moods = [(0, 0)] }
    for i in 0..<n {
      let isShared = random.nextDouble() < 0.5
      let shared = random.nextDouble()
      let size = exp(0.6 * normal())
      // In a cluster both models have a good or a bad day together, each its own.
      let mood = moods[i % moods.count]
      for (side, model) in [a, b].enumerated() {
        let skill = model.skill + (clusters == nil ? 0 : 0.1 * (side == 0 ? mood.0 : mood.1))
        let trials = (0..<repetitions).map { _ in
          let luck = isShared ? shared : random.nextDouble()
          let passes = luck < skill
          return TrialFigures(
            outcome: passes ? .pass : .fail, score: passes ? 1 : (random.nextDouble() * 5).rounded(.down) / 5,
            cost: Money(picodollars: Int64(1e9 * size * model.costs * exp(0.3 * normal()))),
            latency: Int64(1e6 * size * model.slowness * exp(0.4 * normal())))
        }
        arms[side].append(
          CaseFigures(key: "\(keys)\(i)", cluster: clusters.map { "g\(i % $0)" }, trials: trials))
      }
    }
    return (Arm(label: "a", cases: arms[0]), Arm(label: "b", cases: arms[1]))
  }

  mutating func normal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    let radius = (-2 * log(1 - random.nextDouble())).squareRoot()
    let angle = 2 * Double.pi * random.nextDouble()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
