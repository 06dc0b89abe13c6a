import Formats
import Suites

/// The cases of a suite in an order drawn from the run's seed. Suites of any length: the cases are read again for
/// every window of the order, and only those of the window are kept.
final class ShuffledCases {
  private let plan: RunPlan
  private let window: Int
  private var waiting: ArraySlice<(rank: ShuffledRank, test: Case)> = []
  private var last: ShuffledRank?
  private var isDone = false
  /// Trials of all cases, known after the first reading.
  private(set) var plannedTrials: Int?

  init(_ plan: RunPlan, window: Int = 20_000) {
    self.plan = plan
    self.window = window
  }

  func next() throws(Problems) -> Case? {
    if waiting.isEmpty, !isDone { try read() }
    guard let first = waiting.popFirst() else { return nil }
    last = first.rank
    return first.test
  }

  private func read() throws(Problems) {
    let cases = plan.loaded.cases()
    var kept: [(rank: ShuffledRank, test: Case)] = []
    var planned = 0
    func keepFirst() {
      kept.sort { $0.rank < $1.rank }
      kept.removeLast(max(0, kept.count - window))
    }
    while let test = try cases.next() {
      if plan.isSequential || test.options.storeOutputAs != nil {
        throw Problems([
          Problem(
            "cases that use the replies of earlier ones can't be asked in random order", at: test.location)
        ])
      }
      if plannedTrials == nil { planned += plan.loaded.trialCount(of: test) }
      let rank = shuffledRank(of: test.index, group: test.cluster, seed: plan.seed)
      if let last, rank <= last { continue }
      kept.append((rank, test))
      if kept.count >= 2 * window { keepFirst() }
    }
    keepFirst()
    plannedTrials = plannedTrials ?? planned
    isDone = kept.count < window
    waiting = kept[...]
  }
}

extension Case {
  /// Cases of one group (one document, one template) are not independent.
  var cluster: String? { metadata["cluster"].flatMap { $0 == .null ? nil : $0.string ?? $0.text } }
}
