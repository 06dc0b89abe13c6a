/// SplitMix64 (Steele, Lea, Flood 2014): one step a number. For seeding and hashing.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mix64(state)
  }
}

/// The generator of everything random in the project: xoshiro256** 1.0 (Blackman, Vigna 2018).
///
/// The same seed gives the same numbers on every machine and in every version: use `nextDouble`,
/// `next(below:)` and `shuffle` of this type rather than the standard library's, whose way of
/// using a generator may change.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  public init(seed: UInt64) {
    var seeds = SplitMix64(seed: seed)
    (a, b, c, d) = (seeds.next(), seeds.next(), seeds.next(), seeds.next())
  }

  /// A generator of its own for one purpose, so that two uses of one seed do not depend on each other.
  public init(seed: UInt64, for purpose: String) {
    self.init(seed: mix64(seed ^ stableHash(purpose)))
  }

  public mutating func next() -> UInt64 {
    let result = rotate(b &* 5, 7) &* 9
    let t = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 45)
    return result
  }

  /// In 0..<1, with 53 random bits.
  public mutating func nextDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// In 0..<bound, each equally likely (Lemire 2019). Zero for a bound below one.
  public mutating func next(below bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Fisher and Yates.
  public mutating func shuffle<Element>(_ items: inout [Element]) {
    for i in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(i, next(below: i + 1)) }
  }

  public mutating func shuffled<Element>(_ items: [Element]) -> [Element] {
    var copy = items
    shuffle(&copy)
    return copy
  }

  private func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { (x << n) | (x >> (64 - n)) }
}

/// A hash that is the same in every process and version, unlike `Hashable`'s: FNV-1a, then mixed.
/// Not for secrets, and no proof of identity: that is `SHA256`.
public func stableHash(_ text: String) -> UInt64 { stableHash(text.utf8) }

/// The same as a number that a database keeps: by it the ledger knows a case, and `--failed` finds it again.
public func stableNumber(_ text: String) -> Int64 { Int64(bitPattern: stableHash(text)) }

public func stableHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return mix64(hash)
}

private func mix64(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
