/// Steele, Lea and Flood's generator: the same numbers from the same seed on every machine, for ever.
public struct SplitMix64: Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< n, by the high half of the product.
  @inline(__always)
  public mutating func index(below n: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(n)).high) }

  /// [0, 1)
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
