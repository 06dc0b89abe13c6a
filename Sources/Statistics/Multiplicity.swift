/// Several questions of one set of data: p-values adjusted so that the answers can be read together.

public enum Adjustment: Sendable {
  /// The default for whatever gates (Holm 1979).
  case holm
  case bonferroni
  case hochberg
  /// For exploratory tables only (Benjamini and Hochberg 1995).
  case benjaminiHochberg
  case benjaminiYekutieli
}

public func adjusted(_ p: [Double], _ method: Adjustment) -> [Double] {
  let m = p.count
  guard m > 0 else { return [] }
  let order = p.indices.sorted { p[$0] < p[$1] }
  let total = Double(m)
  var result = p
  switch method {
  case .bonferroni:
    return p.map { min(1, $0 * total) }
  case .holm:
    var running = 0.0
    for (rank, i) in order.enumerated() {
      running = max(running, min(1, (total - Double(rank)) * p[i]))
      result[i] = running
    }
  case .hochberg:
    var running = 1.0
    for (rank, i) in order.enumerated().reversed() {
      running = min(running, (total - Double(rank)) * p[i])
      result[i] = running
    }
  case .benjaminiHochberg, .benjaminiYekutieli:
    let factor = method == .benjaminiHochberg ? 1 : (1...m).reduce(0.0) { $0 + 1 / Double($1) }
    var running = 1.0
    for (rank, i) in order.enumerated().reversed() {
      running = min(running, factor * total * p[i] / Double(rank + 1))
      result[i] = running
    }
  }
  return result
}
