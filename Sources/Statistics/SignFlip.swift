/// Flips of the signs of whole groups: exact up to 16 groups, else `draws` random flips with the +1
/// correction. Each element is one independent unit (a case, or the sum over a cluster).
public func signFlip(_ differences: [Double], draws: Int = 9_999, seed: UInt64 = 1) -> Double? {
  guard !differences.isEmpty else { return nil }
  let observed = abs(differences.reduce(0, +))
  let slack = 1e-12 * max(1, differences.reduce(0) { $0 + abs($1) })
  // What is 0 stays so however it is flipped.
  let d = differences.filter { $0 != 0 }
  let n = d.count
  if n <= 16 {
    var extreme = 0
    for mask in 0..<(1 << n) {
      var sum = 0.0
      for i in 0..<n { sum += mask >> i & 1 == 1 ? -d[i] : d[i] }
      if abs(sum) >= observed - slack { extreme += 1 }
    }
    return Double(extreme) / Double(1 << n)
  }
  let sums = signedSums(d)
  var random = SplitMix64(seed: seed)
  var extreme = 0
  sums.withUnsafeBufferPointer { sums in
    let groups = sums.count / 16
    for _ in 0..<draws {
      var (even, odd) = (0.0, 0.0)
      var group = 0
      while group + 16 <= groups {
        var bits = random.next()
        for k in stride(from: 0, to: 16, by: 2) {
          even += sums[(group + k) << 4 + Int(bits & 15)]
          odd += sums[(group + k + 1) << 4 + Int(bits >> 4 & 15)]
          bits >>= 8
        }
        group += 16
      }
      var bits = random.next()
      while group < groups {
        even += sums[group << 4 + Int(bits & 15)]
        bits >>= 4
        group += 1
      }
      if abs(even + odd) >= observed - slack { extreme += 1 }
    }
  }
  return Double(extreme + 1) / Double(draws + 1)
}

/// The sums of each four neighbours under all 16 patterns of signs: one look-up does four flips.
private func signedSums(_ d: [Double]) -> [Double] {
  var sums: [Double] = []
  sums.reserveCapacity((d.count + 3) / 4 * 16)
  for start in stride(from: 0, to: d.count, by: 4) {
    for mask in 0..<16 {
      var sum = 0.0
      for i in start..<min(start + 4, d.count) { sum += mask >> (i - start) & 1 == 1 ? -d[i] : d[i] }
      sums.append(sum)
    }
  }
  return sums
}
