import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The random choices about one request, all from the seed and the request's content.
///
/// Each purpose has its own sequence, so that one more draw for one purpose moves no other.
struct Draws: Sendable {
  let seed: UInt64

  init(seed: UInt64, content: UInt64, sample: Int) {
    var mixer = SplitMix64(
      seed: seed ^ content &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: sample)
        &* 0xD1B5_4A32_D192_ED03)
    self.seed = mixer.next()
  }

  enum Purpose: UInt64 {
    case skill = 1, wrong, length, prose, first, gaps, fault, script, tools, verdict, id, tail
  }

  func sequence(_ purpose: Purpose) -> SplitMix64 {
    SplitMix64(seed: seed ^ purpose.rawValue &* 0xA24B_AED4_963E_E407)
  }
}

extension SplitMix64 {
  /// In 0..<1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }

  mutating func pick<Element>(_ items: [Element]) -> Element? {
    items.isEmpty ? nil : items[below(items.count)]
  }

  /// Box and Muller (1958).
  mutating func normal() -> Double {
    let u = 1 - uniform()
    let v = uniform()
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }

  mutating func logNormal(_ mu: Double, _ sigma: Double) -> Double {
    sigma == 0 ? exp(mu) : exp(mu + sigma * normal())
  }
}

/// A hash of a request's meaning: the order of members and the layout of the text don't enter.
enum ContentHash {
  /// What says how the reply is to be delivered, or who asks, but not what is asked.
  private static let left: Set<String> = [
    "stream", "stream_options", "metadata", "user", "safety_identifier", "store", "service_tier",
    "keep_alive",
  ]

  static func of(_ body: JSON, path: String) -> UInt64 {
    guard case .object(let object) = body else { return mix(stableHash(path), hash(body)) }
    var sum: UInt64 = 0
    for (key, value) in object where !left.contains(key) { sum &+= mix(stableHash(key), hash(value)) }
    return mix(stableHash(path), sum)
  }

  static func hash(_ value: JSON) -> UInt64 {
    switch value {
    case .null: return 1
    case .bool(let value): return value ? 2 : 3
    case .number(let number): return mix(4, number.double.bitPattern)
    case .string(let text): return mix(5, stableHash(text))
    case .array(let items): return items.reduce(6) { mix($0, hash($1)) }
    case .object(let object):
      var sum: UInt64 = 7
      for (key, value) in object { sum &+= mix(stableHash(key), hash(value)) }
      return mix(8, sum)
    }
  }

  private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: a &* 0x9FB2_1C65_1E98_DF25 ^ b)
    return generator.next() &+ b
  }
}
