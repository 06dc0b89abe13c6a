/// Where an item stands in an order drawn from a seed: sort by it. It can be told for each item alone, so that the
/// order needs no list and is found again later. Items of one group stand together.
public func shuffledRank(of number: Int, group: String? = nil, seed: UInt64) -> ShuffledRank {
  let drawn = group.map { stableHash($0) } ?? stableHash("item \(number)")
  var mixed = SplitMix64(seed: seed ^ drawn)
  return ShuffledRank(rank: mixed.next(), number: number)
}

public struct ShuffledRank: Sendable, Hashable, Comparable {
  var rank: UInt64
  var number: Int

  public static func < (a: ShuffledRank, b: ShuffledRank) -> Bool {
    (a.rank, a.number) < (b.rank, b.number)
  }
}
