#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Medians of all pairwise means or differences, without making them: the k-th smallest is found by bisection,
// counting in one walk over the sorted values how many lie at or below a place.

/// Hodges and Lehmann's estimate: the median of all pairwise means (Walsh averages).
public func hodgesLehmann(_ x: [Double]) -> Double? {
  guard !x.isEmpty else { return nil }
  let sorted = x.sorted()
  return median(of: x.count * (x.count + 1) / 2) { smallestWalsh(sorted, rank: $0) }
}

/// Wilcoxon's interval of the Hodges-Lehmann estimate, by the normal approximation of the rank; nil where not even the
/// outermost mean is far enough out.
public func hodgesLehmannInterval(_ x: [Double], level: Double = 0.95) -> Interval? {
  guard x.count >= 6 else { return nil }
  let sorted = x.sorted()
  let pairs = x.count * (x.count + 1) / 2
  let n = Double(x.count)
  let half = normalCritical(level) * (n * (n + 1) * (2 * n + 1) / 24).squareRoot()
  let rank = Int((n * (n + 1) / 4 - half).rounded(.down))
  guard rank >= 1 else { return nil }
  return Interval(smallestWalsh(sorted, rank: rank), smallestWalsh(sorted, rank: pairs + 1 - rank))
}

/// The median of all b − a, and its interval by the normal approximation of Mann and Whitney's rank; none where not
/// even the outermost difference is far enough out.
public func hodgesLehmannShift(_ a: [Double], _ b: [Double], level: Double = 0.95) -> (
  estimate: Double, interval: Interval?
)? {
  guard !a.isEmpty, !b.isEmpty else { return nil }
  let (x, y) = (a.sorted(), b.sorted())
  let pairs = a.count * b.count
  let (m, n) = (Double(a.count), Double(b.count))
  let half = normalCritical(level) * (m * n * (m + n + 1) / 12).squareRoot()
  let rank = Int((m * n / 2 - half).rounded(.down))
  let estimate = median(of: pairs) { smallestDifference(x, y, rank: $0) }
  guard rank >= 1 else { return (estimate, nil) }
  return (
    estimate,
    Interval(smallestDifference(x, y, rank: rank), smallestDifference(x, y, rank: pairs + 1 - rank))
  )
}

private func median(of count: Int, _ smallest: (Int) -> Double) -> Double {
  let upper = smallest(count / 2 + 1)
  return count % 2 == 1 ? upper : (smallest(count / 2) + upper) / 2
}

private func smallestWalsh(_ x: [Double], rank: Int) -> Double {
  smallest(x[0], x[x.count - 1], rank: rank) { place in
    // Pairs i ≤ j with a mean at or below the place: as i grows, the last such j comes down.
    var (count, j) = (0, x.count - 1)
    for i in x.indices {
      while j >= i, (x[i] + x[j]) / 2 > place { j -= 1 }
      if j < i { break }
      count += j - i + 1
    }
    return count
  }
}

private func smallestDifference(_ a: [Double], _ b: [Double], rank: Int) -> Double {
  smallest(b[0] - a[a.count - 1], b[b.count - 1] - a[0], rank: rank) { place in
    var (count, j) = (0, 0)
    for x in a {
      while j < b.count, b[j] - x <= place { j += 1 }
      count += j
    }
    return count
  }
}

/// The least number that has at least `rank` values at or below it: a value itself.
private func smallest(_ low: Double, _ high: Double, rank: Int, _ countUpTo: (Double) -> Int) -> Double {
  if countUpTo(low) >= rank { return low }
  var (low, high) = (low, high)
  while true {
    let middle = low + (high - low) / 2
    if middle <= low || middle >= high { return high }
    if countUpTo(middle) >= rank { high = middle } else { low = middle }
  }
}
