import Comparison
import Formats
import Ledger
import Statistics
import Vocabulary

/// What the charts of a run are drawn from, read once.
struct ChartData {
  struct Series {
    var label: String
    /// Latencies, from the least, in microseconds.
    var latencies: [Double] = []
    /// By slot of time: median latency where there were replies, and how many trials erred.
    var medians: [(slot: Int, value: Double)] = []
    var errors: [(slot: Int, count: Int)] = []
    /// Mean cost of a trial in dollars, over the cases, with its interval over clusters where there are such; nil where
    /// a price is unknown. Without an interval for a run that might have been stopped at any moment.
    var cost: (mean: Double, interval: Interval?)?
    var passRate: RateSummary?
  }

  var series: [Series]
  /// Microseconds that a slot of the time axis lasts.
  var slot: Int64 = 1

  private static let slots = 48

  init(_ summary: RunSummary, _ ledger: Ledger) throws {
    let rows = try ledger.targets(of: summary.run.id)
    let places = Dictionary(rows.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var builders = rows.map { _ in Builder() }
    var span: (first: Int64, last: Int64)?
    try ledger.forEachFigure(of: summary.run.id) { (figure) throws(LedgerError) in
      guard let place = places[figure.slot.targetID] else { return }
      builders[place].add(figure)
      span = (
        min(span?.first ?? figure.startedAt, figure.startedAt),
        max(span?.last ?? figure.startedAt, figure.startedAt)
      )
    }
    let first = span?.first ?? 0
    let clusters = try ledger.clusters(of: summary.run.id)
    slot = max(1, ((span?.last ?? 0) - first) / Int64(Self.slots) + 1)
    series = []
    for (place, target) in summary.targets.enumerated() {
      var one = Series(label: target.label)
      one.passRate = target.passRate
      builders[place].finish(&one, first: first, slot: slot)
      if target.costIsKnown {
        one.cost = Self.meanCost(
          builders[place].costs, clusters: clusters, isWatched: summary.run.isWatched)
      }
      series.append(one)
    }
  }

  static func meanCost(_ costs: [(caseNo: Int, mean: Double)], clusters: [Int: String], isWatched: Bool) -> (
    mean: Double, interval: Interval?
  )? {
    let groups = byCluster(costs.map(\.mean), costs.map { clusters[$0.caseNo] ?? "case:\($0.caseNo)" })
    let estimate = clusteredMean(groups)
    return estimate.mean.map { mean in
      let interval = isWatched ? nil : estimate.interval
      return (mean, interval.map { Interval($0.lower.map { max(0, $0) }, $0.upper) })
    }
  }

  /// One target's trials as they stream by.
  private struct Builder {
    private var latencies: [UInt32] = []
    private var starts: [Int64] = []
    private var errors: [Int64] = []
    /// By case.
    private(set) var costs: [(caseNo: Int, mean: Double)] = []
    private var current: (key: Int, sum: Double, count: Int) = (-1, 0, 0)

    mutating func add(_ figure: TrialFigureRow) {
      if let latency = figure.latency {
        latencies.append(UInt32(clamping: latency))
        starts.append(figure.startedAt)
      }
      if figure.outcome == .error { errors.append(figure.startedAt) }
      guard figure.calls > 0, let cost = figure.knownCost else { return }
      if current.key != figure.slot.caseNo { closeCase(figure.slot.caseNo) }
      current.sum += cost.dollars
      current.count += 1
    }

    private mutating func closeCase(_ next: Int) {
      if current.count > 0 { costs.append((current.key, current.sum / Double(current.count))) }
      current = (next, 0, 0)
    }

    mutating func finish(_ series: inout Series, first: Int64, slot: Int64) {
      closeCase(-1)
      var slots: [Int: [Double]] = [:]
      for (start, latency) in zip(starts, latencies) {
        slots[Int((start - first) / slot), default: []].append(Double(latency))
      }
      series.medians = slots.sorted { $0.key < $1.key }.compactMap { slot, values in
        quantile(values, 0.5).map { (slot, $0) }
      }
      var counts: [Int: Int] = [:]
      for start in errors { counts[Int((start - first) / slot), default: 0] += 1 }
      series.errors = counts.sorted { $0.key < $1.key }.map { (slot: $0.key, count: $0.value) }
      latencies.sort()
      series.latencies = latencies.map(Double.init)
    }
  }
}
