import Statistics

/// Values of a metric for the cases that both sides have.
struct PairedValues {
  var a: [Double] = []
  var b: [Double] = []
  /// Over all trials of a case, where they add up: what is billed.
  var sumsA: [Double] = []
  var sumsB: [Double] = []
  /// Group of each pair; each case is its own where it has none.
  var clusters: [String] = []
  var dropped = 0
  /// Every case was asked exactly once on each side.
  var isSingle = true

  var count: Int { a.count }
  var differences: [Double] { zip(a, b).map { $1 - $0 } }
  var isClustered: Bool { Set(clusters).count < clusters.count }

  /// `values` by cluster, in the order in which clusters first appear.
  func grouped(_ values: [Double]) -> [[Double]] { byCluster(values, clusters) }
}

/// Values of a group together, groups in the order in which they first appear.
public func byCluster(_ values: [Double], _ clusters: [String]) -> [[Double]] {
  var place: [String: Int] = [:]
  var groups: [[Double]] = []
  for (cluster, value) in zip(clusters, values) {
    if let i = place[cluster] {
      groups[i].append(value)
    } else {
      place[cluster] = groups.count
      groups.append([value])
    }
  }
  return groups
}

/// Pairs by the key of the case. Cases that only one side has, or has nothing to say on, are dropped and counted.
/// They come in the order of A, or of B where only B's has a meaning.
func pair(_ metric: Metric, _ a: Arm, _ b: Arm, _ options: ComparisonOptions = .init()) -> PairedValues {
  let isByB = b.isWatched && !a.isWatched
  let (first, second) = isByB ? (b, a) : (a, b)
  let known = Dictionary(second.cases.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  var result = PairedValues()
  var shared = 0
  for own in first.cases {
    guard let found = known[own.key] else { continue }
    let (one, other) = isByB ? (found, own) : (own, found)
    shared += 1
    guard let x = metric.value(of: one, options), let y = metric.value(of: other, options) else {
      result.dropped += 1
      continue
    }
    result.a.append(x)
    result.b.append(y)
    if metric == .cost || metric == .tokens {
      result.sumsA.append(metric.sum(of: one))
      result.sumsB.append(metric.sum(of: other))
    }
    result.clusters.append(one.cluster ?? "case:\(one.key)")
    if one.trials.count != 1 || other.trials.count != 1 { result.isSingle = false }
  }
  // A run that was stopped when sure has not lost what it did not ask.
  if !b.isWatched { result.dropped += a.cases.count - shared }
  if !a.isWatched { result.dropped += b.cases.count - shared }
  return result
}

/// Pairing is used where at least half of the smaller side is shared.
public func sharesCases(_ a: Arm, _ b: Arm) -> Bool {
  let keys = Set(b.cases.map(\.key))
  let shared = a.cases.count { keys.contains($0.key) }
  return shared > 0 && shared * 2 >= min(a.cases.count, b.cases.count)
}
